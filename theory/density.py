"""Level 4: whole densities in one and two dimensions, by the exact kernel and by the Fokker-Planck equation.

A density is a vector of probabilities on the points of a regular grid; operators are matrices acting on it from the
left. Proposals that leave the grid are rejected, so the kernel leaves exp(-βU) invariant to rounding.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp

from . import level1

REACH = 12.0


class Grid(NamedTuple):
    """Points of a regular grid.

    Attributes:
        points: shape (S, d), d = 1 or 2, the last axis fastest.
        shape: points per axis.
        spacing: distance of neighbours on each axis.
    """

    points: jax.Array
    shape: tuple[int, ...]
    spacing: tuple[float, ...]


def regular_grid(low: Sequence[float], high: Sequence[float], shape: Sequence[int]) -> Grid:
    """A regular grid from ``low`` to ``high``, both included.

    Args:
        low, high: corners, parameter units, one number per axis.
        shape: points per axis, each at least 2.

    Returns:
        A ``Grid``.

    Raises:
        ValueError: if there are not one or two axes, all with at least 2 points and low < high.

    Example:
        >>> regular_grid([0.0], [1.0], [3]).points.tolist()
        [[0.0], [0.5], [1.0]]

    Reference: theory/README.md, "Level 4".
    """
    good = len(low) == len(high) == len(shape) in (1, 2) and min(shape) >= 2
    if not good or not all(a < b for a, b in zip(low, high, strict=True)):
        raise ValueError(f"expected one or two axes with low < high and 2 points or more, got {low}, {high}, {shape}")
    axes = [jnp.linspace(a, b, n) for a, b, n in zip(low, high, shape, strict=True)]
    points = jnp.stack([part.ravel() for part in jnp.meshgrid(*axes, indexing="ij")], axis=1)
    steps = tuple((b - a) / (n - 1) for a, b, n in zip(low, high, shape, strict=True))
    return Grid(points, tuple(shape), steps)


def exact_kernel(losses: jax.Array, grid: Grid, *, mutation_std: float, beta: float) -> jax.Array:
    """The accept/reject kernel, P_ij = q(x_i - x_j) min(1, e^{-β(U_i - U_j)}) from j to i, the rest stays.

    Args:
        losses: U on the grid, shape (S,).
        grid: where.
        mutation_std: σ, parameter units; several times the spacing, or the lattice shows.
        beta: β in [0, ∞], a Python number.

    Returns:
        Shape (S, S); columns sum to 1.

    Example:
        >>> grid = regular_grid([-1.0], [1.0], [21])
        >>> kernel = exact_kernel(grid.points[:, 0] ** 2, grid, mutation_std=0.3, beta=2.0)
        >>> bool(jnp.allclose(kernel.sum(axis=0), 1.0))
        True

    Reference: Whitelam et al. (2021), eqs. 18-20.
    """
    kernel = jnp.ones((1, 1), losses.dtype)
    for count, step in zip(grid.shape, grid.spacing, strict=True):
        kernel = jnp.kron(kernel, _lattice_normal(count, step, mutation_std).astype(losses.dtype))
    rise = losses[:, None] - losses[None, :]
    accepted = (rise <= 0).astype(losses.dtype) if math.isinf(beta) else jnp.exp(-beta * jnp.maximum(rise, 0.0))
    moved = kernel * accepted
    moved = moved - jnp.diag(jnp.diag(moved))
    return moved + jnp.diag(1 - jnp.sum(moved, axis=0))


def _lattice_normal(count: int, step: float, std: float) -> jax.Array:
    """Probabilities of lattice moves, normalized over the infinite lattice."""
    far = max(count, math.ceil(REACH * std / step))
    weights = jnp.exp(-jnp.square(jnp.arange(-far, far + 1.0) * (step / std)) / 2)
    offsets = jnp.arange(count)[:, None] - jnp.arange(count)[None, :]
    return weights[offsets + far] / jnp.sum(weights)


def fokker_planck(drift: Callable[[jax.Array], jax.Array], diffusion: float, grid: Grid) -> jax.Array:
    """Generator of ∂P/∂n = -∇·(v P) + D ∇²P with walls, by exponentially fitted finite volumes.

    For v = -D β∇U the density exp(-βU) is stationary to second order in the spacing, and exactly for a linear U.

    Args:
        drift: v, ``point of shape (d,) -> (d,)``, parameter units per mutation step, taken between neighbours.
        diffusion: D, half the second moment of a step, squared parameter units per step.
        grid: where.

    Returns:
        Shape (S, S), per mutation step; columns sum to 0.

    Example:
        >>> grid = regular_grid([-1.0], [1.0], [21])
        >>> bool(jnp.allclose(fokker_planck(lambda x: -x, 0.5, grid).sum(axis=0), 0.0, atol=1e-4))
        True

    Reference: Whitelam et al. (2021), eq. 40 and its β = ∞ form; Scharfetter and Gummel, IEEE Trans. 16, 64 (1969).
    """
    size = math.prod(grid.shape)
    index = jnp.arange(size).reshape(grid.shape)
    rates = jnp.zeros((size, size), grid.points.dtype)
    for axis, step in enumerate(grid.spacing):
        left = jax.lax.slice_in_dim(index, 0, -1, axis=axis).ravel()
        right = jax.lax.slice_in_dim(index, 1, None, axis=axis).ravel()
        middle = (grid.points[left] + grid.points[right]) / 2
        peclet = jax.vmap(drift)(middle)[:, axis] * step / diffusion
        rates = rates.at[right, left].add(diffusion / step**2 * _bernoulli(-peclet))
        rates = rates.at[left, right].add(diffusion / step**2 * _bernoulli(peclet))
    return rates - jnp.diag(jnp.sum(rates, axis=0))


def _bernoulli(x: jax.Array) -> jax.Array:
    """x/(e^x - 1)."""
    safe = jnp.where(jnp.abs(x) < 1e-4, 1.0, x)
    return jnp.where(jnp.abs(x) < 1e-4, 1 - x / 2, safe / jnp.expm1(safe))


def limit_generator(
    gradient: Callable[[jax.Array], jax.Array], grid: Grid, *, mutation_std: float, beta: float
) -> jax.Array:
    """Fokker-Planck generator in the paper's limit: v = -(βσ²/2)∇U, D = σ²/2; at β = ∞ v = -σĝ/√(2π), D = σ²/4.

    Args:
        gradient: ∇U, ``point of shape (d,) -> (d,)``.
        grid: where.
        mutation_std: σ, parameter units.
        beta: β in (0, ∞], a Python number.

    Returns:
        Shape (S, S), per mutation step.

    Example:
        >>> grid = regular_grid([-1.0], [1.0], [21])
        >>> limit_generator(lambda x: x, grid, mutation_std=0.1, beta=1.0).shape
        (21, 21)

    Reference: Whitelam et al. (2021), eq. 40 and its β = ∞ form.
    """
    if not math.isinf(beta):
        return fokker_planck(lambda x: -beta * mutation_std**2 / 2 * gradient(x), mutation_std**2 / 2, grid)

    def downhill(x: jax.Array) -> jax.Array:
        return -mutation_std / level1.ROOT_2PI * level1.split(gradient(x))[0]

    return fokker_planck(downhill, mutation_std**2 / 4, grid)


def evolve(generator: jax.Array, density: jax.Array, steps: float) -> jax.Array:
    """The density after ``steps`` mutation steps of a generator, e^{nL} p.

    Args:
        generator: shape (S, S).
        density: probabilities, shape (S,).
        steps: n >= 0.

    Returns:
        Shape (S,).

    Example:
        >>> evolve(jnp.zeros((2, 2)), jnp.array([0.25, 0.75]), 10.0).tolist()
        [0.25, 0.75]

    Reference: theory/README.md, "Level 4".
    """
    return jax.scipy.linalg.expm(steps * generator, max_squarings=48) @ density


def total_variation(first: jax.Array, second: jax.Array) -> jax.Array:
    """(1/2) Σ |p - q|, in [0, 1].

    Args:
        first, second: probabilities, shape (S,).

    Returns:
        Scalar.

    Example:
        >>> float(total_variation(jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])))
        1.0

    Reference: theory/README.md, "Level 4".
    """
    return jnp.sum(jnp.abs(first - second)) / 2


def wasserstein(first: jax.Array, second: jax.Array, spacing: float) -> jax.Array:
    """W₁ = ∫ |F - G| dx of two densities on a line, parameter units.

    Args:
        first, second: probabilities on a regular grid of one axis, shape (S,).
        spacing: distance of its points.

    Returns:
        Scalar.

    Example:
        >>> float(wasserstein(jnp.array([1.0, 0.0, 0.0]), jnp.array([0.0, 0.0, 1.0]), 0.5))
        1.0

    Reference: theory/README.md, "Level 4".
    """
    return spacing * jnp.sum(jnp.abs(jnp.cumsum(first - second)))
