"""Penalties against closed forms, alone and added to a loss, and their exact change."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corr import losses
from corr.difference import difference

from .registry import POINTS, VALUES, network, start
from .test_contract import QUICKLY

PARAMS = start()
FLAT = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(PARAMS)]).astype(float)
PENALTIES = {
    "l1": (losses.l1(0.3), 0.3 * np.abs(FLAT).sum(), 0.3 * np.sign(FLAT)),
    "l2": (losses.l2(0.3), 0.3 * (FLAT**2).sum(), 0.6 * FLAT),
    "elastic_net": (
        losses.elastic_net(0.3, 0.2), np.sum(0.3 * np.abs(FLAT) + 0.2 * FLAT**2), 0.3 * np.sign(FLAT) + 0.4 * FLAT,
    ),
    "none": (losses.elastic_net(0.0, 0.0), 0.0, 0 * FLAT),
}  # fmt: skip


@pytest.mark.parametrize("name", PENALTIES)
def test_value_and_gradient(name: str) -> None:
    penalty, value, slope = PENALTIES[name]
    found, gradient = jax.value_and_grad(penalty)(jax.tree.map(jnp.asarray, PARAMS))
    assert found.dtype == np.float32 and float(found) == pytest.approx(value, rel=1e-5)
    flat = np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(gradient)])
    np.testing.assert_allclose(flat, slope, rtol=1e-5)


def activities(params: dict[str, jax.Array], points: jax.Array) -> jax.Array:
    return jnp.tanh(params["w"] @ points)


def test_activity_is_the_mean_square_of_a_layer() -> None:
    found = losses.activity(activities, POINTS, 0.5)(PARAMS)
    assert float(found) == pytest.approx(0.5 * np.sum(np.tanh(PARAMS["w"] @ POINTS) ** 2) / POINTS.shape[1], rel=1e-5)


def test_total_adds_and_its_change_is_exact_where_a_parameter_crosses_zero() -> None:
    parts = (losses.mean(losses.squared, network("relu"), POINTS, VALUES), losses.elastic_net(0.1, 0.2))
    parts = (*parts, losses.activity(activities, POINTS, 0.3))
    whole = losses.total(*parts)
    params = {**PARAMS, "b": np.full_like(PARAMS["b"], 1e-7)}
    step = {name: np.full_like(leaf, -3e-7 if name == "b" else 0.0) for name, leaf in params.items()}
    assert float(whole(params)) == pytest.approx(sum(float(part(params)) for part in parts), rel=1e-6)
    split = difference(whole)
    tape = jax.jit(split.start, compiler_options=QUICKLY)(params)[1]
    change = float(jax.jit(split.change, compiler_options=QUICKLY)(tape, step)[0])
    hidden = lambda b: np.maximum(PARAMS["w"].astype(float) @ POINTS + b, 0)  # noqa: E731
    outputs = [PARAMS["v"].astype(float) @ hidden(b) + PARAMS["c"][:, None].astype(float) for b in (1e-7, -2e-7)]
    before, after = (np.mean((out - VALUES) ** 2) for out in outputs)
    units = len(PARAMS["b"])
    right = after - before + 0.1 * units * (2e-7 - 1e-7) + 0.2 * units * (4e-14 - 1e-14)
    assert change == pytest.approx(right, rel=1e-3)
    assert change != pytest.approx(right - 0.1 * units * 1e-7, rel=1e-1)  # the twin: without the corner


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: losses.l1(-0.1), ValueError, r"strength of a penalty must be 0 or more and finite, got -0.1"),
        (lambda: losses.l2(float("nan")), ValueError, "strength of a penalty must be 0 or more and finite, got nan"),
        (lambda: losses.elastic_net(0.1, -1.0), ValueError, "l2 of a penalty must be 0 or more"),
        (lambda: losses.activity(activities, POINTS, -1.0), ValueError, "strength of a penalty must be 0 or more"),
        (lambda: losses.l2("0.1"), TypeError, "strength must be a number, got str"),
        (lambda: losses.total(losses.l1(0.1), 0.1), TypeError, r"adds functions of the parameters, got float"),
    ],
)
def test_what_is_no_penalty_is_named(make, kind, message) -> None:
    with pytest.raises(kind, match=message):
        make()
