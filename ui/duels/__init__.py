"""What the page Duel shows: a module for asking, for each part of what came out, and for lockstep."""
