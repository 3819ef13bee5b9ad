"""The inner loops of registration, compiled: an affine map and a gain between two pictures, by least squares.

Pairs of images: inverse-compositional Lucas-Kanade (Baker, Matthews: Lucas-Kanade 20 Years On, IJCV 2004), where the
template's gradients and Hessian serve for all images that are registered to it. Pixels between pixels: cubic
convolution (Keys 1981). A map is (6,) float64: (x, y) goes to (m0 x + m1 y + m2, m3 x + m4 y + m5), in pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])
PAD = 6  # pixels of paper around an image, so that no tap of the interpolation falls outside
REACH = PAD - 1.5  # how far outside the page a point may lie and still be read
FAINT = 0.01  # ink and gradients below it, of 1, are paper


def compiled(function: Function) -> Function:
    """Compile for the processor, at work outside Python's lock."""
    return cast(Function, numba.njit(nogil=True, fastmath=True, cache=True)(function))


@compiled
def solve(matrix: Array, vector: Array) -> None:
    """Solve the positive definite (7, 7) system in place by Cholesky; `vector` becomes the solution."""
    for column in range(7):
        for inner in range(column):
            matrix[column, column] -= matrix[column, inner] ** 2
        matrix[column, column] = np.sqrt(max(matrix[column, column], 1e-12))
        for row in range(column + 1, 7):
            for inner in range(column):
                matrix[row, column] -= matrix[row, inner] * matrix[column, inner]
            matrix[row, column] /= matrix[column, column]
    for row in range(7):
        for inner in range(row):
            vector[row] -= matrix[row, inner] * vector[inner]
        vector[row] /= matrix[row, row]
    for row in range(6, -1, -1):
        for inner in range(row + 1, 7):
            vector[row] -= matrix[inner, row] * vector[inner]
        vector[row] /= matrix[row, row]


@compiled
def taps(at: float, weights: Array) -> None:
    """Set the four weights of cubic convolution for a fraction `at` of a pixel."""
    square = at * at
    cube = square * at
    weights[0] = -0.5 * cube + square - 0.5 * at
    weights[1] = 1.5 * cube - 2.5 * square + 1
    weights[2] = -1.5 * cube + 2 * square + 0.5 * at
    weights[3] = 0.5 * cube - 0.5 * square


@compiled
def read(image: Array, points: Array, way: Array, out: Array) -> None:
    """Set `out` (k,) to the padded `image` at `points` (2, k), moved by the map `way`; paper outside."""
    across, down = np.empty(4, np.float32), np.empty(4, np.float32)
    last = image.shape[0] - 2 * PAD - 1 + REACH
    for k in range(points.shape[1]):
        x = way[0] * points[0, k] + way[1] * points[1, k] + way[2]
        y = way[3] * points[0, k] + way[4] * points[1, k] + way[5]
        out[k] = 0
        if min(x, y) < -REACH or max(x, y) > last:
            continue
        left, top = int(np.floor(x)), int(np.floor(y))
        taps(x - left, across)
        taps(y - top, down)
        total = np.float32(0)
        for row in range(4):
            line = image[top + PAD - 1 + row]
            at = left + PAD - 1
            here = (
                across[0] * line[at] + across[1] * line[at + 1] + across[2] * line[at + 2] + across[3] * line[at + 3]
            )
            total += down[row] * here
        out[k] = total


@compiled
def template(image: Array, centre: Array, points: Array, steepest: Array) -> int:
    """Set `points` (2, k) around `centre` and `steepest` (7, k), whose last row is the ink itself; return k."""
    k = 0
    for y in range(PAD, image.shape[0] - PAD):
        for x in range(PAD, image.shape[0] - PAD):
            ink = image[y, x]
            across, down = (image[y, x + 1] - image[y, x - 1]) / 2, (image[y + 1, x] - image[y - 1, x]) / 2
            if ink <= FAINT and abs(across) + abs(down) <= FAINT:
                continue
            right, below = x - PAD - centre[0], y - PAD - centre[1]
            points[0, k], points[1, k] = right, below
            steepest[0, k], steepest[1, k], steepest[2, k] = across * right, across * below, across
            steepest[3, k], steepest[4, k], steepest[5, k] = down * right, down * below, down
            steepest[6, k] = ink
            k += 1
    return k


@compiled
def compose(way: Array, step: Array) -> float:
    """Put the inverse of a small `step` before the map `way`; return how far it went, in pixels."""
    a, b, c, d = 1 + step[0], step[1], step[3], 1 + step[4]
    scale = a * d - b * c
    if scale < 0.2:  # it runs away
        return 0.0
    a, b, c, d = d / scale, -b / scale, -c / scale, a / scale
    right, below = -(a * step[2] + b * step[5]), -(c * step[2] + d * step[5])
    for row in (0, 3):
        first, second = way[row], way[row + 1]
        way[row], way[row + 1] = first * a + second * c, first * b + second * d
        way[row + 2] += first * right + second * below
    return float(abs(step[2]) + abs(step[5]) + 6 * (abs(step[0]) + abs(step[1]) + abs(step[3]) + abs(step[4])))


@compiled
def align(image: Array, points: Array, steepest: Array, inverse: Array, way: Array) -> float:
    """Refine `way` in place until `image` lies on the template; return the share of its energy that is left."""
    difference, pull, step = np.empty(points.shape[1], np.float32), np.empty(7), np.empty(7)
    ink = steepest[6]
    energy = (ink * ink).sum()
    left = 1.0
    for _ in range(9):
        read(image, points, way, difference)
        gain = max((difference * ink).sum() / energy, 1e-3)
        for k in range(ink.size):
            difference[k] = difference[k] / gain - ink[k]
        squares = (difference * difference).sum()
        for row in range(7):
            pull[row] = (steepest[row] * difference).sum()
        for row in range(7):
            step[row] = (inverse[row] * pull).sum()
        left = squares / energy
        if compose(way, step) < 0.005:
            return float(max(0.0, left - (step * pull).sum() / energy))
    return left


@compiled
def register_pairs(images: Array, frames: Array, pairs: Array, left: Array) -> None:
    """Set `left` (p,) to what remains of each of `pairs` (p, 2): an image, and the template that it is laid on.

    `images` (n, s, s) float32 are padded; `frames` (n, 2, 3) float64 lead from the common frame into each, and so
    from one into the other: the start. Pairs of one template that stand together share its preparation.
    """
    size = (images.shape[1] - 2 * PAD) ** 2
    points, steepest = np.empty((2, size), np.float32), np.empty((7, size), np.float32)
    way, inverse, known, count = np.empty(6), np.empty((7, 7)), -1, 0
    for number in range(len(pairs)):
        moved, fixed = pairs[number]
        here, there = frames[fixed], frames[moved]
        if fixed != known:
            count = template(images[fixed], here[:, 2], points, steepest)
            hessian = np.empty((7, 7))
            for row in range(7):
                for column in range(7):
                    hessian[row, column] = (steepest[row, :count] * steepest[column, :count]).sum()
                hessian[row, row] *= 1 + 1e-4
            inverse[:] = np.linalg.inv(hessian)
            known = fixed
        scale = here[0, 0] * here[1, 1] - here[0, 1] * here[1, 0]
        for row in range(2):
            way[3 * row] = (there[row, 0] * here[1, 1] - there[row, 1] * here[1, 0]) / scale
            way[3 * row + 1] = (there[row, 1] * here[0, 0] - there[row, 0] * here[0, 1]) / scale
            way[3 * row + 2] = there[row, 2]
        left[number] = align(images[moved], points[:, :count], steepest[:, :count], inverse, way)
