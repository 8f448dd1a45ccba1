"""Adaptive Monte Carlo: mutation whose mean follows accepted steps, and whose size shrinks after many refusals."""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from .._accept import metropolis, uniform_number
from .._checks import check_count, check_positive, real_number
from .._keys import Stream, proposal_and_decision
from .._objective import objective
from .._precision import between, moved_by
from .._types import Dynamics, Info, Params, Scalar, State
from ..proposals import normal


class Adapted(NamedTuple):
    """Mean of the next mutation, like the parameters, its σ, and the refusals in a row."""

    mean: Params
    std: jax.Array
    refused: jax.Array


def adaptive_mutation(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: float,
    rate: float,
    refusals: int = 100,
    shrink: float = 0.95,
    forgetting: float = 0.0,
    beta: float = math.inf,
) -> Dynamics:
    """Adaptive Monte Carlo, ε ~ N(μ, σ²) with μ ← μ + η(ε - μ) where ε is taken; after n refusals σ ← 0.95σ, μ ← 0.

    On a slope m = -μ·ĝ/σ grows as dm/dt = ηφ(m): momentum without friction, while across μ walks at random by ησ for
    each step taken (``theory.adaptive``). Forgetting, μ ← (1 - ρ)μ in every step, gives it the friction of heavy ball.
    At finite β it does not sample Boltzmann's law: proposals with a mean are not symmetric, and no Hastings factor is
    applied, as in the published method, which is run at β = ∞.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ at the start, one positive number, in the units of the parameters.
        rate: η in [0, 1); 0 is ``mutation`` with a σ that shrinks.
        refusals: n, so many in a row shrink σ, at least 1.
        shrink: factor of σ then, in (0, 1].
        forgetting: ρ in [0, 1).
        beta: β in [0, ∞].

    Returns:
        A ``Dynamics`` whose ``State.aux`` is an ``Adapted``. A step costs 1 of ``evaluations``; decisions are on the
        exact change.

    Raises:
        ValueError: if a number is out of range.
        TypeError: if one is no number, or n no integer.

    Example:
        >>> walk = adaptive_mutation(lambda x: jnp.sum(x**2), mutation_std=0.1, rate=0.01)
        >>> state, info = walk.step(jax.random.key(0), walk.init(jnp.ones(2)))
        >>> bool(info.accepted) == bool(info.loss_change <= 0), state.aux.mean.shape
        (True, (2,))

    Reference: Whitelam et al., arXiv:2205.07408 (2022); theory/README.md, "Adaptive Monte Carlo".
    """
    std, count, accept = (
        check_positive("mutation_std", mutation_std),
        check_count("refusals", refusals),
        metropolis(beta),
    )
    rate, forgetting = _share("rate", rate), _share("forgetting", forgetting)
    shrink = real_number("shrink", shrink)
    if not 0 < shrink <= 1:
        raise ValueError(f"shrink must lie in (0, 1], got {shrink}")
    law, split = normal(1.0), objective(loss)

    def init(params: Params, key: Any = None) -> State:
        del key
        kind = jnp.result_type(*jax.tree.leaves(params))
        value, tape = split.start(params)
        return State(
            params, value, Adapted(jax.tree.map(jnp.zeros_like, params), jnp.asarray(std, kind), jnp.int32(0)), tape
        )

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        proposal_key, accept_key = proposal_and_decision(key)
        known: Adapted = state.aux
        drawn = law.draw(proposal_key, state.position)
        wanted = jax.tree.map(lambda mean, z: mean + known.std.astype(z.dtype) * z, known.mean, drawn)
        moved = moved_by(state.position, wanted)
        displacement = between(state.position, moved)
        change, tape = split.change(state.tape, displacement)
        taken = accept(change, uniform_number(accept_key, jnp.result_type(*jax.tree.leaves(state.position))))
        pick = functools.partial(jax.tree.map, functools.partial(jnp.where, taken))
        learned = jax.tree.map(lambda mean, move: mean + rate * (move - mean), known.mean, displacement)
        kept = jax.tree.map(lambda mean: (1 - forgetting) * mean, pick(learned, known.mean))
        refused = jnp.where(taken, 0, known.refused + 1)
        reset = refused >= count
        aux = Adapted(
            jax.tree.map(lambda mean: jnp.where(reset, 0, mean), kept),
            jnp.where(reset, shrink * known.std, known.std), jnp.where(reset, 0, refused),
        )  # fmt: skip
        new = State(
            pick(moved, state.position), jnp.where(taken, state.loss + change, state.loss), aux, pick(tape, state.tape)
        )
        return new, Info(displacement, taken, change, jnp.isfinite(change))

    def refresh(state: State) -> State:
        value, tape = split.start(state.position)
        return State(state.position, value, state.aux, tape)

    facts = {
        "dynamics": "adaptive mutation", "mutation_std": std, "rate": rate, "refusals": count, "shrink": shrink,
        "forgetting": forgetting, "beta": beta,
    }  # fmt: skip
    return Dynamics(init, step, Stream.MUTATION, refresh, loss=loss, accept=accept, facts=facts)


def _share(name: str, value: Any) -> float:
    number = real_number(name, value)
    if not 0 <= number < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return number
