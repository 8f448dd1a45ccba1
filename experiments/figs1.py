"""Figure S1: Figure 1 from another initial network."""

from dataclasses import replace

import jax

from ._declare import Problem
from .fig1 import experiment as fig1
from .fig1 import shallow_sine

START = 1


def other_start() -> Problem:
    """Figure 1's problem with start parameters of their own."""
    problem = shallow_sine()
    init = lambda key: problem.init(jax.random.fold_in(key, START))  # noqa: E731
    return problem._replace(init=init, facts={**problem.facts, "start": START})


experiment = replace(
    fig1,
    name="figs1",
    title="shallow network, zero temperature: Figure 1 from another initial network",
    problem=other_start,
    network="shallow-other-start",
)
