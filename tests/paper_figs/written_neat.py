"""Synthetic results of NEAT: curves that leave one clock above a power, jumps, a winner, speeds of a chain."""

from typing import Any

import numpy as np
import xarray

from corr.experiments.systems import neat, neat_told

from .written_systems import Parts, Sizes

VERSION = "neat-python 2.0.0"


def curves(limit: float = 0.07, runs: int = 12, scatter: float = 0.01) -> xarray.Dataset:
    """Losses that fall with generation × power, by a fifth slower above this power."""
    random, powers = np.random.default_rng(0), neat.EVERY
    product = np.linspace(0, 2.5, 6)
    start = 0.5 + 0.05 * random.normal(size=(runs, 1))
    rate = np.where(np.array(powers) > limit, 0.6, 1.0)[:, None, None]
    loss = start * np.exp(-rate * product) * (1 + scatter * random.normal(size=(len(powers), runs, 6)) * (product > 0))
    where = ("power", "run", "product")
    return xarray.Dataset(
        {"loss": (where, loss), "descent": (where[1:], start * np.exp(-0.9 * product))},
        {"power": list(powers), "product": product}, {"size": 12},
    )  # fmt: skip


def solved(unsolved: int = 0) -> xarray.Dataset:
    """Ten seeds, of which the last are not solved."""
    generation = np.arange(30.0, 130.0, 10)
    generation[len(generation) - unsolved :] = np.nan
    columns: dict[str, Any] = {"generation": generation, "fitness": np.full(10, 3.95), "hidden": np.full(10, 2.0),
                               "links": np.full(10, 7.0)}  # fmt: skip
    return xarray.Dataset({name: ("seed", values) for name, values in columns.items()},
                          attrs={"version": VERSION, "allowed": 400})  # fmt: skip


def classified(accuracy: float = 0.97, shuffled: float = 0.5) -> xarray.Dataset:
    """Five seeds that scatter by half a point."""
    scatter = 0.005 * np.array([-1.0, 1.0, 0.0, 1.0, -1.0])
    columns = {"accuracy": 0.98 + scatter, "test_accuracy": accuracy + scatter, "shuffled": shuffled + 6 * scatter}
    attrs = {"version": VERSION, "generations": 60, "images": 71, "majority": 0.51, "logistic": 0.95}
    return xarray.Dataset({name: ("seed", values) for name, values in columns.items()}, attrs=attrs)


def moves(size: float = 0.2, off: float = 0.0) -> xarray.Dataset:
    """Jumps of this size, a third of them none, foreseen up to so much."""
    random = np.random.default_rng(0)
    jump = size * random.uniform(size=(10, 20)) * (random.uniform(size=(10, 20)) > 0.3)
    where = ("winner", "draw")
    mutation = np.array([0.2, 0.004, 0.0005]) * (1 + 0.1 * random.normal(size=(10, 1)))
    return xarray.Dataset(
        {"jump": (where, jump), "predicted": (where, jump + off), "mutation": (("winner", "power"), mutation)},
        {"power": [0.5, 0.05, 0.01]},
    )


def winner() -> xarray.Dataset:
    """Two inputs, a hidden node, an output."""
    links = {"source": [0, 1, 0, 2], "to": [2, 2, 3, 3], "weight": [1.0, -2.0, 0.5, 3.0]}
    nodes = {"layer": [0, 0, 1, 2], "kind": [0, 0, 1, 2]}
    columns: Any = {name: ("link", values) for name, values in links.items()}
    return xarray.Dataset(columns | {name: ("node", values) for name, values in nodes.items()})


def speeds(measured: float = 1.64) -> xarray.Dataset:
    """Two schemes at two starts, the crossed one a third faster."""
    value, where = np.array([[2.2, 2.3], [measured, measured]]), ("scheme", "place")
    return xarray.Dataset(
        {"speed": (where, value), "speed_error": (where, 0 * value + 0.006)},
        {"scheme": ["NEAT's, crossed with elite", "no crossover, no elite"], "place": ["flat", "steep"]},
        {"closure": 1.584, "chain": 1.64, "chain_error": 0.005},
    )


def descents() -> xarray.Dataset:
    """Mutation along g/|g|."""
    attrs = {"mutation, g/|g|": "yes: equivalent, no difference found", "mutation, g": "no: off by more"}
    columns = {"coefficient": ("side", [0.399]), "coefficient_error": ("side", [0.001])}
    return xarray.Dataset(columns, {"side": ["mutation"]}, attrs)


def compared(right: float = 0.4, wrong: float = 5e-4) -> xarray.Dataset:
    """p-values on either clock."""
    time = np.linspace(0, 0.4, 9)
    columns: Any = {name: ("time", np.exp(-time)) for name in ("mutation", "twin", "descent")}
    clock = ["right clock", "wrong clock"]
    return xarray.Dataset(columns | {"p": ("clock", [right, wrong])}, {"time": time, "clock": clock}, {"runs": 24})


def evolved() -> tuple[Parts, Sizes]:
    """In the layout of results."""
    parts = {
        neat_told.SOLVED: solved(), neat_told.CLASSIFIED: classified(), neat_told.MOVES: moves(),
        **{f"winner, {name}, seed {seed}": winner() for name, seed in neat.SHOWN},
        **{f"{neat_told.FROZEN}, {name}": curves() for name in ("XOR", "digits")},
        neat_told.SPEEDS: speeds(), neat_told.DESCENT: descents(), neat_told.COMPARED: compared(),
    }  # fmt: skip
    return parts, neat.study.preset("quick")._asdict()
