"""Families: which images of a data set are copies of one drawing, moved by affine maps and drawn again.

`store` keeps them with the data set.
"""
