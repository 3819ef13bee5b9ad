from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from digits import job as jobs
from digits import settings
from digits.errors import IntegrityError
from digits.files import Json, Lock, replace
from digits.images.augment import Augmentation, augment
from digits.job import Job
from digits.training import variants
from digits.training.queue import draw_ticket
from digits.training.recipe import Recipe
from digits.training.variants import awaited, draw, key_of, read, save, source

STRENGTHS = {"rotation": 10.0, "slant": 0.2, "shift": 1.0, "elastic": 0.5, "thickness": 0.1}


def recipe(**values: object) -> Recipe:
    return Recipe(framework="pytorch", dataset="mine").changed(**{**STRENGTHS, "variants": 3, **values})


def inks(count: int = 20) -> np.ndarray:
    """(n, 784) uint8 with ink in the middle."""
    ink = np.zeros((count, 28, 28), np.uint8)
    ink[:, 8:20, 8:20] = np.random.default_rng(1).integers(100, 256, (count, 12, 12))
    return ink.reshape(count, 784)


def spec(**values: object) -> Json:
    """What is asked for by a run."""
    return {"recipe": recipe(**values).as_json(), "fingerprint": "f" * 64}


def test_an_epoch_has_so_many_variants_of_each_image_in_turn() -> None:
    found = draw(inks(), recipe(), 1)
    assert (found.shape, found.dtype) == ((60, 784), np.uint8)
    generator = np.random.default_rng((42, 1, variants.STREAM))
    for number in range(3):
        expected = augment(inks().reshape(-1, 28, 28), Augmentation(**STRENGTHS), generator)
        assert np.array_equal(found[20 * number : 20 * number + 20], expected.reshape(20, 784))


def test_an_epoch_can_be_drawn_again_and_every_other_one_is_different() -> None:
    first = draw(inks(), recipe(), 1)
    assert np.array_equal(draw(inks(), recipe(framework="tensorflow", rate=0.1, batch=7), 1), first)
    for other in (draw(inks(), recipe(), 2), draw(inks(), recipe(seed=7), 1), draw(inks(), recipe(slant=0.3), 1)):
        assert not np.array_equal(other, first)


def test_without_strengths_every_variant_is_the_image() -> None:
    still = recipe(**dict.fromkeys(STRENGTHS, 0.0))
    assert np.array_equal(draw(inks(), still, 1), np.tile(inks(), (3, 1)))


def test_what_was_saved_is_read_back_and_nothing_else_lies_beside_it(tmp_path: Path) -> None:
    ink, made = draw(inks(), recipe(), 1), source(inks(), recipe())
    save(tmp_path / "1.npy", ink, made)
    assert np.array_equal(read(tmp_path / "1.npy", made), ink)
    assert [path.name for path in tmp_path.iterdir()] == ["1.npy"]
    assert np.array_equal(np.load(tmp_path / "1.npy", allow_pickle=False), ink), "any tool can read it"


@pytest.mark.parametrize("where", [0, 9, 60, 127, 128, 5_000, -9, -8, -1])
def test_a_single_flipped_bit_is_noticed(tmp_path: Path, where: int) -> None:
    path, made = tmp_path / "1.npy", source(inks(), recipe())
    save(path, draw(inks(), recipe(), 1), made)
    content = bytearray(path.read_bytes())
    content[where] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"The variants in 1\.npy (cannot be read|are not those)"):
        read(path, made)


@pytest.mark.parametrize("length", [0, 1, 100, 128, 20_000, -9, -1])
def test_half_a_file_is_noticed(tmp_path: Path, length: int) -> None:
    path, made = tmp_path / "1.npy", source(inks(), recipe())
    save(path, draw(inks(), recipe(), 1), made)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(IntegrityError, match=r"The variants in 1\.npy"):
        read(path, made)


