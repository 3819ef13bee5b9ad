"""A folder of digit folders on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from digits.dataset.paths import (
    DIGITS,
    LARGEST_FILE_BYTES,
    LICENCE_NAMES,
    Picture,
    check_complete,
    check_stray,
    count_digits,
    is_litter,
    natural,
    place_of,
)
from digits.errors import ImageError
from digits.files import Json


class Folder:
    """A folder of digit folders on the disk. Nothing outside of it is read, whatever its links say."""

    kind = "folder"

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.origin = self.path.name
        self.ignored = 0
        self.details: Json = {}
        self._found: list[str] = []
        self._refused: dict[str, str] = {}  # why, by the name
        with os.scandir(self.path) as entries:
            for entry in entries:
                if entry.name in DIGITS and entry.is_dir():
                    self._visit(entry, entry.name)
                else:
                    self.ignored += 1
        if self._refused:
            stray, name = len(self._refused), next(reversed(self._refused))
            pictures = len(self._found) - stray
            check_stray(stray, pictures, self.origin, name=name, reason=self._refused[name])
        self._found.sort(key=natural)
        readable = (int(name[0]) for name in self._found if name not in self._refused)
        check_complete(count_digits(readable), self.origin)
        self.licence = next((text for name in LICENCE_NAMES if (text := _text(self.path / name))), "")

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Picture]:
        for name in self._found:
            reason = self._refused.get(name)
            yield Picture(int(name[0]), name, ImageError(reason) if reason else _read(self.path / name))

    def _walk(self, folder: str, prefix: str) -> None:
        with os.scandir(folder) as entries:
            for entry in entries:
                self._visit(entry, prefix + entry.name)

    def _visit(self, entry: os.DirEntry[str], name: str) -> None:
        digit = name[0]
        refused = self._refusal(entry, name)
        if is_litter(name):
            self.ignored += 1
        elif refused is None and name in (digit, f"{digit}/{digit}"):
            self._walk(entry.path, f"{name}/")
        else:
            readable = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            self._found.append(readable)
            if refused:
                self._refused[readable] = refused

    def _refusal(self, entry: os.DirEntry[str], name: str) -> str | None:
        if entry.is_symlink() and not self._holds(entry.path):
            return "It is a link that leads out of the folder."
        if entry.is_dir():
            inner = name in DIGITS or name == f"{name[0]}/{name[0]}"
            return None if inner else "It is a folder: expected a picture."
        if not entry.is_file():
            return "It is no ordinary file."
        try:
            name.encode()
        except UnicodeEncodeError:
            return "Its name is not UTF-8."
        return place_of(name)[1]

    def _holds(self, path: str) -> bool:
        try:
            return Path(path).resolve().is_relative_to(self.path)
        except (OSError, RuntimeError):  # a ring of links
            return False


def _read(path: Path) -> bytes | ImageError:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        return ImageError("It cannot be read", received=error.strerror)
    if len(data) > LARGEST_FILE_BYTES:
        return ImageError("It is too large", expected=f"at most {LARGEST_FILE_BYTES} bytes")
    return data


def _text(path: Path) -> str:
    data = b"" if path.is_symlink() or not path.is_file() else _read(path)
    return data.decode("utf-8", "replace").strip() if isinstance(data, bytes) else ""
