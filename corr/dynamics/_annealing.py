"""Simulated annealing: mutation whose β follows a schedule."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._accept import metropolis, together
from .._types import Dynamics, Params, Scalar
from ._descent import Schedule, numbers
from ._mutation import law_of, walk_by
from ._schedule import along


def annealing(loss: Callable[[Params], Scalar], *, mutation_std: Any, beta: Schedule) -> Dynamics:
    """Simulated annealing, mutation accepted in step k with probability min(1, exp(-β(k) [U(x+ε) - U(x)])).

    All else is ``mutation``: its proposals, its exact change and its random numbers, so that a schedule that stays at
    one β takes the decisions of ``mutation`` at that β under the same root key. While βσ|∇U| is small the mean follows
    plain gradient descent on the clock Σ β(k) σ²/2.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, as in ``mutation``, a schedule too, in the units of the parameters.
        beta: schedule ``step number -> β`` in (0, ∞], in 1/loss, for example one of optax; ∞ accepts exactly when U
            does not rise. Its step number is that of ``descent``'s schedules.

    Returns:
        A ``Dynamics`` whose ``State.aux`` is the step number. ``accept`` is the rule of the first step, where a run
        compares decisions with float64. A step costs 1 of ``evaluations``.

    Raises:
        ValueError: if σ is out of range, or β is no scalar or not positive in one of the first 131072 steps, at
            a later power of two or at 2^31 - 1.
        TypeError: if β is no schedule.

    Example:
        >>> import optax
        >>> cooling = optax.exponential_decay(10.0, transition_steps=1, decay_rate=1.01)
        >>> walk = annealing(lambda x: jnp.sum(x**2), mutation_std=0.1, beta=cooling)
        >>> state, info = walk.step(jax.random.key(0), walk.init(jnp.ones(2)))
        >>> int(state.aux)
        1

    Reference: theory/README.md, "Annealing".
    """
    first = _first_beta(beta)
    law, scale = law_of(mutation_std)
    walk = walk_by(loss, law, _decide(beta), count=jnp.zeros((), jnp.result_type(int)), scale=scale)
    facts = {"dynamics": "annealing", **numbers(mutation_std=mutation_std), "rule": "metropolis", "exact": True}
    return walk._replace(accept=metropolis(first), facts=facts)


def _decide(beta: Schedule) -> Callable[[Any, Any, Any], Any]:
    at_one = metropolis(1.0)

    def decide(loss_change: jax.Array, uniform: jax.Array, count: jax.Array) -> jax.Array:
        change, number = together(loss_change, uniform)
        rate = jnp.asarray(beta(count)).astype(change.dtype)
        # A fall is accepted whatever β is, and β ΔU may overflow only where it must be rejected.
        return at_one(jnp.where(change > 0, rate * change, change), number)

    return decide


def _first_beta(beta: Any) -> float:
    """β of step 0; refuses a schedule that is not positive there or later, before anything is compiled."""
    if not callable(beta):
        raise TypeError(f"beta must be a schedule step number -> beta, got {beta!r}: for a constant use corr.mutation")
    values = along("beta", beta, lambda values: values > 0, "positive at every step (inf means zero temperature)")
    return float(values[0])
