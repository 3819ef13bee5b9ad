"""The weights that belong to no framework."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.errors import IntegrityError, UsageError
from digits.models import State, weights
from digits.training.architecture import dense
from digits.training.recipe import Recipe

METADATA = {"recipe": '{"network":"12-8"}', "epoch": "3", "owner": "Zoë"}


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="none", network="12-8", pixels="ink").changed(**values)


def trained(state: State) -> State:
    moments = {f"optimizer.m.{name}": np.full_like(value, 0.5) for name, value in state.items()}
    return {**state, **moments, "step": np.array(7, np.int64)}


def test_initial_weights_have_the_full_width_and_the_recipes_dtype() -> None:
    for dtype in ("float32", "float64"):
        state = weights.initial(recipe(dtype=dtype))
        assert {name: value.shape for name, value in state.items()} == {
            "layer.0.kernel": (784, 12), "layer.0.bias": (12,),
            "layer.1.kernel": (12, 8), "layer.1.bias": (8,),
            "layer.2.kernel": (8, 10), "layer.2.bias": (10,),
        }  # fmt: skip
        assert {value.dtype for value in state.values()} == {np.dtype(dtype)}


def test_initial_weights_follow_from_the_seed_and_not_from_the_framework() -> None:
    first = weights.initial(recipe())
    same = weights.initial(recipe(framework="tensorflow"))
    other = weights.initial(recipe(seed=43))
    assert all(np.array_equal(first[name], same[name]) for name in first)
    assert not np.array_equal(first["layer.0.kernel"], other["layer.0.kernel"])


def test_keras_weights_are_glorot_uniform_with_zero_biases() -> None:
    state = weights.initial(recipe(initialisation="keras"))
    limit = np.sqrt(6 / (784 + 12))
    assert 0.99 * limit < np.abs(state["layer.0.kernel"]).max() <= limit
    assert not state["layer.0.bias"].any()


def test_pytorch_weights_and_biases_are_uniform_within_one_over_the_root_of_the_inputs() -> None:
    state = weights.initial(recipe(initialisation="pytorch", network="500-400"))
    for layer, inputs in enumerate((784, 500, 400)):
        for kind in ("kernel", "bias"):
            largest = np.abs(state[f"layer.{layer}.{kind}"]).max()
            assert 0.7 / np.sqrt(inputs) < largest <= 1 / np.sqrt(inputs) + 1e-7


def test_he_normal_weights_are_normal_with_a_variance_of_two_over_the_inputs_and_zero_biases() -> None:
    state = weights.initial(recipe(initialisation="he-normal", network="500-400"))
    for layer, inputs in enumerate((784, 500, 400)):
        kernel = state[f"layer.{layer}.kernel"]
        assert kernel.std() == pytest.approx(np.sqrt(2 / inputs), rel=0.05)
        assert np.mean(np.abs(kernel) > 2 * np.sqrt(2 / inputs)) == pytest.approx(0.0455, abs=0.006), "never cut off"
        assert not state[f"layer.{layer}.bias"].any()


def test_initial_weights_are_drawn_as_they_always_were() -> None:
    drawn = {name: weights.initial(recipe(network="32-16", initialisation=name)) for name in ("pytorch", "keras")}
    digests = {name: weights.digest(state, {})[:16] for name, state in drawn.items()}
    assert digests == {"pytorch": "be07ddcaa97cf63b", "keras": "357163ce2c9932d9"}


def test_narrow_weights_widen_back_into_the_initial_ones() -> None:
    initial = weights.initial(recipe())
    live = np.array([3, 100, 700])
    narrow = weights.narrow(trained(initial), live)
    assert narrow["layer.0.kernel"].shape == narrow["optimizer.m.layer.0.kernel"].shape == (3, 12)
    narrow["layer.0.kernel"] = narrow["layer.0.kernel"] + 1
    wide = weights.widen(narrow, live, initial)
    moved = (wide["layer.0.kernel"] != initial["layer.0.kernel"]).any(axis=1)
    assert np.flatnonzero(moved).tolist() == live.tolist()
    assert np.flatnonzero(wide["optimizer.m.layer.0.kernel"].any(axis=1)).tolist() == live.tolist()
    assert wide["layer.1.kernel"] is narrow["layer.1.kernel"]


def test_widening_leaves_the_initial_weights_as_they_are() -> None:
    initial = weights.initial(recipe())
    before = initial["layer.0.kernel"].copy()
    weights.widen({"layer.0.kernel": np.ones((2, 12), np.float32)}, np.array([0, 1]), initial)
    assert np.array_equal(initial["layer.0.kernel"], before)


def test_the_numpy_pass_gives_each_layer_after_its_activation() -> None:
    state = {
        "layer.0.kernel": np.array([[1.0, -1.0]]), "layer.0.bias": np.array([0.0, 0.5]),
        "layer.1.kernel": np.array([[2.0], [3.0]]), "layer.1.bias": np.array([-4.0]),
    }  # fmt: skip
    hidden, logits = weights.forward(state, np.array([[2.0], [-1000.0]]), "relu")
    assert hidden.tolist() == [[2.0, 0.0], [0.0, 1000.5]]
    assert logits.tolist() == [[0.0], [2997.5]]
    hidden, _ = weights.forward(state, np.array([[0.0], [-1000.0]]), "sigmoid")
    assert hidden == pytest.approx(np.array([[0.5, 1 / (1 + np.exp(-0.5))], [0.0, 1.0]]))
    assert weights.forward(state, np.array([[1.0]]), "tanh")[0] == pytest.approx(np.tanh([[1.0, -0.5]]))


def test_check_tells_a_resumed_optimiser_from_a_fresh_one() -> None:
    state, network = weights.initial(recipe()), recipe().architecture
    assert not weights.check(state, network, ["m"])
    assert weights.check(trained(state), network, ["m"])
    assert weights.check(state, network, [])


def test_check_refuses_what_does_not_fit() -> None:
    state = weights.initial(recipe())
    with pytest.raises(UsageError, match=r"layer.0.kernel does not fit .* expected \(3, 12\), received \(784, 12\)"):
        weights.check(state, dense(3, 12, 8, 10), [])
    with pytest.raises(UsageError, match=r"another optimiser: expected velocity, received optimizer.m.layer.0.bias"):
        weights.check(trained(state), recipe().architecture, ["velocity"])
    with pytest.raises(UsageError, match=r"optimizer.v.layer.0.kernel does not fit .* received nothing"):
        weights.check(trained(state), recipe().architecture, ["m", "v"])


def test_weights_are_read_as_they_were_saved(tmp_path: Path) -> None:
    state = trained(weights.initial(recipe()))
    weights.save(tmp_path / "weights.safetensors", state, METADATA)
    found, metadata = weights.read(tmp_path / "weights.safetensors")
    assert metadata == METADATA
    assert found.keys() == state.keys()
    for name, value in state.items():
        assert found[name].dtype == value.dtype
        assert found[name].shape == value.shape
        assert np.array_equal(found[name], value)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["weights.safetensors"]


def test_views_are_saved_in_the_order_that_they_show(tmp_path: Path) -> None:
    kernel = np.arange(12.0).reshape(3, 4)
    weights.save(tmp_path / "w", {"turned": kernel.T, "thinned": kernel[:, ::2]}, {})
    state, _ = weights.read(tmp_path / "w")
    assert np.array_equal(state["turned"], kernel.T)
    assert np.array_equal(state["thinned"], kernel[:, ::2])


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    weights.save(path, trained(weights.initial(recipe(network="2-2"))), METADATA)
    sound = path.read_bytes()
    generator = np.random.default_rng(0)
    everywhere = generator.integers(0, 8 * len(sound), 500)
    in_the_header = generator.integers(0, 8 * (8 + int.from_bytes(sound[:8], "little")), 500)
    for bit in (*everywhere, *in_the_header):
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        with pytest.raises(IntegrityError, match=r"weights\.safetensors is damaged"):
            weights.read(path)


def test_every_truncation_is_found(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    weights.save(path, weights.initial(recipe(network="2-2")), METADATA)
    sound = path.read_bytes()
    for length in (*range(20), *range(20, len(sound), 97), len(sound) - 1):
        path.write_bytes(sound[:length])
        with pytest.raises(IntegrityError, match=r"weights\.safetensors is damaged"):
            weights.read(path)


def test_a_file_without_a_checksum_is_not_trusted(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file(weights.initial(recipe()), tmp_path / "w")
    with pytest.raises(IntegrityError, match="w is damaged: expected a safetensors file with its SHA-256"):
        weights.read(tmp_path / "w")


def test_a_missing_file_is_missing_and_not_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        weights.read(tmp_path / "nothing")
