from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy

from digits.dataset.sources import open_source, packed
from digits.errors import SourceError
from digits.images.ink import to_rgba
from tests.dataset.sources.made import INK, LABELS, ORDER, RGBA, pictures
from tests.hostile_zips import many


def saved(path: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def header(shape: tuple[int, ...], descr: str = "|u1") -> bytes:
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


@pytest.mark.parametrize("images", [INK, INK.reshape(30, 784), RGBA], ids=["ink", "flat", "rgba"])
@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_images_of_every_form_come_digit_by_digit(tmp_path: Path, images: np.ndarray, kind: type) -> None:
    source = open_source(saved(tmp_path / "a.npz", images=images, labels=LABELS.astype(kind)))
    labels, found = pictures(source)
    assert labels == LABELS[ORDER].tolist()
    np.testing.assert_array_equal(found, RGBA[ORDER] if images is RGBA else to_rgba(INK[ORDER]))
    assert (source.kind, source.origin) == ("npz", "a.npz")


def test_arrays_named_as_keras_names_them_are_joined(tmp_path: Path) -> None:
    parts = {"x_train": INK[:20], "y_train": LABELS[:20], "x_test": INK[20:], "y_test": LABELS[20:]}
    labels, found = pictures(open_source(saved(tmp_path / "mnist.npz", **parts)))
    assert labels == LABELS[ORDER].tolist()
    np.testing.assert_array_equal(found[..., 3], INK[ORDER])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": INK.astype(np.float32), "labels": LABELS}, r"images of a\.npz does not fit: expected uint8"),
        ({"images": INK[:, :27], "labels": LABELS}, "does not fit"),
        ({"images": INK, "labels": LABELS.astype(float)}, "labels of a.npz does not fit: expected integers"),
        ({"images": INK, "labels": LABELS[:, None]}, "expected integers"),
        ({"images": INK, "labels": LABELS[:29]}, "expected a label in labels for each image in images"),
        ({"images": INK, "labels": LABELS - 1}, r"Label 0 of a\.npz is no digit: expected 0 to 9, received -1"),
        ({"images": INK[:0], "labels": LABELS[:0]}, "holds no images"),
        ({"images": INK, "labels": np.minimum(LABELS, 8)}, "received none of 9"),
        (
            {"x_train": INK, "y_train": LABELS, "x_test": RGBA, "y_test": LABELS},
            "does not fit: expected images of one",
        ),
        ({"pictures": INK}, r"has no images and labels: .*received pictures\.npy"),
        ({"x_train": INK, "y_test": LABELS}, "has no images and labels"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_by_name(tmp_path: Path, arrays: dict, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        open_source(saved(tmp_path / "a.npz", **arrays))


def test_nothing_pickled_is_read(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.npz", images=INK, labels=np.array([print] * 30, object))
    with pytest.raises(SourceError, match=r"labels of a\.npz"):
        open_source(path)


@pytest.mark.parametrize("shape", [(10**9, 28, 28), (10**6 + 1, 784), (31, 28, 28), (29, 28, 28)])
def test_a_member_that_promises_what_it_does_not_hold_is_refused_before_memory_is_taken(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    path = tmp_path / "a.npz"
    labels = io.BytesIO()
    np.save(labels, LABELS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("images.npy", header(shape) + INK.tobytes())
        archive.writestr("labels.npy", labels.getvalue())
    tracemalloc.start()
    with pytest.raises(SourceError, match="promises what it cannot hold"):
        open_source(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"images": INK[:2], "labels": np.zeros(2_000, np.int64)}, "received 2 images, 2,000 labels"),
        ({"images": np.zeros((21, 784), np.uint8), "labels": np.zeros(21, np.int64)}, "received 21 in 16,464"),
        ({name: np.zeros((9, 784), np.uint8) if number % 2 == 0 else np.zeros(9, np.uint8)
          for number, name in enumerate(name for pair in packed.PAIRS for name in pair)}, "received 27 in 21,168"),
        ({"x_train": INK[:1], "y_train": LABELS[:1], "x_test": RGBA[:5], "y_test": LABELS[:5]}, "images of one form"),
        ({"x_train": RGBA[:3], "y_train": LABELS[:3], "x_test": RGBA[:3], "y_test": LABELS[:3]},
         "received 6 in 18,816"),
    ],
)  # fmt: skip
def test_what_is_too_much_or_does_not_fit_is_refused_before_any_array_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arrays: dict[str, np.ndarray], said: str
) -> None:
    monkeypatch.setattr(packed, "MOST_IMAGES", 20)
    monkeypatch.setattr(packed, "MOST_BYTES", 21 * 784)
    monkeypatch.setattr(packed, "_read", lambda archive, name: pytest.fail(f"{name} was read"))
    with pytest.raises(SourceError, match=said):
        open_source(saved(tmp_path / "a.npz", **arrays))


def test_damaged_files_end_in_pictures_or_a_reason(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = saved(tmp_path / "a.npz", images=INK, labels=LABELS)
    sound = path.read_bytes()
    truth = pictures(open_source(path))
    refused = 0
    for number in range(300):
        changed = bytearray(sound[: rng.integers(len(sound))] if number % 3 == 0 else sound)
        for place in rng.integers(0, max(len(changed), 1), 2 * (len(changed) > 0)):
            changed[place] = rng.integers(256)
        path.write_bytes(changed)
        try:
            labels, found = pictures(open_source(path))
        except SourceError:
            refused += 1
            continue
        assert labels == truth[0]
        np.testing.assert_array_equal(found, truth[1])
    assert refused > 200


def test_a_header_that_is_longer_than_any_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    endless = b"\x93NUMPY\x02\x00" + struct.pack("<I", 20_000_000) + b" " * 20_000_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("images.npy", "labels.npy"):
            archive.writestr(name, endless)
    del endless
    tracemalloc.start()
    with pytest.raises(SourceError, match=r"x\.npz"):
        open_source(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_an_archive_of_very_many_members_is_refused_before_any_is_listed(tmp_path: Path) -> None:
    many(tmp_path / "x.npz", 1_001)
    with pytest.raises(SourceError, match=r"x\.npz is too large: its directory has 1,001 members"):
        open_source(tmp_path / "x.npz")
