"""Families: which images of a data set are copies of one drawing, moved by affine maps and drawn again.

    images of one digit ─▶ frame      each in a frame that no affine map changes, but for noise
                        ─▶ neighbours a few candidates for each (an inverted file; nobody compares all pairs)
                        ─▶ pairs      registered; what is left over decides: tight groups
                        ─▶ prototype  many copies make one sharp drawing; images are compared with it
                        ─▶ growth     groups join the prototype that explains them within its own noise
                        ─▶ search     splits what two prototypes explain much better, gives every image its best

`docs/decisions/0009-families.md` has the measurements and what else was tried. `search` brings numba and scipy in, so
it is imported by workers only, never by the app.
"""
