"""This project's engine as contestants: with records and flags, exactly what a run does."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import corr
from corr.ensemble._blocks import choose_block
from corr.ensemble._recorder import Recorder
from corr.ensemble._shares import own_trajectories
from corr.ensemble._simulate import default_refresh

from .contest import Contestant

MANY = 1000


def engine(
    name: str,
    dynamics: corr.Dynamics,
    params: Any,
    *,
    trajectories: int,
    steps: int,
    devices: int | None = None,
    block_size: int | None = None,
) -> Contestant:
    """One ensemble that goes on from measurement to measurement, recording after each."""
    block = choose_block(dynamics, params, trajectories, devices) if block_size is None else block_size
    layout = corr.choose_layout(trajectories, devices, block)
    marks = range(0, MANY * steps, steps)
    recorder = Recorder(params, own_trajectories(layout, trajectories), np.zeros(2), [0, steps], 0)
    run = corr.ensemble.simulate(
        dynamics,
        params,
        trajectories=trajectories,
        key=corr.root_key(0),
        record_at=marks,
        layout=layout,
        refresh_every=default_refresh([steps]),
    )
    next(run)

    def go() -> None:
        recorder.arrays["rows"][0] = 1
        recorder.add(next(run))

    return Contestant(name, trajectories, steps, go)


def evaluation(name: str, loss: Callable[[Any], jax.Array], params: Any, *, steps: int) -> Contestant:
    """The loss alone, under plain jit, at one place."""
    value = jax.jit(loss)

    def go() -> None:
        for _ in range(steps):
            value(params).block_until_ready()

    return Contestant(name, 1, steps, go)


def drawing(name: str, params: Any, *, mutation_std: float, **sizes: int) -> Contestant:
    """The engine drawing its normal numbers and adding them, with no loss to evaluate."""
    law = corr.proposals.normal(mutation_std)

    def advance(drawn: Any, state: corr.State) -> tuple[corr.State, corr.Info]:
        moved = jax.tree.map(jnp.add, state.position, drawn)
        return state._replace(position=moved), corr.Info(drawn, jnp.bool_(True), state.loss, jnp.bool_(True))

    def step(key: jax.Array, state: corr.State) -> tuple[corr.State, corr.Info]:
        return advance(law.draw(key, state.position), state)

    start = corr.State(params, jnp.float32(0))
    return engine(name, corr.Dynamics(lambda at: start._replace(position=at), step, halves=(law.draw, advance)), params,
                  **sizes)  # fmt: skip
