"""The ways to train that `benchmarks.training` times: ours, a plain PyTorch loop, Keras's `fit`, scikit-learn's.

Each way is a call that makes one epoch of the notebook's network, from the same initial weights, on the same images.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from digits.files import append_line, parse_lines, write_json
from digits.models import Classifier, Floats, create, product_seconds, weights
from digits.settings import FRAMEWORK_NAMES
from digits.training.inputs import Data, load
from digits.training.loop import Loop, order
from digits.training.presets import preset
from digits.training.recipe import Recipe

RECIPES = {"full batch": "notebook-full-batch-sgd", "Adam 128": "notebook-adam", "SGD 512": "notebook-sgd"}
RECORDED = "SGD 512"  # the recipe whose recording is timed: the one with the shortest epochs of many updates
WORKERS = ("pytorch", "tensorflow", "fit", "scikit-learn")
OURS, BARE, RECORDING = "ours, {}", "our loop without records, {}", "our loop with records and live curves, {}"
NOTEBOOK, PLAIN, MLP = (
    "the notebook's way",
    "a plain PyTorch loop, live inputs",
    "scikit-learn's MLPClassifier, live inputs",
)
Ways = dict[str, Callable[[], object]]


def ways_of(worker: str, fingerprint: str, threads: int, compilers: bool) -> Ways:
    """Return what to time in the process `worker`, named `recipe|way`; `rate …` multiplies matrices."""
    framework = worker if worker in FRAMEWORK_NAMES else "tensorflow"
    ways: Ways = {}
    for title, name in RECIPES.items():
        recipe = preset(name, framework=framework, dataset="digits", threads=threads, epochs=1)
        data = load(recipe, fingerprint)
        found = {"pytorch": torch_ways, "tensorflow": our_ways, "fit": keras_ways, "scikit-learn": sklearn_ways}
        ways |= {f"{title}|{way}": call for way, call in found[worker](recipe, data).items()}
        if compilers and worker in FRAMEWORK_NAMES:
            way = f"{OURS.format(FRAMEWORK_NAMES[worker])}, compiler"
            ways[f"{title}|{way}"] = ours(recipe.changed(compilation="compiler"), data)
        if title == RECORDED and worker in FRAMEWORK_NAMES:
            ways |= {f"{title}|{way}": call for way, call in recorded(recipe, data).items()}
    return {**ways, f"rate {worker}": partial(products, worker)} if worker in FRAMEWORK_NAMES else ways


def started(recipe: Recipe, data: Data) -> Classifier:
    """Return the adapter with the live inputs of `data` in place."""
    classifier = create(recipe, inputs=len(data.live))
    classifier.load(weights.narrow(weights.initial(recipe), data.live))
    classifier.place(data.train.inputs, data.train.labels)
    return classifier


def ours(recipe: Recipe, data: Data) -> Callable[[], object]:
    """An epoch of the adapter on the live inputs: its mean loss."""
    classifier = started(recipe, data)

    def epoch() -> float:
        rows = order(len(data.train.rows), recipe, 1)
        return float(classifier.steps(rows, np.full(len(rows), recipe.rate)).mean())

    return epoch


def our_ways(recipe: Recipe, data: Data) -> Ways:
    """The adapter."""
    return {OURS.format(FRAMEWORK_NAMES[recipe.framework]): ours(recipe, data)}


def recorded(recipe: Recipe, data: Data) -> Ways:
    """The loop of a training, silent, and as a worker runs it while a page draws its curves."""
    classifier, name = started(recipe, data), FRAMEWORK_NAMES[recipe.framework]
    return {BARE.format(name): partial(silent, recipe, data, classifier),
            RECORDING.format(name): partial(watched, recipe, data, classifier)}  # fmt: skip


def silent(recipe: Recipe, data: Data, classifier: Classifier) -> None:
    """An epoch of the loop, with its evaluations, whose records nobody keeps."""
    Loop(recipe, data, classifier).run(lambda line: None, lambda ended: None)


def watched(recipe: Recipe, data: Data, classifier: Classifier) -> None:
    """The same epoch; each record is written with the status, and read from the start once a second."""
    with tempfile.TemporaryDirectory() as folder:
        path, status, done = Path(folder) / "metrics.jsonl", Path(folder) / "status.json", threading.Event()
        path.touch()

        def record(line: dict[str, Any]) -> None:
            append_line(path, line)
            write_json(status, line)

        def read() -> None:
            while not done.wait(1.0):
                list(parse_lines(path.read_bytes(), path.name))

        reader = threading.Thread(target=read)
        reader.start()
        Loop(recipe, data, classifier).run(record, lambda ended: None)
        done.set()
        reader.join()


def torch_ways(recipe: Recipe, data: Data) -> Ways:
    """The adapter; the loop that a PyTorch user writes; for the full batch the notebook's, with its test pass."""
    import torch

    def loop(inputs: Floats, live: slice | np.ndarray, test: Floats | None) -> Callable[[], object]:
        network, optimizer = torch_network(recipe, inputs.shape[1], live)
        images, digits = torch.from_numpy(inputs), torch.from_numpy(data.train.labels.copy())

        def epoch() -> float:
            losses = []
            for batch in order(len(images), recipe, 1):
                rows = torch.from_numpy(batch[batch >= 0])
                whole = not recipe.batch  # the notebook hands all images over as they are
                optimizer.zero_grad()
                logits = network(images if whole else images[rows])
                loss = torch.nn.functional.cross_entropy(logits, digits if whole else digits[rows])
                loss.backward()
                optimizer.step()
                losses.append(loss.item())
            if test is not None:
                with torch.inference_mode():
                    network(torch.from_numpy(test))
            return float(np.mean(losses))

        return epoch

    ways: Ways = {**our_ways(recipe, data), PLAIN: loop(data.train.inputs, data.live, None)}
    if not recipe.batch:
        ways[NOTEBOOK] = loop(full(data.train.inputs, data), slice(None), full(data.test.inputs, data))
    return ways


