"""Gradient and curvature of deep networks at a random start: wide layers, outputs near zero."""

from typing import NamedTuple

import numpy as np

REACH, NODES = 6.0, 21  # 3e-6 of the moments at variance 1/2, 3e-4 at 1: poles of tanh come near the real axis


class Kernels(NamedTuple):
    """Of one output f at pairs of inputs after 1, 2, ..., L hidden layers, each (L, K, K).

    Attributes:
        outputs: ⟨f(x) f(y)⟩.
        tangent: ⟨∇f(x)·∇f(y)⟩, squared outputs per parameter unit².
    """

    outputs: np.ndarray
    tangent: np.ndarray


def kernels(inputs: np.ndarray, *, layers: int, width: int, scale: float) -> Kernels:
    """Of a tanh network: Θ_l = s²⟨φ'φ'⟩ Θ_{l-1} + nK_l + 1, Θ_0 = n_0 K_0 + 1, K_0 = x·y/n_0, K_l = ⟨φφ⟩, ⟨ff⟩ = s²K_l.

    Pre-activations of hidden layer l are normal with covariance s²K_{l-1} between inputs.

    Args:
        inputs: (n_0, K), points last.
        layers: L, hidden layers, at least 1.
        width: n, units of a hidden layer.
        scale: s: weights are N(0, s²/fan-in), biases 0.

    Returns:
        ``Kernels``: of depth l in row l - 1.

    Raises:
        ValueError: for no layer, or a scale that is not positive.

    Example:
        >>> found = kernels(np.array([[0.01], [0.0]]), layers=20, width=8, scale=0.5)
        >>> round(float(found.tangent[-1, 0, 0]), 4)  # of the biases alone, 1/(1 - s²)
        1.3333

    Reference: theory/README.md, "Depth"; Poole et al. (2016), Exponential expressivity; Jacot et al. (2018), Neural
    tangent kernel.
    """
    if layers < 1 or not scale > 0:
        raise ValueError(f"layers must be at least 1 and scale positive, got {layers} and {scale}")
    fan_in = len(inputs)
    seen = np.asarray(inputs, float).T @ np.asarray(inputs, float) / fan_in
    tangent, found = fan_in * seen + 1, []
    for _ in range(layers):
        seen, slopes = _moments(scale**2 * seen)
        tangent = scale**2 * slopes * tangent + width * seen + 1
        found.append((scale**2 * seen, tangent))
    return Kernels(*(np.stack(each) for each in zip(*found, strict=True)))


def at_start(outputs: np.ndarray, tangent: np.ndarray, labels: np.ndarray, classes: int) -> tuple[float, float]:
    """⟨|g|²⟩ and ⟨tr H⟩ of cross entropy where probabilities are still near 1/C, to first order in the outputs.

    |g|² = Σ_ab (1[y_a = y_b] - 1/C + (C - 1)/C² ⟨f_a f_b⟩) Θ_ab / K², tr H = (1 - 1/C) Σ_a Θ_aa / K: the part of H
    with second derivatives of the outputs has mean 0 over starts.

    Args:
        outputs: ⟨ff⟩, (K, K), of one output.
        tangent: Θ, (K, K), squared outputs per parameter unit².
        labels: y, (K,), as many of each class.
        classes: C.

    Returns:
        (⟨|g|²⟩, ⟨tr H⟩), squared loss per parameter unit², and loss per parameter unit².

    Raises:
        ValueError: if some class has more points than another.

    Example:
        >>> at_start(np.zeros((4, 4)), np.eye(4), np.array([0, 0, 1, 1]), 2)
        (0.125, 0.5)

    Reference: theory/README.md, "Depth".
    """
    counts = np.bincount(labels, minlength=classes)
    if len(counts) != classes or counts.min() != counts.max():
        raise ValueError(f"there must be as many points of each of {classes} classes, got {counts.tolist()}")
    alike = (labels[:, None] == labels[None, :]) - 1 / classes
    learned = (classes - 1) / classes**2 * outputs
    return float(np.mean((alike + learned) * tangent)), float((1 - 1 / classes) * np.mean(np.diag(tangent)))


def _moments(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """⟨tanh u tanh v⟩ and ⟨tanh' u tanh' v⟩ of normal u and v, for every pair."""
    nodes = np.linspace(-REACH, REACH, NODES)
    weights = np.exp(-(nodes**2) / 2) / np.exp(-(nodes**2) / 2).sum()
    spread = np.sqrt(np.diag(covariance))
    along = covariance / np.where(spread > 0, spread, 1.0)[:, None]
    across = np.sqrt(np.maximum(np.diag(covariance)[None, :] - along**2, 0.0))
    first = np.tanh(spread[:, None] * nodes)
    second = np.tanh(along[..., None, None] * nodes[:, None] + across[..., None, None] * nodes)
    seen = np.einsum("i,j,ai,abij->ab", weights, weights, first, second, optimize=True)
    slopes = np.einsum("i,j,ai,abij->ab", weights, weights, 1 - first**2, 1 - second**2, optimize=True)
    return (seen + seen.T) / 2, (slopes + slopes.T) / 2
