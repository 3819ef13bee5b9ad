"""The verdict: a card a question, with its sentence and interval, or with the reasons why there is no answer."""

from __future__ import annotations

import streamlit as st

from digits.evaluation.ledger import QUESTIONS
from digits.evaluation.meaning import chance
from digits.files import Json
from ui.duels.words import meanings, parted, sentence
from ui.frame import count, plain
from ui.leak import share

ICONS = {"faster": "speed", "accurate": "target", "steadier": "straighten", "smaller": "memory"}
STYLE = """<style>
[class*=st-key-answered] {border-left: 5px solid #009E73 !important}
[class*=st-key-refused] {border-style: dashed !important; border-left: 5px dashed #CC79A7 !important}
</style>"""


def show_verdict(result: Json, families: int | None) -> None:
    """Show the four questions of a duel's result; its test images are of so many `families`, if that is known."""
    st.html(STYLE)
    st.caption(setting(result))
    answers = {answer["question"]: answer for answer in result["answers"]}
    asked = [answers[question] for question in QUESTIONS if question in answers]
    for start in range(0, len(asked), 2):
        for column, answer in zip(st.columns(2), asked[start : start + 2], strict=False):
            with column:
                _card(answer, result, families)


def setting(result: Json) -> str:
    """Return on what it was fought, as Markdown: data set, split and its leak, seeds, epochs, machine, versions."""
    recipe, machine = result["recipe"], result["machine"]
    leak = result["leak"]
    leaking = f" · :material/warning: {share(leak)} of the test images have a relative in training" if leak else ""
    versions = [plain(side.get("version", "")) for side in result["conditions"].values()]
    return " · ".join([
        f"{plain(result['dataset'])}, {count(result['images'], 'training image')}, "
        f"{result['test_images']:,} tested (split {plain(result['split'])}){leaking}",
        f"{count(recipe['epochs'], 'epoch')}, {count(len(result['seeds']), 'seed')}",
        f"{count(recipe['threads'], 'thread')} each on {count(machine['cores'], 'core')}, "
        f"{plain(machine['processor'])}, {plain(machine['system'])}",
        *versions,
    ])  # fmt: skip


def _card(answer: Json, result: Json, families: int | None) -> None:
    question, refused = answer["question"], answer["sentence"] is None
    with st.container(border=True, key=f"{'refused' if refused else 'answered'}-{question}", height="stretch"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/{ICONS[question]}: {QUESTIONS[question]}", width="stretch")
            if refused:
                st.badge("refused", icon=":material/block:", color="orange")
            else:
                st.badge("answered", icon=":material/check:", color="green")
        if refused:
            st.markdown("**No answer**, because:")
            for reason in answer["refused"]:
                st.markdown(f"- {sentence(reason)}")
            return
        head, said = parted(answer["sentence"])
        st.markdown(f"##### {head}\n\n{said}" if said else f"##### {head}")
        _explained(question, result, families)


def _explained(question: str, result: Json, families: int | None) -> None:
    label = f"What does {chance(result['mcnemar_p'])} mean?" if question == "accurate" else "What does this mean?"
    with st.popover(label, icon=":material/help:", type="tertiary"):
        for meaning in meanings(question, result, families):
            st.markdown(sentence(meaning))
