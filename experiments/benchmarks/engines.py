"""This project's engine as contestants: with records and flags, exactly what a run does."""

from typing import Any

import numpy as np

import corr
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
    layout = corr.choose_layout(trajectories, devices, block_size)
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
