"""Sixty settings with which nothing can be trained, as `--set` gives them: `rate=-1`."""

from __future__ import annotations

from digits.errors import DigitsError
from digits.files import Json
from digits.training.recipe import parse_value

MACHINE_BYTES = 2_000_000_000  # for which the last ones are too large; the others are too large for any
TOO_LARGE = (
    "network=8192-8192-8192", "network=8192-8192 dtype=float64", "variants=1000", "network=4096-4096-4096-4096",
    "pixels=ink network=conv512x3 conv512x3", "variants=600 rotation=10", "pixels=ink network=conv512x1 8192",
    "network=8192-8192-8192 optimiser=native-sgd momentum=0.9",
)  # fmt: skip
TOO_LARGE_HERE = (  # for a machine of less than 60 GB
    "dtype=float64 network=" + "-".join(["8192"] * 15), "dtype=float64 variants=1000 weight_decay=0.1",
)  # fmt: skip
BAD = (
    # numbers that are none, or without bounds
    "rate=-1", "rate=0", "rate=nan", "rate=inf", "rate=-inf", "rate=1e9", "rate=fast", "rate=", "rate=0x1p3",
    "scale=nan", "scale=-255", "weight_decay=-0.1", "momentum=1", "momentum=-0.5", "beta1=1", "beta2=1.5",
    "epsilon=0", "epsilon=-1e-7", "dropout=1", "dropout=-0.1", "dropout=nan",
    # amounts
    "epochs=0", "epochs=-3", "epochs=100001", "epochs=1000000000000", "epochs=1.5", "epochs=True", "epochs=ten",
    "batch=0.5", "batch=-128", "batch=1000001", "batch=many", "threads=0", "threads=100000", "seed=-1",
    "seed=4294967296", "seed=nan", "variants=0", "variants=1001", "rotation=-1", "rotation=inf", "shift=1000",
    # shares
    "test_share=0", "test_share=1", "test_share=-0.2", "validation_share=0.9", "shares=starter", "shares=a=0 b=1",
    "shares=a=-1 b=2", "shares=a=inf b=1", "shares=a=1 a=2", "folds=5", "fold=1",
    # networks and words
    "network=", "network=784--64", "network=0", "network=1000000000", "network=-5", "network=pool 10",
    "network=" + "-".join(["8"] * 17), "pixels=ink network=conv8x4", "pixels=ink network=conv8x99",
    "pixels=ink network=conv1000x3", "pixels=ink network=conv4x3 pool pool pool pool pool", "network=conv8x3",
    "activation=swish", "optimiser=adam", "device=tpu", "dtype=float16", "framework=jax", "colour=red",
)  # fmt: skip


def settings_of(bad: str) -> list[str]:
    """The settings in a line of `BAD`: a network may hold spaces, and a share an equals sign."""
    words: list[str] = []
    for word in bad.split(" "):
        begins = word.partition("=")[0].isidentifier() and "=" in word and not bad.startswith("shares")
        if begins or not words:
            words.append(word)
        else:
            words[-1] += f" {word}"
    return words


def values_of(bad: str) -> Json:
    """The same as a page has them: read where they can be, else as they were written."""
    found: Json = {}
    for setting in settings_of(bad):
        name, _, text = setting.partition("=")
        try:
            found[name] = parse_value(name, text)
        except DigitsError:
            found[name] = text
    return found
