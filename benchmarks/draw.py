"""How soon both models answer a drawing, and whether they answer as they do off the page: one table.

    python -m benchmarks.draw [--drawings 100] [--width 1280] [--lab FOLDER] [--section Position]

Digits that people drew with a pen, as many of each writer, are replayed with the mouse on the canvas of the page
Draw, in a real Chromium. The time is read off the page's own clock, from the last mouse-up to the frame in which the
answers last changed, so that Playwright's own latency is not in it. What the section that is open shows comes after
them. The same strokes then go the way of `python -m digits draw`, through `paint` and `frame`, to the same runs. A
lab with finished runs can be given; by default the recipe *hand* is trained first, in both frameworks.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from benchmarks.prediction import digits, machine
from benchmarks.startup import Seen, chromium, open_tab, server
from digits import settings
from digits.images.frame import frame
from digits.images.ink import to_ink
from digits.images.strokes import Drawing, fit, paint, read_drawings
from digits.prediction import Predictor
from digits.settings import FRAMEWORK_NAMES, FRAMEWORKS
from digits.training.run import Run, all_runs, find_run
from ui.drawing.words import headline
from ui.frame import count
from ui.readers import best_runs

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
    const parts = document.querySelectorAll('[class*=st-key-said-], .st-key-verdict');
    const text = [...parts].map(part => part.textContent).join('|');
    if (text !== log.text) Object.assign(log, {text, said: now()});
    const app = document.querySelector('[data-testid=stApp]');
    if (app?.dataset.testScriptState === 'notRunning' && log.got) log.ended ||= now();
    else log.ended = 0;
  });
  const all = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(look).observe(document, all);
})()"""
HINT = "Draw a digit from 0 to 9"
CLEARED = "() => log.ended && performance.now() - log.ended > 150"
ANSWERED = "() => log.up < log.sent && log.sent < log.ended && performance.now() - log.ended > 300"
TARGETS = {"median": 0.4, "p95": 0.7}  # seconds, of which the canvas waits 0.2 before it sends
FARTHEST, EQUAL = 2.0, 0.99  # of 255, on average; the share of answers that are the same
RECIPE = "hand"


