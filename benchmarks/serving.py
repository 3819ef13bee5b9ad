"""A server of the app for a benchmark: on this machine only, and gone with the benchmark, however that ends."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

import psutil

STREAMLIT = ("-m", "streamlit", "run", "app.py", "--server.address=127.0.0.1")
SETTLED_SECONDS = 60.0  # the longest that is waited for a server to come to rest


def mortal() -> list[str]:
    """Return what is put before a command so that it gets SIGTERM when this process dies, even by kill -9 (Linux)."""
    path = shutil.which("setpriv")
    return [path, "--pdeathsig", "TERM"] if path else []


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Give the address and the process of a fresh server over the app in `folder`, once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    process = subprocess.Popen([*mortal(), sys.executable, *STREAMLIT, "--server.port", port], cwd=folder,
                               start_new_session=True, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)  # fmt: skip
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # else the blocks below are not left
    try:
        while process.poll() is None:
            with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=5):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        signal.signal(signal.SIGTERM, before)
        process.terminate()
        process.wait(timeout=20)


def settle(process: psutil.Process) -> None:
    """Wait until the server and what it started (warm workers, maps) rest: their work is not the page's."""

    def used() -> float:
        total = 0.0
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += sum(one.cpu_times()[:2])
        return total

    before, now, end = -1.0, used(), time.monotonic() + SETTLED_SECONDS
    while abs(now - before) > 0.06 and time.monotonic() < end:
        time.sleep(0.5)
        before, now = now, used()
    if time.monotonic() >= end:
        print(f"the server does not come to rest in {SETTLED_SECONDS:.0f} s", file=sys.stderr)
