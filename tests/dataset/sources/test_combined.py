from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits.dataset.build import build
from digits.dataset.dataset import Dataset
from digits.dataset.families.store import about, families_of, keep
from digits.dataset.same import united
from digits.dataset.sources import open_source
from digits.dataset.sources.combined import Combined, drawn
from digits.engine import local
from digits.errors import IntegrityError, NotFoundError, UsageError
from tests import factory
from tests.dataset.sources.made import idx_pair, strokes
from tests.starter import wait_for_end


@pytest.fixture
def two(tmp_path: Path, lab: Path) -> tuple[Dataset, Dataset]:
    """`ours`, 40 images of a folder with a licence, and `pen`, 20 drawings of two writers."""
    files = factory.digit_files(4) | {"LICENSE": b"CC0"}
    build(open_source(factory.folder(tmp_path / "f", files)), "ours", staging=lab / "s")
    build(open_source(strokes(tmp_path / "pen.json.gz")), "pen", staging=lab / "s")
    return Dataset.open("ours"), Dataset.open("pen")


def test_the_images_of_both_stand_digit_by_digit_and_say_where_they_come_from(two, lab: Path) -> None:
    ours, pen = two
    report = build(Combined([ours, pen]), "both", staging=lab / "s")
    both = Dataset.open("both")
    assert report["per_digit"] == [6] * 10
    assert both.files[:6] == [*(f"ours/0/0/{n}.png" for n in range(4)), "pen/0/0/0.png", "pen/0/0/10.png"]
    assert both.labels.tolist() == sorted(both.labels.tolist())
    parts = {"ours": ours, "pen": pen}
    for file, image in zip(both.files, both.images, strict=True):
        name, _, within = file.partition("/")
        np.testing.assert_array_equal(image, parts[name].images[parts[name].files.index(within)])


def test_the_report_keeps_the_licence_and_the_fingerprint_of_each_part(two, lab: Path) -> None:
    ours, pen = two
    report = build(Combined([ours, pen]), "both", staging=lab / "s")
    assert report["kind"] == "combined"
    assert "ours: CC0" in report["licence"]
    assert "pen: unknown" in report["licence"]
    assert ours.fingerprint[:16] in report["origin"]
    assert [(part["name"], part["fingerprint"], part["images"]) for part in report["parts"]] == [
        ("ours", ours.fingerprint, 40),
        ("pen", pen.fingerprint, 20),
    ]


def test_families_are_unknown_where_one_part_does_not_know_its_own(two, lab: Path) -> None:
    report = build(Combined(two), "both", staging=lab / "s")
    assert report["families"] == "unknown, as those of ours are"
    assert families_of(Dataset.open("both")) is None


def test_families_of_two_parts_are_kept_apart(two, lab: Path) -> None:
    ours, pen = two
    keep(ours, np.arange(40) // 2, {"by": "search"})
    report = build(Combined([ours, pen]), "both", staging=lab / "s")
    both = Dataset.open("both")
    families = families_of(both)
    assert families is not None
    assert report["families"] == "those of the parts"
    assert len(np.unique(families)) == 22
    names = about(both)["names"]
    kept = families_of(pen)
    assert kept is not None
    for file, family in zip(both.files, families, strict=True):
        part, _, within = file.partition("/")
        if part == "pen":
            assert names[family] == f"pen/{kept[pen.files.index(within)]}"


def test_of_each_part_so_many_are_drawn_evenly_and_the_seed_says_which(two) -> None:
    ours, pen = two
    first, again = Combined([ours, pen], take=15, seed=1), Combined([ours, pen], take=15, seed=1)
    assert len(first) == 30
    assert [picture.name for picture in first] == [picture.name for picture in again]
    assert [picture.name for picture in first] != [picture.name for picture in Combined(two, take=15, seed=2)]
    for name in ("ours", "pen"):
        counts = np.bincount([picture.label for picture in first if picture.name.startswith(name)])
        assert counts.min() >= 1
        assert np.ptp(counts) <= 1


@pytest.mark.parametrize("take", [10, 55, 99, 100, 150, 199, 200, None])
def test_what_a_rare_digit_lacks_goes_to_the_others(take: int | None) -> None:
    labels = np.repeat(np.arange(10), [1, 2, 3, 4, 5, 37, 37, 37, 37, 37])
    rows = drawn(labels, take, 7)
    counts = np.bincount(labels[rows], minlength=10)
    assert counts.sum() == min(take or 200, 200)
    assert len(np.unique(rows)) == len(rows)
    there = np.bincount(labels)
    short = counts < there
    assert not short.any() or np.ptp(counts[short]) <= 1
    assert (counts[~short] <= counts[short].max(initial=37)).all()


def test_a_part_that_is_damaged_is_named(two, lab: Path) -> None:
    path = lab / "datasets/ours/images.npy"
    data = bytearray(path.read_bytes())
    data[5000] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="Data set ours"):
        Combined([Dataset.open("ours"), two[1]])


def built(lab: Path, tmp_path: Path, name: str, files: dict[str, bytes]) -> Dataset:
    build(open_source(factory.folder(tmp_path / name, files)), name, staging=lab / "s")
    return Dataset.open(name)


def combined(lab: Path, name: str, *parts: Dataset, **values: int) -> Dataset:
    build(Combined(parts, **values), name, staging=lab / "s")
    return Dataset.open(name)


