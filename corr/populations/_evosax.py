"""Any evosax strategy as a Dynamics, told the exact change of the loss."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .._checks import real_number
from .._keys import Stream
from .._objective import objective
from .._precision import between
from .._types import Dynamics, Info, Params, Scalar, State
from ..dynamics._descent import always_moved
from ._strategy import adopted, check_forgets

REFERENCES = ("start", "position")


def from_evosax(
    loss: Callable[[Params], Scalar],
    strategy: Any,
    *,
    params: Any = None,
    start_std: float = 0.0,
    reference: str = "start",
) -> Dynamics:
    """An evosax strategy as a ``Dynamics``, x → mean after one generation of ask, evaluate and tell.

    The position is the mean of the distribution, or the centroid of the population. A strategy decides on the fitness
    it is told: the exact change U(child) - U(start). Only a constant off the loss, it is right also for what is
    remembered over generations (personal bests, accepted points), but as coarse as its own size far from the start.
    U(child) - U(x) is exact everywhere, for strategies that remember no fitness. Raw fitness without antithetic pairs
    takes the constant for a baseline.

    A child whose loss is not finite is told as ∞. Distributions know the fitness of the start, 0, where evosax would
    begin with ∞ (and hill climbing and annealing would take their first generation whatever it is). All else, sums
    among it, is evosax's: ``CMA_ES`` draws in an eigenbasis that rounding decides, so that its trajectories, unlike
    those of ``Open_ES``, depend on how many are run together; their law does not.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        strategy: an instance of a class in ``evosax.algorithms``, made with ``solution`` like the parameters.
        params: of the strategy; None for its ``default_params``.
        start_std: spread of the first population about the start, normal, in the units of the parameters; 0 for
            copies, from which particle swarms and differential evolution never move. For populations only.
        reference: "start" or "position", where the loss is that fitness is told against.

    Returns:
        A ``Dynamics``; evosax's state is ``State.aux.strategy``, ``Info.accepted`` always True and
        ``Info.loss_change`` the difference of two evaluations. A step costs the population size in ``evaluations``.

    Raises:
        ImportError: without evosax.
        TypeError: if ``strategy`` is none, or one of several distributions (``SV_CMA_ES``, ``SV_Open_ES``).
        ValueError: for an unknown reference, a spread below 0 or of a distribution; from ``init``, if the strategy was
            made for other parameters, or remembers fitness at reference "position".

    Example:
        >>> from evosax.algorithms import CMA_ES
        >>> scheme = from_evosax(lambda x: jnp.sum(x**2), CMA_ES(population_size=8, solution=jnp.ones(3)))
        >>> state, info = scheme.step(jax.random.key(0), scheme.init(jnp.ones(3), jax.random.key(1)))
        >>> state.position.shape, scheme.evaluations
        ((3,), 8)

    Reference: Lange, arXiv:2212.04180; theory/README.md, "Populations".
    """
    chosen, spread = adopted(strategy, params), real_number("start_std", start_std)
    if not 0 <= spread < math.inf or (spread and not chosen.populated):
        raise ValueError(f"start_std must be 0 or more, and 0 for {type(strategy).__name__}, got {start_std}")
    if reference not in REFERENCES:
        raise ValueError(f"reference must be one of {', '.join(REFERENCES)}, got {reference!r}")
    split, fixed = objective(loss), reference == "start"

    def fitness(tape: Any, origin: Params) -> Callable[[Params], jax.Array]:
        def told(child: Params) -> jax.Array:
            change, _ = split.change(tape, between(origin, child))
            return jnp.where(jnp.isfinite(change), change, jnp.inf)

        return jax.vmap(told)

    def origin(state: State) -> Params:
        return state.aux.start if fixed else state.position

    def refresh(state: State) -> State:
        _, tape = split.start(origin(state))
        return state._replace(loss=loss(state.position), tape=tape)

    def init(start: Params, key: jax.Array) -> State:
        memory = chosen.begin(key, start, spread, fitness(split.start(start)[1], start))
        if not fixed:
            check_forgets(memory.strategy)
        position = chosen.position(memory)
        return refresh(State(position, loss(position), memory))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        memory = chosen.generation(key, state.aux, fitness(state.tape, origin(state)))
        position = chosen.position(memory)
        value, tape = (loss(position), state.tape) if fixed else split.start(position)
        return State(position, value, memory, tape), always_moved(state, position, value)

    name, count = type(strategy).__name__, strategy.population_size
    return Dynamics(
        init, step, Stream.POPULATION, refresh, loss=loss, evaluations=count,
        facts={"dynamics": "evosax", "strategy": name, "children": count, "start_std": spread, "reference": reference},
    )  # fmt: skip
