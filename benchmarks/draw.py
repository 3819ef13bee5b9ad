"""How soon both models answer a drawing, and whether they answer as they do off the page: one table.

    python -m benchmarks.draw [--drawings 20] [--width 1280]

Digits that people drew with a pen are replayed with the mouse on the canvas of the page Draw, in a real Chromium. The
time is read off the page's own clock, from the last mouse-up to the frame in which the answers last changed, so that
Playwright's own latency is not in it. The same strokes then go the way of `python -m digits draw`, through `paint`
and `frame`, to the same runs.
"""

from __future__ import annotations

import argparse
import io
import os
import tempfile
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page

from benchmarks.prediction import digits, machine
from benchmarks.startup import Seen, chromium, open_tab, server, settle
from digits import settings
from digits.images.frame import frame
from digits.images.ink import to_ink
from digits.images.strokes import Drawing, fit, paint, read_drawings
from digits.prediction import Predictor
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.run import Run, find_run

Json = dict[str, Any]
# Notes the last mouse-up, the last message to the server and the first one back, when the answers last changed, and
# when the script ended (0 while it runs).
CLOCK = """(() => {
  const log = window.log = {up: 0, sent: 0, sends: 0, got: 0, said: 0, ended: 0, text: ''};
  const now = () => performance.now();
  addEventListener('mouseup', () => Object.assign(log, {up: now(), sends: 0}), true);
  window.WebSocket = class extends WebSocket {
    constructor(...all) { super(...all); this.addEventListener('message', () => { log.got ||= now(); }); }
    send(...all) { Object.assign(log, {sent: now(), sends: log.sends + 1, got: 0, ended: 0}); super.send(...all); }
  };
  const look = () => requestAnimationFrame(() => {
    const parts = document.querySelectorAll('[data-testid=stMetric], [data-testid=stCaptionContainer]');
    const text = [...parts].map(part => part.textContent).join('|');
    if (text !== log.text) Object.assign(log, {text, said: now()});
    const app = document.querySelector('[data-testid=stApp]');
    if (app?.dataset.testScriptState === 'notRunning' && log.got) log.ended ||= now();
    else log.ended = 0;
  });
  const all = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(look).observe(document, all);
})()"""
ANSWERED = "() => log.up < log.sent && log.sent < log.ended && performance.now() - log.ended > 300"
TARGET_SECONDS = 0.5


def main() -> None:
    """Print the machine, the table, and what the tab asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--drawings", type=int, default=20)
    parser.add_argument("--width", type=int, default=1280, help="of the browser's window")
    options = parser.parse_args()
    every = read_drawings(settings.test_data() / "pen-strokes.json.gz")
    drawings = every[:: len(every) // options.drawings][: options.drawings]
    print(machine(), flush=True)
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        os.environ["DIGITS_HOME"] = folder
        runs = train_both()
        with server(settings.PROJECT) as (address, process):
            page = open_tab(browser, f"{address}/draw", seen, CLOCK, width=options.width)
            page.locator("canvas.upper-canvas").wait_for()
            settle(process)
            uncut = page.locator(".dc-scroll").evaluate("element => element.clientWidth")
            print(f"{uncut} of the canvas's 280 pixels can be seen in a window of {options.width}", flush=True)
            told = [replay(page, drawing) for drawing in drawings]
            page.context.close()
        print_table(told, expected(runs, drawings))
    print(seen.summary())


def train_both() -> list[Run]:
    """Build the starter set and train the notebook's network on it in both frameworks."""
    digits("build", "starter", "--name", "starter")
    recipe = ["--dataset", "starter", "--recipe", "notebook-adam"]
    return [find_run(digits("train", *recipe, "--framework", framework)["run"]) for framework in FRAMEWORKS]


