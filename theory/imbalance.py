"""Batches at β = ∞: by how much their noise slows mutation down; SMOTE's points between neighbours."""

import math

import numpy as np

NODES, SPAN = 961, 24.0  # of the integral, in ln of its variable: exact to 1e-9


def many_dimensions(square: float, trace: float, points: int) -> float:
    """E[ĝ_B]·ĝ = 1/√(1 + tr Σ/(B|g|²)): drift over σ/√(2π) at β = ∞ on batches, to relative order tr Σ²/(tr Σ)².

    Args:
        square: |g|² of the mean gradient, positive, (loss per parameter unit)².
        trace: tr Σ, Σ the covariance of one drawn point's gradient, the same unit.
        points: B, drawn each for itself.

    Returns:
        In (0, 1].

    Raises:
        ValueError: if |g|² or B is not positive.

    Example:
        >>> [round(many_dimensions(1.0, ratio, 1), 4) for ratio in (0.1, 1.0, 10.0)]
        [0.9535, 0.7071, 0.3015]

    Reference: theory/README.md, "Batches and classes"; atlas S12.
    """
    _check(square, points)
    return 1 / math.sqrt(1 + trace / (points * square))


def normal_batches(gradient: np.ndarray, covariance: np.ndarray, points: int) -> float:
    """E[ĝ_B]·ĝ, exact where ĝ_B is that of a normal vector of mean g and covariance C = Σ/B, in any dimension.

    (2/√π)|g|⁻¹ ∫ du g·M g exp(-u² g·M g) √det M over u > 0, with M = (1 + 2u²C)⁻¹.

    Args:
        gradient: g, (N,), not zero, loss per parameter unit.
        covariance: Σ of one drawn point's gradient, (N, N).
        points: B, drawn each for itself.

    Returns:
        In (0, 1].

    Raises:
        ValueError: if g is zero or B not positive.

    Example:
        >>> round(normal_batches(np.array([1.0]), np.array([[4.0]]), 4), 4) == round(math.erf(math.sqrt(0.5)), 4)
        True

    Reference: theory/README.md, "Batches and classes".
    """
    square = float(gradient @ gradient)
    _check(square, points)
    values, vectors = np.linalg.eigh(np.asarray(covariance, float) / points)
    spread = np.maximum(values, 0.0)
    scale = 1 / math.sqrt(square + spread.sum())
    log = np.linspace(-SPAN, SPAN, NODES)
    u = scale * np.exp(log)
    shrunk = 1 / (1 + 2 * np.outer(u**2, spread))
    along = shrunk @ (vectors.T @ gradient) ** 2
    inside = u * along * np.exp(0.5 * np.log(shrunk).sum(axis=1) - u**2 * along)
    return float(2 / math.sqrt(math.pi * square) * inside.sum() * (log[1] - log[0]))


def between_neighbours(points: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Covariance of x + u(x' - x), u even on [0, 1]: (Σ + Σ')/2 + ⟨δ⟩⟨δ⟩ᵀ/4 - ⟨δδᵀ⟩/6 with δ = x' - x.

    Σ and Σ' are those of x and of x', each neighbour counted as often as it is one. Where x' is any point of the class
    that is 2Σ/3; Σ - ⟨δδᵀ⟩/6 needs Σ' = Σ, ⟨δ⟩ = 0.

    Args:
        points: x, (n, N).
        neighbours: x' of each point, (n, k, N).

    Returns:
        (N, N), squared units of the points.

    Example:
        >>> pair = np.array([[0.0], [1.0]])
        >>> round(float(between_neighbours(pair, np.stack([pair, pair], axis=0))[0, 0]), 4)  # 2/3 of 1/4
        0.1667

    Reference: theory/README.md, "Batches and classes"; Chawla et al., J. Artif. Intell. Res. 16, 321 (2002).
    """
    size = points.shape[-1]
    step = (neighbours - points[:, None]).reshape(-1, size)
    own, theirs = (np.cov(one.T, bias=True).reshape(size, size) for one in (points, neighbours.reshape(-1, size)))
    shift = step.mean(axis=0)
    return (own + theirs) / 2 + np.outer(shift, shift) / 4 - step.T @ step / len(step) / 6


def _check(square: float, points: int) -> None:
    if not (square > 0 and points > 0):
        raise ValueError(f"the gradient and the batch must not be zero, got |g|² = {square} and B = {points}")
