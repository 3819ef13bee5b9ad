"""What each kind of source asks: drawings, a file, a path, a download, data sets to combine."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from digits import settings
from digits.dataset.dataset import Dataset, dataset_names, free
from digits.dataset.sources.downloads import DOWNLOADS
from digits.dataset.sources.drawings import Drawings
from digits.dataset.sources.idx import is_idx
from digits.engine import local
from digits.engine.drawings import NAME, name_for_drawings, start_drawings
from digits.errors import SourceError, UsageError
from digits.files import Json
from digits.job import Job
from ui.datasets.credits import credit
from ui.frame import owner, plain

OPENED = "dataset-asked"  # in the session: how often the dialog was opened
Start = Callable[[str], Job]
FORMS = (
    "A **ZIP** of 28×28 PNGs in folders named by their digit, `0/0/17.png` or `0/17.png`, read in place and never "
    "unpacked. Two **IDX** files, images and labels, plain or .gz. A **CSV** as the notebook saves it, or "
    "`label,pixel0…pixel783`. An **.npz** of `images` and `labels`, or of Keras' `x_train`, `y_train`. Pen strokes, "
    "**.json.gz**: they are painted as the canvas paints them, and each writer is a family."
)


class Wanted(NamedTuple):
    """What to call the data set, and what starts its build under a name; None until the question is answered.

    It is called after `stem`, with a number where that is taken; by `name`, where that is given, as it stands.
    """

    stem: str
    start: Start | None
    name: str = ""


class Kept(NamedTuple):
    """Where an upload lies, and what its person called it."""

    path: Path
    name: str


def starter() -> Wanted:
    """Offer the starter set."""
    st.caption("1,797 digits written by 43 people, which come with scikit-learn. Nothing is downloaded.")
    return Wanted("starter", partial(built, "starter", {}))


def drawings() -> Wanted:
    """Offer the drawings that were kept in the lab."""
    st.caption("What was drawn and kept on the page Draw: each drawing centred, and a family of its own. When there "
               "are more, another is made; it takes the place of the last one if nobody used that.")  # fmt: skip
    try:
        count = len(Drawings())
    except SourceError as error:
        st.caption(f":material/warning: {plain(error)}")
        return Wanted(NAME, None)
    st.markdown(f"**{count:,} drawings** are kept.")
    return Wanted(NAME, partial(start_drawings, owner=owner()), name_for_drawings())


def file() -> Wanted:
    """Ask for a file from the browser, or two of IDX."""
    st.caption(FORMS)
    key = f"uploads-{st.session_state.get(OPENED, 0)}"
    uploads = st.file_uploader("File, or IDX images and labels", accept_multiple_files=True, key=key)
    more = ask_more()
    if not uploads:
        return Wanted("", None)

    def start(name: str) -> Job:
        free(name)  # before a whole file is kept
        return built_of(*stored(uploads), name, more)

    return Wanted(stem_of(uploads[0].name), start)


def path() -> Wanted:
    """Ask for a path on the machine of the app."""
    roots = " or ".join(f"`{root}`" for root in settings.source_roots())
    st.caption(f"A folder of digit folders, or a file, under {roots}. {FORMS}")
    text = st.text_input("Folder or file").strip()
    more = ask_more()
    if not text:
        return Wanted("", None)
    return Wanted(stem_of(Path(text).name), lambda name: built(allowed(text), more, name))


def download() -> Wanted:
    """Ask which set is to be fetched from others."""
    titles = {name: one.title for name, one in DOWNLOADS.items()}
    sentences = [one.sentence for one in DOWNLOADS.values()]
    name = st.radio("Set", list(DOWNLOADS), format_func=titles.get, captions=sentences)
    chosen = DOWNLOADS[name]
    st.caption(f"From {credit(chosen.origin)}. Licence: {credit(chosen.licence)}")
    return Wanted(name, partial(built, name, {}))


def combine() -> Wanted:
    """Ask which data sets are put together."""
    st.caption("All images of the chosen data sets, or as many of each: then none outweighs another. An image that "
               "several hold comes in once.")  # fmt: skip
    parts = st.multiselect("Data sets", dataset_names())
    left, right = st.columns(2)
    most = max((Dataset.open(part).report["images"] for part in parts), default=10)
    take = left.number_input("At most of each", 10, None, None, 100, placeholder="all",
                             help=f"Drawn evenly from its digits. The largest has {most:,} images.")  # fmt: skip
    seed = right.number_input("Seed of the drawing", 0, 2**32 - 1, 42, disabled=take is None)
    if len(parts) < 2:
        return Wanted("", None)
    start = partial(local.start_combining, parts, owner=owner(), take=take, seed=seed)
    return Wanted("-".join(parts), start)


def built(source: str | Path, more: Json, name: str) -> Job:
    """Start building `name` from `source`."""
    return local.start_build(source, name, owner=owner(), more=more)


def built_of(images: Kept, labels: Kept | None, name: str, more: Json) -> Job:
    """Start building `name` from what was uploaded; the report and errors name the files as their person did."""
    there = [kept for kept in (images, labels) if kept]
    called = {kept.path.name: kept.name for kept in there}
    with _or_removed(*(kept.path for kept in there)):
        return built(images.path, {**more, "labels": str(labels.path) if labels else None, "called": called}, name)


def ask_more() -> Json:
    """Ask what a file does not say: the licence of its images, and whether those of other sizes are wanted."""
    text = st.text_input("Licence, where you know it", max_chars=300, placeholder="CC BY 4.0, by …")
    fit = st.toggle("Fit pictures of other sizes to 28×28",
                    help="PNGs of a folder or a ZIP, their longer side up to 1,024 pixels. It becomes 28 pixels, and "
                    "nothing is stretched or cut off. How many there were, and of which sizes, stands with the data "
                    "set. Without this, they are refused and listed.")  # fmt: skip
    return {"licence": text.strip() or None, "fit": fit}


def stem_of(name: str) -> str:
    """Return what a data set from the file `name` may be called: its name without what tells its kind."""
    return re.sub(r"(?:[-.]images)?[-.]idx\d[-.]ubyte(?:\.gz)?$|\.json\.gz$|\.\w+$", "", name)


def stored(uploads: list[Any]) -> tuple[Kept, Kept | None]:
    """Keep uploads for their build; return where the images are, and their labels. Raises `UsageError`."""
    pair = [one for one in uploads if is_idx(one.name)]
    if len(uploads) == 1 and not pair:
        return keep(uploads[0]), None
    pictures = [one for one in pair if "idx3" in one.name.lower()]
    if len(uploads) == len(pair) == 2 and len(pictures) == 1:
        labels = next(one for one in pair if one is not pictures[0])
        images = keep(pictures[0])
        with _or_removed(images.path):
            return images, keep(labels)
    received = ", ".join(one.name for one in uploads)[:200]
    raise UsageError("These files are no one source", received=received,
                     expected="one file, or …images-idx3-ubyte and …labels-idx1-ubyte")  # fmt: skip


def keep(upload: Any) -> Kept:
    """Write one upload into the lab under a name of its own, which ends as its kind does."""
    ending = re.search(r"(?:\.json)?\.\w{1,8}$", upload.name.lower(), re.ASCII)
    suffix = ending[0] if ending else ""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", upload.name[: len(upload.name) - len(suffix)])[:64]
    path = settings.part("uploads") / f"{stem}-{secrets.token_hex(4)}{suffix}"
    with _or_removed(path):
        path.write_bytes(upload.getbuffer())
    return Kept(path, upload.name[:200])


@contextmanager
def _or_removed(*uploads: Path) -> Iterator[None]:
    """Remove uploads if the block fails: a full disk needs the room that they take, or what there is of them."""
    try:
        yield
    except BaseException:
        for path in uploads:
            path.unlink(missing_ok=True)
        raise


def allowed(text: str) -> Path:
    """Return the path that somebody typed, if it lies under an allowed root. Raises `UsageError`."""
    roots = settings.source_roots()
    try:
        found = Path(text).expanduser().resolve()
    except (ValueError, RuntimeError, OSError) as error:
        raise UsageError("This is no path", expected="a folder or a file", received=repr(text[:80])) from error
    if not any(found.is_relative_to(root) for root in roots):
        raise UsageError("This path is not open to the app", expected=f"under {' or '.join(map(str, roots))}",
                         received=found, do="DIGITS_SOURCES names other roots.")  # fmt: skip
    return found
