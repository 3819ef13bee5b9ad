from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from digits.errors import ImageError
from digits.images import png
from digits.images.fit import fit, fit_file, ground, other_size
from digits.images.ink import to_ink
from tests import factory


def read(data: bytes) -> np.ndarray:
    (image,), refused = png.decode([data])
    assert not refused
    return image


def rectangle(height: int, width: int, *, ink: tuple[int, ...], paper: tuple[int, ...]) -> np.ndarray:
    """A picture whose middle half is ink."""
    picture = np.full((height, width, 4), paper, np.uint8)
    picture[height // 4 : -(height // 4), width // 4 : -(width // 4)] = ink
    return picture


def test_a_larger_picture_becomes_the_mean_of_what_each_pixel_covers():
    picture = np.random.default_rng(1).integers(0, 256, (56, 56, 4), dtype=np.uint8)
    means = picture.reshape(28, 2, 28, 2, 4).mean(axis=(1, 3))
    assert np.abs(fit(picture) - means).max() <= 1  # rows and columns are rounded one after the other


@pytest.mark.parametrize(
    ("size", "box"), [((56, 28), (0, 7, 28, 21)), ((20, 40), (7, 0, 21, 28)), ((8, 16), (7, 0, 21, 28))]
)
def test_proportions_stay_and_the_rest_is_the_pictures_own_ground(size: tuple[int, int], box: tuple[int, ...]):
    width, height = size
    ink = fit(np.full((height, width, 4), (9, 9, 9, 255), np.uint8))
    assert (ink == (9, 9, 9, 255)).all()
    framed = rectangle(height, width, ink=(0, 0, 0, 255), paper=(255, 255, 255, 255))
    fitted = fit(framed)
    left, top, right, bottom = box
    outside = np.ones((28, 28), bool)
    outside[top:bottom, left:right] = False
    assert (fitted[outside] == 255).all()
    assert not fitted[14, 14, :3].any()


@pytest.mark.parametrize(
    ("ink", "paper"),
    [((0, 0, 0, 255), (255, 255, 255, 255)), ((255, 255, 255, 255), (0, 0, 0, 255)), ((0, 0, 0, 255), (0, 0, 0, 0))],
)
def test_light_ink_stays_light_dark_ink_dark_and_a_transparent_ground_transparent(ink, paper):
    fitted = fit(rectangle(100, 60, ink=ink, paper=paper))
    assert tuple(fitted[14, 14]) == ink
    assert tuple(fitted[0, 0]) == tuple(ground(fitted)) == paper
    assert to_ink(fitted)[14, 14] == 255
    assert to_ink(fitted)[0].max() == 0


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_a_file_of_any_kind_is_fitted_as_pillow_reads_it(mode: str):
    image = Image.fromarray(np.kron(factory.pixels(3), np.ones((2, 2, 1), np.uint8))).convert(mode)
    expected = fit(np.array(image.convert("RGBA")))
    np.testing.assert_array_equal(read(fit_file(factory.saved(image))), expected)


def test_a_picture_that_is_28x28_already_or_none_at_all_has_no_other_size():
    assert other_size(factory.png()) is None
    assert other_size(b"GIF89a") is None
    assert other_size(factory.saved(Image.new("L", (30, 20)))) == (30, 20)


@pytest.mark.parametrize(
    ("size", "told"), [((7, 7), "7×7"), ((1025, 30), "1025×30"), ((40_000, 40_000), "40000×40000"), ((0, 30), "0×30")]
)
def test_sizes_that_are_no_digits_are_refused_before_they_are_inflated(size: tuple[int, int], told: str):
    data = factory.assembled(factory.header(size), factory.chunk(b"IDAT", b"x"), factory.chunk(b"IEND"))
    with pytest.raises(ImageError, match=f"another size: .*its longer side 8 to 1,024 pixels, received {told}"):
        fit_file(data)


def test_a_damaged_file_of_another_size_is_refused_as_any_other():
    sound = factory.saved(Image.fromarray(np.kron(factory.pixels(3), np.ones((2, 2, 1), np.uint8))))
    rng = np.random.default_rng(4)
    for bit in rng.choice(8 * len(sound), 300, replace=False).tolist():
        changed = bytearray(sound)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ImageError):
            fit_file(bytes(changed))
    for length in range(0, len(sound), 7):
        with pytest.raises(ImageError):
            fit_file(sound[:length])


def test_interlaced_and_16_bit_pictures_are_refused_in_any_size():
    deep = io.BytesIO()
    Image.fromarray(np.zeros((40, 40), np.uint16)).save(deep, "PNG")
    with pytest.raises(ImageError, match="16 bits"):
        fit_file(deep.getvalue())
    head = factory.header((40, 40), interlace=1)
    with pytest.raises(ImageError, match="interlaced"):
        fit_file(factory.assembled(head, factory.chunk(b"IDAT"), factory.chunk(b"IEND")))
