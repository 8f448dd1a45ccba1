"""Penalties, functions of the parameters that are added to a loss."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._checks import real_number

Penalty = Callable[[Any], jax.Array]


def l1(strength: float) -> Penalty:
    """λ Σ_i |x_i| over all parameters.

    Args:
        strength: λ >= 0, loss per parameter unit.

    Returns:
        ``penalty(params) -> scalar``. Of one part of the parameters: ``lambda params: l1(λ)(params["dense_0"])``.

    Raises:
        ValueError: if λ is negative or not finite.

    Example:
        >>> float(l1(0.5)({"w": jnp.array([1.0, -2.0]), "b": jnp.array([1.0])}))
        2.0

    Reference: Tibshirani (1996).
    """
    return elastic_net(_strength("strength", strength), 0.0)


def l2(strength: float) -> Penalty:
    """λ Σ_i x_i² over all parameters; its gradient is 2λx.

    Args:
        strength: λ >= 0, loss per squared parameter unit.

    Returns:
        ``penalty(params) -> scalar``.

    Raises:
        ValueError: if λ is negative or not finite.

    Example:
        >>> float(l2(0.5)({"w": jnp.array([1.0, -2.0]), "b": jnp.array([1.0])}))
        3.0

    Reference: Hoerl and Kennard (1970).
    """
    return elastic_net(0.0, _strength("strength", strength))


def elastic_net(l1: float, l2: float) -> Penalty:
    """λ_1 Σ_i |x_i| + λ_2 Σ_i x_i² over all parameters.

    Args:
        l1: λ_1 >= 0, loss per parameter unit.
        l2: λ_2 >= 0, loss per squared parameter unit.

    Returns:
        ``penalty(params) -> scalar``.

    Raises:
        ValueError: if a strength is negative or not finite.

    Example:
        >>> float(elastic_net(0.5, 0.5)(jnp.array([1.0, -2.0])))
        4.0

    Reference: Zou and Hastie (2005).
    """
    linear, quadratic = _strength("l1", l1), _strength("l2", l2)

    def of(leaf: jax.Array) -> Any:
        parts = [(linear, jnp.abs), (quadratic, jnp.square)]
        return sum(strength * jnp.sum(power(leaf)) for strength, power in parts if strength)

    def penalty(params: Any) -> jax.Array:
        leaves = jax.tree.leaves(params)
        return jnp.asarray(sum(map(of, leaves)), jnp.result_type(*leaves))

    return penalty


def activity(apply: Callable[..., jax.Array], points: jax.Array, strength: float) -> Penalty:
    """Penalty λ (1/K) Σ_k Σ_j a_jk² of activities a, those of outputs or of any layer.

    Args:
        apply: ``apply(params, points) -> a``, (units, K), for example a network cut off at a hidden layer.
        points: inputs, (features, K).
        strength: λ >= 0, loss per squared unit of a.

    Returns:
        ``penalty(params) -> scalar``.

    Raises:
        ValueError: if λ is negative or not finite.

    Example:
        >>> float(activity(lambda p, x: p * x, jnp.array([[1.0, 3.0]]), 0.1)(jnp.float32(2.0)))
        2.0

    Reference: Merity, McCann and Socher (2017).
    """
    weight = _strength("strength", strength)
    return lambda params: weight * jnp.mean(jnp.sum(jnp.square(apply(params, points)), axis=0))


def total(loss: Callable[..., jax.Array], *penalties: Penalty) -> Callable[..., jax.Array]:
    """U + Σ R: a loss and its penalties as one loss.

    Args:
        loss: U, ``loss(params) -> scalar`` or, with a key, ``loss(params, key=key)``, as ``mean`` gives.
        penalties: R, ``penalty(params) -> scalar``.

    Returns:
        ``total(params, key=None) -> scalar``. The key goes on to ``loss``.

    Raises:
        TypeError: if one of them is no function.

    Example:
        >>> float(total(lambda x: jnp.sum(x), l1(1.0), l2(0.5))(jnp.array([-2.0])))
        2.0

    Reference: theory/README.md, "Weight perturbation", for what mutation itself adds.
    """
    for part in (loss, *penalties):
        if not callable(part):
            raise TypeError(f"total adds functions of the parameters, got {type(part).__name__}: write l2(0.01)")

    def both(params: Any, key: Any = None) -> jax.Array:
        value = loss(params) if key is None else loss(params, key=key)
        return sum((penalty(params) for penalty in penalties), value)

    return both


def _strength(name: str, value: Any) -> float:
    number = real_number(name, value)
    if not (number >= 0 and math.isfinite(number)):
        raise ValueError(f"{name} of a penalty must be 0 or more and finite, got {value}: below 0 it rewards")
    return number
