"""What somebody who means harm would give: names, ids and settings; and a lab that bears all of those names."""

from __future__ import annotations

import shutil
from pathlib import Path

from digits import job as jobs
from digits import settings
from digits.dataset import dataset as datasets
from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.sources import open_source
from digits.drawings import keep
from digits.files import write_json
from digits.job import Job
from digits.training.run import all_runs
from tests import factory
from tests.drawings.made import drawn
from tests.duels import fought_duel

HOST = "evil.example"
# Each would be something else than its letters in Markdown, HTML, LaTeX, a directive of Streamlit, a template, a URL
# or a spreadsheet. A script that runs calls `stolen`.
NAMES = (
    "![](http://evil.example/x.png)",
    "<img src=x onerror=stolen(1)>",
    "<img src=http://evil.example/i.png>",
    "<script>stolen(2)</script>",
    "</script><script>stolen(3)</script>",
    "<svg onload=stolen(4)>",
    '<a href="http://evil.example">b</a>',
    "[a](javascript:stolen(5))",
    '[a]: http://evil.example "t"',
    "<http://evil.example/auto>",
    "http://evil.example/bare",
    "www.evil.example/x",
    "ann@evil.example",
    r"$\href{http://evil.example}{x}$",
    r"$$\includegraphics{http://evil.example/y.png}$$",
    ":material/delete: :material_delete:",
    ":red[x] :red-background[y] :small[z]",
    ":streamlit: :smile: :rainbow[x]",
    '=HYPERLINK("http://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "＝HYPERLINK(1)",
    "`code` ```fence```",
    "&lt;b&gt; &#60;i&#62; &amp;",
    "{{7*7}} ${7*7} {0} %s",
    "%00 %2e%2e%2f ..%5c",
    "a -> b -- c <= d <- e",
    "# head **b** __u__ ~~s~~ | t | > q",
    '"onmouseover="stolen(6)" x=\'',
    "W" * 80,
    "{b|x} {a|y} <b>tip</b><br/>",
)
# What no name can be: its letters are not seen, turn others around, or are too many.
UNSEEN = ("a\u202eb", "a\x00b", "a\nb", "a\tb", "a\x1b[31mb", "a\x7fb", "a\u2066b", "a\ud800b", "W" * 81)
DATASET = "www.another.example"  # a data set may be called so: letters and dots


def with_hostile_names(*, files: bool = True) -> None:
    """Give the furnished lab hostile writers, a build and a run that failed, a duel, and an archive of `files`."""
    fought_duel()
    datasets.rename("starter", DATASET)
    Dataset.open(DATASET).describe("\n\n    ".join(NAMES))
    for number, name in enumerate(NAMES):
        keep(number % 10, drawn(number), writer=name)
    _failed_build()
    _failed_run()
    if files:
        build(open_source(str(archive(settings.home()))), "archive", staging=settings.part("builds") / "by-hand")


def archive(folder: Path) -> Path:
    """Make a ZIP whose files, sound and damaged ones, and whose licence bear the names; so does it itself."""
    names = [name.replace("/", "∕").replace("..", "…") for name in (*NAMES, "a\u202eb", "a\nb", "a\x1bb")]
    sound = {f"3/{number} {name}.png": factory.png(number) for number, name in enumerate(names)}
    damaged = {f"4/{name}.png": b"no picture" for name in names}
    licence = {"LICENSE.txt": "\n".join(NAMES).encode()}
    return factory.zipped(
        folder / "<img src=x onerror=stolen(7)>.zip", {**factory.digit_files(), **sound, **damaged, **licence}
    )


def name_runs(*names: str) -> None:
    """Call the finished runs by `names`, in turn, in their notes too."""
    runs = [run for run in all_runs() if run.job.state == "finished"]
    for run, name in zip(runs, names, strict=True):
        run.describe(name=name, note=name)


def _failed_build() -> None:
    job = Job("builds", "0123456789abcdef")
    lock = jobs.create(job, {"source": NAMES[0], "name": NAMES[1], "then": []}, owner=NAMES[2])
    assert lock is not None
    write_json(job.folder / "status.json", {**jobs.fresh_status("ann"), "state": "failed", "error": " ".join(NAMES)})
    lock.close()


def _failed_run() -> None:
    """Copy a run, as if it had failed for a reason that bears the names."""
    run = all_runs()[0]
    folder = run.folder.with_name(f"{run.id}-2")
    shutil.copytree(run.folder, folder)
    (folder / "result.json").unlink()
    status = {**run.job.status(), "state": "failed", "error": " ".join(NAMES), "created": 0.0}
    write_json(folder / "status.json", status)
