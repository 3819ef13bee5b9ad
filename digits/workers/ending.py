"""How a worker ends within ten seconds of SIGTERM or Ctrl-C, wherever its main thread is.

Python hears a signal between two of its own instructions: not in the import of a large library, nor in a product of
matrices. The kernel's word comes at once, by a pipe (`signal.set_wakeup_fd`), to a thread that gives the main thread
time to end well, and then ends the process.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 6.0  # for a checkpoint, which is written between two calls of the framework


class Ears:
    """One a process: `last_word` is said before it is ended."""

    def __init__(self) -> None:
        self.last_word: Callable[[], None] = lambda: None
        self._heard, told = os.pipe()
        os.set_blocking(told, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        threading.Thread(target=self._listen, name="ears", daemon=True).start()

    def _listen(self) -> None:
        while os.read(self._heard, 1)[0] not in SIGNALS:
            pass
        time.sleep(GRACE_SECONDS)
        try:
            self.last_word()
        finally:
            os._exit(1)
