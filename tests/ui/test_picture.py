"""What no canvas sends as its picture."""

from __future__ import annotations

import io
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from digits.errors import ImageError
from digits.images.strokes import drawn_ink
from tests import factory
from tests.canvases import url  # before what it stands in for
from tests.drawings.made import drawn
from ui.drawing.picture import ink_of

SOUND = factory.saved(Image.fromarray(255 - drawn().ink).convert("RGBA"))


def claiming(width: int, height: int) -> bytes:
    """A small PNG of nothing that claims to be so large."""
    pixels = zlib.compress(bytes(10_000_000))
    header = factory.header((width, height))
    return factory.assembled(header, factory.chunk(b"IDAT", pixels), factory.chunk(b"IEND"))


def other(kind: str) -> bytes:
    """The picture in another format."""
    file = io.BytesIO()
    Image.fromarray(255 - drawn().ink).save(file, kind)
    return file.getvalue()


REFUSED = {
    "a smaller one": (url(factory.png()), "another size: expected 280×280, received 28×28"),
    "a turned one": (url(factory.saved(Image.new("RGBA", (600, 280)))), "expected 280×280, received 600×280"),
    "9,000 pixels a side": (url(factory.saved(Image.new("1", (9_000, 9_000)))), "received 9000×9000"),
    "4 thousand million a side": (url(claiming(2**32 - 1, 2**32 - 1)), "received 4294967295×4294967295"),
    "more pixels than it says": (url(claiming(280, 280)), "too many pixels"),
    "no pixels": (url(factory.assembled(factory.header((280, 280)), factory.chunk(b"IEND"))), "not those of a pic"),
    "another format": (url(other("BMP")), "no PNG file"),
    "another format, which says so": (url(other("TIFF"), "tiff"), "is no PNG: expected data:image/png"),
    "a vector picture": ("data:image/svg+xml,<svg/>", "is no PNG"),
    "half of it": (url(SOUND[: len(SOUND) // 2]), "cut off"),
    "its first bytes": (url(SOUND[:20]), "cut off"),
    "one bit that is another": (url(SOUND[:99] + bytes([SOUND[99] ^ 1]) + SOUND[100:]), "CRC-32 differs"),
    "more bytes than a canvas has pixels": (url(SOUND + bytes(1_000_000)), "is too large"),
    "letters that are no base64": (url(SOUND) + "ö", "cannot be read: expected base64"),
    "a number": (17, "is no PNG"),
    "a list": ([url(SOUND)], "is no PNG"),
}


def test_the_picture_of_a_canvas_is_read_as_it_shows() -> None:
    np.testing.assert_array_equal(ink_of(url(SOUND), width=280, height=280), drawn().ink)
    wide = drawn_ink(drawn().strokes, canvas=(280, 600))
    sent = url(factory.saved(Image.fromarray(255 - wide).convert("RGB")))
    np.testing.assert_array_equal(ink_of(sent, width=600, height=280), wide)


@pytest.mark.parametrize("what", REFUSED)
def test_what_no_canvas_sends_is_refused_before_memory_is_taken_for_it(what: str) -> None:
    sent, words = REFUSED[what]
    tracemalloc.start()
    with pytest.raises(ImageError, match=words):
        ink_of(sent, width=280, height=280)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize("sent", [REFUSED["9,000 pixels a side"][0], "x"])
def test_the_page_says_what_is_wrong_with_what_was_sent(sent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def script() -> None:
        import streamlit as st

        from ui.canvas import canvas

        st.text(canvas("digit"))

    def shown(*, key: str, **_: Any) -> None:
        st.session_state[key] = {"drawing": {"raw": {}, "data": sent}}

    monkeypatch.setattr("ui.canvas.drawable.st_canvas", shown)
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert app.error[0].value.startswith("The canvas")
    assert app.text[0].value == "None"
