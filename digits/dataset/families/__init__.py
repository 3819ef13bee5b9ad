"""Families: which images of a data set are copies of one drawing, moved by affine maps and drawn again.

    images of one digit ─▶ frame      each in a frame that no affine map changes, but for noise
                        ─▶ neighbours a few candidates for each (an inverted file; nobody compares all pairs)
                        ─▶ kernels    they are registered; who leaves hardly anything is linked: tight groups
                        ─▶ prototype  many copies make one sharp drawing; images are compared with it
                        ─▶ groups     a group takes in what its prototype explains
                        ─▶ splitting  a group that two prototypes explain much better is two
    search  all of it, two digits at once          store  what was found, with the data set
                                                   words  what people say of it

`docs/decisions/0009-families.md` has the measurements and what else was tried. `search` brings numba and scipy in, so
it is imported by workers only, never by the app.
"""
