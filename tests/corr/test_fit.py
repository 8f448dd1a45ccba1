"""``fit``: the steps of ``run``, the best weights, early stopping, restart with equal bits, bad arguments."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.ensemble._checkpoint import CheckpointError
from corr.ensemble._resume import Saver
from corr.optimizers import early_stopping

START = {"w": jnp.zeros(3), "b": jnp.zeros(())}
AIM, OTHER = jnp.array([1.0, -1.0, 0.5]), jnp.array([0.4, -0.4, 0.2])


def loss(params: Any) -> jax.Array:
    return jnp.sum((params["w"] - AIM) ** 2) + params["b"] ** 2


def seen(params: Any) -> dict[str, Any]:
    """A distance that falls and rises again on the way to the aim, and a vector."""
    return {"distance": jnp.linalg.norm(params["w"] - OTHER), "w": params["w"]}


WALK = corr.mutation(loss, mutation_std=0.03)


def fitted(steps: int = 300, dynamics: corr.Dynamics = WALK, **options: Any) -> corr.Fit:
    settings: dict[str, Any] = {"look_every": 10, "observe": seen, "monitor": "distance"} | options
    return corr.fit(dynamics, START, steps=steps, key=corr.root_key(7), progress=False, **settings)


def same(one: corr.Fit, other: corr.Fit) -> bool:
    """Equal bits of weights and curves; seconds are the machine's."""
    ours, theirs = (found.curves.drop_vars("seconds") for found in (one, other))
    leaves = zip(jax.tree.leaves(one.params), jax.tree.leaves(other.params), strict=True)
    return (
        ours.identical(theirs)
        and all(bool((a == b).all()) for a, b in leaves)
        and (one.step, one.stopped) == (other.step, other.stopped)
    )


def test_its_steps_are_those_of_the_first_trajectory_of_a_run() -> None:
    found = fitted()
    run = corr.run(
        WALK, START, steps=300, trajectories=2, key=corr.root_key(7), record_at=range(0, 300, 10), observe=seen,
        progress=False, devices=1, block_size=1,
    ).isel(trajectory=0)  # fmt: skip
    for name in ("loss", "distance", "w", "acceptance"):
        np.testing.assert_array_equal(found.curves[name].astype(np.float32), run[name])
    assert (found.curves.step == run.step.values).all() and (found.curves.evaluations == run.evaluations.values).all()
    seconds = found.curves.seconds.values
    assert (np.diff(seconds) >= 0).all() and seconds[0] >= 0 and not found.stopped
    other = corr.fit(WALK, START, steps=300, key=corr.root_key(8), look_every=10, progress=False)
    assert (other.curves.loss != found.curves.loss).any()


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_best_weights_are_given_back(mode: str) -> None:
    """Those whose number is the least (or most) of all looks, which the last look's is not."""
    sign = 1 if mode == "min" else -1
    observe = lambda params: {"number": sign * seen(params)["distance"]}  # noqa: E731
    found = fitted(observe=observe, monitor="number", mode=mode)
    numbers = sign * found.curves.number.values
    place = int(np.argmin(numbers))
    assert 0 < place < len(numbers) - 1 and found.step == found.curves.step.values[place]
    assert float(observe(found.params)["number"]) == pytest.approx(float(sign * numbers.min()), rel=1e-6)
    assert jax.tree.structure(found.params) == jax.tree.structure(START)


@pytest.mark.parametrize(("patience", "min_delta"), [(0, 0.0), (3, 0.0), (3, 0.01), (None, 0.0)])
def test_patience_ends_a_fit_where_early_stopping_says(patience: int | None, min_delta: float) -> None:
    whole, found = fitted(), fitted(patience=patience, min_delta=min_delta)
    numbers = whole.curves.distance.values
    stop = early_stopping(numbers, patience=len(numbers) if patience is None else patience, min_delta=min_delta)
    assert found.stopped == bool(stop.stopped) == (patience is not None)
    assert found.curves.sizes["step"] == int(stop.last) + 1
    assert found.step == whole.curves.step.values[int(stop.best)]
    assert found.curves.drop_vars("seconds").identical(
        whole.curves.drop_vars("seconds").isel(step=slice(int(stop.last) + 1))
    )


DYNAMICS = {
    "mutation": WALK,
    "adaptive": corr.adaptive_mutation(loss, mutation_std=0.05, rate=0.1, refusals=3),
    "best of": corr.populations.best_of(loss, mutation_std=0.03, children=4),
}


