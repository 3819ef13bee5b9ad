"""Of what a worker died that did not say so itself: what its starter sees of its end, and what its log says."""

from __future__ import annotations

import signal
from pathlib import Path

WORDS = (  # as PyTorch, TensorFlow, C++, the kernel and Python's import say it
    "can't allocate memory", "OOM when allocating", "bad_alloc", "Cannot allocate memory", "failed to map segment",
    "error return without exception set", "MemoryError",
)  # fmt: skip
OUT_OF_MEMORY = "The machine ran out of memory. A smaller data set, network or batch needs less."
LAST_BYTES = 4096


def is_memory(text: str) -> bool:
    """Tell whether `text` is of an error for want of memory."""
    return any(word in text for word in WORDS)


def cause(status: int, log: Path, *, kernel_ended_some: bool) -> str:
    """Return why a worker died whose exit `status` was this; `kernel_ended_some` processes for want of memory."""
    if status == -signal.SIGKILL:
        return OUT_OF_MEMORY if kernel_ended_some else "Its process was killed by somebody"
    said = log.read_bytes()[-LAST_BYTES:].decode(errors="replace") if log.exists() else ""
    if is_memory(said):
        return OUT_OF_MEMORY
    how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    return f"Its process died ({how}); worker.log in its folder may say more"
