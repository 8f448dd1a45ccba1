"""Twins that share mutation's normal numbers."""

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr import inference

SIZE, SLOPE = 40, 0.1
START = jnp.zeros(SIZE)
DIRECTION = jnp.asarray(np.random.default_rng(0).normal(size=SIZE), "f4")
UNIT = DIRECTION / jnp.linalg.norm(DIRECTION)
K = 4.0


def slope(x: Any) -> Any:
    return SLOPE * jnp.sum(UNIT * x)


def sides(**changes: Any) -> corr.Comparison:
    options: dict[str, Any] = {"trajectories": 8, "end_time": 0.02, "record_every": 0.01, "learning_rate": 1e-3,
                               "step_ratio": 1.0, "progress": False, "check_decisions": False, "devices": 1,
                               "common_noise": True}  # fmt: skip
    return corr.compare(slope, START, key=corr.root_key(3), **options | changes)


@pytest.mark.parametrize("tree", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_twins_take_the_very_numbers_of_mutation(tree: bool) -> None:
    """Where all is accepted, mutation is the sum of its proposals, and the twin that sum and the drift."""
    beta = 1e-9
    std = math.sqrt(2e-3 / beta)
    scale = np.where(np.arange(SIZE) < 4, 1.0, 0.5).astype("f4")
    changes = {"step_ratio": None, "mutation_std": jnp.asarray(std * scale)} if tree else {}
    found = sides(beta=beta, **changes)
    assert float(found.mutation.acceptance[:, 1:].min()) == 1
    drift = -found.twin.time.values[:, None] * SLOPE * np.asarray(UNIT) * (scale**2 if tree else 1)
    moved = found.mutation.path.values.astype(float) + drift
    # 20 steps of size σ, each rounded.
    np.testing.assert_allclose(found.twin.path.values, moved, atol=40 * np.spacing(np.float32(8 * std)))
    assert found.twin.attrs["common_noise"] == "yes"
    assert found.twin.step.values.tolist() == found.mutation.step.values.tolist() == [0, 10, 20]
    own = sides(beta=beta, common_noise=False, **changes)
    assert "common_noise" not in own.twin.attrs
    np.testing.assert_array_equal(own.mutation.path, found.mutation.path)
    assert np.abs(own.twin.path.values[:, 1] - moved[:, 1]).max() > std


LONGER = {"trajectories": 64, "end_time": 0.1, "record_every": 0.1}


@pytest.mark.parametrize("beta", [math.inf, 500.0])
def test_gain_on_a_linear_loss(beta: float) -> None:
    """(1 + a)/(1 - a) and 1/(1 - √½), of 40 directions one of which follows another law: a share of 1/40 each way."""
    found = sides(beta=beta, **LONGER)
    gain = inference.pairing_gain(*(side.path.values[:, 1:] for side in found[:2]))
    accepted = float(found.mutation.acceptance[:, 1].mean())
    expected = 1 / (1 - math.sqrt(0.5)) if math.isinf(beta) else (1 + accepted) / (1 - accepted)
    assert abs(float(gain.gain[0]) / expected - 1) < 2 / SIZE + K * float(gain.standard_error[0]) / expected


def test_twins_of_their_own_noise_gain_nothing() -> None:
    own = sides(beta=math.inf, common_noise=False, **LONGER)
    apart = inference.pairing_gain(*(side.path.values[:, 1:] for side in own[:2]))
    assert abs(float(apart.gain[0]) - 1) < K * float(apart.standard_error[0])


@pytest.mark.parametrize("beta", [math.inf, 500.0])
def test_antithetic_pairs_on_a_linear_loss(beta: float) -> None:
    """a/(1 - a): one of ε and -ε is accepted at β = ∞, both or one where it is warm; a share of 1/40 each way."""
    law = corr.proposals.normal(1e-2)
    both = [
        corr.run(corr.mutation(slope, proposal=one, beta=beta), START, steps=100, trajectories=64, key=corr.root_key(3),
                 progress=False, check_decisions=False, devices=1)
        for one in (law, corr.proposals.mirrored(law))
    ]  # fmt: skip
    walk, mirror = (side.path.values[:, 1:] for side in both)
    found = inference.pairing_gain(walk, -mirror)
    accepted = float(both[0].acceptance[:, 1].mean())
    expected = accepted / (1 - accepted)
    assert abs(float(found.gain[0]) / expected - 1) < 2 / SIZE + K * float(found.standard_error[0]) / expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"twin_trajectories": 9}, "pairs twin i with trajectory i, got 9 twins of 8 trajectories"),
        ({"proposal": corr.proposals.laplace(1e-3)}, "which a proposal of your own does not draw: leave one out"),
    ],
)
def test_what_cannot_be_shared_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sides(**changes)
