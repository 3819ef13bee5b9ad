"""Where images come from, and what may be done with them: the lab's own words lead there, others' are letters."""

from __future__ import annotations

import re

from digits.dataset.sources.downloads import DOWNLOADS
from digits.dataset.sources.starter import Starter
from ui.frame import plain

OWN = {Starter.origin, Starter.licence, *(text for one in DOWNLOADS.values() for text in (one.origin, one.licence))}
ADDRESS = re.compile(r"((?:\w+\.)+(?:com|org)/[\w./-]*[\w/])")


def credit(text: str) -> str:
    """Return an origin or a licence as Markdown; the addresses in one that the lab itself wrote are links."""
    parts = ADDRESS.split(text) if text in OWN else [text]
    return "".join(f"[{plain(part)}](https://{part})" if place % 2 else plain(part)
                   for place, part in enumerate(parts))  # fmt: skip
