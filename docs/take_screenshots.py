"""Takes the pictures of the pages that README shows: `python -m docs.take_screenshots --home LAB`.

LAB is a lab with finished runs of both frameworks; `docs/screenshots/` is written anew, or `--pages` of it.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.startup import chromium, server
from digits import settings
from digits.images.strokes import fit, read_drawings

FOLDER = Path(__file__).parent / "screenshots"
PAGES = {"overview": "", "dataset": "dataset", "train": "train", "compare": "compare", "duel": "duel",
         "embeddings": "embeddings", "draw": "draw"}  # fmt: skip
DRAWN = 417  # which of the pen drawings is drawn on the canvas


def main() -> None:
    """Photograph each page, 1280 by 900, in the light theme."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--home", type=Path, required=True, help="the lab to show")
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=list(PAGES))
    options = parser.parse_args()
    os.environ["DIGITS_HOME"] = str(options.home.resolve())
    FOLDER.mkdir(exist_ok=True)
    expect.set_options(timeout=90_000)
    with server(settings.PROJECT) as (address, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        for name in options.pages:
            page.goto(f"{address}/{PAGES[name]}")
            expect(page.locator("h1")).to_be_visible()
            if name == "draw":
                draw(page)
            if name == "embeddings":
                expect(page.get_by_text("trustworthiness").first).to_be_visible()
            settled(page)
            page.screenshot(path=FOLDER / f"{name}.png")


def settled(page: Page) -> None:
    """Wait until the script has ended and no skeleton is left, and a moment for what is drawn after it."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.wait_for_timeout(1500)


def draw(page: Page) -> None:
    """Draw a digit that somebody drew with a pen, and wait for both answers."""
    canvas = page.locator("canvas.upper-canvas")
    expect(canvas).to_be_visible()
    box = canvas.bounding_box()
    assert box is not None
    drawing = read_drawings(settings.test_data() / "pen-strokes.json.gz")[DRAWN]
    for stroke in fit(drawing.strokes):
        page.mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
        page.mouse.down()
        for x, y in stroke[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y)
        page.mouse.up()
    expect(page.get_by_text(re.compile("They (dis)?agree"))).to_be_visible()


if __name__ == "__main__":
    main()
