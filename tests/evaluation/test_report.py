from __future__ import annotations

import json
import warnings

import numpy as np
import pytest

from digits.errors import ConflictError
from digits.evaluation.metrics import confusion
from digits.evaluation.report import MEASURES, report, report_of
from digits.files import write_json
from tests.evaluation import made_run

NAMES = {"precision": "precision", "recall": "recall", "f1": "f1-score", "support": "support"}


def random_answers(seed: int, never_answered: list[int], never_there: list[int]) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    labels = generator.choice(np.setdiff1d(np.arange(10), never_there), 400)
    wild = generator.choice(np.setdiff1d(np.arange(10), never_answered), 400)
    kept = (generator.random(400) < 0.7) & ~np.isin(labels, never_answered)
    return labels, np.where(kept, labels, wild)


@pytest.mark.parametrize(
    ("never_answered", "never_there"), [([], []), ([3], []), ([], [7]), ([0, 9], [4]), ([5], [5]), ([*range(9)], [])]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_report_is_scikit_learns(seed: int, never_answered: list[int], never_there: list[int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sklearn.metrics import classification_report
    labels, answers = random_answers(seed, never_answered, never_there)
    theirs = classification_report(labels, answers, labels=range(10), output_dict=True, zero_division=0)
    ours = report(confusion(answers, labels))
    lines = {str(line["digit"]): line for line in ours["digits"]}
    lines |= {"macro avg": ours["macro"], "weighted avg": ours["weighted"]}
    for name, line in lines.items():
        for mine, his in NAMES.items():
            assert line[mine] == pytest.approx(theirs[name][his], abs=1e-12), (name, mine)
    assert ours["accuracy"] == pytest.approx(theirs["accuracy"], abs=1e-12)


def test_a_report_of_no_image_at_all_divides_by_nothing() -> None:
    empty = report(np.zeros((10, 10), np.int64))
    assert empty["accuracy"] == 0
    assert {line[name] for line in empty["digits"] for name in MEASURES} == {0}


def test_a_report_is_plain_json() -> None:
    labels, answers = random_answers(1, [], [])
    written = report(confusion(answers, labels))
    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_the_report_that_the_worker_wrote_is_taken_and_an_older_run_is_counted_anew() -> None:
    labels, answers = random_answers(4, [2], [])
    expected = report(confusion(answers, labels))
    older, newer = made_run("older"), made_run("newer")
    np.savez(older.folder / "evaluation.npz", rows=np.arange(400), labels=labels, logits=np.eye(10)[answers])
    write_json(newer.folder / "result.json", {"run": newer.id, "report": expected})
    assert report_of(older) == report_of(newer) == expected


def test_a_run_that_is_not_finished_has_no_report() -> None:
    with pytest.raises(ConflictError, match="made is not finished"):
        report_of(made_run(finished=False))
