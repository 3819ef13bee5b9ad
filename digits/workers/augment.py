"""Draws the variants of epochs while another process trains on them: `… .workers.augment FOLDER RECIPE`.

FOLDER holds `images.npy`, the framed ink (n, 784) of the training images, and gets a file an epoch; RECIPE is JSON.
Requests on standard input name an `epoch`; the answer, on standard output, says that its file is there. The kernel
ends the process with its parent (`digits.child`).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from digits.child import Reply, serve
from digits.errors import IntegrityError
from digits.files import Json
from digits.training import variants
from digits.training.recipe import Recipe

NICENESS = 19  # whoever trains comes first


class Drawer:
    """Draws the variants of one training, an epoch whenever it is told to."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        self.ink = np.load(folder / "images.npy", mmap_mode="r", allow_pickle=False)  # shared with the other drawer
        self.source = variants.source(self.ink, recipe)

    def answer(self, request: Json) -> Reply:
        """See to it that the file of an epoch is there and whole; say whether it was `found`, and the `seconds`."""
        epoch, start = int(request["epoch"]), time.perf_counter()
        path = self.folder / f"{epoch}.npy"
        try:
            variants.read(path, self.source)
            found = True
        except IntegrityError:
            variants.save(path, variants.draw(self.ink, self.recipe, epoch), self.source)
            found = False
        return {"epoch": epoch, "found": found, "seconds": time.perf_counter() - start}, None


def main() -> None:
    """Answer until the parent ends."""
    os.nice(NICENESS)
    cv2.setNumThreads(1)
    serve(Drawer(Path(sys.argv[1]), Recipe(**json.loads(sys.argv[2]))).answer)


if __name__ == "__main__":
    main()
