"""The formulas of the optimisers, as the adapters name what runs: equal words mean equal arithmetic.

*Reference* optimisers are PyTorch's formulas (its documentation of torch.optim.SGD and torch.optim.Adam) in both
frameworks. Keras's own Adam adds ε before the bias correction (Kingma and Ba 2015, section 2, "epsilon hat"), and its
SGD keeps the rate inside the velocity: `docs/decisions/0012-reference-optimisers.md`.
"""

from __future__ import annotations

LOSS = "softmax cross-entropy, mean over the batch"
SGD = "w -= rate·g"


def momentum(mu: float) -> str:
    """Return the reference SGD with momentum `mu`, where it has any."""
    return f"u = {mu:g}·u + g; w -= rate·u" if mu else SGD


def keras_momentum(mu: float) -> str:
    """Return Keras's SGD with momentum `mu`, where it has any."""
    return f"u = {mu:g}·u - rate·g; w += u" if mu else SGD


def adam(beta1: float, beta2: float) -> str:
    """Return the reference Adam: ε is added after the bias correction."""
    return f"w -= rate·m̂/(√v̂ + ε), β₁ {beta1:g}, β₂ {beta2:g}"


def keras_adam(beta1: float, beta2: float) -> str:
    """Return Keras's Adam: ε is added before the bias correction."""
    return f"w -= rate·√(1-β₂ᵗ)/(1-β₁ᵗ)·m/(√v + ε), β₁ {beta1:g}, β₂ {beta2:g}"


def decayed(share: float, formula: str) -> str:
    """Return `formula` with what comes before it: decoupled weight decay, where there is any."""
    return f"w -= rate·{share:g}·w; {formula}" if share else formula


def rate(held: float) -> float:
    """Return the rate that an optimiser holds without what float32 adds behind the sixth digit."""
    return float(f"{held:.6g}")
