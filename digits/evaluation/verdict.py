"""The verdict of a comparison: one sentence a question, made from its numbers, or why there is none.

A pure function of the ledger and of what was measured. While a factor that matters for a question is unequal, or was
not recorded, the question has no answer; nor has it one where what would answer it was not measured.
"""

from __future__ import annotations

from digits.evaluation.ledger import MISSING, QUESTIONS, both_shown, differing
from digits.evaluation.sentences import SENTENCES, Case
from digits.files import Json
from digits.settings import FRAMEWORKS


def verdict(
    rows: list[Json], measures: Json, *, sides: tuple[str, str] = FRAMEWORKS, one_framework: bool = False
) -> Json:
    """Return `answers`, a `verdict` and what is `refused`, from a ledger's `rows` and `measures`.

    An answer is `question`, `sentence` or null, `interval` [value, low, high] or null, and `refused`, sentences.
    `verdict` joins the sentences, null where there is none; `refused` lists every reason once. `sides` are the keys
    of measures that both sides have, and become their names. Of `one_framework`, two recipes are compared: the
    factors in which they differ are then the question, so that they are named and refuse nothing.

    Measures, each of which may be missing: `ratio` [median, low, high] of the first's seconds to the second's over so
    many `rounds`, `control` {side: [low, high]}; `accuracy` {side: share}, `accuracy_difference` [d, low, high] and
    `mcnemar_p` on so many `images` (only a `part` of those of either, if true) of so many `families` (null: unknown),
    `leak` ({side: share} where they differ); `seeds` {side: [accuracy, …]}, of which the first is the one that read
    those images; `peak_bytes` {side: [bytes, …]}, `parameters_bytes` {side: bytes}; `why` {question: why what
    it needs is missing}.
    """
    case = Case(rows, measures, sides, one_framework)
    answers = [_answer(question, case) for question in QUESTIONS]
    sentences = [answer["sentence"] for answer in answers if answer["sentence"]]
    return {"answers": answers, "verdict": " ".join(sentences) or None, "refused": _all_reasons(answers, case)}


def _all_reasons(answers: list[Json], case: Case) -> list[str]:
    """Return every reason once: what differs in the order of the ledger, then what was not recorded or measured."""
    place = {_difference(row, case): number for number, row in enumerate(differing(case.rows))}
    reasons = dict.fromkeys(reason for answer in answers for reason in answer["refused"])
    return sorted(reasons, key=lambda reason: place.get(reason, len(place)))


def _answer(question: str, case: Case) -> Json:
    found = SENTENCES[question](case)
    refused = _unequal(question, case) + ([found.reason] if found.reason else [])
    if refused:
        return {"question": question, "sentence": None, "interval": None, "refused": refused}
    interval = None if found.interval is None else found.interval.as_list()
    return {"question": question, "sentence": found.sentence, "interval": interval, "refused": []}


def _unequal(question: str, case: Case) -> list[str]:
    """Return why the conditions of both sides forbid an answer."""
    if not case.rows:
        return ["Nothing is known of the conditions on either side."]
    matter = [row for row in case.rows if question in row["matters"]]
    reasons = [] if case.one_framework else [_difference(row, case) for row in differing(matter)]
    if any(MISSING in (row["first"], row["second"]) for row in matter):
        reasons.append(_not_recorded(case))
    return reasons


def _difference(row: Json, case: Case) -> str:
    first, second = both_shown(row)
    factor = row["factor"][0].upper() + row["factor"][1:]
    return f"{factor}: {first} ({case.names[0]}) against {second} ({case.names[1]}). {row['why']}"


def _not_recorded(case: Case) -> str:
    """Return in a sentence, the same for every question, what was not recorded of which side."""
    judged = [row for row in case.rows if row["matters"]]
    parts = []
    for side, name in zip(("first", "second"), case.names, strict=True):
        missing = [row["factor"] for row in judged if row[side] == MISSING]
        if missing:
            parts.append(name if len(missing) == len(judged) else f"{name} ({', '.join(missing)})")
    again = "Train it again." if len(parts) == 1 else "Train them again."
    return f"What ran was not recorded for {' and '.join(parts)}. {again}"
