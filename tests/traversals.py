"""Ids and names that lead out of where they are looked up, and a watch on every file that a process opens."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from digits import settings
from digits.__main__ import cli
from digits.errors import UsageError
from ui.datasets.asking import allowed, keep

OUT = "../../outside"  # a folder beside the lab that looks like a run, a data set and a job
TRAVERSALS = (
    "", ".", "..", "../..", "/", "//", "~", "~root", "*", "?", "[a-f]*", "-rf", "nul", "$HOME", "`id`",
    OUT, f"{OUT}/", f"{OUT}/.", f"./{OUT}", f"x/../{OUT}", f"starter/../{OUT}", f"{OUT}\x00", "starter\x00.json",
    "../../../etc/passwd", "../" * 12 + "etc/passwd", "/etc/passwd", "//etc/passwd", "file:///etc/passwd",
    "%2e%2e%2f%2e%2e%2foutside", "..%2f..%2foutside", "%252e%252e%252foutside", "..%c0%af..%c0%afoutside",
    "..\\..\\outside", "C:\\Windows\\win.ini", "\\\\host\\share", "....//....//outside", "..;/..;/outside",
    "\u2024\u2024/\u2024\u2024/outside", "‥/‥/outside", "．．/．．/outside", "..∕..∕outside",
    "../runs", "../datasets/starter", "link", "link/.", "a\nb", ".deleted-1", "A" * 255, "A" * 5_000,
)  # fmt: skip
EVENTS = ("open", "os.listdir", "os.scandir", "os.remove", "os.rename", "os.mkdir", "shutil.rmtree")
_watching: list[Callable[[str], None]] = []


@contextmanager
def opened_outside(*allowed: Path) -> Iterator[list[str]]:
    """Give the paths that this process opens, lists or changes in the block, but for code and the `allowed` folders.

    What cannot be opened counts too: Python tells of it before it tries.
    """
    paths = sysconfig.get_paths()
    roots = [*allowed, settings.home(), settings.PROJECT, sys.prefix, sys.base_prefix, *map(paths.get, ("stdlib",)),
             Path.home() / ".streamlit", "/proc", "/sys", "/dev"]  # fmt: skip
    inside, found = tuple(os.path.realpath(str(root)) for root in roots), []

    def hear(path: str) -> None:
        real = os.path.realpath(path)
        if not any(real == root or real.startswith(f"{root}{os.sep}") for root in inside):
            found.append(path)

    _install()
    _watching.append(hear)
    try:
        yield found
    finally:
        _watching.remove(hear)


def _hear(event: str, arguments: tuple) -> None:
    if threading.current_thread().name == "watch":  # it looks after workers of labs of other tests
        return
    if _watching and event in EVENTS and isinstance(arguments[0], str | bytes | os.PathLike):
        for hear in list(_watching):
            hear(os.fsdecode(arguments[0]))


def _install(done: list[bool] = []) -> None:  # noqa: B006 a hook cannot be taken away again: there is one
    if not done:
        done.append(True)
        sys.addaudithook(_hear)


def lay_bait(lab: Path) -> Path:
    """Make a folder beside the lab that looks like a run and a data set, and links to it in the lab; return it."""
    outside = lab.parent / "outside"
    outside.mkdir()
    run = next(path for path in (lab / "runs").iterdir())
    for source in (run, lab / "datasets" / "starter"):
        for path in source.iterdir():
            if path.is_file():
                (outside / path.name).write_bytes(path.read_bytes())
    for kind in ("runs", "datasets", "duels", "maps", "builds", "exports", "searches", "locksteps"):
        (lab / kind).mkdir(exist_ok=True)
        (lab / kind / "link").symlink_to(outside, target_is_directory=True)
    return outside


PAGES = {  # what each page's URL may say
    "": ("claimed-on",),
    "dataset": ("name", "row", "five", "digit", "test", "validation", "seed", "side-by-side", "families-digit"),
    "train": ("runs", "name", "recipe", "frameworks", "live-by"),
    "compare": ("runs", "tab", "first", "second", "layer", "edited", "cells", "what", "compare-by"),
    "duel": ("duel", "view", "part", "name", "recipe", "duel-by", "lockstep-dtype"),
    "embeddings": ("pytorch", "tensorflow", "features", "colour", "style", "points", "metric", "seed"),
    "draw": ("pytorch", "tensorflow", "draw", "more"),
}  # fmt: skip
COMMANDS = (  # each with an id or a name in the place of {}
    "show {}", "stop {}", "resume {}", "delete {}", "compare {} {}", "draw {} --strokes none.json.gz",
    "evaluate {} --dataset starter", "evaluate {} --dataset {}", "tune {} --strokes none.json.gz", "families {}",
    "combine {} starter --name both", "export {} --csv {}.csv", "embed --dataset {}", "drawings delete {}",
    "train --dataset {} --recipe notebook-adam --framework pytorch", "duel --dataset {} --recipe notebook-adam",
    "folds --dataset {} --recipe notebook-adam --framework pytorch", "lockstep --dataset {} --optimizer sgd",
    "build starter --name {}",
)  # fmt: skip


def on_pages(value: str, pages: Iterable[str] = PAGES) -> list[str]:
    """Open `pages` with `value` wherever a URL may say something; return the tracebacks that they showed."""
    app, found = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60), []
    for page in pages:
        for name in PAGES[page]:
            app.query_params[name] = value
        if page:
            app.switch_page(f"pages/{page}.py")
        app.run()
        found += [f"{page}: {one.message}" for one in app.exception]
    return found


def on_the_command_line(value: str) -> list[str]:
    """Give `value` to each command in the place of an id; return those that did not refuse it in a line."""
    found: list[str] = []
    if "\0" in value:  # no process can be given one
        return found
    for command in COMMANDS:
        words = [word.replace("{}", value) for word in command.split(" ")]
        told = CliRunner().invoke(cli, words)
        refused = told.exit_code in (1, 2) and (told.exception is None or isinstance(told.exception, SystemExit))
        if not refused:
            found.append(f"{command}: {told.exit_code} {told.exception!r} {told.output[:200]}")
    return found


def uploaded(value: str) -> Path:
    """Keep an upload that is called `value`; return where it lies."""
    return keep(SimpleNamespace(name=value, getbuffer=lambda: b"0")).path


def open_to_the_app(value: str) -> Path | None:
    """Return where the path `value`, typed on the page, leads to; None where it is refused."""
    try:
        return allowed(value)
    except UsageError:
        return None
