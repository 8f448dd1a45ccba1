"""The states in which the trajectories of a run begin."""

from typing import Any

import jax
import numpy as np

from .._keys import trajectory_key
from .._start import draws_at_start, initial, start_key
from .._types import Dynamics, State


def start_states(dynamics: Dynamics, params: Any, key: jax.Array, ids: np.ndarray, each: bool) -> State:
    """Host arrays with one row for each trajectory of ``ids``: copies of one state, or one state each.

    Where the dynamics draws at its start, trajectories begin one at a time by one program, so that the bits depend
    neither on the layout nor on how many others begin.

    Args:
        dynamics: what runs.
        params: start position, or with ``each`` a leading axis of one per trajectory.
        key: root key.
        ids: numbers of trajectories.
        each: whether there is one start position per trajectory.

    Returns:
        A ``State`` without tape.

    Example:
        >>> from corr import descent, root_key
        >>> side = descent(lambda x: x**2, learning_rate=0.1)
        >>> start_states(side, np.float32(2.0), root_key(0), np.arange(3), each=False).loss.tolist()
        [4.0, 4.0, 4.0]
    """
    start_of = (lambda i: jax.tree.map(lambda leaf: leaf[i], params)) if each else (lambda i: params)

    def one(start: Any, mine: jax.Array) -> State:
        return initial(dynamics, start, mine)._replace(tape=())

    def of_number(start: Any, number: jax.Array) -> State:
        return one(start, start_key(trajectory_key(key, dynamics.stream, number)))

    with jax.default_matmul_precision("highest"):
        if draws_at_start(dynamics, start_of(0)):
            drawn = jax.jit(of_number)
            states = [jax.device_get(drawn(start_of(i), np.uint32(i))) for i in ids.tolist()]
            return jax.tree.map(lambda *rows: np.stack(rows), *states)
        if each:
            starts = jax.tree.map(lambda leaf: leaf[ids], params)
            return jax.tree.map(np.asarray, jax.vmap(lambda start: one(start, key))(starts))
        return jax.tree.map(lambda leaf: np.broadcast_to(leaf, (len(ids), *np.shape(leaf))), one(params, key))
