from __future__ import annotations

import numpy as np
import pytest

from digits.evaluation.comparison import (
    Answers,
    cell,
    differences,
    disagreements,
    hardest,
    seed_groups,
    unfair,
    why_not,
)
from digits.files import read_json, write_json
from digits.training.run import Run
from tests.evaluation import made_run

LABELS = np.array([0, 1, 2, 3, 4, 5])


def answers(digits: list[int], sure: list[float]) -> Answers:
    """Answers of six images; a larger `sure` is a larger logit."""
    logits = np.zeros((6, 10), np.float32)
    logits[np.arange(6), digits] = sure
    return Answers(np.arange(6) * 3, LABELS, logits)


FIRST = answers([0, 1, 9, 9, 9, 9], [5, 5, 1, 2, 3, 4])
SECOND = answers([8, 8, 8, 8, 4, 5], [2, 3, 9, 1, 5, 5])


def evaluated(run: Run, given: Answers) -> Run:
    np.savez(run.folder / "evaluation.npz", rows=given.rows, labels=given.labels, logits=given.logits)
    return run


def retold(run: Run, fingerprint: str) -> Run:
    path = run.folder / "job.json"
    write_json(path, {**read_json(path), "fingerprint": fingerprint})
    return Run(run.job)


def test_answers_are_the_largest_logits_their_probability_and_the_loss_of_the_label() -> None:
    assert FIRST.digits.tolist() == [0, 1, 9, 9, 9, 9]
    assert FIRST.right.tolist() == [True, True, False, False, False, False]
    share = np.exp(5) / (np.exp(5) + 9)
    assert FIRST.confidence[0] == pytest.approx(share)
    assert FIRST.losses[0] == pytest.approx(-np.log(share))
    assert FIRST.losses[5] == pytest.approx(np.log(np.exp(4) + 9))


def test_disagreements_go_both_ways_and_begin_with_the_surest_mistake() -> None:
    parted = disagreements(FIRST, SECOND)
    assert parted.only_first.tolist() == [1, 0], "the second is surer of its wrong 8 for the 1"
    assert parted.only_second.tolist() == [5, 4]
    assert parted.neither.tolist() == [2, 3], "by the less sure of the two: logits 1 and 9, then 2 and 1 (a tie)"
    turned = disagreements(SECOND, FIRST)
    assert (turned.only_first.tolist(), turned.only_second.tolist()) == ([5, 4], [1, 0])


def test_a_run_has_no_disagreement_with_itself() -> None:
    parted = disagreements(FIRST, FIRST)
    assert (len(parted.only_first), len(parted.only_second), parted.neither.tolist()) == (0, 0, [5, 4, 3, 2])


def test_the_images_of_a_cell_are_those_of_its_label_and_answer() -> None:
    assert cell(FIRST, 4, 9).tolist() == [4]
    assert cell(FIRST, 4, 4).tolist() == []
    many = Answers(np.arange(3), np.array([7, 7, 7]), np.eye(10)[[1, 1, 7]] * [[2], [6], [1]])
    assert cell(many, 7, 1).tolist() == [1, 0], "the surest first"


def test_the_hardest_images_have_the_largest_mean_loss_over_the_models() -> None:
    positions, losses = hardest([FIRST, SECOND], 3)
    mean = (FIRST.losses + SECOND.losses) / 2
    assert positions.tolist() == np.argsort(-mean)[:3].tolist()
    assert losses.tolist() == pytest.approx(np.sort(mean)[::-1][:3].tolist())
    assert len(hardest([FIRST], 10)[0]) == 6, "there are no more than there are"


def test_runs_with_the_same_test_images_are_compared_and_others_are_told_why_not() -> None:
    one, two = evaluated(made_run("one"), FIRST), evaluated(made_run("two", rate=0.1), SECOND)
    assert why_not(one, two) is None
    moved = Answers(FIRST.rows + 1, LABELS, FIRST.logits)
    assert "because their seed differs" in str(why_not(one, evaluated(made_run("seed", seed=7), moved)))
    shares = evaluated(made_run("share", seed=7, test_share=0.3), moved)
    assert "because their seed and test share differ." in str(why_not(one, shares))
    assert why_not(one, retold(two, "1" * 64)) == "They were tested on different data sets."


def test_folds_and_changed_families_are_told_as_the_reason_why_test_images_are_others() -> None:
    moved = Answers(FIRST.rows + 1, LABELS, FIRST.logits)
    first = evaluated(made_run("first", split="family"), FIRST)
    other = evaluated(made_run("other", split="family", fold=1), moved)
    assert "because their fold differs" in str(why_not(first, other))
    again = evaluated(made_run("again", split="family"), moved)
    spec = {**again.job.spec(), "families": "f" * 64}
    write_json(again.folder / "job.json", spec)
    assert "its families have changed in between" in str(why_not(first, Run(again.job)))
    assert differences([first, Run(again.job)]) == {}, "of one of them the families are not known"
    assert [len(group) for group in seed_groups([first, Run(again.job)])] == [1, 1]


