"""A folder or a ZIP whose pictures of other sizes are fitted to 28×28, because somebody asked for it.

Without being asked, they are refused by name. What was done is counted and stands in the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from digits.dataset.paths import Picture
from digits.dataset.sources.archive import Archive
from digits.dataset.sources.folder import Folder
from digits.errors import ImageError, UsageError
from digits.files import Json
from digits.images.fit import HOW, fit_file, other_size

SIZES_TOLD = 20


class Fitted:
    """The pictures of `source`, all of them 28×28. Raises `UsageError` if it has none of other sizes."""

    def __init__(self, source: object) -> None:
        if not isinstance(source, Folder | Archive):
            raise UsageError("Only the pictures of a folder or a ZIP can be fitted to 28×28",
                             received=getattr(source, "kind", source), do="Build it without --fit.")  # fmt: skip
        self.kind, self.origin = source.kind, source.origin
        self.licence, self.ignored = source.licence, source.ignored
        self.details: Json = dict(source.details)
        self._source = source

    def __len__(self) -> int:
        return len(self._source)

    def __iter__(self) -> Iterator[Picture]:
        sizes: Counter[tuple[int, int]] = Counter()
        for picture in self._source:
            size = other_size(picture.data) if isinstance(picture.data, bytes) else None
            if size is None or not isinstance(picture.data, bytes):
                yield picture
                continue
            try:
                yield picture._replace(data=fit_file(picture.data))
                sizes[size] += 1
            except ImageError as error:
                yield picture._replace(data=error)
        self.details["fitted"] = {"images": sizes.total(), "sizes": _told(sizes), "how": HOW}


def _told(sizes: Counter[tuple[int, int]]) -> dict[str, int]:
    """Return how many there were of each size, the most frequent first; rare ones together."""
    told = {f"{width}×{height}": count for (width, height), count in sizes.most_common(SIZES_TOLD)}
    others = sizes.total() - sum(told.values())
    return told | ({"other sizes": others} if others else {})