def main() -> None:
    """Print the machine, the table, and what the tab asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--drawings", type=int, default=100)
    parser.add_argument("--width", type=int, default=1280, help="of the browser's window")
    parser.add_argument("--lab", help="a lab folder with a finished run of each framework; default: one is made")
    parser.add_argument("--section", default="", help="which section under the answers is open")
    options = parser.parse_args()
    drawings = some(read_drawings(settings.test_data() / "pen-strokes.json.gz"), options.drawings)
    print(machine(), flush=True)
    seen = Seen()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        os.environ["DIGITS_HOME"] = options.lab or folder
        runs = best_runs(all_runs()) if options.lab else train_both()
        path = f"draw?more={options.section}" if options.section else "draw"
        with server(settings.PROJECT) as (address, _):
            page = open_tab(browser, f"{address}/{path}", seen, CLOCK, width=options.width)
            page.locator("canvas.upper-canvas").wait_for()
            page.get_by_text(HINT).wait_for()
            page.wait_for_function(CLEARED)
            warm_up(page, drawings[0])
            told = [replay(page, drawing, runs) for drawing in drawings]
            page.context.close()
        print(f"\n{' and '.join(run.title for run in runs)}; {machine().rpartition(', ')[2]}")
        print_table(told, expected(runs, drawings))
    print(seen.summary())


def some(drawings: list[Drawing], number: int) -> list[Drawing]:
    """Return `number` of the drawings, spread over those of each writer, as many of each."""
    by_writer: dict[str, list[Drawing]] = {}
    for drawing in drawings:
        by_writer.setdefault(drawing.writer, []).append(drawing)
    each = -(-number // len(by_writer))
    chosen = [mine[index * len(mine) // each] for mine in by_writer.values() for index in range(each)]
    return chosen[:number]


def train_both() -> list[Run]:
    """Build the starter set and train the recipe on it in both frameworks."""
    digits("build", "starter", "--name", "starter")
    recipe = ["--dataset", "starter", "--recipe", RECIPE]
    return [find_run(digits("train", *recipe, "--framework", framework)["run"]) for framework in FRAMEWORKS]


def replay(page: Page, drawing: Drawing, runs: list[Run]) -> Json:
    """Draw with the mouse, wait for both answers, clear the canvas; return the clock, the answers and the 28×28."""
    draw(page, drawing)
    told = {**page.evaluate("log"), **shown(page, runs)}
    clear(page)
    return told


def warm_up(page: Page, drawing: Drawing) -> None:
    """Draw until both models answer: whoever draws while they are loaded waits, on a busy machine in vain."""
    for _ in range(5):
        draw(page, drawing)
        answers = page.get_by_test_id("stMetricValue").count()
        clear(page)
        if answers == len(FRAMEWORKS):
            return
    raise SystemExit("a model does not answer")


def draw(page: Page, drawing: Drawing) -> None:
    """Draw with the mouse, and wait until the page has seen all strokes and come to rest."""
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box
    for stroke in fit(drawing.strokes):
        points = [(round(box["x"] + x), round(box["y"] + y)) for x, y in stroke]  # as a mouse says where it is
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        page.mouse.up()
    strokes = count(len(drawing.strokes), "stroke")
    page.get_by_alt_text(re.compile(rf"^28×28, .* {strokes}$")).first.wait_for()
    page.wait_for_function(ANSWERED)


def clear(page: Page) -> None:
    """Clear the canvas, and wait until the page knows it and has come to rest."""
    page.keyboard.press("Escape")
    page.get_by_text(HINT).wait_for()
    page.wait_for_function(CLEARED)


def shown(page: Page, runs: list[Run]) -> Json:
    """Return what the page shows, one a run: the `answers`, the most probable `digits` with their `shares` from 0 to
    1, and the `inks` seen.
    """
    answers = page.get_by_test_id("stMetricValue").all_inner_texts()
    captions = [page.locator(f".st-key-said-{name}").get_by_test_id("stCaptionContainer") for name in FRAMEWORKS]
    texts = [f"{answer} {caption.inner_text()}" for answer, caption in zip(answers, captions, strict=True)]
    return {
        "answers": answers,
        "digits": [int(re.findall(r"\d", text)[0]) for text in texts],  # where it is no answer, the caption has it
        "shares": [float(re.findall(r"([\d.]+) %", text)[0]) / 100 for text in texts],
        "inks": [ink_seen(page, run.recipe.frame) for run in runs],
    }


def ink_seen(page: Page, how: str) -> NDArray[np.float64]:
    """Return the ink (28, 28) of the picture that shows the drawing framed `how`."""
    source = page.get_by_alt_text(re.compile(f"^28×28, {how}")).get_attribute("src") or ""
    picture = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("L")
    tiles = np.asarray(picture.reduce(picture.width // 30), np.float64)  # 28 of them inside a margin of one
    return 255 - tiles[1:29, 1:29]


def expected(runs: list[Run], drawings: list[Drawing]) -> list[Json]:
    """Return the same of each drawing off the page: painted, framed, and read by the same runs."""
    predictors = [Predictor(run.recipe.framework) for run in runs]
    results = []
    for drawing in drawings:
        ink = to_ink(paint(fit(drawing.strokes)))
        inks = [frame(ink, run.recipe.frame) for run in runs]
        said = [one.predict(run.id, ink) for one, run, ink in zip(predictors, runs, inks, strict=True)]
        results.append({"inks": inks, "digit": drawing.digit, "answers": [headline(one) for one in said],
                        "digits": [one.digit for one in said],
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
        "from mouse-up to the end of the run": ("up", "ended"),
    }
    print(f"\n{f'{len(told)} drawings, seconds':<40}{'median':>8}{'p95':>8}{'worst':>8}")
    for name, (start, end) in between.items():
        seconds = np.array([one[end] - one[start] for one in told]) / 1000
        print(f"{name:<40}{np.median(seconds):>8.3f}{np.percentile(seconds, 95):>8.3f}{seconds.max():>8.3f}")
    targets = ", ".join(f"{name} {seconds}" for name, seconds in TARGETS.items())
    print(f"targets: {targets}; messages sent after mouse-up: at most {max(one['sends'] for one in told)}")
    print_agreement(told, expected)


def print_agreement(told: list[Json], expected: list[Json]) -> None:
    """Print how many answers are the same as off the page, and how far ink and probability lie apart."""
    print(f"\n{'beside the command line':<23}{'same digit':>15}{'as doubtful':>13}{'|Δ share|':>11}"
          f"{'right here':>12}{'there':>7}")  # fmt: skip
    truth = np.array([one["digit"] for one in expected])
    for index, name in enumerate(FRAMEWORK_NAMES.values()):
        both = {what: [np.array([one[what][index] for one in them]) for them in (told, expected)]
                for what in ("digits", "answers", "shares")}  # fmt: skip
        here, there = both["digits"]
        doubtful = (both["answers"][0] == both["answers"][1]).sum()
        apart = np.abs(np.subtract(*both["shares"])).mean()
        print(f"{name:<23}{f'{(here == there).sum()} of {len(told)}':>15}{doubtful:>13}{apart:>11.3f}"
              f"{(here == truth).sum():>12}{(there == truth).sum():>7}")  # fmt: skip
    differences = np.array([np.abs(np.subtract(a["inks"], b["inks"])) for a, b in zip(told, expected, strict=True)])
    inked = np.array([b["inks"] for b in expected]) > 0
    print(f"ink, of 255: mean |Δ| {differences.mean():.2f}, where there is ink {differences[inked].mean():.2f}; the "
          f"worst drawing {differences.mean(axis=(1, 2, 3)).max():.2f}")  # fmt: skip
    print(f"targets: at least {EQUAL:.0%} the same digit, at most {FARTHEST:g} of 255 apart")


if __name__ == "__main__":
    main()
