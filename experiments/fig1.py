"""Figure 1: the shallow network learns a sine by mutation at zero temperature and by normalized descent."""

from typing import Any

from corr import Stream, data, losses, networks, root_key, trajectory_key

from ._declare import Experiment, Preset, Problem

HIDDEN_UNITS = 30
POINTS = 1000
VARIANCE = 1e-4


def shallow_sine() -> Problem:
    """Shallow network, M = 30 (N = 90), target sin(2πθ) at 1000 points, start N(0, 1e-4)."""
    network = networks.functional(networks.Shallow(HIDDEN_UNITS), variance=VARIANCE)
    loss = losses.mean_squared_error(network.apply, *data.sine(POINTS))
    facts = {"hidden_units": HIDDEN_UNITS, "points": POINTS, "init_variance": VARIANCE, "target": "sin(2 pi theta)"}
    return Problem(loss, network.init, facts)


def shallow_start() -> Any:
    """The initial network of Figure 1's first seed."""
    return shallow_sine().init(trajectory_key(root_key(0), Stream.START, 0))


experiment = Experiment(
    name="fig1",
    title="shallow network, zero temperature: averaged mutation follows gradient descent",
    problem=shallow_sine,
    network="shallow",
    presets={
        "smoke": Preset(1e-5, (100.0,), (8,), 16, end_time=0.5, record_every=0.125, descent_learning_rate=1e-3),
        "quick": Preset(
            1e-5, (1.0,), (24,), 400, end_time=10.0, record_every=0.25, thin=(8.0, 24), descent_learning_rate=1e-4
        ),
        "paper": Preset(1e-5, (0.1,), (1000,), 1000, end_time=10.0, record_every=0.25, descent_learning_rate=1e-5),
    },
)
