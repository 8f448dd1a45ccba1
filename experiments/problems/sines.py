"""Networks that learn a sine by mean squared error: the problems of the paper's figures."""

import jax

from corr import data, losses, networks

from ..declaring.experiment import Fit, Problem

SHALLOW_UNITS, SHALLOW_POINTS = 30, 1000
DEEP_LAYERS, DEEP_WIDTH = 8, 32
WIDE_UNITS, WIDE_POINTS, WIDE_BETA = 256, 1000, 1e3
VARIANCE = 1e-4
OTHER_START = 1


def shallow_sine() -> Problem:
    """Shallow network, M = 30 (N = 90), target sin(2πθ) at 1000 points, start N(0, 1e-4)."""
    network = networks.functional(networks.Shallow(SHALLOW_UNITS), variance=VARIANCE)
    loss = losses.mean_squared_error(network.apply, *data.sine(SHALLOW_POINTS))
    facts = {"hidden_units": SHALLOW_UNITS, "points": SHALLOW_POINTS, "init_variance": VARIANCE,
             "target": "sin(2 pi theta)"}  # fmt: skip
    return Problem(loss, network.init, facts)


def other_start() -> Problem:
    """The same with start parameters of their own."""
    problem = shallow_sine()
    init = lambda key: problem.init(jax.random.fold_in(key, OTHER_START))  # noqa: E731
    return problem._replace(init=init, facts={**problem.facts, "start": OTHER_START})


def deep_sine() -> Problem:
    """8 hidden layers of 32 (N = 7489), target sin(πθ) at 1001 points, start N(0, 1/fan-in) with zero biases."""
    network = networks.functional(networks.FullyConnected((DEEP_WIDTH,) * DEEP_LAYERS), variance="fan_in")
    points, targets = data.symmetric_sine()
    loss = losses.mean_squared_error(network.apply, points, targets)
    facts = {"hidden_layers": DEEP_LAYERS, "hidden_units": DEEP_WIDTH, "points": points.size,
             "init_variance": "1/fan-in", "target": "sin(pi theta)"}  # fmt: skip
    fit = Fit(points[0], targets[0], lambda params: network.apply(params, points)[0])
    return Problem(loss, network.init, facts, fit)


def wide_sine(points: int = WIDE_POINTS) -> Problem:
    """Shallow network, M = 256 (N = 768), target sin(2πθ), start N(0, 1e-4)."""
    network = networks.functional(networks.Shallow(WIDE_UNITS), variance=VARIANCE)
    theta, targets = data.sine(points)
    loss = losses.mean_squared_error(network.apply, theta, targets)
    facts = {"hidden_units": WIDE_UNITS, "points": points, "init_variance": VARIANCE, "target": "sin(2 pi theta)"}
    fit = Fit(theta[0], targets[0], lambda params: network.apply(params, theta)[0])
    return Problem(loss, network.init, facts, fit)
