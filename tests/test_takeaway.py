"""The loaders that the page shows are run as they are, far from the lab's own code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digits.models import weights
from digits.models.takeaway import keras_loader, pytorch_loader
from digits.training.framed import framed_ink
from digits.training.inputs import full_inputs
from digits.training.recipe import Recipe
from digits.training.run import all_runs

USE = {
    pytorch_loader: 'import torch\nlogits = model(torch.from_numpy(numpy.load("inputs.npy"))).detach().numpy()',
    keras_loader: 'logits = model.predict_on_batch(numpy.load("inputs.npy"))',
}
loaders = pytest.mark.parametrize("loader", USE, ids=["pytorch", "keras"])


def run_alone(text: str, use: str, folder: Path, inputs: np.ndarray) -> np.ndarray:
    """Run a loader's text in `folder`, where the weights are, and return the logits of its model."""
    np.save(folder / "inputs.npy", inputs)
    (folder / "loader.py").write_text(f'import numpy\n{text}\n{use}\nnumpy.save("logits.npy", logits)\n')
    done = subprocess.run([sys.executable, "loader.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return np.load(folder / "logits.npy")


@loaders
@pytest.mark.usefixtures("furnished")
def test_a_plain_model_gives_the_logits_of_the_run(loader, tmp_path: Path) -> None:
    for run in all_runs():
        (tmp_path / "weights.safetensors").write_bytes((run.folder / "weights.safetensors").read_bytes())
        pictures = run.dataset().images[run.evaluation("rows")]
        inputs = full_inputs(framed_ink(np.asarray(pictures), run.recipe), run.recipe)
        logits = run_alone(loader(run.recipe), USE[loader], tmp_path, inputs)
        assert logits.shape == (360, 10)
        assert np.abs(logits - run.evaluation("logits")).max() < 1e-3


@loaders
def test_another_activation_precision_and_input_are_in_the_text(loader, tmp_path: Path) -> None:
    recipe = Recipe(framework="pytorch", dataset="none", network="12-8-6", activation="tanh", pixels="ink",
                    dtype="float64", initialisation="pytorch")  # fmt: skip
    weights.save(tmp_path / "weights.safetensors", weights.initial(recipe), {})
    inputs = np.random.default_rng(0).random((5, 784))
    logits = run_alone(loader(recipe), USE[loader], tmp_path, inputs)
    assert logits == pytest.approx(weights.forward(weights.initial(recipe), inputs, "tanh")[-1], rel=1e-9)


@loaders
@pytest.mark.parametrize("network", ["conv4x3 pool conv6x5 pool 12-8", "conv3x1 pool pool", "conv2x3"])
def test_a_plain_network_that_looks_at_pictures_gives_what_ours_gives(loader, network: str, tmp_path: Path) -> None:
    recipe = Recipe(framework="pytorch", dataset="none", network=network, pixels="ink", initialisation="pytorch",
                    dtype="float64", activation="tanh")  # fmt: skip
    state = weights.initial(recipe)
    weights.save(tmp_path / "weights.safetensors", state, {})
    inputs = np.random.default_rng(0).random((5, 784))
    logits = run_alone(loader(recipe), USE[loader], tmp_path, inputs)
    assert logits == pytest.approx(weights.forward(state, inputs, "tanh", recipe.architecture)[-1], rel=1e-9)


@loaders
def test_a_loader_is_short_and_says_what_goes_in(loader) -> None:
    recipe = Recipe(framework="pytorch", dataset="none")
    text = loader(recipe)
    statements = [
        line for line in text.splitlines() if line and not line.startswith((" ", ")", "]", "#", "import", "from"))
    ]
    assert len(statements) <= 5
    assert "(n, 3136) float32, RGBA pixel by pixel" in text
    assert "from 0 (paper) to 255 (ink)" in text
    assert "each digit centred first" in loader(recipe.changed(frame="centred"))
