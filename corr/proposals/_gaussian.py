"""Proposals: Gaussian mutation of all parameters at once."""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._precision import wide
from .._told import warn
from .._types import Params


def gaussian(key: jax.Array, params: Params, mutation_std: Any) -> Params:
    """A Gaussian mutation, ε_i ~ N(0, σ_i²) independent, of every parameter.

    Args:
        key: scalar typed key.
        params: pytree; only its shapes and dtypes matter.
        mutation_std: σ, a float for all parameters, or a pytree like ``params`` of non-negative arrays that broadcast
            to its leaves; in the units of the parameters.

    Returns:
        A pytree like ``params``.

    Example:
        >>> eps = gaussian(jax.random.key(0), {"w": jnp.zeros(3)}, 0.1)
        >>> eps["w"].shape
        (3,)

    Reference: Whitelam et al. (2021), step 2; non-isotropic form eq. 57.
    """
    leaves, treedef = jax.tree.flatten(params)
    scales = scale_leaves(mutation_std, params)
    sizes = np.cumsum([leaf.size for leaf in leaves])[:-1]
    dtype = wide(jnp.result_type(*leaves))
    normals = jnp.split(jax.random.normal(key, (sum(leaf.size for leaf in leaves),), dtype), sizes)
    moved = [
        (normal.reshape(leaf.shape) * jnp.asarray(scale, dtype)).astype(leaf.dtype)
        for normal, leaf, scale in zip(normals, leaves, scales, strict=True)
    ]
    return jax.tree.unflatten(treedef, moved)


def scale_leaves(mutation_std: Any, params: Params) -> list[Any]:
    """σ for each leaf of ``params``: the one float repeated, or the leaves of a tree of the same structure."""
    if isinstance(mutation_std, (int, float)) or getattr(mutation_std, "ndim", None) == 0:
        return [mutation_std] * len(jax.tree.leaves(params))
    treedef, got = jax.tree.structure(params), jax.tree.structure(mutation_std)
    if treedef != got:
        raise ValueError(f"mutation_std must be a number or a tree like the parameters {treedef}, got {got}")
    scales = jax.tree.leaves(mutation_std)
    for scale, (path, leaf) in zip(scales, jax.tree_util.tree_leaves_with_path(params), strict=True):
        if not _broadcasts(np.shape(scale), np.shape(leaf)):
            raise ValueError(
                f"mutation_std has shape {np.shape(scale)} for {jax.tree_util.keystr(path) or 'params'} of shape"
                f" {np.shape(leaf)}, expected that shape or one that broadcasts to it"
            )
    return scales


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(one in (1, other) for one, other in zip(shape[::-1], to[::-1], strict=False))


def check_mutation_std(mutation_std: Any, name: str = "mutation_std") -> None:
    """Refuse a mutation scale that is not positive (isotropic) or not non-negative with a positive part (a tree)."""
    leaves = jax.tree.leaves(mutation_std)
    for leaf in leaves:
        if not any(jnp.issubdtype(np.asarray(leaf).dtype, kind) for kind in (jnp.integer, jnp.floating)):
            raise TypeError(f"{name} must hold real numbers, got {leaf!r}")
    isotropic = len(leaves) == 1 and np.ndim(leaves[0]) == 0
    values = np.concatenate([np.ravel(np.asarray(leaf, float)) for leaf in leaves]) if leaves else np.zeros(0)
    good = np.all(np.isfinite(values)) and np.all(values >= 0) and np.any(values > 0)
    if not good:
        expected = "a positive finite number" if isotropic else "non-negative finite numbers, at least one positive"
        got = values[0] if isotropic else f"values in [{values.min(initial=math.inf)}, {values.max(initial=-math.inf)}]"
        raise ValueError(f"{name} must be {expected}, got {got}")


def warn_if_unresolved(mutation_std: Any, params: Params) -> None:
    """Warn where a σ is below two spacings of its parameter: most mutations would round to nothing there.

    σ is a number or a tree as in ``gaussian``; what it freezes by σ = 0 is left out.
    """
    scales = scale_leaves(mutation_std, params)
    for (path, leaf), scale in zip(jax.tree_util.tree_leaves_with_path(params), scales, strict=True):
        size = np.abs(np.asarray(leaf, np.float64))
        std = np.broadcast_to(np.asarray(scale, np.float64), size.shape)
        smallest = float(jnp.finfo(jnp.result_type(leaf)).tiny)
        spacing = float(jnp.finfo(jnp.result_type(leaf)).eps) * np.exp2(np.floor(np.log2(np.maximum(size, smallest))))
        lost = (std > 0) & (std < 2 * spacing)
        if lost.any():
            worst = np.unravel_index(np.argmax(np.where(lost, spacing, 0)), size.shape)
            warn(
                f"mutation_std {std[worst]:g} is below two rounding steps ({2 * spacing[worst]:.2g}) of the largest"
                f" number in {jax.tree_util.keystr(path) or 'params'}: mutations are lost in rounding; use float64 or a"
                " larger mutation_std",
                stacklevel=3,
            )


def largest_normal(dtype: Any) -> float:
    """A bound that no draw of ``jax.random.normal`` exceeds: it inverts a uniform of 24 (53) random bits."""
    return 6.0 if jnp.finfo(dtype).bits <= 32 else 9.0
