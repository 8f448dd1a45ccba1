"""The shallow network: mutation against its noisy twin, a twin 20 % off, and noise-free descent."""

from functools import cache

import jax
import numpy as np
import pytest

import corr
from corr._timegrid import TimeGrid
from corr.experiments.problems.sines import shallow_sine

TRAVELLED_UNTIL = 3.0


@cache
def sides(factor: float) -> corr.Comparison:
    """λα = 1e-4 to t = 3, as the middle run of Figure 2 at preset quick; ``factor`` multiplies the twin's drift."""
    problem = shallow_sine()

    def moments(gradient: jax.Array):
        drift, noise = corr.paper_moments(step_time=1e-4)(gradient)
        return factor * drift, noise

    key = corr.root_key(0)
    return corr.compare(
        problem.loss, problem.init(corr.trajectory_key(key, corr.Stream.START, 0)), key=key, trajectories=24,
        twin_trajectories=200, end_time=TRAVELLED_UNTIL, record_every=0.5, learning_rate=1e-4, step_ratio=1.0,
        twin_moments=moments, descent_learning_rate=1e-3, progress=False,
    )  # fmt: skip


def p_values(factor: float) -> tuple[float, float]:
    walk, twin = sides(factor).mutation, sides(factor).twin
    mean = corr.inference.permutation_test(walk.path.values, twin.path.values, seed=0)
    loss = corr.inference.loss_test(walk.loss.values[:, 1:], twin.loss.values[:, 1:], seed=0)
    print(f"drift x {factor}: p = {mean.maximum_p:.4f} (weights), {loss.maximum_p:.4f} (loss)")
    return mean.maximum_p, loss.maximum_p


@pytest.mark.slow
def test_noisy_twin_is_not_rejected_and_a_twin_20_percent_off_is() -> None:
    """Two p-values above 1e-3 by chance fail in 1 of 500 runs of other keys; the wrong twin must reach the floor."""
    assert min(p_values(1.0)) > 1e-3
    assert max(p_values(0.8)) <= 1e-3


@pytest.mark.slow
def test_noise_free_descent_is_rejected_by_mean_loss_at_t_5() -> None:
    """λα = 1e-3, the largest of Figure 2 at preset quick. The twin ensemble of the same size is left behind as well."""
    problem, key = shallow_sine(), corr.root_key(0)
    runs = corr.compare(
        problem.loss, problem.init(corr.trajectory_key(key, corr.Stream.START, 0)), key=key, trajectories=96,
        end_time=5.0, record_every=2.5, learning_rate=1e-4, step_ratio=10.0, descent_learning_rate=1e-3, progress=False,
    )  # fmt: skip
    smooth = runs.descent.loss.values[0, -1:]
    for side in (runs.mutation, runs.twin):
        result = corr.inference.loss_test(side.loss.values[:, -1:], smooth, seed=0)
        print(f"{side.attrs['side']}: mean loss minus noise-free {side.loss.values[:, -1].mean() - smooth[0]:+.2e}")
        assert result.maximum_p <= 1e-3


@pytest.mark.slow
def test_halving_the_twins_time_step_changes_nothing() -> None:
    """The pilot's time step is fine enough: twins at dt and dt/2 (other random numbers) have the same law of means."""
    coarse = sides(1.0).twin
    problem = shallow_sine()
    key = corr.root_key(0)
    step_sizes = coarse.step_size.values[1:]
    counts = [2 * round(0.5 / dt) for dt in step_sizes]
    marks = [sum(counts[:k]) for k in range(len(counts) + 1)]
    grid = TimeGrid(np.asarray(marks), step_sizes / 2)
    fine = corr.run(
        corr.langevin(problem.loss, time_step=grid.schedule, moments=corr.paper_moments(step_time=1e-4)),
        problem.init(corr.trajectory_key(key, corr.Stream.START, 0)), steps=marks[-1], record_at=marks,
        times=coarse.time.values.tolist(), trajectories=200, key=corr.root_key(1), progress=False,
    )  # fmt: skip
    result = corr.inference.permutation_test(coarse.path.values, fine.path.values, seed=0)
    travel = corr.inference.travelled(sides(1.0).descent.path.values[0])
    seen = (result.detectable[1:] / travel[1:]).max()
    print(f"halving: p = {result.maximum_p:.3f}; {100 * seen:.2g} % of the squared distance travelled would be seen")
    assert result.maximum_p > 1e-3
    assert seen < 0.1
