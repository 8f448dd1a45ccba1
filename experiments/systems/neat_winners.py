"""What neat-python finds: generations to solve XOR, accuracy on two digits, and what the winners look like."""

from typing import Any

import jax
import numpy as np
import xarray

from corr import wiring

from .neat_config import version
from .neat_evolution import Evolved, evolved, problem

INPUT, HIDDEN, OUTPUT = 0, 1, 2


def solved(key: jax.Array, seeds: int, generations: int) -> xarray.Dataset:
    """Of every seed the generation that reached the goal, NaN for none, fitness, and hidden nodes and links in use."""
    del key  # neat-python has seeds of its own
    runs = [evolved("XOR", seed, generations) for seed in range(seeds)]
    columns: dict[str, Any] = {
        "generation": [np.nan if run.generation is None else run.generation for run in runs],
        "fitness": [run.fitness for run in runs],
        "hidden": [_used(run)[0] for run in runs],
        "links": [_used(run)[1] for run in runs],
    }
    attrs = {"version": version(), "configuration": problem("XOR").text(), "allowed": generations}
    return xarray.Dataset({name: ("seed", np.asarray(values, float)) for name, values in columns.items()}, attrs=attrs)


def classified(key: jax.Array, seeds: int, generations: int) -> xarray.Dataset:
    """Of every seed accuracy to learn and to test on, also where labels were shuffled, and what others reach."""
    del key
    from sklearn.linear_model import LogisticRegression

    one = problem("digits")
    columns: dict[str, Any] = {"accuracy": [], "test_accuracy": [], "shuffled": []}
    for seed in range(seeds):
        run = evolved("digits", seed, generations)
        columns["accuracy"].append(_accuracy(run, one.points, one.targets))
        columns["test_accuracy"].append(_accuracy(run, one.test_points, one.test_targets))
        other = evolved("digits, labels shuffled", seed, generations)
        columns["shuffled"].append(_accuracy(other, one.test_points, one.test_targets))
    share = float(np.mean(one.test_targets))
    linear = LogisticRegression(max_iter=2000).fit(np.asarray(one.points.T), np.asarray(one.targets))
    attrs = {
        "version": version(), "configuration": one.text(), "generations": generations, "images": len(one.test_targets),
        "majority": max(share, 1 - share),
        "logistic": float(linear.score(np.asarray(one.test_points.T), np.asarray(one.test_targets))),
    }  # fmt: skip
    return xarray.Dataset({name: ("seed", values) for name, values in columns.items()}, attrs=attrs)


def picture(key: jax.Array, name: str, seed: int, generations: int) -> xarray.Dataset:
    """Links in use with their weights, and the layer of each node: that of the longest way from an input."""
    del key
    run = evolved(name, seed, generations)
    network = wiring.network_of(run.genome, run.config)
    wires, inputs = network.wires, network.wires.inputs
    to, source = np.asarray(wires.rows) + inputs, np.asarray(wires.columns)
    kinds = np.array([INPUT] * inputs + [HIDDEN] * len(wires.kinds))
    kinds[inputs + np.asarray(wires.outputs)] = OUTPUT
    layers = np.zeros(len(kinds), int)
    for node in range(inputs, len(kinds)):  # in an order to evaluate them in
        layers[node] = 1 + max(layers[source[to == node]], default=0)
    return xarray.Dataset(
        {"source": ("link", source), "to": ("link", to), "weight": ("link", np.asarray(network.params["weights"])),
         "layer": ("node", layers), "kind": ("node", kinds)},
        attrs={"problem": name, "seed": seed, "fitness": run.fitness},
    )  # fmt: skip


def _used(run: Evolved) -> tuple[int, int]:
    """Hidden nodes and links that reach the output."""
    network = wiring.network_of(run.genome, run.config)
    return len(network.params["biases"]) - len(network.wires.outputs), len(network.params["weights"])


def _accuracy(run: Evolved, points: jax.Array, targets: jax.Array) -> float:
    network = wiring.network_of(run.genome, run.config)
    (output,) = network.apply(network.params, points)
    return float(np.mean((np.asarray(output) > 0.5) == np.asarray(targets)))
