"""Bands, mean tests, equivalence, planner and multiplicity against references; test_calibration.py has the rates."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats import weightstats
from statsmodels.stats.multitest import multipletests

from corr import inference

from .samples import ensembles


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
    tied = np.array([0.02, 0.02, 0.9, 0.0, 0.3, 0.02, 1.0])
    np.testing.assert_allclose(inference.adjust(tied), multipletests(tied, method="holm")[1], rtol=1e-14)
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


@pytest.mark.slow
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
