"""Embeddings: what do they see?"""

from __future__ import annotations

import streamlit as st

from ui.embeddings.choose import choose
from ui.embeddings.maps import show
from ui.frame import errors_shown, page


@errors_shown()
def main() -> None:
    """Draw the page."""
    page(
        "Embeddings",
        "What do they see? Images that are alike lie together, each drawn as the digit that the model answers.",
    )
    choice = choose()
    if choice is None:
        st.markdown("No model is trained yet, so there is nothing to look at.")
        st.page_link("app.py", label="Train both models now", icon=":material/home:")
        return
    show(choice)


main()
