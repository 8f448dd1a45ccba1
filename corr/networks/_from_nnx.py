"""Modules of flax.nnx as functions of their parameters."""

import inspect
import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from ._switches import switches


class Nnx:
    """An nnx module or what makes one, points first, see ``from_flax``."""

    def __init__(self, module: nnx.Module | Callable[..., Any]) -> None:
        """Args: an nnx module or a function ``nnx.Rngs -> nnx module``.

        Raises:
            TypeError: if the function makes something else.
            ValueError: if the module keeps other state than the batch statistics of ``nnx.BatchNorm`` and keys.
        """
        self._module = module
        made = self._made(jax.random.key(0))
        self._call = type(made).__call__
        self._graph, self._params, self._keys, self._statistics, self._rest = nnx.split(
            made, nnx.Param, nnx.RngState, nnx.BatchStat, ...
        )
        kept = jax.tree.leaves(self._rest, is_leaf=lambda leaf: isinstance(leaf, nnx.Variable))
        strange = sorted({type(leaf).__name__ for leaf in kept if isinstance(leaf, nnx.Variable)})
        if strange:
            raise ValueError(f"the module keeps state in {strange}, expected nnx.Param and nnx.BatchStat: drop it")
        layers = [one for _, one in nnx.iter_modules(made) if isinstance(one, nnx.BatchNorm)]
        self.normalizes = bool(layers)
        if len(jax.tree.leaves(self._statistics)) != 2 * len(layers):
            raise ValueError("nnx.BatchStat must be means and variances of nnx.BatchNorm, got others: use that layer")

    def init(self, key: jax.Array) -> Any:
        """Start parameters: those the module has, or those it is made with by key."""
        own = isinstance(self._module, nnx.Module)
        params = self._params if own else nnx.state(self._made(key), nnx.Param)
        return jax.tree.map(jnp.array, nnx.to_pure_dict(params))  # copies: a run may give up the memory of its start

    def apply(self, params: Any, points: jax.Array, key: jax.Array | None, training: jax.Array | None) -> jax.Array:
        """Outputs; where there are training points, every layer first learns their statistics.

        Raises:
            ValueError: if random numbers are drawn without a key.
        """
        learns = training is not None and self.normalizes
        model = self._merged(params, key, jnp.nan if not learns else 0.0)
        counts = jax.tree.leaves(nnx.state(model, nnx.RngCount))
        model.set_attributes(deterministic=key is None, use_running_average=False, raise_if_not_found=False)
        if key is None:
            model.set_attributes(nnx.Dropout, rate=0.0, raise_if_not_found=False)
        options = self._options(key, trains=key is not None or self.normalizes)
        if learns:
            model.set_attributes(nnx.BatchNorm, momentum=0.0)
            model(training, **options)
            model.set_attributes(nnx.BatchNorm, use_running_average=True)
            options = self._options(key, trains=False)
        outputs = model(points, **options)
        after = jax.tree.leaves(nnx.state(model, nnx.RngCount))
        if key is None and any(new is not old for new, old in zip(after, counts, strict=True)):
            raise ValueError("the module draws random numbers without a key: let its __call__ take `deterministic`")
        return outputs

    def _options(self, key: jax.Array | None, *, trains: bool) -> dict[str, Any]:
        options = switches(self._call, training=trains)
        if "rngs" in inspect.signature(self._call).parameters:
            options["rngs"] = None if key is None else nnx.Rngs(key)
        return options

    def _merged(self, params: Any, key: jax.Array | None, statistic: float) -> Any:
        """A new module with these parameters, a stream of random numbers of its own for every one that it has."""
        numbers = itertools.count()

        def own(leaf: jax.Array) -> jax.Array:
            if key is None or not jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key):
                return leaf
            return jax.random.split(jax.random.fold_in(key, next(numbers)), leaf.shape)

        # Mapped, since a variable of nnx can be written to only where it was made.
        place, rest = (jax.tree.map(lambda leaf: leaf, state) for state in (self._params, self._rest))
        nnx.replace_by_pure_dict(place, params)
        statistics = jax.tree.map(lambda leaf: jnp.full_like(leaf, statistic), self._statistics)
        return nnx.merge(self._graph, place, jax.tree.map(own, self._keys), statistics, rest)

    def _made(self, key: jax.Array) -> nnx.Module:
        if isinstance(self._module, nnx.Module):
            return self._module
        made = self._module(nnx.Rngs(key))
        if not isinstance(made, nnx.Module):
            raise TypeError(f"{self._module!r} must make an nnx module of nnx.Rngs, got {type(made).__name__}")
        return made
