"""Other mutations than the isotropic Gaussian: one function each, given to ``mutation(loss, proposal=...)``.

Every law is symmetric. ``std`` is the standard deviation σ of one component, so that at finite β all of them share one
drift to leading order in σ.
"""

import math
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from ._accept import real_number
from ._clock import check_positive
from ._precision import wide
from ._proposals import check_mutation_std, gaussian, largest_normal
from ._types import Params

__all__ = [
    "Proposal",
    "covariance",
    "laplace",
    "normal",
    "one_coordinate",
    "rademacher",
    "sparse",
    "sphere",
    "student_t",
    "uniform",
]

Flat = Callable[[jax.Array, jax.Array], jax.Array]


class Proposal(NamedTuple):
    """A symmetric law of displacements.

    Attributes:
        draw: ``draw(key, params) -> displacement`` like ``params``; only shapes and dtypes of ``params`` matter.
        bound: ``bound(dtype)``, a number that no component ever exceeds in size; ``inf`` if there is none.
    """

    draw: Callable[[jax.Array, Params], Params]
    bound: Callable[[Any], float] = lambda dtype: math.inf


def normal(std: Any) -> Proposal:
    """Gaussian, ε_i ~ N(0, σ_i²) independent.

    Args:
        std: σ, or a pytree of σ_i like the parameters (see ``gaussian``), for example one number per block or layer.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError, TypeError: for a bad σ.

    Example:
        >>> normal(0.1).draw(jax.random.key(0), {"w": jnp.zeros(3)})["w"].shape
        (3,)

    Reference: Whitelam et al. (2021), step 2 and eq. 57.
    """
    check_mutation_std(std)
    largest = max(float(np.max(scale, initial=0)) for scale in jax.tree.leaves(std))
    return Proposal(lambda key, params: gaussian(key, params, std), lambda dtype: largest * largest_normal(dtype))


def covariance(factor: Any) -> Proposal:
    """Gaussian with full covariance C = L Lᵀ, ε = L z.

    Args:
        factor: L, shape (N, N), in the order of ``jax.flatten_util.ravel_pytree``; for example a Cholesky factor.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if L is not a finite square matrix, or (when drawn from) not of the parameters' size.

    Example:
        >>> covariance(jnp.diag(jnp.array([1.0, 0.0]))).draw(jax.random.key(0), jnp.zeros(2)).shape
        (2,)

    Reference: Whitelam et al. (2021), eq. 57, for any covariance.
    """
    matrix = np.asarray(factor)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not np.isfinite(matrix).all():
        raise ValueError(f"factor must be a finite square matrix, got shape {matrix.shape}")

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        if flat.size != len(matrix):
            raise ValueError(f"factor has shape {matrix.shape}, the parameters are {flat.size} numbers")
        return jnp.asarray(matrix, flat.dtype) @ jax.random.normal(key, flat.shape, flat.dtype)

    reach = float(np.abs(matrix).sum(axis=1).max())
    return _flat(draw, lambda dtype: reach * largest_normal(dtype))


def sparse(std: float, probability: float) -> Proposal:
    """Each component mutates with probability p, by N(0, σ²); its variance is pσ².

    Args:
        std: σ > 0, of the components that mutate.
        probability: p in (0, 1].

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ or p is out of range.

    Example:
        >>> drawn = sparse(1.0, 0.25).draw(jax.random.key(0), jnp.zeros(1000))
        >>> 200 < int(jnp.sum(drawn != 0)) < 300
        True

    Reference: this project, theory, "Other mutations".
    """
    std, probability = check_positive("std", std), real_number("probability", probability)
    if not 0 < probability <= 1:
        raise ValueError(f"probability must lie in (0, 1], got {probability}")

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        which, size = jax.random.split(key)
        chosen = jax.random.bernoulli(which, probability, flat.shape)
        return jnp.where(chosen, jax.random.normal(size, flat.shape, flat.dtype), 0) * std

    return _flat(draw, lambda dtype: std * largest_normal(dtype))


def one_coordinate(std: float) -> Proposal:
    """One component, chosen uniformly, mutates by N(0, σ²).

    Args:
        std: σ > 0 of the component that mutates.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> int(jnp.sum(one_coordinate(0.1).draw(jax.random.key(0), jnp.zeros(9)) != 0))
        1

    Reference: this project, theory, "Other mutations".
    """
    std = check_positive("std", std)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        which, size = jax.random.split(key)
        chosen = jnp.arange(flat.size) == jax.random.randint(which, (), 0, flat.size)
        return jnp.where(chosen, std * jax.random.normal(size, (), flat.dtype), jnp.zeros_like(flat))

    return _flat(draw, lambda dtype: std * largest_normal(dtype))


