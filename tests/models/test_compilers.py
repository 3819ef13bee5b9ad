"""`compilation="compiler"`: torch.compile and XLA make the same updates; where a compiler is missing it is named."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from digits import settings
from digits.errors import UsageError
from digits.models import create, weights
from digits.training.recipe import Recipe
from tests.models import batches, ink

NAMES = {"pytorch": ("eager", "torch.compile"), "tensorflow": ("tf.function", "tf.function, XLA")}


def recipe(framework: str, **values: object) -> Recipe:
    usual = {"network": "16", "pixels": "ink", "threads": 1, "scale": 1.0, "dropout": 0.2}
    return Recipe(framework=framework, dataset="none").changed(**{**usual, **values})


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of torch's own compiler, about itself
@pytest.mark.parametrize("network", ["16", "conv4x3 pool 8"])
@pytest.mark.parametrize("framework", settings.FRAMEWORKS)
def test_a_compiled_training_takes_the_same_steps_with_dropout_too(framework: str, network: str) -> None:
    losses, names = [], []
    for compilation in ("usual", "compiler"):
        chosen = recipe(framework, network=network, compilation=compilation, optimiser="reference-adam")
        classifier = create(chosen)
        classifier.load(weights.initial(chosen))
        classifier.place(*ink(300))
        rows, rates = batches(chosen, seed=1)
        full = slice(4) if framework == "pytorch" else slice(5)  # another length costs it another compilation
        losses.append(classifier.steps(rows[full], rates[full]))
        names.append(classifier.conditions()["compilation"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert len(np.unique(losses[0])) == len(losses[0])
    assert tuple(names) == NAMES[framework]


def test_without_a_c_compiler_torch_compile_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(UsageError, match=r"torch.compile needs a C\+\+ compiler: expected g\+\+ or clang\+\+"):
        create(recipe("pytorch", compilation="compiler"))
    create(recipe("pytorch"))


def test_a_tensorflow_without_xla_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    def refuse(function: object, jit_compile: bool) -> object:
        raise tf.errors.UnimplementedError(None, None, "XLA is not linked in")

    adapter = importlib.import_module("digits.models.tensorflow")
    create(recipe("tensorflow", compilation="compiler"))
    monkeypatch.setattr(adapter.tf, "function", refuse)
    with pytest.raises(UsageError, match="This TensorFlow has no XLA: received XLA is not linked in"):
        create(recipe("tensorflow", compilation="compiler"))
