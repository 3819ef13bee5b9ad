from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from digits.dataset.sources import open_source
from digits.errors import SourceError
from digits.images.ink import to_rgba
from tests.dataset.sources.made import INK, LABELS, ORDER, idx, idx_pair, pictures


@pytest.mark.parametrize("packed", [False, True])
def test_images_and_the_labels_beside_them_come_digit_by_digit(tmp_path: Path, packed: bool) -> None:
    source = open_source(idx_pair(tmp_path, packed=packed))
    labels, found = pictures(source)
    assert labels == LABELS[ORDER].tolist()
    np.testing.assert_array_equal(found, to_rgba(INK[ORDER]))
    assert (source.kind, source.licence) == ("idx", "")
    assert "train-images-idx3-ubyte" in source.origin
    assert [picture.name for picture in source][:3] == ["0/0/0.png", "0/0/10.png", "0/0/20.png"]


def test_labels_may_be_packed_where_images_are_not_or_lie_elsewhere_under_any_name(tmp_path: Path) -> None:
    images = idx_pair(tmp_path)
    beside = tmp_path / "train-labels-idx1-ubyte"
    beside.with_name(f"{beside.name}.gz").write_bytes(gzip.compress(beside.read_bytes()))
    moved = beside.rename(tmp_path / "answers")
    assert pictures(open_source(images))[0] == LABELS[ORDER].tolist()
    assert pictures(open_source(images, labels=moved))[0] == LABELS[ORDER].tolist()


def test_missing_labels_are_named(tmp_path: Path) -> None:
    images = idx_pair(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(SourceError, match=r"expected train-labels-idx1-ubyte or train-labels-idx1-ubyte\.gz beside"):
        open_source(images)
    with pytest.raises(SourceError, match=r"x-idx3-ubyte is not named as images are"):
        open_source(images.rename(tmp_path / "x-idx3-ubyte"))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("shape", [(10**9, 28, 28), (2**32 - 1, 2**32 - 1, 2**32 - 1)])
def test_a_header_that_promises_too_much_is_refused_before_memory_is_taken(
    tmp_path: Path, shape: tuple[int, ...], packed: bool
) -> None:
    images = idx_pair(tmp_path, packed=packed)
    images.write_bytes(gzip.compress(idx(INK, shape=shape)) if packed else idx(INK, shape=shape))
    tracemalloc.start()
    with pytest.raises(SourceError, match="promises what it cannot hold"):
        open_source(images)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2_000_000


def test_a_gzip_that_inflates_beyond_its_header_is_read_no_further(tmp_path: Path) -> None:
    images = idx_pair(tmp_path, packed=True)
    images.write_bytes(gzip.compress(idx(INK) + bytes(100_000_000)))
    tracemalloc.start()
    with pytest.raises(SourceError, match="cut off or too long: expected 23,520 bytes, received more"):
        open_source(images)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 2_000_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (idx(INK)[:-1], "promises what it cannot hold"),
        (idx(INK)[:9], "is no IDX file of images"),
        (b"", "is no IDX file of images"),
        (idx(LABELS), "is no IDX file of images: expected bytes 0 0 8 3 at its start, received 00 00 08 01"),
        (idx(INK, kind=13), "is no IDX file of images"),
        (idx(INK) + b"x", "cut off or too long"),
        (idx(INK.reshape(30, 56, 14)), "expected images of 28×28, received 56×14"),
        (idx(INK[:29]), "expected a label for each of 29 images, received 30 labels"),
    ],
)
def test_a_file_that_is_no_idx_of_images_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    images = idx_pair(tmp_path)
    images.write_bytes(content)
    with pytest.raises(SourceError, match=f"train-images-idx3-ubyte.*{said}"):
        open_source(images)


def test_a_gzip_that_is_cut_or_damaged_is_refused(tmp_path: Path) -> None:
    images = idx_pair(tmp_path, packed=True)
    whole = images.read_bytes()
    for content in (whole[:-5], whole[: len(whole) // 2], whole[:-8] + b"\0" * 8, b"no gzip"):
        images.write_bytes(content)
        with pytest.raises(SourceError, match=r"train-images-idx3-ubyte\.gz is (cut off|no)"):
            open_source(images)


def test_a_label_that_is_no_digit_is_refused_by_its_place(tmp_path: Path) -> None:
    images = idx_pair(tmp_path)
    wrong = LABELS.copy()
    wrong[17] = 10
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(wrong))
    with pytest.raises(SourceError, match=r"Label 17 of .* is no digit: expected 0 to 9, received 10"):
        open_source(images)


def test_the_mnist_test_digits_are_read_whole(mnist_images: Path) -> None:
    labels, found = pictures(open_source(mnist_images))
    assert np.bincount(labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    raw = gzip.decompress(mnist_images.read_bytes())
    assert found[..., 3].sum(dtype=np.int64) == np.frombuffer(raw, np.uint8)[16:].sum(dtype=np.int64)
    assert not found[..., :3].any()
