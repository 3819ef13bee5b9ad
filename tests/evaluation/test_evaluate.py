from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.errors import ConflictError, IntegrityError, SourceError
from digits.evaluation import evaluate
from digits.evaluation.evaluate import on_drawings, on_images, read_images, trained
from digits.images.strokes import Drawing
from digits.models import weights
from digits.training.inputs import full_inputs
from tests.evaluation import bar, made_run

LABELS = np.array([0, 1, 2, 2, 9, 9])
ANSWERS = [0, 1, 2, 7, 9, 4]


def pictures() -> np.ndarray:
    """(6, 28, 28) ink that `made_run` reads as ANSWERS."""
    return np.stack([bar(digit) for digit in ANSWERS])


def stored(folder: Path, **arrays: object) -> Path:
    np.savez(folder / "images.npz", **arrays)
    return folder / "images.npz"


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.uint64, ">i4"])
def test_images_and_labels_of_any_whole_kind_are_read(tmp_path: Path, kind: object) -> None:
    images, labels = read_images(stored(tmp_path, images=pictures(), labels=LABELS.astype(kind)))
    assert np.array_equal(images, pictures())
    assert labels.tolist() == LABELS.tolist()
    assert labels.dtype == np.int64


@pytest.mark.parametrize("missing", ["images", "labels"])
def test_an_array_that_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    arrays = {"images": pictures(), "labels": LABELS}
    del arrays[missing]
    with pytest.raises(SourceError, match=rf"images\.npz cannot be read: .* received '{missing} is not a file"):
        read_images(stored(tmp_path, **arrays))


