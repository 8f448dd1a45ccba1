"""Rules for triangular solves and for the Cholesky and LU factors.

A triangular system: A' ΔX = ΔB - ΔA X. Factors: A + ΔA = L (1 + E) U with E = L⁻¹ ΔA U⁻¹; elimination of 1 + E, kept as
deviations from 1, never subtracts nearly equal numbers. Used while |E| < 1/4 (with the old pivots), a subtraction
beyond. Error: a few units of rounding times the condition number.
"""

from typing import Any

import jax
import jax.numpy as jnp
from jax.scipy.linalg import solve_triangular

from ._fallback import recompute
from ._operands import Operands

SMALL = 0.25


def _triangular_solve(op: Operands) -> Any:
    change = op.change_or_zeros(1)
    if op.change(0) is None:
        return op.apply(op.value(0), change)
    params, moved = op.params, op.change(0)
    moved = (jnp.tril if params["lower"] else jnp.triu)(moved, _diagonal(params))
    if params["transpose_a"]:
        moved = jnp.swapaxes(moved, -1, -2)
    if params["conjugate_a"]:
        moved = jnp.conj(moved)
    solution = op.apply(op.value(0), op.value(1))
    product = _dot(moved, solution) if params["left_side"] else _dot(solution, moved)
    return op.apply(op.new(0), change - product)


def _diagonal(params: dict[str, Any]) -> int:
    """Which diagonal of the matrix is the last one read."""
    if not params["unit_diagonal"]:
        return 0
    return -1 if params["lower"] else 1


def _cholesky(op: Operands) -> Any:
    factor, lower = jnp.tril(op.apply(op.value(0))), jnp.tril(op.change(0))
    moved = lower + jnp.conj(jnp.swapaxes(jnp.tril(lower, -1), -1, -2))
    half = solve_triangular(factor, moved, lower=True)
    inner = solve_triangular(factor, jnp.conj(jnp.swapaxes(half, -1, -2)), lower=True)
    small = _is_small(inner)
    near = _dot(factor, _cholesky_deviation(jnp.where(small, inner, 0)))
    return jnp.where(small, near, jnp.tril(op.apply(op.new(0))) - factor)


def _lu(op: Operands) -> Any:
    if not is_square(op.value(0)):
        return recompute(op)
    factors, pivots, order = op.apply(op.value(0))
    lower, upper = jnp.tril(factors, -1), jnp.triu(factors)
    moved = jnp.take_along_axis(op.change(0), order[..., None], -2)
    half = solve_triangular(lower, moved, lower=True, unit_diagonal=True)
    inner = jnp.swapaxes(solve_triangular(upper, jnp.swapaxes(half, -1, -2), trans="T"), -1, -2)
    small = _is_small(inner)
    left, right = _lu_deviation(jnp.where(small, inner, 0))
    near = left + jnp.tril(_dot(lower, left), -1) + _dot(right, upper)
    new, new_pivots, new_order = op.apply(op.new(0))
    return [
        jnp.where(small, near, new - factors),
        jnp.where(small[..., 0], pivots, new_pivots),
        jnp.where(small[..., 0], order, new_order),
    ]


def is_square(matrix: Any) -> bool:
    """Whether an array or its aval holds square matrices."""
    return matrix.shape[-1] == matrix.shape[-2]


def _is_small(matrix: jax.Array) -> jax.Array:
    return jnp.max(jnp.abs(matrix), (-1, -2), keepdims=True) < SMALL


def _cholesky_deviation(rest: jax.Array) -> jax.Array:
    """chol(1 + E) - 1, lower triangular."""

    def eliminate(k: Any, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        rest, factor = state
        pivot = rest[..., k, k][..., None]
        root = jnp.sqrt(1 + pivot)
        column = jnp.where(rows > k, rest[..., :, k] / root, 0)
        factor = factor.at[..., :, k].set(jnp.where(rows == k, pivot / (1 + root), column))
        return rest - column[..., :, None] * jnp.conj(column[..., None, :]), factor

    rows = jnp.broadcast_to(jnp.arange(rest.shape[-1]), rest.shape[:-1])
    return jax.lax.fori_loop(0, rest.shape[-1], eliminate, (rest, jnp.zeros_like(rest)))[1]


def _lu_deviation(rest: jax.Array) -> tuple[jax.Array, jax.Array]:
    """L - 1 and U - 1 of 1 + E = L U, without pivoting."""

    def eliminate(k: Any, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        rest, left = state
        column = jnp.where(rows > k, rest[..., :, k] / (1 + rest[..., k, k][..., None]), 0)
        row = jnp.where(rows > k, rest[..., k, :], 0)
        eliminated = (rows > k)[..., :, None] & (rows == k)[..., None, :]
        rest = jnp.where(eliminated, 0, rest - column[..., :, None] * row[..., None, :])
        return rest, left.at[..., :, k].set(column)

    rows = jnp.broadcast_to(jnp.arange(rest.shape[-1]), rest.shape[:-1])
    rest, left = jax.lax.fori_loop(0, rest.shape[-1], eliminate, (rest, jnp.zeros_like(rest)))
    return left, jnp.triu(rest)


def _dot(left: jax.Array, right: jax.Array) -> jax.Array:
    return jnp.matmul(left, right, precision=jax.lax.Precision.HIGHEST)


RULES = {"triangular_solve": _triangular_solve, "cholesky": _cholesky, "lu": _lu}