@pytest.fixture
def overlapping(lab: Path, tmp_path: Path) -> tuple[Dataset, Dataset]:
    """`one`, images 0 to 3 of each digit, and `other`, images 2 to 5 under other names: 20 are in both."""
    files = factory.digit_files(6)
    first = {name: data for name, data in files.items() if name[4] in "0123"}
    last = {name.replace(".png", "-copy.png"): data for name, data in files.items() if name[4] in "2345"}
    return built(lab, tmp_path, "one", first), built(lab, tmp_path, "other", last)


def test_an_image_that_two_parts_share_comes_in_once_and_the_other_is_listed(overlapping, lab: Path) -> None:
    one, other = overlapping
    both = combined(lab, "both", one, other)
    assert both.report["per_digit"] == [6] * 10
    assert len(np.unique(both.hashes)) == 60
    assert [part["images"] for part in both.report["parts"]] == [40, 20]
    rejected = both.rejected()
    assert len(rejected) == both.report["rejected"] == 20
    assert rejected[0] == ("other/0/0/2-copy.png", "It is the same image as one/0/0/2.png.")


def test_data_sets_that_were_combined_before_bring_each_image_once_however_deep(
    two, lab: Path, tmp_path: Path
) -> None:
    ours, pen = two
    build(open_source(idx_pair(tmp_path)), "mnist", staging=lab / "s")
    within = combined(lab, "within", combined(lab, "both", ours, pen), Dataset.open("mnist"))
    for name, parts in {"a": (ours, within), "b": (Dataset.open("both"), within)}.items():
        found = combined(lab, name, *parts)
        assert sorted(found.hashes.tolist()) == sorted(within.hashes.tolist()), name
        assert found.report["rejected"] == len(parts[0].labels), name


def test_an_image_that_is_twice_in_one_part_comes_in_once(two, lab: Path, tmp_path: Path) -> None:
    files = factory.digit_files(6)
    twice = built(lab, tmp_path, "twice", files | {"7/7/again.png": files["3/3/5.png"]})
    both = combined(lab, "both", two[1], twice)
    assert both.rejected() == [("twice/7/7/again.png", "It is the same image as twice/3/3/5.png.")]


def test_a_part_that_adds_no_image_is_refused_by_name(two, lab: Path) -> None:
    ours, pen = two
    with pytest.raises(UsageError, match=r"ours and ours hold the same images.* Leave one out\."):
        Combined([ours, ours])
    both = combined(lab, "both", ours, pen)
    with pytest.raises(UsageError, match=r"ours adds no image: all of its 40 are in the others.* Leave ours out\."):
        Combined([both, ours])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_drawn_of_two_parts_that_overlap_is_as_much_as_was_asked_for_and_no_image_twice(
    overlapping, lab: Path, seed: int
) -> None:
    both = combined(lab, "both", *overlapping, take=20, seed=seed)
    assert [part["images"] for part in both.report["parts"]] == [20, 20]
    assert len(np.unique(both.hashes)) == 40
    assert both.rejected() == [], "what is not drawn is not missed"


def test_families_that_share_an_image_are_one_even_if_that_image_is_not_drawn(overlapping, lab: Path) -> None:
    one, other = overlapping
    keep(one, np.arange(40) // 2, {"by": "search"})  # images 0 and 1, and 2 and 3
    keep(other, np.arange(40) // 2, {"by": "search"})  # images 2 and 3, and 4 and 5
    for name, values in {"all": {}, "some": {"take": 20, "seed": 3}}.items():
        both = combined(lab, name, one, other, **values)
        families, names = families_of(both), about(both)["names"]
        assert families is not None
        drawings = {(label, int(file[-5] if "copy" not in file else file[-10]) // 2)
                    for label, file in zip(both.labels.tolist(), both.files, strict=True)}  # fmt: skip
        assert len(np.unique(families)) == len(drawings), name
        for file, family in zip(both.files, families, strict=True):
            digit, image = int(file.split("/")[1]), int(file.split("/")[-1][0])
            expected = f"one/{2 * digit + image // 2}" if image < 4 else f"other/{2 * digit + 1}"
            assert names[family] == expected, (name, file)


def test_families_of_a_chain_of_shared_images_are_one() -> None:
    hashes = [np.array(images, "S64") for images in (["a", "b"], ["b", "c", "x"], ["c", "d"], ["y"])]
    families = [np.array(numbers) for numbers in ([0, 0], [5, 2, 0], [1, 1], [0])]
    assert [one.tolist() for one in united(hashes, families)] == [[0, 0], [0, 3, 1], [3, 3], [9]]
    families[1][1] = 5
    assert [one.tolist() for one in united(hashes, families)] == [[0, 0], [0, 0, 1], [0, 0], [9]]


def test_too_few_are_refused(two) -> None:
    with pytest.raises(UsageError, match="expected two data sets or more, received 1"):
        Combined(two[:1])
    with pytest.raises(UsageError, match="expected at least 10 images of each data set, received 9"):
        Combined(two, take=9)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_bounds_is_refused_before_a_worker_starts(two, seed: int) -> None:
    with pytest.raises(UsageError, match="seed is out of bounds: expected 0 to 4294967295"):
        local.start_combining(["ours", "pen"], "both", owner="ann", take=20, seed=seed)


def test_a_worker_combines_and_what_cannot_be_is_refused_before_it_starts(two) -> None:
    job = local.start_combining(["ours", "pen"], "both", owner="ann", take=20)
    assert wait_for_end(job) == "finished", job.status()
    assert Dataset.open("both").report["images"] == 40
    with pytest.raises(NotFoundError, match="no data set called 'nobody'"):
        local.start_combining(["ours", "nobody"], "other", owner="ann")
    with pytest.raises(UsageError, match="nothing to combine"):
        local.start_combining(["ours"], "other", owner="ann")