@pytest.mark.parametrize(
    "name", ["best of", *(pytest.param(one, marks=pytest.mark.slow) for one in ("mutation", "adaptive"))]
)
def test_killed_in_the_middle_it_goes_on_with_equal_bits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also patience, of which a part is used up, and seconds, which go on."""
    options: dict[str, Any] = {"dynamics": DYNAMICS[name], "patience": 12}
    whole = fitted(**options)
    after = Saver.after_chunk

    def killed(self: Saver, step: int, fetch: Any) -> None:
        if step >= whole.step + 30:
            os.kill(os.getpid(), signal.SIGTERM)
        after(self, step, fetch)

    with monkeypatch.context() as patched:
        patched.setattr(Saver, "after_chunk", killed)
        with pytest.raises(corr.Interrupted):
            fitted(checkpoint=tmp_path, **options)
    again = fitted(checkpoint=tmp_path, **options)
    assert whole.stopped and same(again, whole)
    assert (whole.curves.evaluations == DYNAMICS[name].evaluations * whole.curves.step).all()
    assert (np.diff(again.curves.seconds) >= 0).all()


def test_a_fit_that_went_on_at_its_end_is_not_judged_by_what_was_left(tmp_path: Path) -> None:
    """In the last step nothing is accepted."""
    stuck = corr.mutation(loss, mutation_std=lambda step: jnp.where(step < 99, 0.03, 1e3))
    whole = fitted(100, stuck, checkpoint=tmp_path, look_every=99)
    assert float(whole.curves.acceptance[-1]) == 0 and same(
        fitted(100, stuck, checkpoint=tmp_path, look_every=99), whole
    )


def test_nothing_accepted_is_said_also_of_what_was_left(tmp_path: Path) -> None:
    """Where nothing was before, what is left is judged."""
    stuck = corr.mutation(loss, mutation_std=1e3)
    for steps in (50, 100):
        with pytest.warns(UserWarning, match=f"none of the first {steps} proposals was accepted"):
            fitted(steps, stuck, checkpoint=tmp_path, look_every=50)


def test_a_longer_fit_goes_on_and_another_goal_is_refused(tmp_path: Path) -> None:
    fitted(100, checkpoint=tmp_path)
    assert same(fitted(200, checkpoint=tmp_path), fitted(200))
    with pytest.raises(CheckpointError, match="patience: saved None, asked 3"):
        fitted(200, checkpoint=tmp_path, patience=3)


def test_what_is_not_finite_is_no_improvement() -> None:
    """A number that is NaN at first and later stands for the best look no more than it ends patience."""
    gone = lambda params: {"number": jnp.where(params["w"][0] > 0.3, params["w"][1], jnp.nan)}  # noqa: E731
    with pytest.warns(UserWarning, match=r"number was not finite at \d+ of 31 looks, which is no improvement"):
        found = fitted(observe=gone, monitor="number")
    numbers = found.curves.number.values
    assert np.isnan(numbers[0]) and found.step == found.curves.step.values[np.nanargmin(numbers)]
    with pytest.warns(UserWarning, match="number was not finite at 4 of 4 looks, so the weights of the start"):
        never = fitted(observe=lambda params: {"number": jnp.nan * params["b"]}, monitor="number", patience=2)
    assert never.stopped and never.step == 0 and never.curves.sizes["step"] == 4


def test_size_and_numbers_are_shown(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    corr.fit(WALK, START, steps=20, key=corr.root_key(0), look_every=10, observe=seen, log=tmp_path / "log", label="me")
    assert "me: N = 4, memory about 0.5 GB (states" in capsys.readouterr().err
    lines = [json.loads(line) for line in (tmp_path / "log").read_text(encoding="utf-8").splitlines()]
    assert [line["step"] for line in lines] == [0, 10, 20] and {"loss", "distance", "acceptance"} <= {*lines[1]}


def test_evaluations_of_a_line_search_are_counted() -> None:
    import optax

    found = fitted(20, corr.from_optax(loss, optax.lbfgs()), look_every=1, observe=None, monitor="loss")
    steps = found.curves.evaluations.values / 3
    assert (steps >= np.arange(21) - 1e-9).all() and steps[-1] > 20


BAD: dict[str, tuple[Mapping[str, Any], str]] = {
    "unknown number": ({"monitor": "accuracy"}, "monitor must be one of loss, distance, w, got 'accuracy'"),
    "no single number": ({"monitor": "w"}, r"monitor 'w' has shape \(3,\), expected a single number"),
    "mode": ({"mode": "least"}, 'mode must be "min" or "max", got \'least\''),
    "patience": ({"patience": -1}, "patience must be at least 0"),
    "min_delta": ({"min_delta": float("nan")}, "min_delta must be finite and not negative"),
    "look_every": ({"look_every": 0}, "look_every must be at least 1"),
    "refresh": ({"refresh_every": 7}, "multiples of refresh_every = 7"),
    "dynamics": ({"dynamics": loss}, "dynamics must be one like corr.mutation"),
    "seconds": ({"observe": lambda params: {"seconds": params["b"]}}, "returns 'seconds', a name of the Dataset's own"),
    "observe": ({"observe": {"a": 1.0}}, "observe must be a function"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_named(name: str) -> None:
    changes, message = BAD[name]
    with pytest.raises((TypeError, ValueError), match=message):
        fitted(**changes)
