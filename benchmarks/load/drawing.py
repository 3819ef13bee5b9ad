"""Thirty sessions draw a digit every five seconds, alone and beside a training; each gets the answer to its own."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.draw import expected, some
from benchmarks.load.client import Session
from benchmarks.load.figures import row, together, training
from benchmarks.serving import server
from digits import settings
from digits.images.strokes import PEN_WIDTH, Drawing, Points, drawn_ink, fit, read_drawings
from digits.settings import FRAMEWORK_NAMES
from digits.training.run import all_runs
from ui.readers import best_runs

EVERY_SECONDS = 5.0
NOTHING = "says nothing yet"


@dataclass(frozen=True)
class Task:
    """A drawing as the canvas tells it, and what both models say of it, by framework."""

    state: str
    answers: dict[str, str]


def drawing(options: Any) -> None:
    """Print how soon both answers stand, for one session, for all, and beside a training."""
    each, number = options.drawings, options.sessions
    tasks = prepared(number * each)
    with server(settings.PROJECT) as (address, _):
        alone = asyncio.run(crowd(address, [tasks[:each]]))
        print(row("one session draws, the server is idle otherwise", alone[0]), flush=True)
        many = [tasks[place * each : (place + 1) * each] for place in range(number)]
        print_crowd(asyncio.run(crowd(address, many)), f"{number} sessions draw", "p95 ≤ 1")
        with training():
            found = asyncio.run(crowd(address, many))
        print_crowd(found, f"{number} sessions draw while a training runs", "p95 ≤ 2")


def print_crowd(found: tuple[list[float], int], name: str, target: str) -> None:
    """Print a line, and how many answers were not those of the session's own drawing."""
    print(row(name, found[0], target))
    print(f"  answers to another drawing: {found[1]} of {len(found[0])}", flush=True)


def prepared(number: int) -> list[Task]:
    """Return so many drawings of people, and what the best runs of the lab say of them off the page."""
    drawings = some(read_drawings(settings.test_data() / "pen-strokes.json.gz"), number)
    order = np.random.default_rng(0).permutation(len(drawings))
    drawings = [drawings[place] for place in order]
    runs = best_runs(all_runs())
    names = [FRAMEWORK_NAMES[run.recipe.framework] for run in runs]
    return [Task(state(one), dict(zip(names, told["answers"], strict=True)))
            for one, told in zip(drawings, expected(runs, drawings), strict=True)]  # fmt: skip


def state(one: Drawing) -> str:
    """Return what the canvas tells the server of a drawing: fabric's JSON, and a picture."""
    strokes = fit(one.strokes)
    ink = drawn_ink(strokes)
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([255 - ink] * 3 + [np.full_like(ink, 255)])).save(buffer, "PNG")
    picture = "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
    objects = [{"type": "Path", "strokeWidth": PEN_WIDTH, "path": path(stroke)} for stroke in strokes]
    return json.dumps({"drawing": {"raw": {"objects": objects, "background": "#ffffff"}, "data": picture}})


def path(stroke: Points) -> list[list[Any]]:
    """Return a stroke as fabric's brush stores it."""
    middles = (stroke[:-1] + stroke[1:]) / 2
    curves = [["Q", *point, *middle] for point, middle in zip(stroke[:-1].tolist(), middles.tolist(), strict=True)]
    return [["M", *stroke[0].tolist()], *curves, ["L", *stroke[-1].tolist()]]


async def crowd(address: str, tasks: list[list[Task]]) -> tuple[list[float], int]:
    """Let a session draw each list of `tasks`; return all seconds, and how many answers were somebody else's."""
    sessions = [Session(address, "draw") for _ in tasks]
    for session in sessions:  # one after the other: many come to a lesson, but not in one second
        await session.open()
    await draw(sessions[0], tasks[0][0])  # until the models are loaded, nobody's time counts
    offsets = [EVERY_SECONDS * place / len(tasks) for place in range(len(tasks))]
    found = await together(draw_all(*each) for each in zip(sessions, tasks, offsets, strict=True))
    await together(session.close() for session in sessions)
    return [seconds for each in found for seconds, _ in each], sum(not own for each in found for _, own in each)


async def draw_all(session: Session, tasks: list[Task], offset: float) -> list[tuple[float, bool]]:
    """Draw `tasks`, one every five seconds from `offset` on; return the seconds, and whether each answer is right."""
    await asyncio.sleep(offset)
    clock, found = asyncio.get_running_loop().time(), []
    for number, task in enumerate(tasks):
        await asyncio.sleep(max(0.0, clock + EVERY_SECONDS * number - asyncio.get_running_loop().time()))
        found.append(await draw(session, task))
    return found


async def draw(session: Session, task: Task) -> tuple[float, bool]:
    """Put a drawing on the canvas; return the seconds until both answered, and whether they say what they should."""
    canvas, fragment = session.find("bidi_component", lambda one: one.id.endswith("-digit"))
    session.put(canvas.id, json_value=task.state)
    session.heard.clear()
    seconds = await session.ask(fragment, until=lambda: len(answers(session)) == len(task.answers))
    return seconds, answers(session) == task.answers


def answers(session: Session) -> dict[str, str]:
    """Return what was heard: by framework the headline of its answer."""
    said = [text.partition(" says ") for text in session.heard if " says " in text and NOTHING not in text]
    return {name: words.partition(":")[0] for name, _, words in said}
