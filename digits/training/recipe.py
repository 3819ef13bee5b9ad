"""A recipe: everything that decides what a training computes, in one flat and frozen value.

Two runs of one recipe on one data set with equal `threads` end in the same bits, so the SHA-256 of recipe and data
set is the identity of a run. Only what differs from the defaults is hashed: a field added later leaves old
identities as they are, provided that its default means what was done before.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from digits.errors import IntegrityError, UsageError
from digits.files import Json, canonical, sha256
from digits.settings import FRAMEWORKS
from digits.training.architecture import Architecture, architecture
from digits.training.shares import parse_shares

CHOICES = {
    "framework": FRAMEWORKS,
    "activation": ("relu", "tanh", "sigmoid"),
    "pixels": ("rgba", "ink"),
    "frame": ("as-drawn", "centred", "even"),
    "split": ("random", "family"),
    "initialisation": ("pytorch", "keras", "he-normal"),
    "optimiser": ("native-sgd", "native-adam", "reference-sgd", "reference-adam"),
    "schedule": ("constant", "one-cycle"),
    "dtype": ("float32", "float64"),
    "device": ("cpu", "cuda", "mps"),
    "compilation": ("usual", "compiler"),
}
BOUNDS: dict[str, tuple[float, float]] = {
    "dropout": (0.0, 0.95),
    "scale": (1e-6, 1e6),
    "test_share": (0.01, 0.9),
    "validation_share": (0.0, 0.5),
    "folds": (2, 100),
    "fold": (0, 99),
    "rate": (1e-9, 1e3),
    "momentum": (0.0, 0.9999),
    "beta1": (0.0, 0.9999),
    "beta2": (0.0, 0.999999),
    "epsilon": (1e-16, 1.0),
    "weight_decay": (0.0, 10.0),
    "rotation": (0.0, 90.0),
    "slant": (0.0, 2.0),
    "zoom": (0.0, 0.9),
    "shift": (0.0, 14.0),
    "elastic": (0.0, 10.0),
    "thickness": (0.0, 1.0),
    "jitter": (0.0, 5.0),
    "variants": (1, 1_000),
    "batch": (0, 1_000_000),
    "epochs": (1, 100_000),
    "seed": (0, 2**32 - 1),
    "threads": (1, 256),
}
STRENGTHS = ("rotation", "slant", "zoom", "shift", "elastic", "thickness", "jitter")  # of `digits.images.augment`
DEALT = ("seed", "split", "test_share", "folds", "fold")  # what decides which images are tested
# What one way to split reads and the other does not: there it stays at its default, or equal runs had two names.
ONLY_OF = {"random": ("test_share",), "family": ("folds", "fold")}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a training computes.

    `network` lists the hidden layers (`digits.training.architecture`); ten logits follow. `pixels` is the input:
    *rgba* (3,136 inputs, the ink in the alpha channel of a black picture: the notebook's) or *ink* (784). An input is
    the ink from 0 to 1 times `scale` (the notebook: 255). A *random* `split` tests on `test_share` of the data set;
    one by *family* deals whole families into `folds` parts, of which `fold`, from 0, is the test part.
    `validation_share` is of what is left for training; a `batch` of 0 is the whole training part. `dropout` is the
    share of each hidden layer's units that an update leaves out (`digits.models.dropout`). *Native* optimisers are
    each framework's own, *reference* ones follow one formula in both (`digits.models.formulas`). The *usual*
    `compilation` is none in PyTorch and `tf.function` in TensorFlow; *compiler* is torch.compile and XLA.
    `weight_decay` is decoupled: an update first takes that share, times the rate, of each weight (Loshchilov and
    Hutter 2019, arXiv:1711.05101). A *one-cycle* `schedule` leads the rate up and down once
    (`digits.training.schedule`), `rate` being its highest.

    The `STRENGTHS` say how far an epoch's images may differ from the stored ones (`digits.images.augment`); with all
    at 0 they are the stored ones. An epoch shows `variants` of each training image. `shares` says how much of an
    epoch each part of a combined data set has, `starter=80 mnist=20`; without it every image is shown alike.
    """

    framework: str
    dataset: str
    network: str = "784-128-64"
    activation: str = "relu"
    dropout: float = 0.0
    pixels: str = "rgba"
    frame: str = "as-drawn"
    scale: float = 255.0
    split: str = "random"
    test_share: float = 0.2
    validation_share: float = 0.0
    folds: int = 4
    fold: int = 0
    initialisation: str = "keras"
    optimiser: str = "native-adam"
    rate: float = 0.001
    momentum: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    schedule: str = "constant"
    batch: int = 128
    epochs: int = 10
    seed: int = 42
    dtype: str = "float32"
    threads: int = 2
    device: str = "cpu"
    compilation: str = "usual"
    rotation: float = 0.0
    slant: float = 0.0
    zoom: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    thickness: float = 0.0
    jitter: float = 0.0
    variants: int = 1
    shares: str = ""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            if getattr(self, name) not in allowed:
                raise UsageError(f"Unknown {name}", expected=" or ".join(allowed), received=repr(getattr(self, name)))
        whole = {field.name for field in dataclasses.fields(self) if field.type == "int"}
        for name, (low, high) in BOUNDS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or (name in whole and not isinstance(value, int)):
                raise UsageError(f"{name} cannot be read", expected="a whole number", received=value)
            if not (isinstance(value, int | float) and math.isfinite(value) and low <= value <= high):
                raise UsageError(f"{name} is out of bounds", expected=f"{low:g} to {high:g}", received=value)
        architecture(self.network, self.pixels)
        self._check_split()
        parse_shares(self.shares)

    def _check_split(self) -> None:
        """Refuse a fold that is not one of the folds, and what the other way to split would read."""
        if self.fold >= self.folds:
            raise UsageError("fold is out of bounds", expected=f"0 to {self.folds - 1}, of {self.folds} folds",
                             received=self.fold)  # fmt: skip
        default = {field.name: field.default for field in dataclasses.fields(self)}
        for other, names in ONLY_OF.items():
            for name in names:
                if other != self.split and getattr(self, name) != default[name]:
                    raise UsageError(f"{name} plays no part in a {self.split} split", received=getattr(self, name),
                                     expected=f"{default[name]}, or the split {other}")  # fmt: skip

    @property
    def augmented(self) -> bool:
        """Tell whether an epoch's images differ from the stored ones, or are more than they."""
        return self.variants > 1 or any(getattr(self, name) for name in STRENGTHS)

    @property
    def architecture(self) -> Architecture:
        """The layers of its network, with their shapes."""
        return architecture(self.network, self.pixels)

    @property
    def widths(self) -> tuple[int, ...]:
        """How many numbers an image is at the input and after each layer: (3136, 784, 128, 64, 10)."""
        return self.architecture.widths

    @property
    def parameters(self) -> int:
        """How many numbers are trained: 2,568,794 for the notebook's network."""
        return self.architecture.parameters

    def identity(self, fingerprint: str, families: str | None = None) -> str:
        """Return the 16 hexadecimal digits that name the run of this recipe on the data set of `fingerprint`.

        `families` is the hash of those that it is split by: with others it is another run.
        """
        subject = [fingerprint] if families is None else [fingerprint, families]
        return sha256(canonical([self.differences(), *subject]))[:16]

    def differences(self) -> Json:
        """Return the fields whose value is not the default (framework and data set have none)."""
        fields = dataclasses.fields(self)
        return {f.name: getattr(self, f.name) for f in fields if getattr(self, f.name) != f.default}

    def changed(self, **values: Any) -> Recipe:
        """Return this recipe with other `values`. Raises `UsageError` for names and values that do not fit."""
        unknown = set(values) - {field.name for field in dataclasses.fields(self)}
        if unknown:
            known = ", ".join(field.name for field in dataclasses.fields(self))
            raise UsageError("A recipe has no such setting", expected=known, received=", ".join(sorted(unknown)))
        return dataclasses.replace(self, **values)

    def as_json(self) -> Json:
        """Return every field, defaults too."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def parse_value(name: str, text: str) -> str | int | float:
    """Return the value of a setting written as text (`--set rate=0.01`). Raises `UsageError`."""
    kinds = {field.name: field.type for field in dataclasses.fields(Recipe)}
    if kinds.get(name) not in ("int", "float"):
        return text
    try:
        return int(text) if kinds[name] == "int" else float(text)
    except ValueError:
        kind = "a whole number" if kinds[name] == "int" else "a number"
        raise UsageError(f"{name} cannot be read", expected=kind, received=repr(text)) from None


def stored(values: Json) -> Recipe:
    """Return the recipe that `values` are. Raises `UsageError` and `IntegrityError` if they are none."""
    try:
        return _checked(json.dumps(values))
    except TypeError as error:
        raise IntegrityError(
            "A stored recipe is damaged", expected="the settings of a recipe", received=error
        ) from error


@lru_cache(maxsize=10_000)
def _checked(values: str) -> Recipe:
    """Return the recipe of `values`, JSON: a page asks for that of every run, and checking one takes longest."""
    return Recipe(**json.loads(values))
