"""Every row of the table of what goes with what does what it says, and the README shows the table as it is."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

import corr
from corr import losses, networks
from corr._compatibility import TABLE

NETWORK = networks.functional(networks.FullyConnected((3,), inputs=2, outputs=2, dropout=0.3), variance="glorot")
POINTS, LABELS = jnp.array([[0.5, -1.0, 2.0, 0.1], [1.0, 0.3, -0.7, -2.0]]), jnp.array([0, 1, 0, 1])
START, KEY = NETWORK.init(jax.random.key(0)), corr.root_key(0)


def moves(side: corr.Dynamics, start: Any = START) -> bool:
    """Whether a run of three steps moves and stays finite."""
    path = corr.run(side, start, steps=3, trajectories=2, key=KEY, progress=False, check_decisions=False).path.values
    return bool(np.all(np.isfinite(path)) and np.any(path[:, -1] != path[:, 0]))


def compared(loss: Callable[[Any], jax.Array], start: Any = START) -> corr.Comparison:
    return corr.compare(
        loss, start, key=KEY, trajectories=3, twin_trajectories=3, end_time=0.02, record_every=0.01, learning_rate=1e-3,
        step_ratio=1.0, progress=False,
    )  # fmt: skip


def of(pointwise: Any) -> Callable[..., jax.Array]:
    return losses.mean(pointwise, NETWORK.apply, POINTS, LABELS)


def smooth() -> None:
    descent = compared(losses.total(of(losses.cross_entropy(0.1)), losses.l2(1e-3))).descent.loss.values[0]
    assert descent[-1] < descent[0]


def kinks() -> None:
    descent = compared(losses.total(of(losses.hinge), losses.l1(1e-3))).descent.loss.values[0]
    assert descent[-1] < descent[0]


def steps() -> None:
    with pytest.warns(UserWarning, match="gradient of the loss is exactly zero"):
        compared(of(losses.zero_one))
    walk = corr.mutation(of(losses.zero_one), mutation_std=0.3)
    assert moves(walk)
    with pytest.raises(ValueError, match="barker"):
        corr.characterize(walk, {"here": START}, key=KEY, draws=1000, progress=False)


def loops() -> None:
    def loss(x: jax.Array) -> jax.Array:
        return jax.lax.while_loop(lambda one: one[0] < 3, lambda one: (one[0] + 1, one[1] * x[0] ** 2), (0, 1.0))[1]

    with pytest.raises(ValueError, match="cannot differentiate"):
        compared(loss, jnp.array([0.5]))
    assert moves(corr.mutation(loss, mutation_std=0.1), jnp.array([0.5]))


def guards() -> None:
    def loss(params: dict[str, jax.Array]) -> jax.Array:
        return jnp.sum(jnp.where(params["w"] > 0, jnp.sqrt(params["w"]), 0.0))

    with pytest.raises(ValueError, match="w"):
        compared(loss, {"w": jnp.zeros(2)})


def numbers() -> None:
    for start in (jnp.arange(2), jnp.ones(2, jnp.complex64)):
        with pytest.raises((TypeError, ValueError), match=r"float|real numbers"):
            compared(lambda x: jnp.sum(jnp.abs(x) ** 2).astype(jnp.float32), start)


def drawn(key: jax.Array) -> jax.Array:
    return key


def one_draw() -> None:
    loss = of(losses.cross_entropy())
    for make in (
        lambda part: corr.mutation(part, mutation_std=0.01),
        lambda part: corr.descent(part, learning_rate=0.1),
    ):
        side = corr.minibatch(lambda key, make=make: make(lambda params: loss(params, key)), batch=drawn, loss=loss)
        assert moves(side)


def two_draws() -> None:
    loss = of(losses.cross_entropy())
    assert moves(corr.two_batches(loss, batch=drawn, loss=loss, mutation_std=0.01))


def normalization() -> None:
    network = networks.functional(networks.FullyConnected((3,), 2, 2, normalization="batch"), variance="glorot")
    start = network.init(jax.random.key(0))
    descent = compared(losses.mean(losses.cross_entropy(), network.apply, POINTS, LABELS), start).descent.loss.values[0]
    assert descent[-1] < descent[0]
    alone = network.apply(start, POINTS[:, :2], training_points=POINTS)
    np.testing.assert_allclose(alone, network.apply(start, POINTS)[:, :2], rtol=1e-5)
    assert np.abs(alone - network.apply(start, POINTS[:, :2])).max() > 1e-3


class Averaging(nnx.Module):
    """Batch normalization that would keep a running average."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.norm, self.last = nnx.BatchNorm(2, rngs=rngs), nnx.Linear(2, 2, rngs=rngs)

    def __call__(self, points: jax.Array) -> jax.Array:
        return self.last(self.norm(points))


def averages() -> None:
    network = networks.from_flax(Averaging, (2,))
    start = network.init(jax.random.key(0))
    assert all("mean" not in jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(start))
    shifted = network.apply(start, POINTS + 5.0)
    np.testing.assert_allclose(shifted, network.apply(start, POINTS), atol=1e-4)


def schedules() -> None:
    rate = optax.linear_schedule(0.1, 0.0, 3)
    assert moves(corr.descent(of(losses.cross_entropy()), learning_rate=rate))


def optimizers() -> None:
    for rule in (optax.sgd(0.1, momentum=0.9), optax.adam(0.1), optax.lion(0.1), optax.contrib.muon(0.1)):
        assert moves(corr.from_optax(of(losses.cross_entropy()), rule))


def searches() -> None:
    side = corr.from_optax(of(losses.cross_entropy()), optax.lbfgs())
    data = corr.run(side, START, steps=3, trajectories=2, key=KEY, progress=False)
    assert data.evaluations.dims == ("trajectory", "time")


def sharpness() -> None:
    rule = optax.contrib.sam(optax.sgd(0.1), optax.sgd(0.05))
    with pytest.raises(ValueError, match="opaque_mode=True"):
        moves(corr.from_optax(of(losses.cross_entropy()), rule))


CHECKS: dict[str, Callable[[], None]] = {
    "smooth": smooth,
    "kinks": kinks,
    "steps": steps,
    "`while_loop`": loops,
    "NaN gradient": guards,
    "parameters that are no real": numbers,
    "one draw a step": one_draw,
    "a draw for each": two_draws,
    "batch normalization": normalization,
    "running averages": averages,
    "SGD": schedules,
    "momentum": optimizers,
    "line searches": searches,
    "`sam`": sharpness,
}


def test_every_row_has_a_check() -> None:
    assert [next(name for name in CHECKS if row.name.startswith(name)) for row in TABLE] == list(CHECKS)


# To compile; their own suites have them too.
DEAR = (
    "smooth",
    "kinks",
    "steps",
    "batch normalization",
    "one draw a step",
    "a draw for each",
    "momentum",
    "line searches",
)


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one in DEAR)) for one in CHECKS])
def test_a_row_does_what_it_says(name: str) -> None:
    CHECKS[name]()


def test_the_readme_shows_the_table() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert corr.compatibility() in readme
    for row in TABLE:
        for name in re.findall(r"`(?:theory\.)?(\w+)", row.name):
            assert name in {"while_loop", "lbfgs", "sam"} or hasattr(losses, name) or hasattr(corr, name), name
