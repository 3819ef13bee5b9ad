from __future__ import annotations

import io
import random

import numpy as np

from digits import seal


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_sealed_archive_reads_as_numpy_writes_it_and_each_flipped_bit_of_it_is_found() -> None:
    for compressed in (False, True):
        data = seal.packed(rows=np.arange(7), names=np.array(["a", "b"]), compressed=compressed)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            assert arrays["rows"].tolist() == list(range(7))
            assert arrays["names"].tolist() == ["a", "b"]
        assert not seal.NPZ.broken(data)
        digits_and_letters = 8 * len(data)
        missed = [bit for bit in range(digits_and_letters) if not seal.NPZ.broken(flipped(data, bit))]
        assert missed == []


def test_an_archive_without_a_seal_is_not_called_broken() -> None:
    file = io.BytesIO()
    np.savez(file, rows=np.arange(7))
    assert not seal.NPZ.broken(file.getvalue())
    assert not seal.NPZ.broken(b"")


def test_a_cut_archive_has_another_seal_or_none() -> None:
    data = seal.packed(rows=np.arange(7))
    cuts = random.Random(1).sample(range(len(data) - seal.NPZ.length), 20)
    assert all(seal.NPZ.broken(data[:cut] + data[-seal.NPZ.length :]) for cut in cuts)
