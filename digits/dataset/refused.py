"""What is said where a build refuses so much that a digit is left without any image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digits.dataset.parquet import Rejected
from digits.errors import SourceError
from digits.images.png import OTHER_SIZE

REASONS_TOLD = 3
FIT = 'Build it again with "Fit pictures of other sizes to 28×28" switched on, or with --fit.'


class RefusedError(SourceError):
    """So much was refused that no image of some digit is left; `rejected` is what, and why."""

    def __init__(self, origin: str, missing: str, rejected: Rejected, files: int) -> None:
        sized = any(reason.startswith(f"{OTHER_SIZE}: expected 28×28, received") for _, reason in rejected)
        super().__init__(
            f"{origin}: {len(rejected):,} of {files:,} files were refused, and no image of {missing} is left",
            expected="images of all ten digits",
            received="; ".join(_most_frequent(rejected)) or None,
            do=FIT if sized else None,
        )
        self.rejected = rejected


def check_left(per_digit: Sequence[int], rejected: Rejected, origin: str) -> None:
    """Raise `RefusedError`, with the most frequent reasons, unless an image of each digit is left."""
    missing = [str(digit) for digit, count in enumerate(per_digit) if not count]
    if missing:
        which = "any digit" if len(missing) == 10 else ", ".join(missing)
        raise RefusedError(origin, which, rejected, sum(per_digit) + len(rejected))


def _most_frequent(rejected: Rejected) -> Iterable[str]:
    """Yield how many files each of the most frequent reasons refused, and one; numbers make no other reason."""
    alike: dict[str, Rejected] = {}
    for name, reason in rejected:
        alike.setdefault(reason.partition(":")[0], []).append((name, reason))
    for same in sorted(alike.values(), key=len, reverse=True)[:REASONS_TOLD]:
        name, reason = same[0]
        yield f"{len(same):,} such as {name[:200]!r}: {reason.rstrip('.')}"
