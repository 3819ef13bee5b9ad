from __future__ import annotations

import pytest

from digits.errors import UsageError
from digits.training.presets import PRESETS, preset, title
from digits.training.recipe import Recipe, parse_value

ADAM = preset("notebook-adam", framework="pytorch", dataset="starter")


def test_the_notebooks_network_has_2568794_parameters() -> None:
    assert ADAM.widths == (3136, 784, 128, 64, 10)
    assert ADAM.parameters == 2_568_794


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("framework", ["pytorch", "tensorflow"])
def test_every_preset_is_a_recipe_of_either_framework(name: str, framework: str) -> None:
    recipe = preset(name, framework=framework, dataset="starter")
    assert recipe.framework == framework
    assert title(recipe) == name


def test_a_title_names_what_differs_from_the_nearest_preset() -> None:
    assert title(ADAM.changed(epochs=3)) == "notebook-adam, epochs 3"


def test_the_identity_depends_on_every_value_and_on_the_data() -> None:
    identities = {
        ADAM.identity("a"), ADAM.identity("b"), ADAM.changed(seed=1).identity("a"),
        ADAM.changed(framework="tensorflow").identity("a"), ADAM.changed(rate=0.002).identity("a"),
    }  # fmt: skip
    assert len(identities) == 5
    assert ADAM.identity("a") == Recipe(**ADAM.as_json()).identity("a")


def test_the_identities_of_old_runs_stay_as_they_are() -> None:
    kaggle = "a9a11f12d7969021a4bb69c5455217cc5c41dadadfffa1aa435d669015bca6a3"
    known = {
        ("notebook-adam", "pytorch"): "7c8ad08d591bd489",
        ("notebook-full-batch-sgd", "tensorflow"): "095ee00d2a79aff0",
    }
    for (name, framework), identity in known.items():
        recipe = preset(name, framework=framework, dataset="kaggle", threads=2)
        assert recipe.identity(kaggle) == identity
        later = ("dropout", "device", "folds", "fold")
        before = {key: value for key, value in recipe.as_json().items() if key not in later}
        assert Recipe(**before) == recipe, "what old runs stored is the same recipe"
        assert recipe.changed(dropout=0.2).identity(kaggle) != identity


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rate": -1.0}, "rate is out of bounds: expected 1e-09 to 1000, received -1"),
        ({"rate": float("nan")}, "rate is out of bounds: .* received nan"),
        ({"epochs": 0}, "epochs is out of bounds"),
        ({"batch": 0.5}, "batch cannot be read: expected a whole number, received 0.5"),
        ({"epochs": True}, "epochs cannot be read: expected a whole number, received True"),
        (
            {"network": "784--64"},
            "The network cannot be read: expected widths like 784-128-64, or .*, received '78",
        ),
        ({"network": "conv16x3 128"}, "A convolution looks at ink alone: expected the pixels ink, received .* rgba"),
        ({"network": "999999999999"}, "A layer is out of bounds: expected 1 to 8192 units"),
        ({"dropout": 1.0}, "dropout is out of bounds: expected 0 to 0.95, received 1"),
        ({"device": "tpu"}, "Unknown device: expected cpu or cuda or mps, received 'tpu'"),
        ({"initialisation": "xavier"}, "Unknown initialisation: expected pytorch or keras or he-normal"),
        ({"framework": "jax"}, "Unknown framework: expected pytorch or tensorflow, received 'jax'"),
        ({"split": "by-hand"}, "Unknown split: expected random or family, received 'by-hand'"),
        ({"split": "family", "folds": 1}, "folds is out of bounds: expected 2 to 100, received 1"),
        (
            {"split": "family", "folds": 3, "fold": 3},
            "fold is out of bounds: expected 0 to 2, of 3 folds, received 3",
        ),
        ({"fold": 1}, "fold plays no part in a random split: expected 0, or the split family, received 1"),
        ({"folds": 5}, "folds plays no part in a random split: expected 4, or the split family, received 5"),
        ({"split": "family", "test_share": 0.3}, "test_share plays no part in a family split: expected 0.2, or the"),
        ({"colour": 1}, "A recipe has no such setting: .* received colour"),
    ],
)
def test_bad_settings_are_refused_by_name(values: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        ADAM.changed(**values)


def test_settings_are_read_from_text_by_their_kind() -> None:
    assert parse_value("epochs", "3") == 3
    assert parse_value("rate", "1e-2") == 0.01
    assert parse_value("dropout", "0.2") == 0.2
    assert parse_value("device", "cuda") == "cuda"
    assert parse_value("network", "32-16") == "32-16"
    with pytest.raises(UsageError, match=r"epochs cannot be read: expected a whole number, received '3\.5'"):
        parse_value("epochs", "3.5")


def test_a_run_on_a_split_by_family_is_another_one_for_each_fold_and_for_other_families() -> None:
    by_family = ADAM.changed(split="family")
    identities = {
        ADAM.identity("a"), by_family.identity("a", "f"), by_family.identity("a", "g"),
        by_family.changed(fold=1).identity("a", "f"), by_family.changed(folds=3).identity("a", "f"),
    }  # fmt: skip
    assert len(identities) == 5
    assert title(by_family.changed(fold=1)) == "notebook-adam, split family, fold 1"
