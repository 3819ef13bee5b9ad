"""Digits Lab: train the same network in PyTorch and TensorFlow, compare them fairly, draw a digit.

How data flows:

    source  → dataset.build     any pictures of digits      → images.npy, index.parquet
    dataset → dataset.split     rows                        → train, validation, test
    recipe  → training.loop     rows, a classifier, a clock → metrics.jsonl, weights.safetensors
    run     → evaluation        weights and test rows       → logits, confusion, accuracy
    drawing → images, prediction  strokes or a canvas       → ink → frame → logits

Importing this package imports nothing: `digits` in the app stays light, the frameworks live in workers.
"""
