from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.images import png
from tests import factory

ROWS = zlib.compress(bytes(28 * 113))
IDAT = factory.chunk(b"IDAT", ROWS)
END = factory.chunk(b"IEND")


def pillow(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def reason(data: bytes) -> str:
    """Why the file is refused, read between two sound ones that must come through."""
    sound = factory.png()
    images, refused = png.decode([sound, data, sound])
    assert images.shape == (2, 28, 28, 4)
    assert [position for position, _ in refused] == [1]
    return refused[0][1]


def test_a_sound_file_is_read_as_pillow_reads_it():
    images, refused = png.decode([factory.png(seed) for seed in range(5)])
    assert not refused
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, [factory.pixels(seed) for seed in range(5)])


def test_no_files_are_no_images():
    images, refused = png.decode([])
    assert images.shape == (0, 28, 28, 4)
    assert refused == []


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_all_filters_in_any_mixture_are_undone(channels: int):
    rng = np.random.default_rng(channels)
    files, expected = [], []
    for number in range(12):
        samples = rng.integers(0, 256, (28, 28, channels)).astype(np.uint8)
        filters = np.full(28, number) if number < 5 else rng.integers(0, 5, 28)
        files.append(factory.filtered_png(samples, filters.tolist()))
        expected.append(pillow(files[-1]))
    images, refused = png.decode(files)
    assert not refused
    np.testing.assert_array_equal(images, expected)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_each_sound_kind_is_read_as_pillow_reads_it(mode: str):
    data = factory.saved(Image.fromarray(factory.pixels(3)).convert(mode))
    np.testing.assert_array_equal(png.decode([data])[0], [pillow(data)])


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("P", {"bits": 2}),
        ("P", {"bits": 4}),
        ("P", {"transparency": 1}),
        ("P", {"transparency": bytes(range(0, 200, 25))}),
        ("L", {"transparency": 7}),
        ("RGB", {"transparency": (1, 2, 3)}),
        ("1", {"transparency": 0}),
        ("RGBA", {"dpi": (72, 72)}),
    ],
)
def test_palettes_and_transparent_colours_are_read_as_pillow_reads_them(mode: str, options: dict[str, object]):
    image = Image.fromarray(factory.pixels(4))
    image = image.quantize(4 if options.get("bits") == 2 else 16) if mode == "P" else image.convert(mode)
    data = factory.saved(image, **options)
    images, refused = png.decode([data])
    assert not refused
    np.testing.assert_array_equal(images, [pillow(data)])


def test_kinds_may_be_mixed_and_keep_their_order():
    files = [
        factory.saved(Image.fromarray(factory.pixels(s)).convert(m)) for s, m in enumerate(["L", "RGBA", "P", "L"])
    ]
    np.testing.assert_array_equal(png.decode(files)[0], [pillow(data) for data in files])


def test_pixels_may_lie_in_several_idat_chunks_beside_comments():
    parts = [factory.chunk(b"IDAT", ROWS[:5]), factory.chunk(b"IDAT"), factory.chunk(b"IDAT", ROWS[5:])]
    data = factory.assembled(
        factory.header(), factory.chunk(b"tEXt", b"a\0b"), *parts, factory.chunk(b"tIME", bytes(7)), END
    )
    images, refused = png.decode([data])
    assert not refused
    assert not images.any()


def test_a_truncated_file_is_refused_wherever_it_ends():
    data = factory.png()
    images, refused = png.decode([data[:length] for length in range(len(data))])
    assert len(images) == 0
    assert len(refused) == len(data)
    assert "cut off" in refused[-1][1]


def test_a_file_with_a_byte_behind_its_end_is_refused():
    assert "cut off" in reason(factory.png() + b"\0")
    assert "IDAT IEND IEND" in reason(factory.png() + END)


def test_a_jpeg_named_png_is_refused():
    file = io.BytesIO()
    Image.new("RGB", (28, 28)).save(file, "JPEG")
    assert reason(file.getvalue()).startswith("It is no PNG file: expected the PNG signature, received ff d8 ff")


def test_an_empty_file_is_refused():
    assert "received nothing" in reason(b"")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (factory.saved(Image.new("RGBA", (28, 29))), "expected 28×28, received 28×29"),
        (factory.saved(Image.new("RGBA", (280, 280))), "received 280×280"),
        (factory.saved(Image.new("I;16", (28, 28))), "16 bits a sample"),
        (factory.assembled(factory.header(interlace=1), IDAT, END), "interlaced"),
        (factory.assembled(factory.header(interlace=2), IDAT, END), "makes no sense"),
        (factory.assembled(factory.header(depth=4), IDAT, END), "makes no sense"),
        (factory.assembled(factory.header(colour=5), IDAT, END), "makes no sense"),
        (factory.assembled(factory.chunk(b"IHDR", b"short"), IDAT, END), "wrong length"),
        (factory.assembled(factory.header(), factory.chunk(b"acTL", bytes(8)), IDAT, END), "animated"),
        (factory.assembled(), "received no chunk"),
        (factory.assembled(factory.header(), END), "received IHDR IEND"),
        (factory.assembled(factory.header(), IDAT), "received IHDR IDAT"),
        (factory.assembled(IDAT, factory.header(), END), "received IDAT IHDR IEND"),
        (factory.assembled(factory.header(), IDAT, factory.chunk(b"IEND", b"x")), "IEND chunk is not empty"),
        (factory.assembled(factory.header(), factory.chunk(b"ABCD"), IDAT, END), "IHDR ABCD"),
        (factory.assembled(factory.header(colour=3), IDAT, END), "palette has a wrong length"),
    ],
)  # fmt: skip
def test_what_is_not_one_still_28x28_picture_is_refused_with_its_reason(data: bytes, expected: str):
    assert expected in reason(data)


