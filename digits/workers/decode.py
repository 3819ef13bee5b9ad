"""Decodes PNG files while a build beside it reads and writes others: `python -m digits.workers.decode`.

A request on standard input has the files, one behind the other, and their `sizes`; the answer, on standard output,
the images, and which files were `refused` why. The kernel ends the process with its parent (`digits.child`).
"""

from __future__ import annotations

from itertools import accumulate

from digits.child import Reply, serve
from digits.files import Json
from digits.images import png


def answer(request: Json) -> Reply:
    """Return the pixels of the files in `request`."""
    data = request["array"].tobytes() if request["sizes"] else b""
    ends = list(accumulate(request["sizes"]))
    images, refused = png.decode([data[start:end] for start, end in zip([0, *ends], ends, strict=False)])
    return {"refused": refused}, images


if __name__ == "__main__":
    serve(answer)
