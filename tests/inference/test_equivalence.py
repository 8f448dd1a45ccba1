"""Bands, mean tests, equivalence, planner and multiplicity against references; test_calibration.py has the rates."""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
import xarray
from scipy import stats
from statsmodels.stats import weightstats

from corr import inference


def ensembles(seed: int = 0, n_a: int = 24, n_b: int = 40, times: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Two ensembles of one law, 90 % of the variance of 5 weights in one direction."""
    rng = np.random.default_rng(seed)
    scale = np.sqrt(5 * np.array([0.9, 0.025, 0.025, 0.025, 0.025]))
    return rng.normal(size=(n_a, times, 5)) * scale, rng.normal(size=(n_b, times, 5)) * scale


def test_loss_equivalence_is_students_test_up_to_the_doubt_about_skewness() -> None:
    """Mirrored losses have no skewness; what is left is one standard error of it, A² = 6/n, in Hall's inverse."""
    a, b = (np.concatenate([side, -side])[..., 0] for side in ensembles(n_a=240, n_b=400))
    margin = np.array([0.1, 0.2, 2.0])
    twin = inference.loss_equivalence(a + 0.05, b, margin)
    curve = inference.loss_equivalence(a + 0.05, np.zeros(3), margin)
    for t, size in enumerate(margin):
        reference = weightstats.ttost_ind(a[:, t] + 0.05, b[:, t], -size, size, usevar="unequal")[0]
        assert reference * (1 - 1e-9) <= twin.p_value[t]
        reference = weightstats.DescrStatsW(a[:, t] + 0.05).ttost_mean(-size, size)[0]
        assert reference * (1 - 1e-9) <= curve.p_value[t]
    for result, n in ((curve, 480), (twin, 480)):
        half, doubt = result.upper - result.estimate, np.sqrt(6 / n / n)
        t = stats.t.ppf(0.975, n - 1)
        error = np.sqrt(
            np.var(a, axis=0, ddof=1) / len(a) + (np.var(b, axis=0, ddof=1) / len(b) if n and result is twin else 0)
        )
        # g(t) = t at skewness A moves t by A (t²/3 + 1/6) to first order; the second is below A² t³.
        assert (half / error >= t * (1 - 1e-3)).all()
        assert (half / error <= t + doubt * (t**2 / 3 + 1 / 6) + doubt**2 * t**3 + 2e-3).all()
    assert twin.together == twin.p_value.max()


def test_skewed_losses_are_judged_more_cautiously() -> None:
    a = ensembles()[0][..., 0] ** 2
    margin = np.full(3, 3.0)
    ours = inference.loss_equivalence(a, np.full(3, 4.5), margin)
    for t in range(3):
        assert ours.p_value[t] >= weightstats.DescrStatsW(a[:, t] - 4.5).ttost_mean(-3.0, 3.0)[0] * (1 - 1e-9)
        half = stats.t.ppf(0.975, 23) * stats.sem(a[:, t])
        assert ours.upper[t] - ours.estimate[t] > 1.05 * half, "skewness 2.8 widens the upper side by far more than 5 %"


@pytest.mark.parametrize("of", ["loss", "weights"])
def test_verdict_p_value_and_bound_agree(of: str) -> None:
    a, b = ensembles(times=40)
    for scale in (0.2, 0.6, 1.8):
        if of == "loss":
            result = inference.loss_equivalence(a[..., 0] ** 2, b[..., 0] ** 2, np.full(40, 3 * scale))
            inside = np.maximum(result.upper, -result.lower) < result.margin
        else:
            result = inference.mean_equivalence(a, b, np.full(40, scale), seed=0, resamples=399)
            inside = result.upper < result.margin
            np.testing.assert_allclose(result.estimate, inference.unbiased_delta(a, b), rtol=1e-12)
        assert (result.equivalent == inside).all()
        assert (result.equivalent == (result.p_value < 0.05)).all()


def test_without_spread_the_difference_is_known() -> None:
    """Both sides start at one point, where no trajectory spreads."""
    a, b = (np.concatenate([np.full_like(side[:, :1], 0.1), side], axis=1) for side in ensembles())
    margin = np.full(4, 0.01)
    loss = inference.loss_equivalence(a[..., 0], b[..., 0] + 0.005, margin)
    assert loss.p_value[0] == 0.0 and loss.upper[0] == loss.lower[0]
    assert inference.loss_equivalence(a[..., 0], b[..., 0] + 0.02, margin).p_value[0] == 1.0
    mean = inference.mean_equivalence(a, b + 0.05, margin, seed=0, resamples=399)
    np.testing.assert_allclose(mean.upper[0], 0.05**2, rtol=1e-9)
    assert (
        mean.equivalent[0] and not inference.mean_equivalence(a, b + 0.2, margin, seed=0, resamples=399).equivalent[0]
    )
    band = inference.confidence_band(a, b, seed=0, resamples=399)
    assert (band.simultaneous_lower[0] == band.estimate[0]).all() and (band.lower[1:] < band.upper[1:]).all()
    with pytest.raises(ValueError, match="leave out that time"):
        inference.hotelling_test(a, b + 0.2)
    assert inference.hotelling_test(a, b).p_value[0] == 1.0


@pytest.mark.parametrize("one_sample", [True, False])
def test_bias_bound_at_the_edge_and_with_detectable_power(one_sample: bool) -> None:
    """500 independent experiments in place of times; K = 4 standard errors, 3 comparisons."""
    count, size = 500, 12.0
    a, b = ensembles(3, times=count)
    other = np.zeros((count, 5)) if one_sample else b
    edge = size * 0.9 * (1 / 24 + (0 if one_sample else 1 / 40))
    shift = np.sqrt(5 * edge) * np.array([1.0, 0, 0, 0, 0])
    result = inference.mean_equivalence(a + shift, other, np.full(count, edge), seed=0, resamples=999)
    assert result.equivalent.mean() < 0.05 + 4 * np.sqrt(0.05 * 0.95 / count)
    assert (result.estimate < edge).mean() > 0.05 + 4 * np.sqrt(0.05 * 0.95 / count), (
        "a plain estimate claims too often"
    )
    level = inference.mean_equivalence(a, other, np.full(count, edge), seed=0, resamples=999)
    promised = np.full(count, np.median(level.detectable))
    power = inference.mean_equivalence(a, other, promised, seed=0, resamples=999).equivalent.mean()
    # The variance of the leading direction is estimated from 24 trajectories; its scatter costs up to 1/24 of power.
    assert abs(power - 0.9) < 4 * np.sqrt(0.9 * 0.1 / count) + 1 / 24


@pytest.mark.parametrize("other", ["none", "curve", "ensemble"])
def test_band_is_the_studentized_bootstrap_done_by_hand(other: str) -> None:
    a, b = ensembles(1)
    curve = np.arange(15.0).reshape(3, 5)
    sides = {"none": [a], "curve": [a], "ensemble": [a, b]}[other]
    target = {"none": None, "curve": curve, "ensemble": b}[other]
    band = inference.confidence_band(a, target, seed=7, resamples=199, level=0.1)
    rng = np.random.default_rng(7)
    counts = [rng.multinomial(len(side), np.full(len(side), 1 / len(side)), size=199) for side in sides]
    sizes = []
    for draw in range(199):
        drawn = [np.repeat(side, count[draw], axis=0) for side, count in zip(sides, counts, strict=True)]
        shift = [d.mean(0) - side.mean(0) for d, side in zip(drawn, sides, strict=True)]
        error = np.sqrt(sum(d.var(0, ddof=1) / len(d) for d in drawn))
        sizes.append(np.abs(shift[0] - (shift[1] if len(shift) == 2 else 0)) / error)
    spread = np.sqrt(sum(side.var(0, ddof=1) / len(side) for side in sides))
    alone, together = np.sort(sizes, axis=0)[179], np.sort(np.max(sizes, axis=(1, 2)))[179]
    np.testing.assert_allclose(band.upper - band.estimate, alone * spread, rtol=1e-9)
    np.testing.assert_allclose(band.estimate - band.simultaneous_lower, together * spread, rtol=1e-9)
    expected = a.mean(0) - {"none": 0.0, "curve": curve, "ensemble": b.mean(0)}[other]
    np.testing.assert_allclose(band.estimate, expected, rtol=1e-9, atol=1e-12)


def test_hotelling_does_not_depend_on_the_units_of_the_weights() -> None:
    a, b = ensembles()
    mix = np.random.default_rng(0).normal(size=(5, 5))
    plain, mixed = inference.hotelling_test(a, b), inference.hotelling_test(a @ mix, b @ mix)
    np.testing.assert_allclose(plain.statistic, mixed.statistic, rtol=1e-6)
    single = inference.hotelling_test(a[..., :1], b[..., :1])
    np.testing.assert_allclose(single.p_value, stats.ttest_ind(a[..., 0], b[..., 0]).pvalue, rtol=1e-9)
    law = stats.f(*plain.freedom)
    np.testing.assert_allclose(plain.p_value, law.sf(plain.statistic * plain.freedom[1] / (5 * 62)), rtol=1e-9)


def test_more_weights_than_trajectories() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 100, 1, 7489))
    assert inference.permutation_test(a + 0.2, b, seed=0).p_value[0] == 1 / 2000
    assert not inference.mean_equivalence(a + 0.2, b, np.array([0.04]), seed=0).equivalent[0]
    with pytest.raises(ValueError, match="use permutation_test"):
        inference.hotelling_test(a, b)


