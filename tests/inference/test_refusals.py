"""What ensembles, margins and numbers must satisfy: what is refused, what is noticed, and in which words."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import xarray

from corr import inference

from .samples import ensembles

TESTS: dict[str, Callable] = {
    "band": lambda a, b: inference.confidence_band(a, b, seed=0, resamples=99),
    "Hotelling": inference.hotelling_test,
    "mean": lambda a, b: inference.mean_equivalence(a, b, np.ones(3), seed=0, resamples=99),
    "loss": lambda a, b: inference.loss_equivalence(a[..., 0], b[..., 0], np.ones(3)),
    "planner": lambda a, _: inference.trajectories_needed(a, np.ones(3), seed=0),
}


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda a: a[:1], "at least 2"),
        (lambda a: a[[0, 1, 1]], "repeats 1 of its trajectories"),
        (lambda a: np.where(a > 3, np.nan, a), "not finite"),
    ],
)
def test_bad_ensembles(test: str, spoil: Callable, message: str) -> None:
    a, b = ensembles()
    with pytest.raises(ValueError, match=message):
        TESTS[test](spoil(a), b)


def test_equal_losses_at_one_time_are_no_repeated_trajectory() -> None:
    """float32 losses of different trajectories may tie; all times of a repeated one do."""
    losses = ensembles()[0][..., 0].astype(np.float32)
    tied, copied = losses.copy(), losses.copy()
    tied[1, -1], copied[1] = tied[0, -1], copied[0]
    inference.loss_equivalence(tied, np.zeros(3), np.ones(3))
    with pytest.raises(ValueError, match="repeats 1 of its trajectories"):
        inference.loss_equivalence(copied, np.zeros(3), np.ones(3))


def still_and_lattice() -> dict[str, np.ndarray]:
    """Trajectories that agree though each has random numbers of its own."""
    rng = np.random.default_rng(0)
    still = rng.normal(size=(9, 3, 5)).cumsum(axis=1)
    still[[2, 5, 7]] = 0.25
    lattice = rng.choice([-0.1, 0.1], size=(40, 3, 1)).cumsum(axis=1)
    return {"never moved": still, "last time alone": still[:, -1:], "lattice": lattice}


@pytest.mark.parametrize("law", ["never moved", "last time alone", "lattice"])
def test_trajectories_that_agree_by_their_law_are_noticed_but_not_refused(law: str) -> None:
    paths = still_and_lattice()[law]
    with pytest.warns(UserWarning, match="of its trajectories.*they may have them"):
        inference.sign_flip_test(paths, np.zeros(paths.shape[1:]), seed=0, resamples=9)


def test_what_one_side_repeats_is_not_said_of_both() -> None:
    still = still_and_lattice()["never moved"]
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        inference.permutation_test(
            still, still + np.random.default_rng(1).normal(size=still.shape), seed=0, permutations=9
        )
    assert ["repeats 2 of its trajectories" in str(one.message) for one in said] == [True]


def test_repeats_are_refused_beside_trajectories_that_never_moved() -> None:
    paths = still_and_lattice()["never moved"]
    with pytest.raises(ValueError, match="repeats 3 of its trajectories"):
        inference.sign_flip_test(np.concatenate([paths, paths[:1]]), np.zeros((3, 5)), seed=0, resamples=9)


@pytest.mark.parametrize("test", [name for name in TESTS if name != "planner"])
def test_sides_of_different_times_or_with_common_trajectories(test: str) -> None:
    a, b = ensembles()
    with pytest.raises(ValueError, match="differ in"):
        TESTS[test](a, b[:, :2])
    with pytest.raises(ValueError, match="share 1 trajectories"):
        TESTS[test](a, np.concatenate([b, a[:1]]))


def test_other_recorded_times_are_seen_in_the_coordinates() -> None:
    dims = ("trajectory", "time", "parameter")
    a, b = (xarray.DataArray(side, dims=dims, coords={"time": [0.1, 0.2, 0.3]}) for side in ensembles())
    inference.permutation_test(a, b, seed=0, permutations=9)
    with pytest.raises(ValueError, match="recorded at other times"):
        inference.permutation_test(a, b.assign_coords(time=[0.1, 0.2, 0.4]), seed=0, permutations=9)


def test_bad_margins_levels_and_sizes() -> None:
    a, b = ensembles()
    for margin, message in ((np.ones(2), "one number for each"), (np.array([0.0, 1, 1]), "such as the start")):
        with pytest.raises(ValueError, match=message):
            inference.mean_equivalence(a, b, margin, seed=0)
    with pytest.raises(ValueError, match="level must lie between"):
        inference.loss_equivalence(a[..., 0], b[..., 0], np.ones(3), level=0.7)
    with pytest.raises(ValueError, match="too few for a studentized bootstrap"):
        inference.confidence_band(a[:2], seed=0)
    with pytest.raises(ValueError, match="at least 2, got 1"):
        inference.trajectories_needed(a, np.ones(3), seed=0, other_trajectories=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"resamples": 0}, "resamples must be at least 1, got 0"),
        ({"resamples": 2.5}, "resamples must be an integer"),
        ({"level": 1.5}, "level must lie between 0 and 1, got 1.5"),
        ({"power": 0.0}, "power must lie between 0 and 1, got 0"),
    ],
)
def test_shares_and_numbers_of_resamples_out_of_range(change: dict[str, float], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        inference.sign_flip_test(ensembles()[0], np.zeros((3, 5)), **{"seed": 0, **change})  # pyright: ignore[reportArgumentType]
    renamed = {"permutations" if name == "resamples" else name: value for name, value in change.items()}
    with pytest.raises((TypeError, ValueError), match=message.replace("resamples", "permutations")):
        inference.permutation_test(*ensembles(), **{"seed": 0, **renamed})  # pyright: ignore[reportArgumentType]
    if "resamples" in change:
        for test in (inference.confidence_band, inference.mean_equivalence):
            against = () if test is inference.confidence_band else (np.zeros((3, 5)), np.ones(3))
            with pytest.raises((TypeError, ValueError), match=message):
                test(ensembles()[0], *against, **{"seed": 0, **change})


@pytest.mark.parametrize("none_of", [1, 2])
def test_sides_without_numbers_are_refused(none_of: int) -> None:
    a, b = (np.take(side, [], axis=none_of) for side in ensembles())
    with pytest.raises(ValueError, match=r"holds no numbers, got shape .*: expected at least one time"):
        inference.permutation_test(a, b, seed=0)
    with pytest.raises(ValueError, match="holds no numbers"):
        inference.sign_flip_test(ensembles()[0], b[0], seed=0)