def test_what_is_longer_than_it_was_is_noticed(tmp_path: Path) -> None:
    path, made = tmp_path / "1.npy", source(inks(), recipe())
    save(path, draw(inks(), recipe(), 1), made)
    path.write_bytes(path.read_bytes() + b"0")
    with pytest.raises(IntegrityError, match=r"The variants in 1\.npy"):
        read(path, made)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"The variants in 1\.npy cannot be read"):
        read(tmp_path / "1.npy", b"")


@pytest.mark.parametrize("other", [{"seed": 7}, {"slant": 0.3}, {"variants": 2}])
def test_variants_of_another_recipe_are_not_taken_for_those_of_this_one(tmp_path: Path, other: Json) -> None:
    save(tmp_path / "1.npy", draw(inks(), recipe(), 1), source(inks(), recipe()))
    with pytest.raises(IntegrityError, match="are not those of this training"):
        read(tmp_path / "1.npy", source(inks(), recipe(**other)))


def test_variants_of_other_images_or_by_other_code_are_not_taken_for_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, changed = source(inks(), recipe()), inks()
    changed[3, 300] += 1
    save(tmp_path / "1.npy", draw(inks(), recipe(), 1), mine)
    monkeypatch.setattr(variants, "_code", lambda: ["another"])
    for other in (source(changed, recipe()), source(inks(), recipe())):
        with pytest.raises(IntegrityError, match="are not those of this training"):
            read(tmp_path / "1.npy", other)
    assert np.array_equal(read(tmp_path / "1.npy", mine), draw(inks(), recipe(), 1))


def test_another_stream_of_random_numbers_is_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = variants._code.__wrapped__()
    monkeypatch.setattr(variants, "STREAM", variants.STREAM + 1)
    assert variants._code.__wrapped__() != before


def test_a_failed_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path / "1.npy", inks(), b"")
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_that_of_whatever_decides_the_variants_and_of_nothing_else() -> None:
    first = key_of(spec())
    same = [{"framework": "tensorflow"}, {"rate": 0.1}, {"epochs": 3}, {"network": "8-8"}, {"pixels": "ink"}]
    assert {key_of(spec(**values)) for values in same} == {first}
    others = [{"seed": 7}, {"frame": "centred"}, {"variants": 2}, {"jitter": 0.1}, {"test_share": 0.5},
              {"validation_share": 0.1}, {"split": "family"}]  # fmt: skip
    found = [key_of(spec(**values)) for values in others]
    found += [key_of({**spec(), "fingerprint": "0" * 64}), key_of({**spec(), "families": "0" * 64})]
    assert len({first, *found}) == 1 + len(found)


def waiting_run(id: str, told: Json) -> Lock:
    """Put a run into the queue; it waits as long as its lock is held."""
    job = Job("runs", id)
    lock = jobs.create(job, told, owner="ann")
    assert lock is not None
    draw_ticket(job, "ann")
    return lock


def test_variants_are_awaited_by_a_run_in_the_other_framework_while_it_waits() -> None:
    mine = key_of(spec())
    assert not awaited(mine)
    other = waiting_run("other", spec(seed=7))
    assert not awaited(mine)
    same = waiting_run("same", spec(framework="tensorflow"))
    assert awaited(mine)
    same.close()
    assert not awaited(mine)
    other.close()


def test_a_damaged_run_in_the_queue_awaits_nothing_and_hides_nobody() -> None:
    locks = [waiting_run("damaged", spec()), waiting_run("same", spec())]
    replace(settings.part("runs") / "damaged" / "job.json", b"{")
    assert awaited(key_of(spec()))
    for lock in locks:
        lock.close()


def test_the_bytes_of_all_files_are_counted() -> None:
    assert variants.total_bytes() == 0
    for key in ("a", "b"):
        (settings.part("variants") / key).mkdir()
        save(settings.part("variants") / key / "1.npy", inks(), b"")
    assert variants.total_bytes() == 2 * (128 + 20 * 784 + 8)
