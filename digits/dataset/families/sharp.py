"""The inner loops of prototypes, compiled: copies are splatted onto a finer grid, and images are fitted to it.

The pixels of many copies lie at different places of the drawing, so that together they sample it finer than any one
does (super-resolution by shift and add: Elad, Hel-Or 2001). An image is compared in its own pixels: the prototype is
read where the image's pixels lie, by Gauss-Newton over six affine parameters and a gain. What it misses there is
added to it until it misses little (iterative back-projection: Irani, Peleg, CVGIP 1991).
"""

from __future__ import annotations

import numpy as np

from digits.dataset.families.kernels import Array, compiled, solve

FINER = 3  # grid points a pixel
MARGIN = 6  # pixels around the page
GRID = (28 + 2 * MARGIN) * FINER
STEPS = 12


@compiled
def box(image: Array, corners: Array) -> None:
    """Set `corners` to first row, last row, first column, last column of the ink with two pixels around it."""
    corners[:] = (27, 0, 27, 0)
    for y in range(28):
        for x in range(28):
            if image[y, x] > 0.02:
                corners[0], corners[1] = min(corners[0], y - 2), max(corners[1], y + 2)
                corners[2], corners[3] = min(corners[2], x - 2), max(corners[3], x + 2)
    corners[0], corners[2] = max(corners[0], 0), max(corners[2], 0)
    corners[1], corners[3] = min(corners[1], 27), min(corners[3], 27)


@compiled
def box_all(images: Array, boxes: Array) -> None:
    """Set `boxes` (n, 4) to the corners of each of `images` (n, 28, 28)."""
    for number in range(len(images)):
        box(images[number], boxes[number])


@compiled
def splat(images: Array, boxes: Array, ways: Array, sums: Array) -> None:
    """Add what `images` (n, 28, 28) have in `boxes` (n, 4), carried by `ways` (n, 7), to `sums` (2, GRID, GRID)."""
    for number in range(len(images)):
        way, corners = ways[number], boxes[number]
        for y in range(corners[0], corners[1] + 1):
            for x in range(corners[2], corners[3] + 1):
                across = (way[0] * x + way[1] * y + way[2] + MARGIN) * FINER
                down = (way[3] * x + way[4] * y + way[5] + MARGIN) * FINER
                if min(across, down) < 0 or max(across, down) >= GRID - 1:
                    continue
                left, top = int(across), int(down)
                ink = images[number, y, x] / way[6]
                for row in range(2):
                    for column in range(2):
                        weight = abs(1 - row - (down - top)) * abs(1 - column - (across - left))
                        sums[0, top + row, left + column] += weight * ink
                        sums[1, top + row, left + column] += weight


@compiled
def miss(images: Array, boxes: Array, drawing: Array, ways: Array, out: Array) -> None:
    """Set `out` (n, 28, 28), in `boxes` (n, 4), to what `drawing` misses of `images`, by their `ways` (n, 7)."""
    for number in range(len(images)):
        way, corners = ways[number], boxes[number]
        gain = np.float32(way[6])
        for y in range(corners[0], corners[1] + 1):
            for x in range(corners[2], corners[3] + 1):
                across = (way[0] * x + way[1] * y + way[2] + MARGIN) * FINER
                down = (way[3] * x + way[4] * y + way[5] + MARGIN) * FINER
                out[number, y, x] = 0
                if min(across, down) < 0 or max(across, down) >= GRID - 1:
                    continue
                left, top = int(across), int(down)
                right, below = np.float32(across - left), np.float32(down - top)
                upper = drawing[top, left, 0] + right * (drawing[top, left + 1, 0] - drawing[top, left, 0])
                lower = drawing[top + 1, left, 0] + right * (
                    drawing[top + 1, left + 1, 0] - drawing[top + 1, left, 0]
                )
                out[number, y, x] = images[number, y, x] - gain * (upper + below * (lower - upper))


@compiled
def equations(image: Array, drawing: Array, way: Array, corners: Array, matrix: Array, pull: Array) -> float:
    """Set the normal equations of one step; return the squared differences. `way` (7,) ends in the gain.

    `drawing` (GRID, GRID, 3) holds ink and its two gradients. Coordinates start in the middle of the page.
    """
    matrix[:], pull[:], squares = 0, 0, 0.0
    slope, here = np.empty(7, np.float32), np.empty(3, np.float32)
    gain = np.float32(way[6])
    for row in range(corners[0], corners[1] + 1):
        for column in range(corners[2], corners[3] + 1):
            x, y = np.float32(column - 13.5), np.float32(row - 13.5)
            across = (way[0] * x + way[1] * y + way[2] + MARGIN) * FINER
            down = (way[3] * x + way[4] * y + way[5] + MARGIN) * FINER
            if min(across, down) < 0 or max(across, down) >= GRID - 1:
                squares += image[row, column] ** 2
                continue
            left, top = int(across), int(down)
            right, below = np.float32(across - left), np.float32(down - top)
            first, second = drawing[top], drawing[top + 1]
            for part in range(3):
                upper = first[left, part] + right * (first[left + 1, part] - first[left, part])
                lower = second[left, part] + right * (second[left + 1, part] - second[left, part])
                here[part] = upper + below * (lower - upper)
            difference = image[row, column] - gain * here[0]
            squares += difference * difference
            if here[0] + abs(here[1]) + abs(here[2]) < 1e-4:
                continue
            slope[0], slope[1], slope[2] = gain * here[1] * x, gain * here[1] * y, gain * here[1]
            slope[3], slope[4], slope[5] = gain * here[2] * x, gain * here[2] * y, gain * here[2]
            slope[6] = here[0]
            for one in range(7):
                pull[one] += slope[one] * difference
                for other in range(one + 1):
                    matrix[one, other] += slope[one] * slope[other]
    return squares


@compiled
def fit(image: Array, drawing: Array, way: Array) -> float:
    """Refine `way` (7,) in place until `drawing` explains `image`; return the share of its energy that is left."""
    matrix, pull, corners, best = np.empty((7, 7)), np.empty(7), np.empty(4, np.int64), np.empty(7)
    box(image, corners)
    energy = (image * image).sum()
    way[2] += 13.5 * (way[0] + way[1])  # around the middle of the page the parameters hardly disturb each other
    way[5] += 13.5 * (way[3] + way[4])
    left = np.inf
    for _ in range(STEPS):
        now = equations(image, drawing, way, corners, matrix, pull) / energy
        settled = now > 0.999 * left
        if now < left:
            left = now
            best[:] = way
        if settled:
            break
        for one in range(7):
            matrix[one, one] = matrix[one, one] * 1.001 + 1e-9
        solve(matrix, pull)
        turned = 8 * max(abs(pull[0]), abs(pull[1]), abs(pull[3]), abs(pull[4]))
        way += pull * min(1.0, 1.5 / max(abs(pull[2]), abs(pull[5]), turned, 1e-9))  # at most 1.5 pixels a step
        way[6] = max(way[6], 0.3)
    way[:] = best
    way[2] -= 13.5 * (way[0] + way[1])
    way[5] -= 13.5 * (way[3] + way[4])
    return float(left)


@compiled
def fit_all(images: Array, drawing: Array, ways: Array, left: Array) -> None:
    """Fit each of `images` (n, 28, 28) from its own start in `ways` (n, 7), both refined in place."""
    for number in range(len(images)):
        left[number] = fit(images[number], drawing, ways[number])
