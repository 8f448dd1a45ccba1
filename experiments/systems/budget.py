"""What a gradient buys: mutation, its noisy twin, normalized descent and Adam at equal loss evaluations."""

import optax

import corr

from ..declaring.contest import Sizes, contest
from ..problems.sines import shallow_sine

STEP_TIME = 1e-4  # of one mutation step; a gradient step costs three evaluations and advances the time by as much
ADAM_RATE = 1e-3

study = contest(
    "budget",
    "shallow network: mutation, noisy twin, normalized descent and Adam at equal loss evaluations",
    problem=shallow_sine,
    sides={
        "mutation": lambda loss: corr.mutation(
            loss, mutation_std=corr.matched_mutation_std(learning_rate=STEP_TIME, step_ratio=1.0)
        ),
        "noisy twin": lambda loss: corr.langevin(
            loss, time_step=3 * STEP_TIME, moments=corr.paper_moments(step_time=STEP_TIME)
        ),
        "normalized descent": lambda loss: corr.descent(loss, learning_rate=3 * STEP_TIME, normalized=True),
        "Adam": lambda loss: corr.from_optax(loss, optax.adam(ADAM_RATE)),
    },
    presets={"smoke": Sizes(600, 4), "quick": Sizes(100_000, 24), "paper": Sizes(1_000_000, 100)},
    minutes={"smoke": 0.4, "quick": 1.0, "paper": 60.0},
)
