"""Neuroevolution: mutate all parameters, accept by the Metropolis rule on the exact loss change."""

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .._accept import Rule, acceptance, rule_text, uniform_number
from .._keys import Stream, proposal_and_decision
from .._objective import objective, subtracted
from .._precision import between, moved_by
from .._types import Dynamics, Info, Objective, Params, Scalar, State
from ..proposals import Proposal, normal
from ..proposals._law import check_draw
from ._descent import Schedule, numbers, scaled
from ._schedule import along

Decide = Callable[[Any, Any, Any], Any]


def mutation(
    loss: Callable[[Params], Scalar],
    *,
    mutation_std: Any = None,
    beta: float = math.inf,
    proposal: Proposal | None = None,
    rule: str | Rule = "metropolis",
    exact: bool = True,
) -> Dynamics:
    """Neuroevolution, x → x + ε with ε_i ~ N(0, σ_i²), accepted with probability min(1, exp(-β [U(x+ε) - U(x)])).

    The proposal is rounded first, ε ← (x + ε) - x, and that ε decides, moves the state and is reported. A proposal
    whose loss is not finite is rejected.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        mutation_std: σ, a positive float, or a pytree like the parameters of σ_i, where 0 freezes
            (``corr.proposals.by_fan_in`` gives one by layers); or a schedule ``step number -> σ`` as in ``annealing``,
            whose decisions a run does not compare with float64; in the units of the parameters.
        beta: β in [0, ∞], reciprocal evolutionary temperature in 1/loss; ∞ accepts exactly when U does not rise.
        proposal: another law of mutations, from ``corr.proposals``, instead of ``mutation_std``.
        rule: "metropolis", or "barker": accepted with probability 1/(1 + exp(β [U(x+ε) - U(x)])); or a function
            ``rule(loss change, uniform number) -> accepted`` such as ``corr.barker(10.0)``, instead of β.
        exact: decide on the exact change of the loss; False subtracts two evaluations, which flips up to a sixth of the
            decisions in float32 at the paper's settings and is there for comparison.

    Returns:
        A ``Dynamics`` whose ``State.tape`` holds the kept activations of the exact change. A step costs 1 of
        ``evaluations``.

    Raises:
        ValueError: if σ or β is out of range, the rule is unknown, not exactly one of σ and proposal or both β and a
            function as rule are given; from ``init``, if the proposal's draws are not like the parameters.
        TypeError: if an argument has the wrong type.

    Example:
        >>> walk = mutation(lambda x: jnp.sum(x**2), mutation_std=0.1)
        >>> state = walk.init(jnp.ones(2))
        >>> state, info = walk.step(jax.random.key(0), state)
        >>> bool(info.accepted) == bool(info.loss_change <= 0)
        True

    Reference: Whitelam et al. (2021), steps 1-4; non-isotropic form eq. 57.
    """
    if (mutation_std is None) == (proposal is None):
        raise ValueError("give exactly one of mutation_std (sigma) and proposal")
    if proposal is not None and not isinstance(proposal, Proposal):
        raise TypeError(
            f"proposal must be a law like corr.proposals.laplace(0.1), got {type(proposal).__name__} {proposal!r}"
        )
    law, scale = law_of(mutation_std) if proposal is None else (proposal, None)
    accept = acceptance(rule, beta)
    facts = {
        "dynamics": "mutation",
        **numbers(mutation_std=mutation_std),
        "beta": beta,
        "rule": rule_text(rule),
        "exact": exact,
    }
    certain = not callable(rule) and math.isinf(beta)
    count = () if scale is None else jnp.zeros((), jnp.result_type(int))
    walk = walk_by(
        loss, law, lambda change, uniform, count: accept(change, uniform), exact=exact, certain=certain, count=count,
        scale=scale,
    )  # fmt: skip
    return walk._replace(accept=accept, facts=facts)


def law_of(mutation_std: Any) -> tuple[Proposal, Schedule | None]:
    """Gaussian mutations of size σ; or those of size 1, and the schedule that they are multiplied by."""
    if not callable(mutation_std):
        return normal(mutation_std), None
    along("mutation_std", mutation_std, lambda sizes: (sizes >= 0) & np.isfinite(sizes), "finite and not negative")
    return Proposal(normal(1.0).draw), mutation_std


def walk_by(
    loss: Callable[[Params], Scalar],
    law: Proposal,
    decide: Decide,
    *,
    exact: bool = True,
    certain: bool = False,
    count: Any = (),
    scale: Schedule | None = None,
) -> Dynamics:
    """Mutation with any decision: the walk of ``mutation`` and of what differs from it in acceptance alone.

    Args:
        loss: U.
        law: of the proposals; checked against the parameters.
        decide: ``(loss change, uniform number, count) -> accepted``.
        exact: as in ``mutation``.
        certain: whether decisions need no uniform number; none is drawn then.
        count: the step number at the start; () where nothing depends on it.
        scale: schedule ``step number -> factor`` of what is drawn; a driver then cannot draw by itself.
    """
    bounded = functools.partial(_bounded_objective, loss, law) if exact else lambda params: subtracted(loss)

    def draw(key: jax.Array, params: Params) -> tuple[Params, Any]:
        proposal_key, accept_key = proposal_and_decision(key)
        uniform = () if certain else uniform_number(accept_key, jnp.result_type(*jax.tree.leaves(params)))
        return law.draw(proposal_key, params), uniform

    def checked_start(params: Params, key: Any = None) -> State:
        del key
        check_draw(law, params)
        return walk.init(params)

    def shortcut(params: Params) -> Dynamics | None:
        helps = bounded(params).shortcut(params)
        return _walk(functools.partial(bounded, shortcut=True), draw, decide, count, scale) if helps else None

    walk = _walk(bounded, draw, decide, count, scale)
    return walk._replace(init=checked_start, shortcut=shortcut, loss=loss, symmetric=True)


def _walk(
    objective_at: Callable[..., Objective], draw: Callable[..., Any], decide: Decide, begin: Any, scale: Schedule | None
) -> Dynamics:
    """Propose, decide on the change of the loss, move."""

    def start(params: Params, count: Any) -> State:
        value, tape = objective_at(params).start(params)
        return State(params, value, count, tape)

    def advance(drawn: tuple[Params, Any], state: State) -> tuple[State, Info]:
        proposed, uniform = drawn
        if scale is not None:
            proposed = jax.tree.map(functools.partial(scaled, jnp.asarray(scale(state.aux))), proposed)
        moved = moved_by(state.position, proposed)
        displacement = between(state.position, moved)
        loss_change, tape = objective_at(state.position).change(state.tape, displacement)
        accepted = decide(loss_change, uniform, state.aux)
        keep = functools.partial(jax.tree.map, lambda new, old: jnp.where(accepted, new, old))
        loss = jnp.where(accepted, state.loss + loss_change, state.loss)
        info = Info(displacement, accepted, loss_change, jnp.isfinite(loss_change))
        count = jax.tree.map(optax.safe_increment, state.aux)
        return State(keep(moved, state.position), loss, count, keep(tape, state.tape)), info

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        return advance(draw(key, state.position), state)

    def refresh(state: State) -> State:
        return start(state.position, state.aux)

    halves = (draw, advance) if scale is None else None
    return Dynamics(lambda params, key=None: start(params, begin), step, Stream.MUTATION, refresh, halves)


def _bounded_objective(
    loss: Callable[[Params], Scalar], law: Proposal, params: Params, *, shortcut: bool = False
) -> Objective:
    return objective(loss, bound=law.bound(jnp.result_type(*jax.tree.leaves(params))), shortcut=shortcut)