def test_idat_chunks_with_another_between_are_refused():
    first, second = factory.chunk(b"IDAT", ROWS[:5]), factory.chunk(b"IDAT", ROWS[5:])
    assert "not those of a picture" in reason(
        factory.assembled(factory.header(), first, factory.chunk(b"tEXt"), second, END)
    )


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (zlib.compress(bytes(28 * 113 - 1)), "Pixels are missing: expected 3164 bytes, received 3163"),
        (zlib.compress(bytes(14 * 113)), "Pixels are missing"),
        (zlib.compress(bytes(28 * 113 + 1)), "too many pixels"),
        (zlib.compress(bytes(100_000_000)), "too many pixels"),
        (ROWS + b"more", "Bytes follow the pixels: expected 0, received 4"),
        (ROWS[:-1], "Pixels are missing"),
        (ROWS[:-1] + b"\0", "cannot be inflated"),
        (b"", "Pixels are missing"),
        (zlib.compress(b"\5" + bytes(28 * 113 - 1)), "unknown filter: expected 0 … 4, received 5"),
    ],
)
def test_pixels_that_are_not_exactly_28_rows_are_refused(stream: bytes, expected: str):
    assert expected in reason(factory.assembled(factory.header(), factory.chunk(b"IDAT", stream), END))


def test_a_colour_that_is_not_in_the_palette_is_refused():
    indices = zlib.compress((b"\0" + bytes([9] * 28)) * 28)
    chunks = [factory.chunk(b"PLTE", bytes(6)), factory.chunk(b"IDAT", indices)]
    assert "not in the palette" in reason(factory.assembled(factory.header(colour=3), *chunks, END))


def test_no_damaged_file_is_read_with_other_pixels():
    rng = np.random.default_rng(7)
    originals = [factory.png(seed) for seed in range(10)]
    originals += [
        factory.saved(Image.fromarray(factory.pixels(s)).convert(m)) for s, m in enumerate(["P", "1", "L", "LA"])
    ]
    mutants, truth = [], []
    for number in range(6000):
        original = originals[number % len(originals)]
        mutants.append(mutated(original, rng, bits=1 + number % 3))
        truth.append(pillow(original))
    images, refused = png.decode(mutants)
    sound = np.delete(np.arange(len(mutants)), [position for position, _ in refused])
    wrong = [index for index, image in zip(sound, images, strict=True) if (image != truth[index]).any()]
    assert wrong == []
    assert len(refused) == len(mutants)


def mutated(data: bytes, rng: np.random.Generator, bits: int) -> bytes:
    """The file with some bits flipped, or cut off somewhere and perhaps closed again by a sound end."""
    if rng.random() < 0.1:
        return data[: rng.integers(len(data))] + (END if rng.random() < 0.5 else b"")
    changed = bytearray(data)
    for position in rng.choice(8 * len(data), bits, replace=False):
        changed[position // 8] ^= 1 << position % 8
    return bytes(changed)


def test_files_that_are_wrong_inside_sound_chunks_end_in_pixels_or_a_reason():
    rng = np.random.default_rng(8)
    originals = [
        factory.saved(Image.fromarray(factory.pixels(s)).convert(m)) for s, m in enumerate(["P", "1", "L", "RGB"])
    ]
    files = [resealed(originals[number % 4], rng) for number in range(2000)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        images, refused = png.decode(files)
    assert len(images) + len(refused) == len(files)
    sound = np.delete(np.arange(len(files)), [position for position, _ in refused])
    np.testing.assert_array_equal(images, [pillow(files[index]) for index in sound])
    assert all(re.fullmatch(r"[A-Z].*\.", text, re.DOTALL) for _, text in refused)


def resealed(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with one byte of a chunk changed, a tRNS of any length in it, and every CRC right."""
    chunks = png.chunks(data)
    chunks.insert(int(rng.integers(1, len(chunks))), (b"tRNS", rng.bytes(rng.integers(0, 8))))
    which = int(rng.integers(len(chunks)))
    kind, content = chunks[which]
    if content:
        changed = bytearray(content)
        changed[rng.integers(len(changed))] = rng.integers(256)
        chunks[which] = kind, bytes(changed)
    return factory.assembled(*(factory.chunk(*each) for each in chunks))


def test_every_image_of_the_kaggle_set_is_read_as_pillow_reads_it(kaggle_zip: Path):
    with zipfile.ZipFile(kaggle_zip) as archive:
        files = [archive.read(name) for name in archive.namelist() if name.endswith(".png")]
    assert len(files) == 107_730
    for start in range(0, len(files), 5000):
        images, refused = png.decode(files[start : start + 5000])
        assert not refused
        assert all(
            image.tobytes() == pillow(data).tobytes() for image, data in zip(images, files[start:], strict=False)
        )


def test_a_chunk_that_claims_four_gigabytes_is_cut_off():
    data = factory.assembled(factory.header(), struct.pack(">I", 0xFFFFFFFF) + b"IDAT" + ROWS)
    assert "cut off" in reason(data)