def test_a_setting_of_the_other_way_to_split_is_no_difference() -> None:
    runs = [made_run("random", test_share=0.3), made_run("family", split="family", folds=3, fold=2)]
    found = differences(runs)
    assert set(found) == {"split"}
    assert found["split"] == ["random", "family"]


def test_runs_that_differ_in_the_seed_alone_are_a_group() -> None:
    runs = [made_run("a", seed=1), made_run("b", seed=2), made_run("c", seed=1, rate=0.1), made_run("d", seed=3)]
    runs += [made_run("e", seed=1, framework="tensorflow"), retold(made_run("f", seed=9), "1" * 64)]
    assert [[run.id for run in group] for group in seed_groups(runs)] == [["a", "b", "d"], ["c"], ["e"], ["f"]]


def test_a_recipe_trained_again_with_the_same_seed_is_no_group_by_itself() -> None:
    runs = [made_run("a"), made_run("a-2")]
    assert [[run.id for run in group] for group in seed_groups(runs)] == [["a"], ["a-2"]]
    assert len(seed_groups([*runs, made_run("b", seed=1)])) == 1
    assert seed_groups([]) == []


def test_differences_are_the_settings_that_are_not_equal() -> None:
    runs = [made_run("a", rate=0.1), made_run("b", rate=0.2), made_run("c", rate=0.1, batch=64)]
    assert differences(runs) == {"rate": [0.1, 0.2, 0.1], "batch": [128, 128, 64]}
    assert differences(runs[:1]) == differences([]) == {}


def test_a_setting_that_an_optimiser_does_not_read_makes_no_difference() -> None:
    adam = made_run("a", momentum=0.5)
    assert differences([adam, made_run("b")]) == {}
    sgd = made_run("c", optimiser="native-sgd", momentum=0.9, beta1=0.1)
    assert differences([adam, sgd]) == {"optimiser": ["native-adam", "native-sgd"]}
    other = made_run("d", optimiser="native-sgd", momentum=0.5)
    assert differences([adam, sgd, other])["momentum"] == [None, 0.9, 0.5]


def test_a_full_batch_is_told_as_the_number_of_images_that_it_was() -> None:
    full, small = made_run("a", batch=0), made_run("b")
    assert differences([full, small]) == {"batch": ["all", 128]}
    write_json(full.folder / "status.json", {**full.job.status(), "images": 86184})
    assert differences([full, small]) == {"batch": [86184, 128]}


def test_full_batches_are_all_until_the_number_of_each_is_told() -> None:
    begun, waiting = made_run("a", batch=0), made_run("b", batch=0, framework="tensorflow")
    write_json(begun.folder / "status.json", {**begun.job.status(), "images": 1437})
    assert differences([begun, waiting]) == {"framework": ["pytorch", "tensorflow"]}
    write_json(waiting.folder / "status.json", {**waiting.job.status(), "images": 1437})
    assert differences([begun, waiting]) == {"framework": ["pytorch", "tensorflow"]}
    write_json(waiting.folder / "status.json", {**waiting.job.status(), "images": 1000})
    assert differences([begun, waiting])["batch"] == [1437, 1000]


def test_a_renamed_data_set_parts_neither_seeds_nor_frameworks() -> None:
    before, after = made_run("a", seed=1), made_run("b", seed=2, dataset="renamed")
    assert [[run.id for run in group] for group in seed_groups([before, after])] == [["a", "b"]]
    others = [made_run(f"t-{seed}", framework="tensorflow", seed=seed, dataset="renamed") for seed in (1, 2)]
    assert unfair([before, after, *others]) == []


def test_a_data_set_is_its_content_whatever_it_is_called() -> None:
    one, other = made_run("a"), retold(made_run("b"), "1" * 64)
    assert differences([one, other]) == {"fingerprint": ["00000000", "11111111"]}
    renamed = made_run("c", dataset="renamed")
    assert differences([one, renamed]) == {}
    assert differences([other, renamed]) == {"dataset": ["none", "renamed"]}


def test_frameworks_are_compared_fairly_only_if_nothing_else_differs() -> None:
    torch, keras = made_run("a"), made_run("b", framework="tensorflow")
    assert unfair([torch, keras]) == []
    other = made_run("c", framework="tensorflow", rate=0.5, epochs=3)
    assert unfair([torch, other]) == ["rate", "epochs"]
    assert unfair([torch, keras, other]) == ["rate", "epochs"]
    assert unfair([torch, made_run("d", rate=0.5)]) == [], "one framework, two recipes"
    seeds = [made_run(f"{name}-{seed}", framework=name, seed=seed) for name in ("pytorch", "tensorflow")
             for seed in (1, 2)]  # fmt: skip
    assert unfair(seeds) == [], "the same seeds in both"
    assert unfair(seeds[:3]) == ["seed"]


def test_a_split_that_an_older_lab_dealt_is_named_as_the_reason() -> None:
    moved = Answers(FIRST.rows + 1, LABELS, FIRST.logits)
    one, two = evaluated(made_run("one"), FIRST), evaluated(made_run("two", rate=0.1), moved)
    assert "another version of the lab split it" in str(why_not(one, two))