def test_planner_follows_the_textbook_for_a_loss_without_skewness() -> None:
    """n = (σ (z_0.975 + z_0.95) / margin)², with σ that of the pilot, which the plan takes as the truth."""
    half = np.random.default_rng(0).normal(size=(100, 1))
    pilot = np.concatenate([half, -half])
    z, edge = stats.norm.ppf([0.95, 0.975])
    ideal = ((edge + z) * pilot.std() / 0.3) ** 2
    planned = inference.trajectories_needed(pilot, np.array([0.3]), seed=0)
    # d log n = d power / (φ(z) (z + edge)) from 1999 resamples; Student's t, not z, asks for (z² + 3)/2 more: allow 5.
    quantile = np.sqrt(0.09 / 1999) / (stats.norm.pdf(z) * (z + edge))
    assert abs(planned / ideal - 1) < 4 * quantile + 5 / ideal
    twins = inference.trajectories_needed(pilot, np.array([0.3]), seed=0, other_trajectories=3 * planned)
    assert abs(twins / (1.5 * planned) - 1) < 4 * np.sqrt(2) * quantile + 5 / planned
    assert inference.trajectories_needed(pilot, np.array([0.6]), seed=0) < planned / 2
    with pytest.raises(ValueError, match="of the other side"):
        inference.trajectories_needed(pilot, np.array([0.3]), seed=0, other_trajectories=planned // 2)


def test_planned_number_does_not_depend_on_the_coordinates() -> None:
    """The same trajectories turned into 60 dimensions, more than there are trajectories: Δ is over N, so 1/20 of it."""
    rng = np.random.default_rng(0)
    few, turn = rng.normal(size=(12, 2, 3)) * [3.0, 1.0, 1.0], np.linalg.qr(rng.normal(size=(60, 3)))[0]
    plans = [
        inference.trajectories_needed(paths, np.full(2, margin), seed=0)
        for paths, margin in ((few, 0.2), (few @ turn.T, 0.01), (few, 0.1))
    ]
    assert plans[0] == plans[1] < plans[2]


def test_adjusted_p_values() -> None:
    p = np.array([[0.01, 0.04], [0.03, 0.5]])
    np.testing.assert_allclose(inference.adjust(p), [[0.04, 0.09], [0.09, 0.5]])
    np.testing.assert_allclose(inference.adjust(p, "benjamini-hochberg"), [[0.04, 0.16 / 3], [0.16 / 3, 0.5]])
    for bad in (np.array([0.1, np.nan]), np.array([1.5]), np.array([])):
        with pytest.raises(ValueError, match="between 0 and 1"):
            inference.adjust(bad)
    with pytest.raises(ValueError, match="method must be"):
        inference.adjust(p, "bonferroni")  # pyright: ignore[reportArgumentType]


def test_summary_verdict_takes_no_selection() -> None:
    declared: dict[str, inference.Kind] = {"loss": "equivalence", "weights": "equivalence", "twin": "difference"}
    results = {"loss": [0.01, 0.02], "weights": 0.03, "twin": [0.02, 0.5, 0.9]}
    verdict = inference.summary_verdict(results, declared)
    assert verdict.equivalent and not verdict.different and verdict.equivalence_p == 0.03
    assert verdict.difference_p == pytest.approx(0.06)
    assert inference.summary_verdict({**results, "twin": [0.001, 0.5]}, declared).different
    worse = inference.summary_verdict({**results, "loss": [0.01, 0.2]}, declared)
    assert not worse.equivalent and worse.verdict.startswith("undecided")
    for picked in ({"loss": 0.01}, {**results, "more": 0.01}):
        with pytest.raises(ValueError, match="exactly the declared tests"):
            inference.summary_verdict(picked, declared)
    with pytest.raises(ValueError, match="kind of a test"):
        inference.summary_verdict({"loss": 0.1}, {"loss": "other"})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("times", [slice(None), slice(7, 8)])
def test_a_difference_is_found_among_120_times(times: slice) -> None:
    """100 standard deviations at all times, or at one of them; without it nothing is found."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(12, 120, 1)), rng.normal(size=(16, 120, 1))
    moved = a.copy()
    moved[:, times] += 100
    declared: dict[str, inference.Kind] = {"weights": "difference"}
    found = [inference.permutation_test(side, b, seed=0).p_value for side in (a, moved)]
    assert [inference.summary_verdict({"weights": p}, declared).different for p in found] == [False, True]
    few = inference.permutation_test(a + 100, b, seed=0, permutations=1999).p_value
    assert inference.summary_verdict({"weights": few}, declared).different
    assert inference.adjust(few).min() > 0.05, "Holm over the times alone cannot find it"


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