@pytest.mark.parametrize(
    ("images", "labels", "received"),
    [
        (np.zeros((6, 28, 28)), LABELS, r"float64 \(6, 28, 28\) and int64 \(6,\)"),
        (np.zeros((6, 28, 28), np.int8), LABELS, "int8"),
        (np.zeros((6, 28, 28), bool), LABELS, "bool"),
        (np.zeros((6, 784), np.uint8), LABELS, r"uint8 \(6, 784\)"),
        (np.zeros((6, 28, 27), np.uint8), LABELS, r"\(6, 28, 27\)"),
        (np.zeros((6, 28, 28, 4), np.uint8), LABELS, r"\(6, 28, 28, 4\)"),
        (np.zeros((28, 28), np.uint8), LABELS, r"\(28, 28\)"),
        (np.uint8(7), LABELS, r"uint8 \(\)"),
        (np.zeros((0, 28, 28), np.uint8), LABELS[:0], r"\(0, 28, 28\)"),
        (pictures(), LABELS[:5], r"int64 \(5,\)"),
        (pictures(), LABELS[:, None], r"int64 \(6, 1\)"),
        (pictures(), LABELS.astype(float), r"float64 \(6,\)"),
        (pictures(), LABELS > 1, r"bool \(6,\)"),
        (pictures(), LABELS.astype(str), r"<U21 \(6,\)"),
        (pictures(), LABELS + 1, r"int64 \(6,\)"),
        (pictures(), LABELS - 1, r"int64 \(6,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_what_they_are(
    tmp_path: Path, images: np.ndarray, labels: np.ndarray, received: str
) -> None:
    with pytest.raises(SourceError, match=rf"images\.npz does not fit: expected images \(n, 28, 28\).*{received}"):
        read_images(stored(tmp_path, images=images, labels=labels))


@pytest.mark.parametrize("name", ["images", "labels"])
def test_a_pickle_is_never_opened(tmp_path: Path, name: str) -> None:
    marker = tmp_path / "opened"

    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (marker,))

    arrays = {"images": pictures(), "labels": LABELS, name: np.array([Trap()], object)}
    with pytest.raises(SourceError, match=r"images\.npz cannot be read.*Object arrays cannot be loaded"):
        read_images(stored(tmp_path, **arrays))
    assert not marker.exists()


@pytest.mark.parametrize("content", [b"", b"digits", b"\x80\x04N.", b"\x93NUMPY"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "images.npz"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"images\.npz cannot be read: expected an \.npz of images and labels"):
        read_images(path)


def test_one_array_alone_is_no_npz(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", pictures())
    with pytest.raises(SourceError, match=r"images\.npy cannot be read"):
        read_images(tmp_path / "images.npy")


def test_a_file_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"images\.npz cannot be read.*No such file"):
        read_images(tmp_path / "images.npz")


@pytest.mark.parametrize("pixels", ["rgba", "ink"])
def test_a_run_is_scored_on_an_npz_in_its_framework(tmp_path: Path, pixels: str) -> None:
    run = made_run(pixels=pixels)
    summary = on_images(run, stored(tmp_path, images=pictures(), labels=LABELS))
    assert summary["images"] == 6
    assert summary["accuracy"] == pytest.approx(4 / 6)
    wrong = {(row, column): n for row, counts in enumerate(summary["confusion"]) for column, n in enumerate(counts)}
    assert {place: n for place, n in wrong.items() if n} == {
        (0, 0): 1, (1, 1): 1, (2, 2): 1, (2, 7): 1, (9, 9): 1, (9, 4): 1,
    }  # fmt: skip


def test_pictures_are_framed_as_the_run_was_trained(tmp_path: Path) -> None:
    path = stored(tmp_path, images=pictures(), labels=np.array(ANSWERS))
    assert on_images(made_run("drawn"), path)["accuracy"] == 1
    centred = on_images(made_run("centred", frame="centred"), path)["confusion"]
    answered = set(np.flatnonzero(np.sum(centred, axis=0)).tolist())
    assert answered <= {4, 5}, "every bar is moved to the middle"


def test_logits_are_those_of_a_numpy_forward_pass_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluate, "CHUNK", 4)
    run = made_run()
    ink = np.random.default_rng(1).integers(0, 256, (9, 784)).astype(np.uint8)
    state, _ = weights.read(run.folder / "weights.safetensors")
    expected = weights.forward(state, full_inputs(ink, run.recipe), "relu")[-1]
    classifier = trained(run)
    assert evaluate.logits(classifier, ink, run.recipe) == pytest.approx(expected, rel=1e-5)
    assert evaluate.logits(classifier, ink[:0], run.recipe).shape == (0, 10)


def test_a_run_that_is_not_finished_cannot_be_evaluated() -> None:
    with pytest.raises(ConflictError, match="made is not finished: expected finished, received interrupted"):
        trained(made_run(finished=False))


def test_weights_that_are_not_those_that_were_written_are_refused() -> None:
    run = made_run()
    path = run.folder / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"weights\.safetensors is damaged"):
        trained(run)


def corner(*, y: float, digit: int, writer: str) -> Drawing:
    """A vertical line and a horizontal one at its upper end (y=0) or its lower one (y=1)."""
    return Drawing(digit, writer, (np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([[0.0, y], [1.0, y]])))


def test_drawings_are_painted_framed_and_scored_writer_by_writer() -> None:
    drawings = [
        corner(y=0, digit=0, writer="zoe"),
        corner(y=1, digit=9, writer="ann"),
        corner(y=1, digit=9, writer="zoe"),
        corner(y=1, digit=3, writer="zoe"),
    ]
    summary = on_drawings(made_run(), drawings)
    assert (summary["digits"], summary["accuracy"]) == (4, 0.75)
    assert summary["by_writer"] == {"ann": 1.0, "zoe": pytest.approx(2 / 3)}
    assert list(summary["by_writer"]) == ["ann", "zoe"]
    assert summary["confusion"][3][9] == 1
    assert "images" not in summary


def test_no_drawing_at_all_is_refused() -> None:
    with pytest.raises(SourceError, match="no strokes to read: expected at least one drawing, received 0"):
        on_drawings(made_run(), [])
