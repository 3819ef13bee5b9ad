"""How the lab touches the disk: whole files by replacement, logs by whole lines, owners by locks.

Every process of the lab may be killed at any moment, so a reader must never meet half a file: a file is either
replaced by one rename or appended to in lines that carry their own checksum.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits import seal, settings
from digits.errors import ConflictError, DigitsError, IntegrityError
from digits.growing import Growing
from digits.remembered import Remembered

Json = dict[str, Any]
REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)  # of a disk
LOOK_SECONDS = 0.01  # how often whoever waits for a lock looks
DENIALS = (errno.EACCES, errno.EPERM)  # of its owner, where a file is named: much else is denied as well


def unwritable(error: OSError) -> DigitsError | None:
    """Return the error that names the folder which cannot be written; None where `error` is another one."""
    denied = error.errno in DENIALS and error.filename is not None
    if error.errno not in REFUSALS and not denied:
        return None
    named = isinstance(error.filename, str)  # a full disk does not say of which file
    folder = Path(error.filename).parent if named else settings.home()
    return DigitsError(f"{folder} cannot be read or written", received=error.strerror,
                       do="Make room, or make it writable, and do it again.")  # fmt: skip


def sha256(data: bytes | memoryview) -> str:
    """Return the SHA-256 of `data` as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """Return `value` as JSON bytes that are the same for equal values: what is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def replace(path: Path, data: bytes) -> None:
    """Write `data` to `path` so that a reader finds the old file or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def last_word(path: Path, value: Json) -> None:
    """Replace `path` by `value`; where the disk takes no new file, write over the old one.

    Only for what nobody can say any more afterwards: a kill in this moment leaves a file that is seen to be damaged.
    """
    try:
        write_json(path, value)
    except OSError:
        with path.open("r+b") as file:
            file.write(seal.sealed(json.dumps(value, indent=1).encode()))
            file.truncate()


def write_json(path: Path, value: Json) -> None:
    """Replace `path` by `value` as JSON, whose last entry is its checksum."""
    replace(path, seal.sealed(json.dumps(value, indent=1).encode()))


def read_json(path: Path, **entries: type) -> Json:
    """Return the object in `path`, which has `entries` of these types.

    Raises `IntegrityError` if it is not what was written, and `FileNotFoundError`.
    """
    found = _remembered.read(path)
    for name, kind in entries.items():
        if not _is(found.get(name), kind):
            raise IntegrityError(f"{path.parent.name}/{path.name} is damaged", expected=f"{name}, a {kind.__name__}",
                                 received=repr(found.get(name, "nothing"))[:80])  # fmt: skip
    return found


def _is(value: object, kind: type) -> bool:
    """Tell whether `value` is what JSON has of `kind`: a whole number is a float, true is no number."""
    return isinstance(value, (int, float) if kind is float else kind) and isinstance(value, bool) is (kind is bool)


def _parsed(path: Path, data: bytes) -> Json:
    name = f"{path.parent.name}/{path.name}"
    try:
        value = json.loads(data)
    except ValueError as error:
        raise IntegrityError(f"{name} is damaged", expected="a JSON object", received=error) from error
    if not isinstance(value, dict):
        raise IntegrityError(f"{name} is damaged", expected="a JSON object", received=type(value).__name__)
    if seal.JSON.broken(data):
        raise IntegrityError(f"{name} is damaged", expected="its own CRC-32", received=value.get("crc32"))
    value.pop("crc32", None)
    return value


_remembered = Remembered(_parsed)


def line_bytes(value: Json) -> bytes:
    """Return `value` as one line of JSON that ends in its CRC-32."""
    text = json.dumps(value, separators=(",", ":"))
    return f"{text} {zlib.crc32(text.encode()):08x}\n".encode()


def append_line(path: Path, value: Json) -> None:
    """Append `value` as one line of JSON that ends in its CRC-32."""
    with path.open("ab") as file:
        file.write(line_bytes(value))


