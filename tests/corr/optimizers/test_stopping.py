"""Early stopping on recorded numbers: by its definition, on all trajectories at once, on a run that overfits."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.optimizers import early_stopping


def by_definition(values: np.ndarray, patience: int, min_delta: float) -> tuple[int, int, bool]:
    best = 0
    for index in range(1, len(values)):
        if values[best] - values[index] > min_delta:
            best = index
        elif index - best > patience:
            return best, index, True
    return best, len(values) - 1, False


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("min_delta", [0.0, 0.5])
def test_all_trajectories_stop_where_the_definition_says(patience: int, min_delta: float) -> None:
    values = np.cumsum(np.random.default_rng(0).normal(-0.1, 1, (40, 25)), axis=1)
    found = early_stopping(values, patience=patience, min_delta=min_delta)
    expected = np.array([by_definition(row, patience, min_delta) for row in values])
    np.testing.assert_array_equal(np.stack(found, axis=1), expected)
    others = np.array([by_definition(row, patience + 1, min_delta) for row in values])
    assert (expected != others).any()


def test_a_test_loss_that_rises_again_stops_a_record() -> None:
    """Descent to 1 passes the best of the test loss at 0.5 after 7 of its steps: 0.9^7 = 0.478."""
    side = corr.descent(lambda x: jnp.sum((x - 1) ** 2) / 2, learning_rate=0.1)
    data = corr.run(
        side, jnp.zeros(1), steps=30, record_at=range(30), trajectories=2, key=corr.root_key(0), progress=False,
        observe=lambda x: {"test_loss": jnp.sum((x - 0.5) ** 2)},
    )  # fmt: skip
    stop = early_stopping(data.test_loss, patience=3)
    np.testing.assert_array_equal(stop.best, [7, 7])
    np.testing.assert_array_equal(stop.last, [11, 11])
    assert stop.stopped.all()
    never = early_stopping(data.loss.isel(trajectory=0), patience=3)
    assert not never.stopped and int(never.best) == int(never.last) == 30


@pytest.mark.parametrize(
    ("values", "settings", "error", "message"),
    [
        ([1.0, float("nan")], {}, ValueError, r"values\[1\] is nan: a trajectory that diverged"),
        ([[1.0, 2.0], [float("inf"), 1.0]], {}, ValueError, r"values\[1, 0\] is inf"),
        ([], {}, ValueError, r"got shape \(0,\)"),
        (1.0, {}, ValueError, r"got shape \(\)"),
        (["low", "high"], {}, TypeError, "recorded numbers, got list"),
        ([1.0], {"patience": -1}, ValueError, "patience must be at least 0"),
        ([1.0], {"patience": 1.5}, TypeError, "patience must be an integer"),
        ([1.0], {"min_delta": -0.1}, ValueError, "min_delta must be finite and not negative, got -0.1"),
    ],
)
def test_bad_numbers_are_refused(values: Any, settings: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        early_stopping(values, **({"patience": 1} | settings))


def test_what_jax_holds_is_recorded_numbers_too() -> None:
    assert int(early_stopping(jax.numpy.array([2.0, 1.0, 1.5]), patience=5).best) == 1
