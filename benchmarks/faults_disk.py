"""Disks that are full, folders that are read-only, and errors of the device, at each write of a lab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults_clock import page_texts
from benchmarks.faults_lab import say
from benchmarks.faults_writes import WRITERS, Writer, furnish, wrong
from digits import settings
from digits.files import unwritable

CALLS = {"openat": ("EROFS", "ENOSPC"), "write": ("ENOSPC", "EIO"), "fsync": ("EIO", "ENOSPC"),
         "rename": ("EROFS", "EIO"), "mkdir": ("ENOSPC", "EROFS")}  # fmt: skip
STRACE = ("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-o")
LINE = re.compile(r"^(\d+) +(\w+)\((.*)$")
MEGABYTES, PAGE = 4, 4096
FREE = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 500)  # pages that are left


def points(writer: Writer) -> list[tuple[str, int]]:
    """Run `writer` once; return name and number of each call of its main thread that writes into the lab."""
    with tempfile.NamedTemporaryFile() as log:
        done = writer.run(*STRACE, log.name, "-e", f"trace={','.join(CALLS)}")
        assert not writer.said(done), writer.said(done)
        lines = [
            found for line in Path(log.name).read_text(errors="replace").splitlines() if (found := LINE.match(line))
        ]
    counts, there = Counter[str](), []
    for _, call, rest in (found.groups() for found in lines if found[1] == lines[0][1]):
        counts[call] += 1
        if str(settings.home()) in rest and (call != "openat" or "O_CREAT" in rest or "O_WRONLY" in rest):
            there.append((call, counts[call]))
    return there


def refused(writer: Writer, call: str, when: int, error: str) -> tuple[str, str | None]:
    """Refuse one call of `writer`; return what was refused, by its path in the lab, and what does not hold then."""
    with tempfile.NamedTemporaryFile() as log:
        fault = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]
        done = writer.run(*STRACE, log.name, *fault)
        hit = [line for line in Path(log.name).read_text(errors="replace").splitlines() if "INJECTED" in line]
    inside = [line for line in hit if str(settings.home()) in line]
    what = re.findall(re.escape(str(settings.home())) + r"/([^\"> ]*)", inside[0])[-1] if inside else ""
    return what, wrong(writer, done) if inside else None


def at_each_write(most: int | None = None) -> str:
    """Refuse each call of each writer, or at most so many of each."""
    furnish()
    told = []
    for name, make in WRITERS.items():
        there, met, bad = points(make()), 0, []
        for number, (call, when) in enumerate(there[:: -(-len(there) // most) if most else 1]):
            error = CALLS[call][number % 2]
            what, fault = refused(make(), call, when, error)
            met += bool(what)
            if fault:
                bad.append(f"{call} {when} {error} at {what}: {fault}")
                say(f"{name}: {bad[-1]}")
        told.append(f"{name} {met} of {len(there)} writes, {len(bad)} without what must hold")
        say(told[-1])
    return "; ".join(told)


@contextmanager
def small_disk() -> Iterator[Path]:
    """Give a lab on a disk of 4 MB of its own."""
    home = os.environ["DIGITS_HOME"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "digits", folder], check=True)
        os.environ["DIGITS_HOME"] = folder
        try:
            yield Path(folder)
        finally:
            os.environ["DIGITS_HOME"] = home
            subprocess.run(["umount", folder], check=True)


def full() -> str:
    """Let the disk be full at the beginning, then with a few pages free, and more until they are enough."""
    told = []
    for name in WRITERS:
        with small_disk() as disk:
            furnish()
            tried, bad = _filled(name, disk)
        told.append(f"{name} {tried} times, {len(bad)} without what must hold")
        say(told[-1])
    return "; ".join(told)


def _filled(name: str, disk: Path) -> tuple[int, list[str]]:
    """Return how often a writer was tried on a full disk, and what did not hold."""
    bad: list[str] = []
    for tried, pages in enumerate(FREE, 1):  # noqa: B007 - how often is returned
        writer, filler = WRITERS[name](), disk / "filler"
        filler.write_bytes(bytes(max(0, shutil.disk_usage(disk).free - pages * PAGE)))
        done = writer.run()
        said = writer.said(done)
        filler.unlink()
        if fault := wrong(writer, done):
            bad.append(f"{pages} pages free: {fault}")
            say(f"{name}: {bad[-1]}")
        if not said:
            break
    return tried, bad


def read_only() -> str:
    """Let nothing be written; start each writer, and open each page."""
    bad = []
    with small_disk() as disk:
        furnish()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        for name, make in WRITERS.items():
            try:
                done = make().run()
                said = done.stderr.decode().strip()
            except OSError as error:
                said = str(unwritable(error))
            if str(disk) not in said:
                bad.append(f"{name}: {said[:200]}")
        texts = page_texts()
    dead = sum(text.startswith("ERROR") for text in texts)
    warned = sum("cannot be removed" in text for text in texts)
    return (f"{len(WRITERS)} writers on a read-only folder, not named by: {bad or 'none'}; "
            f"pages: {dead} died, {warned} named it")  # fmt: skip


def disk() -> str:
    """Refuse each write, fill a small disk, and let nothing be written at all."""
    told = [f"refused: {at_each_write()}"]
    try:
        told += [f"a disk of {MEGABYTES} MB: {full()}", read_only()]
    except subprocess.CalledProcessError as error:
        told.append(f"a disk of {MEGABYTES} MB: skipped, {error}")
    return "\n          ".join(told)
