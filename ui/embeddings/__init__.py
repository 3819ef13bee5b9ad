"""The parts of the page Embeddings: what to draw, the maps, and what was chosen on them."""
