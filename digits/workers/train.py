"""The training worker: waits for its slot, trains, writes what came out. `python -m digits.workers.train RUN`."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from digits import settings
from digits.errors import StoppedError, TrainingError
from digits.evaluation import metrics
from digits.evaluation.report import report
from digits.files import Json, append_line, line_bytes, parse_lines, replace, write_json
from digits.models import Classifier, create, weights
from digits.seal import packed
from digits.training import knowledge, room, variants
from digits.training.conditions import conditions, made
from digits.training.inputs import Data, load
from digits.training.leak import leak_of
from digits.training.loop import Checkpoints, Loop
from digits.training.queue import wait_for_slot
from digits.training.run import Run
from digits.workers.desk import Desk, work
from digits.workers.variants import Ahead


def main(desk: Desk) -> None:
    """Train the run of `desk` to its end, or to its stop."""
    run = Run(desk.job)
    if (run.folder / "result.json").exists():  # killed after its last word but one
        return
    desk.say(phase="waiting", framework=run.recipe.framework)
    slot = wait_for_slot(desk.job, owner=desk.status["owner"], stopped=desk.stopped)
    desk.say(state="running", phase="reading the data", started=time.time())
    room.check_now(run.recipe, images=run.dataset().report["images"])
    data = load(run.recipe, run.spec["fingerprint"], parts=run.keep_split())
    desk.check()
    with ExitStack() as stack:
        ahead = stack.enter_context(_ahead(run, data)) if run.recipe.augmented else None
        desk.say(phase=f"importing {settings.FRAMEWORK_NAMES[run.recipe.framework]}")
        classifier = create(run.recipe, inputs=len(data.live))
        loop = Loop(run.recipe, data, classifier, ahead)
        _begin(run, loop, desk)
        _train(run, loop, desk)
    desk.say(phase="evaluating")
    finish(run, loop)
    slot.close()


def _ahead(run: Run, data: Data) -> Ahead:
    """Begin to draw the variants of a training with augmentation, while its framework is imported."""
    ahead = Ahead(run.recipe, data.ink, variants.key_of(run.spec))
    if not (run.folder / "checkpoint.safetensors").exists():  # which is about to say where it goes on
        ahead.begin(1)
    return ahead


def _begin(run: Run, loop: Loop, desk: Desk) -> None:
    """Load the checkpoint where there is one, else the initial weights; forget records that came after it."""
    path = run.folder / "checkpoint.safetensors"
    metrics_path = run.folder / "metrics.jsonl"
    if path.exists():
        state, position = weights.read(path)
        loop.classifier.load(state)
        loop.go_to(dict(position))
    else:
        loop.classifier.load(weights.narrow(weights.initial(run.recipe), loop.data.live))
    kept = [line for line in run.metrics() if line["step"] <= loop.step] if loop.step else []
    replace(metrics_path, b"".join(line_bytes(line) for line in kept))
    desk.say(phase="training", total=loop.total, steps_an_epoch=loop.steps_an_epoch, resumed_at=loop.step,
             images=loop.rows, parameters=run.recipe.parameters)  # fmt: skip


def _train(run: Run, loop: Loop, desk: Desk) -> None:
    checkpoints = Checkpoints(run.folder / "checkpoint.safetensors", weights.save)

    def record(line: Json) -> None:
        append_line(run.folder / "metrics.jsonl", line)
        desk.say(urgent=False, **progress(loop))  # small epochs are over in less time than a status takes to write

    def pause(ended: bool) -> None:
        if desk.stopped():
            checkpoints.now(loop)
            raise StoppedError(f"{run.id} was stopped at epoch {loop.step / loop.steps_an_epoch:.2f}")
        if ended:
            checkpoints.at_epoch(loop)

    try:
        loop.run(record, pause)
    except TrainingError:
        (run.folder / "checkpoint.safetensors").unlink(missing_ok=True)
        raise


def progress(loop: Loop) -> Json:
    """Return how far a training is, for its status."""
    speed = loop.step / loop.seconds if loop.seconds else 0.0
    return {
        "step": loop.step,
        "epoch": loop.step / loop.steps_an_epoch,
        "images_per_second": speed * loop.rows / loop.steps_an_epoch,
        "seconds_left": (loop.total - loop.step) / speed if speed else None,
        "train_seconds": loop.seconds,
    }


def finish(run: Run, loop: Loop, **more: Any) -> None:
    """Write evaluation, knowledge, weights, and last the result with `more` in it: it means that all are there."""
    data, classifier = loop.data, loop.classifier
    hidden, logits = metrics.outputs(classifier, data.test.inputs)
    kept = packed(rows=data.test.rows, labels=data.test.labels, logits=logits, hidden=hidden)
    replace(run.folder / "evaluation.npz", kept)
    knowledge.learn(classifier, run.recipe, data).save(run.folder / knowledge.FILE)
    _save_weights(run, classifier, data)
    write_json(run.folder / "result.json", {**_result(run, loop, logits), **more})
    (run.folder / "checkpoint.safetensors").unlink(missing_ok=True)


def _save_weights(run: Run, classifier: Classifier, data: Data) -> None:
    """Write the weights in full width: dead inputs keep their initial values."""
    full = weights.widen(classifier.state(), data.live, weights.initial(run.recipe))
    trained = {name: value for name, value in full.items() if name.startswith("layer.")}
    weights.save(run.folder / "weights.safetensors", trained, {"run": run.id, "framework": run.recipe.framework})


def _result(run: Run, loop: Loop, logits: metrics.Floats) -> Json:
    train, test, leak = loop.data.train, loop.data.test, leak_of(run)
    known = {"initial weights": loop.initial, **made([loop.orders], loop.rows), **loop.told(),
             "dataset": run.spec["fingerprint"], "leak": leak}  # fmt: skip
    _, seen = metrics.outputs(loop.classifier, train.inputs)
    epochs = [line for line in parse_lines((run.folder / "metrics.jsonl").read_bytes(), "metrics.jsonl")
              if line["kind"] == "epoch" and line["epoch"]]  # fmt: skip
    return {
        "run": run.id, "framework": run.recipe.framework, "epochs": run.recipe.epochs,
        "train_accuracy": metrics.accuracy(seen, train.labels), "train_loss": metrics.loss(seen, train.labels),
        "test_accuracy": metrics.accuracy(logits, test.labels), "test_loss": metrics.loss(logits, test.labels),
        "train_images": len(train.rows), "test_images": len(test.rows), "live_inputs": len(loop.data.live),
        "split": run.recipe.split, "leak": leak, "test_share": run.split().test_share,
        "parameters": run.recipe.parameters, "train_seconds": loop.seconds,
        "epoch_seconds": [line["epoch_seconds"] for line in epochs],
        "conditions": conditions(run.recipe, loop.data, loop.classifier, known),
        "report": report(metrics.confusion(logits.argmax(axis=1), test.labels)),
    }  # fmt: skip


if __name__ == "__main__":
    work(main, "runs")