def parse_lines(data: bytes, name: str, first: int = 1) -> Iterator[Json]:
    """Yield the objects of whole lines in `data`, from number `first` on; an unfinished last line is not read.

    Raises `IntegrityError`, naming the line, if a line is not what was written.
    """
    end = data.rfind(b"\n") + 1
    lines = data[:end].splitlines()
    for number, line in enumerate(lines, first):
        if not _is_whole(line):
            crc = line.rpartition(b" ")[2].decode("latin-1")
            raise IntegrityError(f"Line {number} of {name} is damaged", expected=f"CRC-32 {crc}")
        yield json.loads(line.rpartition(b" ")[0])
    if _is_whole(data[end:-1]):  # whole but for its last letter
        raise IntegrityError(f"Line {first + len(lines)} of {name} is damaged", expected="a line feed at its end",
                             received=data[-1:])  # fmt: skip


read_lines = Growing(parse_lines).read


def _is_whole(line: bytes) -> bool:
    text, _, crc = line.rpartition(b" ")
    return f"{zlib.crc32(text):08x}".encode() == crc


def read_arrays(path: Path, *names: str) -> list[NDArray[Any]]:
    """Return the arrays of those names in an `.npz`, nothing pickled. Raises `IntegrityError`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return [np.asarray(arrays[name]) for name in names]
    except FileNotFoundError as error:
        raise IntegrityError(f"{path.name} is missing", expected=f"an .npz of {' and '.join(names)}") from error
    except Exception as error:  # a flipped bit raises whatever the reader meets: in six classes, when last counted
        said = str(error) or type(error).__name__
        raise IntegrityError(f"{path.name} is damaged", expected=f"an .npz of {' and '.join(names)}",
                             received=said) from error  # fmt: skip


class Lock:
    """An exclusive lock on a file, held until closed or until its process dies, by kill -9 too.

    It is `flock(2)`: the lock belongs to the open file, so that a starter can take it and hand it to its child
    with `pass_fds`, and no moment passes in which nobody holds it (docs/decisions/0002-locks.md).
    """

    def __init__(self, path: Path, *, descriptor: int | None = None) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644) if descriptor is None else descriptor

    def acquire(self, *, wait_seconds: float = 5.0, shared: bool = False) -> bool:
        """Take the lock; False if it is still somebody else's after `wait_seconds`.

        A `shared` one keeps the others away as well, yet `is_held` takes nobody who has it for a worker.
        """
        end = time.monotonic() + wait_seconds
        while not self._try(fcntl.LOCK_SH if shared else fcntl.LOCK_EX):
            if time.monotonic() >= end:
                return False
            time.sleep(LOOK_SECONDS)
        return True

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self.descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Let go of this descriptor; a child that was given it goes on holding the lock."""
        os.close(self.descriptor)

    @classmethod
    def is_held(cls, path: Path) -> bool:
        """Tell whether a living process holds the lock on `path` (a probe shares it for a moment)."""
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        lock = cls(path, descriptor=descriptor)
        try:
            return not lock._try(fcntl.LOCK_SH)
        finally:
            lock.close()


def taken(path: Path) -> Lock | None:
    """Return the lock on `path`; None while somebody else has it."""
    lock = Lock(path)
    if lock.acquire(wait_seconds=0):
        return lock
    lock.close()
    return None


@contextmanager
def locked(path: Path, *, wait_seconds: float = 30.0, take: Callable[[Path], Lock | None] = taken) -> Iterator[None]:
    """Hold the lock on `path`, as `take` takes it, inside the block. Raises `ConflictError` after `wait_seconds`."""
    end = time.monotonic() + wait_seconds
    while (lock := take(path)) is None:
        if time.monotonic() >= end:
            raise ConflictError(f"{path.name} is held by another process", expected=f"free in {wait_seconds:g} s")
        time.sleep(LOOK_SECONDS)
    try:
        yield
    finally:
        lock.close()
