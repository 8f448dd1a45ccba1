"""The state a trajectory starts in, and the random numbers it may draw there."""

import inspect
from collections.abc import Callable
from typing import Any

import jax

from ._keys import any_key, step_key, step_words
from ._types import Dynamics, Key, Params, State

BEFORE_ANY = step_words(2**64 - 1)  # no run takes as many steps, so no step has this number


def start_key(key: Key) -> Key:
    """Key of what a trajectory draws at its start: that of step 2^64 - 1, which no run reaches.

    Steps n use ``step_key(key, n)``, n = 0, 1, ..., so start and steps share no random numbers.

    Args:
        key: key of the trajectory, from ``trajectory_key``.

    Returns:
        A scalar typed key.

    Example:
        >>> from corr import root_key
        >>> key = root_key(0)
        >>> bool(start_key(key) == jax.random.fold_in(key, 0))
        False
    """
    return step_key(key, BEFORE_ANY)


def initial(dynamics: Dynamics, params: Params, key: Key) -> State:
    """The state of a dynamics at a start position, with a key for what it draws there.

    The one place that looks at how many arguments ``init`` takes: ``init(params, key)``, or ``init(params)`` of a
    dynamics that draws nothing.

    Args:
        dynamics: any.
        params: start position of one trajectory.
        key: from ``start_key``; passed over by a dynamics that draws nothing.

    Returns:
        A ``State``.

    Example:
        >>> from corr import descent, root_key
        >>> side = descent(lambda x: x**2, learning_rate=0.1)
        >>> old = side._replace(init=lambda params: side.init(params))
        >>> [float(initial(one, 2.0, root_key(0)).loss) for one in (side, old)]
        [4.0, 4.0]
    """
    return dynamics.init(params, key) if _takes_key(dynamics.init) else dynamics.init(params)


def initial_shape(dynamics: Dynamics, params: Params) -> State:
    """Shapes and dtypes of the state at a start position; computes nothing."""
    return jax.eval_shape(lambda at, key: initial(dynamics, at, key), params, any_key())


def draws_at_start(dynamics: Dynamics, params: Params) -> bool:
    """Whether the start state depends on the key: if not, all trajectories share that of their start position."""
    if not _takes_key(dynamics.init):
        return False
    program = jax.make_jaxpr(lambda key: initial(dynamics, params, key))(any_key()).jaxpr
    (given,) = program.invars
    used = [atom for equation in program.eqns for atom in equation.invars]
    return any(atom is given for atom in (*used, *program.outvars))


def _takes_key(init: Callable[..., Any]) -> bool:
    """A second argument is the key if it is called so or must be given: other optional ones are the user's own."""
    try:
        arguments = list(inspect.signature(init).parameters.values())
    except (TypeError, ValueError):  # a function of C says nothing of its arguments
        return True
    if any(one.kind is one.VAR_POSITIONAL for one in arguments):
        return True
    second = [one for one in arguments if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)][1:2]
    return any(one.name == "key" or one.default is one.empty for one in second)
