"""What options make of an experiment's clocks, and what a declaration leaves to its defaults."""

import warnings
from dataclasses import replace

import jax.numpy as jnp
import pytest

from corr.experiments.declaring.experiment import Experiment, Preset, Problem
from corr.experiments.declaring.options import Options
from corr.experiments.running.plan import plan_experiment

SIZE = Preset(1e-3, (1.0, 10.0), (8, 8), 8, end_time=1.0, record_every=0.25)
OWN = Experiment("own", "a bowl", lambda: Problem(lambda x: jnp.sum(x**2), lambda key: jnp.ones(2)), {"quick": SIZE})


def test_a_step_ratio_that_does_not_divide_the_records_gets_the_nearest_one_that_does() -> None:
    with pytest.warns(UserWarning, match=r"record_every 0\.25 = 83\.3333 steps, expected a whole number.*3\.0120482"):
        (task,) = plan_experiment(OWN, Options(step_ratio=3.0)).tasks
    assert 0.25 / task.clock.step_time == pytest.approx(83, rel=1e-12)
    assert task.folder.name == "own-lambda-3.01205"


def test_step_ratios_that_divide_them_are_taken_as_they_are() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (task,) = plan_experiment(OWN, Options(step_ratio=2.5)).tasks
        assert task.clock.step_ratio == 2.5
        assert [one.clock.step_ratio for one in plan_experiment(OWN, Options()).tasks] == [1.0, 10.0]


@pytest.mark.parametrize("alpha", [3e-4, 0.3])
def test_a_learning_rate_that_does_not_divide_the_records_is_refused_with_those_that_fit(alpha: float) -> None:
    slow = replace(OWN, presets={"quick": replace(SIZE, step_ratios=(0.01,), trajectories=(8,))})
    with pytest.raises(ValueError, match=f"--alpha {alpha:g} makes .* expected a whole number: .* fits") as told:
        plan_experiment(slow, Options(alpha=alpha))
    fit = [float(word) for word in str(told.value).split(": ")[-1].split() if word[0].isdigit()]
    assert len(fit) == (2 if alpha < 0.1 else 1) and fit[0] < alpha
    for value in fit:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert plan_experiment(slow, Options(alpha=value)).tasks[0].clock.learning_rate == value


def test_a_step_ratio_far_from_any_that_fits_is_refused_with_those_that_do() -> None:
    for ratio, fits in ((100.0, "expected a whole number: 83.33333333 or 125 fits"), (1000.0, "250 is the largest")):
        with pytest.raises(ValueError, match=f"lambda {ratio:g} makes .* {fits}"):
            plan_experiment(OWN, Options(step_ratio=ratio))
    (task,) = plan_experiment(OWN, Options(step_ratio=83.33333333)).tasks
    assert task.clock.step_ratio == 83.33333333
    near = replace(OWN, presets={"quick": replace(SIZE, step_ratios=(10.0, 10.05))})
    with pytest.warns(UserWarning), pytest.raises(ValueError, match="makes runs of several lambda the same"):
        plan_experiment(near, Options(alpha=0.025))


def test_a_scale_within_rounding_of_one_that_fits_is_that_of_runs_saved_before() -> None:
    """0.00250663 is √(2π)·1e-3 to a part in a million."""
    (task,) = plan_experiment(OWN, Options(sigma=0.00250663)).tasks
    assert task.clock.mutation_std == pytest.approx(0.00250663, rel=1e-12)


def test_what_a_declaration_does_not_say_is_its_own() -> None:
    """Folders by the experiment's name, and no margins but the default ones, which end with the run."""
    assert OWN.network_name == "own" and replace(OWN, name="other").network_name == "other"
    assert replace(OWN, network="shared").network_name == "shared"
    assert OWN.margins is None
    assert [task.folder.name for task in plan_experiment(OWN, Options()).tasks] == ["own-lambda-1", "own-lambda-10"]
