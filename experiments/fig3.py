"""Figure 3: a deep network learns a sine by mutation at zero temperature and by normalized descent, for two λ."""

from corr import data, losses, networks

from ._declare import Experiment, Fit, Margins, Preset, Problem

LAYERS, WIDTH = 8, 32


def deep_sine() -> Problem:
    """8 hidden layers of 32 (N = 7489), target sin(πθ) at 1001 points, start N(0, 1/fan-in) with zero biases."""
    network = networks.functional(networks.FullyConnected((WIDTH,) * LAYERS), variance="fan_in")
    points, targets = data.symmetric_sine()
    loss = losses.mean_squared_error(network.apply, points, targets)
    facts = {"hidden_layers": LAYERS, "hidden_units": WIDTH, "points": points.size, "init_variance": "1/fan-in",
             "target": "sin(pi theta)"}  # fmt: skip
    fit = Fit(points[0], targets[0], lambda params: network.apply(params, points)[0])
    return Problem(loss, network.init, facts, fit)


# Descent keeps α = 1e-4: steps of 1e-3 (2.5e-4) zigzag across the stiffest directions and end, at t = 2.5, with a loss
# of 3.5e-3 (9e-5) where steps of 1e-4 reach 1e-5.
experiment = Experiment(
    name="fig3",
    title="deep network, zero temperature: weights and loss for two mutation scales",
    problem=deep_sine,
    network="deep",
    margins=Margins(loss_until=5.0),
    relative_cost=25.0,
    presets={
        "smoke": Preset(1e-4, (20.0, 50.0), (6, 6), 6, end_time=0.2, record_every=0.1, descent_learning_rate=1e-2),
        "quick": Preset(1e-4, (1.0, 5.0), (8, 8), 8, end_time=5.0, record_every=0.25),
        "paper": Preset(1e-4, (0.1, 1.0), (100, 100), 100, end_time=5.0, record_every=0.25),
    },
)