def uniform(std: float) -> Proposal:
    """Independent components, uniform on [-√3 σ, √3 σ].

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> float(jnp.max(jnp.abs(uniform(1.0).draw(jax.random.key(0), jnp.zeros(99))))) <= 3**0.5
        True

    Reference: this project, theory, "Other mutations".
    """
    edge = math.sqrt(3) * check_positive("std", std)
    return _flat(lambda key, flat: jax.random.uniform(key, flat.shape, flat.dtype, -edge, edge), lambda dtype: edge)


def laplace(std: float) -> Proposal:
    """Independent components with density e^{-√2 |ε|/σ}/(√2 σ).

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> laplace(0.1).draw(jax.random.key(0), jnp.zeros(3)).shape
        (3,)

    Reference: this project, theory, "Other mutations".
    """
    scale = check_positive("std", std) / math.sqrt(2)
    return _flat(lambda key, flat: scale * jax.random.laplace(key, flat.shape, flat.dtype))


def rademacher(std: float) -> Proposal:
    """Independent components, +σ or -σ. Losses can tie exactly: equal ones are accepted.

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> sorted(set(rademacher(0.5).draw(jax.random.key(0), jnp.zeros(9)).tolist()))
        [-0.5, 0.5]

    Reference: this project, theory, "Other mutations".
    """
    std = check_positive("std", std)
    return _flat(lambda key, flat: std * jax.random.rademacher(key, flat.shape, flat.dtype), lambda dtype: std)


def sphere(std: float) -> Proposal:
    """Uniform on the sphere of radius σ√N.

    Args:
        std: σ > 0.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ is out of range.

    Example:
        >>> round(float(jnp.linalg.norm(sphere(1.0).draw(jax.random.key(0), jnp.zeros(4)))), 5)
        2.0

    Reference: this project, theory, "Other mutations".
    """
    std = check_positive("std", std)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        direction = jax.random.normal(key, flat.shape, flat.dtype)
        length = jnp.linalg.norm(direction)
        return std * math.sqrt(flat.size) * direction / jnp.where(length > 0, length, 1)

    return _flat(draw)


def student_t(std: float, degrees: float, *, joint: bool = False) -> Proposal:
    """Student's t with ν degrees of freedom, scaled to standard deviation σ where ν > 2.

    With ν <= 2 there is no variance: σ is then the scale, and a warning says that the theory does not cover it.

    Args:
        std: σ > 0.
        degrees: ν > 0.
        joint: one common scale for all components (the multivariate t) instead of independent ones.

    Returns:
        A ``Proposal``.

    Raises:
        ValueError: if σ or ν is out of range.

    Example:
        >>> student_t(0.1, 5.0).draw(jax.random.key(0), jnp.zeros(3)).shape
        (3,)

    Reference: this project, theory, "Other mutations".
    """
    scale, degrees = check_positive("std", std), check_positive("degrees", degrees)
    if degrees > 2:
        scale *= math.sqrt((degrees - 2) / degrees)
    else:
        warnings.warn(f"Student's t with {degrees:g} <= 2 degrees of freedom has no variance: no theory", stacklevel=2)

    def draw(key: jax.Array, flat: jax.Array) -> jax.Array:
        top, bottom = jax.random.split(key)
        shape = () if joint else flat.shape
        chi = 2 * jax.random.gamma(bottom, degrees / 2, shape, flat.dtype)
        return scale * jax.random.normal(top, flat.shape, flat.dtype) * jnp.sqrt(degrees / chi)

    return _flat(draw)


def _flat(draw: Flat, bound: Callable[[Any], float] = lambda dtype: math.inf) -> Proposal:
    """A proposal for any pytree from one for a flat vector."""

    def any_tree(key: jax.Array, params: Params) -> Params:
        flat, unravel = ravel_pytree(params)
        return unravel(draw(key, flat.astype(wide(flat.dtype))).astype(flat.dtype))

    return Proposal(any_tree, bound)


def check_draw(law: Proposal, params: Params) -> None:
    """Refuse a proposal whose draws are not like the parameters, without drawing from it."""
    drawn = jax.eval_shape(law.draw, jax.random.key(0), params)
    got, expected = jax.tree.structure(drawn), jax.tree.structure(params)
    if got != expected:
        raise ValueError(f"the proposal draws {got}, expected a tree like the parameters {expected}")
    for (path, leaf), like in zip(jax.tree_util.tree_leaves_with_path(drawn), jax.tree.leaves(params), strict=True):
        kind = (leaf.shape, leaf.dtype)
        if kind != (jnp.shape(like), jnp.result_type(like)):
            raise ValueError(
                f"the proposal draws shape {leaf.shape} and dtype {leaf.dtype} for"
                f" {jax.tree_util.keystr(path) or 'params'}, expected {jnp.shape(like)} and {jnp.result_type(like)}"
            )
