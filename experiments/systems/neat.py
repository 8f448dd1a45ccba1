"""NEAT: what it finds, up to which power its weights go by generation × power, and what its moves do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import xarray

from ..declaring.study import Study
from . import neat_compared, neat_frozen, neat_moves, neat_told, neat_winners
from .neat_config import text
from .neat_evolution import GOAL, NEVER

SHOWN = (("XOR", 0), ("XOR", 1), ("digits", 0))
SHARE = 0.1  # within which characterize calls a candidate equivalent
EVERY = (0.5, 0.25, 0.1, 0.05, 0.025, 0.01)


class Sizes(NamedTuple):
    """Seeds and generations of XOR and of digits; powers, starts of either, farthest generation × power and records;
    moves of each winner; draws of speeds; draws at each place, if any; runs of compare; configurations of neat-python.
    """

    seeds: int
    generations: int
    digit_seeds: int
    digit_generations: int
    powers: tuple[float, ...]
    runs: int
    digit_runs: int
    far: float
    records: int
    moves: int
    speed_draws: int
    draws: int
    compared: int
    configurations: tuple[str, str] = (text(inputs=2, goal=GOAL), text(inputs=16, goal=NEVER))


def parts(sizes: Sizes) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Winners, their pictures, frozen topologies, structural moves, and which descent it is."""
    long = {"XOR": sizes.generations, "digits": sizes.digit_generations}
    made: dict[str, Callable[[jax.Array], xarray.Dataset]] = {
        neat_told.SOLVED: partial(neat_winners.solved, seeds=sizes.seeds, generations=long["XOR"]),
        neat_told.CLASSIFIED: partial(neat_winners.classified, seeds=sizes.digit_seeds, generations=long["digits"]),
        neat_told.MOVES: partial(
            neat_moves.jumps, seeds=sizes.seeds, generations=long["XOR"], draws=sizes.moves
        ),
    }  # fmt: skip
    for name, seed in SHOWN:
        made[f"winner, {name}, seed {seed}"] = partial(
            neat_winners.picture, name=name, seed=seed, generations=long[name]
        )
    for name, runs in (("XOR", sizes.runs), ("digits", sizes.digit_runs)):
        if runs:
            made[f"{neat_told.FROZEN}, {name}"] = partial(
                neat_frozen.curves, name=name, generations=long[name], powers=sizes.powers, runs=runs, far=sizes.far,
                records=sizes.records,
            )  # fmt: skip
    of_xor = {"name": "XOR", "generations": long["XOR"]}
    if sizes.speed_draws:
        made[neat_told.SPEEDS] = partial(neat_frozen.speeds, **of_xor, draws=sizes.speed_draws)
    if sizes.draws:
        made[neat_told.DESCENT] = partial(neat_frozen.characterized, **of_xor, draws=sizes.draws, share=SHARE)
    if sizes.compared:
        made[neat_told.COMPARED] = partial(neat_compared.compared, **of_xor, runs=sizes.compared)
    return made


study = Study(
    name="neat",
    title="NEAT: winners, the clock of their weights at frozen links, and jumps by structural moves",
    presets={
        "smoke": Sizes(2, 15, 1, 3, (0.25, 0.1), 3, 0, 0.5, 1, 3, 0, 0, 0),
        "quick": Sizes(10, 400, 5, 60, EVERY, 1024, 64, 2.5, 5, 20, 100, 1000, 24),
        "paper": Sizes(40, 400, 20, 200, (*EVERY, 0.005), 4096, 512, 5.0, 10, 100, 1000, 10_000, 100),
    },
    parts=parts,
    judge=neat_told.judge,
    minutes={"smoke": 0.5, "quick": 8.0, "paper": 240.0},
    numbers=neat_told.numbers,
)
