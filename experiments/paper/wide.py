"""Figure 6: a wide shallow network at finite temperature, and how Δ falls with the number of trajectories averaged."""

from functools import partial

from ..declaring.experiment import Experiment, Margins, Preset
from ..problems.sines import wide_sine

BETA = 1e3

fig6 = Experiment(
    name="fig6",
    title="wide shallow network, finite temperature: weights, U(<x>) beside <U(x)>, and Δ against n",
    problem=wide_sine,
    network="wide",
    beta=BETA,
    margins=Margins(loss_until=5.0),
    relative_cost=8.5,
    presets={
        "smoke": Preset(
            1e-4, (5.0, 10.0), (8, 48), 16, end_time=0.5, record_every=0.25, descent_learning_rate=1e-3,
            problem=partial(wide_sine, 50),
        ),
        "quick": Preset(
            1e-4, (0.2, 2.0), (16, 256), 256, end_time=5.0, record_every=0.25, descent_learning_rate=1e-3,
            problem=partial(wide_sine, 250),
        ),
        "paper": Preset(1e-4, (0.1, 1.0), (1000, 1000), 1000, end_time=5.0, record_every=0.25),
    },
)  # fmt: skip
