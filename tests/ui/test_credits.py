"""An origin or a licence leads to others only where it is one that stands in the code."""

from __future__ import annotations

import re

import pytest

from digits.dataset.sources.downloads import MNIST_LICENCE
from digits.dataset.sources.starter import Starter
from tests.hostile import NAMES
from ui.datasets.credits import OWN, credit
from ui.frame import plain

LINK = re.compile(r"(?<!\\)\]\((.*?)\)")


def test_the_labs_own_words_are_links_where_they_name_an_address() -> None:
    assert LINK.findall(credit(Starter.licence)) == ["https://creativecommons.org/licenses/by/4.0"]
    assert LINK.findall(credit("openml.org/d/554: mnist_784, version 1")) == ["https://openml.org/d/554"]
    hosts = {link.split("/")[2] for text in OWN for link in LINK.findall(credit(text))}
    assert hosts == {"creativecommons.org", "kaggle.com", "openml.org", "storage.googleapis.com"}


@pytest.mark.parametrize("text", [*NAMES, f"{MNIST_LICENCE} ", "creativecommons.org/licenses/by/4.0", "evil.com/x"])
def test_anybody_elses_are_letters(text: str) -> None:
    assert credit(text) == plain(text)