def torch_network(recipe: Recipe, width: int, live: slice | np.ndarray) -> tuple[Any, Any]:
    """Return a torch network of `width` inputs with the recipe's initial weights, and its optimiser."""
    import torch

    from digits.models import pytorch_network

    network = pytorch_network.build(recipe.architecture.narrowed(width), recipe.activation, torch.float32)
    initial = weights.initial(recipe)
    initial["layer.0.kernel"] = initial["layer.0.kernel"][live]
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), initial.values(), strict=True):
            parameter.copy_(pytorch_network.from_numpy(value, parameter))
    kinds = {"native-sgd": torch.optim.SGD, "native-adam": torch.optim.Adam}
    return network, kinds[recipe.optimiser](network.parameters(), recipe.rate)


def keras_ways(recipe: Recipe, data: Data) -> Ways:
    """The notebook's `fit` on all inputs, with Keras's own optimiser; it has none for the full batch."""
    import keras

    from digits.models import tensorflow_network

    if not recipe.batch:
        return {}
    network = tensorflow_network.build(recipe.architecture, recipe.activation, recipe.dtype)
    network.set_weights(list(weights.initial(recipe).values()))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    kinds = {"native-sgd": keras.optimizers.SGD, "native-adam": keras.optimizers.Adam}
    network.compile(kinds[recipe.optimiser](recipe.rate), loss, metrics=["accuracy"])
    inputs, labels = full(data.train.inputs, data), data.train.labels
    return {NOTEBOOK: lambda: network.fit(inputs, labels, recipe.batch, epochs=1, verbose=0).history["loss"][0]}


def sklearn_ways(recipe: Recipe, data: Data) -> Ways:
    """scikit-learn's own network: it draws its own weights and knows no full batch of more than memory holds."""
    from sklearn.neural_network import MLPClassifier

    if not recipe.batch:
        return {}
    solver = recipe.optimiser.removeprefix("native-")
    network = MLPClassifier(recipe.widths[1:-1], solver=solver, alpha=0.0, batch_size=recipe.batch, momentum=0.0,
                            learning_rate_init=recipe.rate, random_state=recipe.seed)  # fmt: skip
    inputs, labels = data.train.inputs, data.train.labels
    return {MLP: lambda: network.partial_fit(inputs, labels, classes=np.arange(10)).loss_}


def full(inputs: Floats, data: Data) -> Floats:
    """Return the notebook's 3,136 inputs for live ones (n, live)."""
    wide = np.zeros((len(inputs), 3136), np.float32)
    wide[:, data.live] = inputs
    return wide


def products(framework: str) -> float:
    """Return the GFLOP/s at which `framework` multiplies two 2048 × 2048 matrices: the best of five."""
    return 2 * 2048**3 / min(product_seconds(framework, 2048, "float32") for _ in range(5)) / 1e9
