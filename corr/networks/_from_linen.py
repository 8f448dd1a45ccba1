"""Modules of flax.linen as functions of their parameters."""

from typing import Any, cast

import flax.linen as nn
import jax
import jax.numpy as jnp

from ._switches import switches

STATISTICS = "batch_stats"


class Linen:
    """A linen module, points first, see ``from_flax``."""

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        """Args: a linen module and the shape of one point.

        Raises:
            ValueError: if it keeps other state than the batch statistics of ``flax.linen.BatchNorm``.
        """
        self._module, self._shape, self._layers = module, shape, set[tuple[str, ...]]()
        made = jax.eval_shape(self._variables, jax.random.key(0))
        strange = sorted({*made} - {"params", STATISTICS})
        if strange:
            raise ValueError(f"the module keeps state in {strange}, expected params and {STATISTICS}: drop it")
        self._statistics = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan, leaf.dtype), made.get(STATISTICS))
        if len(jax.tree.leaves(self._statistics)) != 2 * len(self._layers):
            raise ValueError(f"{STATISTICS} must be means and variances of flax.linen.BatchNorm, got others: use it")

    @property
    def normalizes(self) -> bool:
        """Whether it has batch normalization."""
        return bool(self._layers)

    def init(self, key: jax.Array) -> Any:
        """Start parameters, the module's own."""
        return self._variables(key).get("params", {})

    def _variables(self, key: jax.Array) -> Any:
        def told(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
            if isinstance(context.module, nn.BatchNorm):
                self._layers.add(context.module.path)
            return args[0] if _is_call_of(nn.Dropout, context) else call(*args, **kwargs)

        with nn.intercept_methods(told):
            flags = switches(type(self._module).__call__, training=False)
            return self._module.init(key, jnp.zeros((1, *self._shape)), **flags)

    def apply(self, params: Any, points: jax.Array, key: jax.Array | None, training: jax.Array | None) -> jax.Array:
        """Outputs; statistics are those of the first points where training points come before the others."""
        first = 0 if training is None or not self.normalizes else len(training)
        together = points if training is None or not first else jnp.concatenate([training, points])

        def told(call: Any, args: Any, kwargs: Any, context: Any) -> Any:
            if key is None and _is_call_of(nn.Dropout, context):
                return args[0]
            if first and _is_call_of(nn.BatchNorm, context):
                kwargs = {**kwargs, "mask": _first(args[0], len(together), first)}
            return call(*args, **kwargs)

        variables = {"params": params, **({STATISTICS: self._statistics} if self.normalizes else {})}
        flags = switches(type(self._module).__call__, training=self.normalizes or key is not None)
        with nn.intercept_methods(told):
            # Streams of other names are drawn from "params", which must not repeat the numbers of dropout.
            rngs = {} if key is None else {"dropout": key, "params": jax.random.fold_in(key, 1)}
            outputs, _ = self._module.apply(variables, together, **flags, rngs=rngs, mutable=[STATISTICS])
        return cast(jax.Array, outputs)[first:]


def _is_call_of(kind: type[nn.Module], context: Any) -> bool:
    return isinstance(context.module, kind) and context.method_name == "__call__"


def _first(hidden: jax.Array, count: int, first: int) -> jax.Array:
    """True for the first points, in as many dimensions as the features have.

    Raises:
        ValueError: if the features do not have the points on their first axis.
    """
    if hidden.shape[0] != count:
        raise ValueError(
            f"batch normalization sees features of shape {hidden.shape} for {count} points: training_points need the"
            " points on their first axis"
        )
    return (jnp.arange(count) < first).reshape(-1, *(1,) * (hidden.ndim - 1))