def replay(page: Page, drawing: Drawing) -> Json:
    """Draw with the mouse, wait for both answers, clear the canvas; return the clock, the answers and the 28×28."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 140, box["y"] + 140)
    page.wait_for_timeout(400)  # the canvas's toolbar lies unseen over its corner until the mouse has come
    for stroke in fit(drawing.strokes):
        points = [(box["x"] + x, box["y"] + y) for x, y in stroke]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    page.wait_for_function(ANSWERED)
    told = {**page.evaluate("log"), **shown(page)}
    page.get_by_role("button", name="Reset canvas & history").click()
    page.get_by_text("Draw a digit from 0 to 9").wait_for()
    page.wait_for_function(ANSWERED)
    return told


def shown(page: Page) -> Json:
    """Return what the page shows: the `digits` that were answered, their `shares` from 0 to 1, and the `ink` seen."""
    source = page.locator("[data-testid=stImage] img").get_attribute("src") or ""
    picture = Image.open(io.BytesIO(page.request.get(source).body())).convert("L")
    tiles = np.asarray(picture.reduce(picture.width // 30))  # 28 of them inside a margin of one
    captions = [text for text in page.get_by_test_id("stCaptionContainer").all_inner_texts() if text.endswith("ms")]
    return {
        "digits": [int(text) for text in page.get_by_test_id("stMetricValue").all_inner_texts()],
        "shares": [float(text.split(" ")[0]) / 100 for text in captions],
        "ink": 255.0 - tiles[1:29, 1:29],
    }


def expected(runs: list[Run], drawings: list[Drawing]) -> list[Json]:
    """Return the same of each drawing off the page: painted, framed, and read by the same runs."""
    predictors = [Predictor(run.recipe.framework) for run in runs]
    results = []
    for drawing in drawings:
        ink = frame(to_ink(paint(fit(drawing.strokes))), runs[0].recipe.frame)
        said = [predictor.predict(run.id, ink) for predictor, run in zip(predictors, runs, strict=True)]
        results.append({"ink": ink, "digit": drawing.digit, "digits": [one.digit for one in said],
                        "shares": [one.probabilities.max() for one in said]})  # fmt: skip
    for predictor in predictors:
        predictor.close()
    return results


def print_table(told: list[Json], expected: list[Json]) -> None:
    """Print the times and where they go, then how far page and command line agree."""
    between = {
        "from mouse-up to both answers": ("up", "said"),
        "  until the canvas sends (debounced)": ("up", "sent"),
        "  until the server's first word": ("sent", "got"),
        "  until the last answer has changed": ("got", "said"),
    }
    print(f"\n{f'{len(told)} drawings, seconds':<40}{'median':>8}{'p95':>8}{'worst':>8}{'share':>8}")
    whole = np.median([one["said"] - one["up"] for one in told])
    for name, (start, end) in between.items():
        seconds = np.array([one[end] - one[start] for one in told]) / 1000
        middle = np.median(seconds)
        print(f"{name:<40}{middle:>8.3f}{np.percentile(seconds, 95):>8.3f}{seconds.max():>8.3f}"
              f"{1000 * middle / whole:>8.0%}")  # fmt: skip
    print(
        f"target: median {TARGET_SECONDS}; messages sent after mouse-up: at most {max(one['sends'] for one in told)}"
    )
    print_agreement(told, expected)


def print_agreement(told: list[Json], expected: list[Json]) -> None:
    """Print how many answers are the same as off the page, and how far ink and probability lie apart."""
    print(f"\n{'beside the command line':<23}{'same digit':>15}{'|Δ share|':>11}{'right here':>12}{'there':>7}")
    truth = np.array([one["digit"] for one in expected])
    for index, name in enumerate(FRAMEWORK_NAMES.values()):
        here, there = (np.array([one["digits"][index] for one in them]) for them in (told, expected))
        apart = np.mean([abs(a["shares"][index] - b["shares"][index]) for a, b in zip(told, expected, strict=True)])
        counts = f"{(here == truth).sum():>12}{(there == truth).sum():>7}"
        print(f"{name:<23}{f'{(here == there).sum()} of {len(told)}':>15}{apart:>11.3f}{counts}")
    differences = np.array([abs(a["ink"] - b["ink"]) for a, b in zip(told, expected, strict=True)])
    inked = np.array([one["ink"] > 0 for one in expected])
    everywhere, there, worst = differences.mean(), differences[inked].mean(), differences.mean(axis=(1, 2)).max()
    print(f"ink, of 255: mean |Δ| {everywhere:.2f}, where there is ink {there:.2f}; the worst drawing {worst:.2f}")


if __name__ == "__main__":
    main()
