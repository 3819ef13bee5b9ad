"""Where things stand: canvas, what is seen and the answers beside each other, on a phone under each other.

What is said keeps its place while nothing is said, and its model's colour is beside it.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from digits.figures import palette
from digits.images.strokes import CANVAS_SIDE
from ui.drawing.seen import WIDTH

EDGES = "".join(
    f".st-key-said-{name} {{border-left: 4px solid {colour}; padding-left: .75rem; min-height: 8rem}}"
    for name, colour in palette.FRAMEWORKS.items()
)
STYLE = f"""<style>
{EDGES}
.st-key-verdict, .st-key-truth {{min-height: 1.75rem}}
.st-key-teach {{min-height: 11.75rem}}
.st-key-seen img {{image-rendering: pixelated; border-radius: 0}}
@media (max-width: 640px) {{
  [class*=st-key-said-] {{min-height: 9.5rem}}
  [data-testid=stLayoutWrapper]:has(> .st-key-seen), [data-testid=stLayoutWrapper]:has(> .st-key-answers),
  .st-key-seen, .st-key-answers {{width: 100% !important; flex: 1 0 100% !important}}
  .st-key-answers [data-testid=stHorizontalBlock] {{flex-wrap: nowrap; gap: .5rem}}
  .st-key-answers [data-testid=stColumn] {{min-width: 0; flex: 1 1 0}}
}}
</style>"""


def parts() -> tuple[Any, Any, Any]:
    """Return the places of the canvas, of what the models see, and of what they answer."""
    st.html(STYLE)
    row = st.container(horizontal=True, gap="medium")
    return row.container(width=CANVAS_SIDE), row.container(width=WIDTH, key="seen"), row.container(key="answers")
