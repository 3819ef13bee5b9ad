"""Every error that the lab raises on purpose, in one tree and one form.

    DigitsError
    ├── UsageError       a value that somebody gave is out of bounds (exit status 2)
    ├── SourceError      a folder, a file or a download cannot be read as digits
    ├── ImageError       one file is not a sound 28×28 picture; the build notes it and goes on
    ├── NotFoundError    no data set, run or job has that id
    ├── ConflictError    something of that name exists, or is at work
    ├── IntegrityError   stored bytes are not the bytes that were written
    ├── TrainingError    a training cannot go on: the loss is not finite, for example
    ├── WorkerError      a worker process died, or did not answer in time
    └── StoppedError     somebody asked for a stop

A message says what is wrong, what was expected, what was received and, where it helps, what to do.
"""

from __future__ import annotations

LONGEST = 2_000  # characters of what was expected or received


class DigitsError(Exception):
    """What is wrong, in one or two lines, for the person in front of the screen."""

    def __init__(self, what: str, *, expected: object = None, received: object = None, do: str | None = None) -> None:
        facts = [
            f"{word} {_short(str(value)).rstrip('.')}"
            for word, value in (("expected", expected), ("received", received))
            if value is not None
        ]
        first = f"{what}: {', '.join(facts)}." if facts else f"{what.rstrip('.')}."
        super().__init__(f"{first} {do}" if do else first)


def _short(text: str) -> str:
    """Return `text`; of what is longer than a paragraph, its two ends."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 4 :]}"


class UsageError(DigitsError):
    """A value that somebody gave is out of bounds."""


class SourceError(DigitsError):
    """A folder, a file or a download cannot be read as digits."""


class ImageError(DigitsError):
    """One file is not a sound 28×28 picture."""


class NotFoundError(DigitsError):
    """No data set, run or job has that id."""


class ConflictError(DigitsError):
    """Something of that name exists already, or is at work."""


class IntegrityError(DigitsError):
    """Stored bytes are not the bytes that were written."""


class TrainingError(DigitsError):
    """A training cannot go on."""


class WorkerError(DigitsError):
    """A worker process died, or did not answer in time."""


class StoppedError(DigitsError):
    """Somebody asked for a stop."""
