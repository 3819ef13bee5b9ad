"""Damaged PNG files: 3 × 10,000 of every kind that is read, none of which may be read with other pixels.

    python -m benchmarks.mutants [--each 10000]

Sound files of 28×28, grey, RGB, palette, grey-alpha, RGBA and 1-bit, get one to four flipped bits, are cut off (or
closed again by a sound end), or have a chunk left out, doubled, moved, or one put in from another file. The seeds
are fixed. A mutant may be read only if its pixels are those of the sound file. Transparent colours (tRNS) are not
left out: what remains is a sound file of another picture.
"""

from __future__ import annotations

import argparse
import struct
import time
from collections import Counter
from collections.abc import Callable

import numpy as np
from PIL import Image

from benchmarks.prediction import machine
from digits.images import png

MODES = ("L", "RGB", "P", "LA", "RGBA", "1")
Mutate = Callable[[bytes, bytes, np.random.Generator], bytes]


def main() -> None:
    """Print a line for each kind of damage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--each", type=int, default=10_000, help="mutants of each kind of damage")
    each = parser.parse_args().each
    print(machine())
    for seed, (name, mutate) in enumerate(MUTATIONS.items()):
        began = time.perf_counter()
        print(f"{name:<16}{tried(mutate, each, seed)} ({time.perf_counter() - began:.1f} s)", flush=True)


def tried(mutate: Mutate, each: int, seed: int) -> str:
    """Return what became of `each` mutants: how many were refused, and read with the same or with other pixels."""
    rng = np.random.default_rng(seed)
    originals = sound_files()
    truth = png.decode(originals)[0]
    which = [number % len(originals) for number in range(each)]
    mutants = [mutate(originals[one], originals[rng.integers(len(originals))], rng) for one in which]
    images, refused = png.decode(mutants)
    read = np.delete(np.arange(each), [place for place, _ in refused])
    same = sum(bool((image == truth[which[place]]).all()) for image, place in zip(images, read.tolist(), strict=True))
    unsaid = sum(not reason.strip() for _, reason in refused)
    common = ", ".join(f"{count:,} × {said}" for said, count in reasons(refused).most_common(3))
    return (f"{each:,} mutants: {len(refused):,} refused by name, {unsaid} without a reason, {same} read as the "
            f"sound file, {len(read) - same} with other pixels; {common}")  # fmt: skip


def sound_files() -> list[bytes]:
    """Return sound files of each kind, as Pillow writes them."""
    from tests import factory

    return [
        factory.saved(Image.fromarray(factory.pixels(seed)).convert(mode)) for seed in range(10) for mode in MODES
    ]


def reasons(refused: list[tuple[int, str]]) -> Counter[str]:
    """Count the reasons by what is wrong, without its numbers."""
    return Counter(reason.partition(":")[0].rstrip(".") for _, reason in refused)


def flipped(data: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    """One to four bits."""
    changed = bytearray(data)
    for bit in rng.choice(8 * len(data), rng.integers(1, 5), replace=False).tolist():
        changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def cut(data: bytes, _: bytes, rng: np.random.Generator) -> bytes:
    """The beginning of a file; every other one closed by a sound end."""
    return data[: rng.integers(len(data))] + (png.END if rng.random() < 0.5 else b"")


def spliced(data: bytes, other: bytes, rng: np.random.Generator) -> bytes:
    """A chunk left out, doubled, moved, or one put in from another file; their CRCs are right."""
    chunks, others = parts(data), parts(other)
    place, to = rng.integers(len(chunks), size=2).tolist()
    match rng.integers(4):
        case 0 if chunks[place][4:8] != b"tRNS":
            del chunks[place]
        case 1:
            chunks.insert(to, chunks[place])
        case 2:
            chunks.insert(to, chunks.pop(place))
        case _:
            chunks.insert(to, others[rng.integers(len(others))])
    return png.SIGNATURE + b"".join(chunks)


def parts(data: bytes) -> list[bytes]:
    """Return the chunks of a sound file, with their lengths and CRCs."""
    found, at = [], len(png.SIGNATURE)
    while at < len(data):
        end = at + 12 + struct.unpack_from(">I", data, at)[0]
        found.append(data[at:end])
        at = end
    return found


MUTATIONS: dict[str, Mutate] = {"flipped bits": flipped, "cut off": cut, "spliced chunks": spliced}


if __name__ == "__main__":
    main()
