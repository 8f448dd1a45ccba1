"""Calibration and power of the tests over 500 simulated experiments each; `pytest -m slow -rP` prints the rates.

Rates are held to K = 4 standard errors. There are about 60 comparisons, so a correct method fails any of them with a
probability of 60 × 6e-5 = 0.4 %. Every guard has a twin: a method known to be wrong that must not pass it.
"""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from corr import inference
from corr.inference._skewness import Moments, quantile

pytestmark = pytest.mark.slow

REPEATS, LEVEL, K = 500, 0.05, 4.0
TAIL = 2 * stats.norm.sf(K)
STEP, RECORDED, START = 0.05, (10, 20, 40), np.array([1.0, -1.0, 0.5, 2.0])
VARIANCES = {"isotropic": np.full(4, 0.25), "one direction 90 %": np.array([0.9, 0.1 / 3, 0.1 / 3, 0.1 / 3])}
# Principal directions of the noise: oblique, so that the dominant one correlates all weights.
AXES = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
KINDS = pytest.mark.parametrize("kind", VARIANCES)


def descent(rng: np.random.Generator, count: int, kind: str, *, rate: float = 1.0, noise: float = 1.0) -> np.ndarray:
    """Noisy descent of |x|²/2, (REPEATS, count, times, 4); the noise of VARIANCES per unit of time."""
    x, kept = np.tile(START, (REPEATS, count, 1)), []
    for step in range(1, RECORDED[-1] + 1):
        kick = np.sqrt(STEP * VARIANCES[kind]) * rng.normal(size=x.shape)
        x = x - STEP * rate * x + noise * kick @ AXES
        if step in RECORDED:
            kept.append(x)
    return np.stack(kept, axis=2)


def exact(kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean path (T, 4), variances along AXES (T, 4) and mean loss (T,) of ``descent``."""
    decay = (1 - STEP) ** np.array(RECORDED)
    mean = decay[:, None] * START
    variance = VARIANCES[kind] * STEP * ((1 - decay**2) / (1 - (1 - STEP) ** 2))[:, None]
    return mean, variance, 0.5 * np.sum(mean**2 + variance, axis=1)


def losses(paths: np.ndarray) -> np.ndarray:
    return 0.5 * np.sum(paths**2, axis=-1)


def error(share: float) -> float:
    """K standard errors of a rate over the repeats."""
    return float(K * np.sqrt(share * (1 - share) / REPEATS))


def row(name: str, rate: float | np.floating, expected: str) -> None:
    print(f"{name:<70} {rate:6.3f}   expected {expected}")


def uniform(p_values: np.ndarray) -> bool:
    """Ten equal bins by χ²; half a grid step keeps the attainable p = i/200 away from the edges."""
    return bool(stats.chisquare(np.histogram(p_values, bins=10, range=(0.0025, 1.0025))[0]).pvalue > TAIL)


def mutation(rng: np.random.Generator, count: int, wrongly_accepted: float) -> np.ndarray:
    """Mutation of |x|²/2 at β = ∞ that also accepts a share of the losing proposals, (REPEATS, count, 1, 4)."""
    x = np.tile(START, (REPEATS, count, 1))
    for _ in range(60):
        proposed = x + 0.05 * rng.normal(size=x.shape)
        accepted = (losses(proposed) < losses(x)) | (rng.random(x.shape[:2]) < wrongly_accepted)
        x = np.where(accepted[..., None], proposed, x)
    return x[:, :, None]


@KINDS
@pytest.mark.parametrize("test", ["hotelling twin", "hotelling path", "permutation"])
def test_p_values_are_uniform_when_the_means_are_equal(test: str, kind: str) -> None:
    rng = np.random.default_rng(1)
    pairs = enumerate(zip(descent(rng, 24, kind), descent(rng, 40, kind), strict=True))
    if test == "permutation":
        p = [inference.permutation_test(x[:, -1:], y[:, -1:], seed=i, permutations=199).p_value for i, (x, y) in pairs]
    else:
        p = [inference.hotelling_test(x, y if "twin" in test else exact(kind)[0]).p_value for _, (x, y) in pairs]
    last = np.array(p)[:, -1]
    row(f"{test}, {kind}: rejected at 5 %", np.mean(last <= LEVEL), "0.05")
    if test == "permutation":
        # Its allowance for skewness makes it cautious.
        assert np.mean(last <= LEVEL) < LEVEL + error(LEVEL) < np.mean(last**2 <= LEVEL)
        return
    assert abs(np.mean(last <= LEVEL) - LEVEL) < error(LEVEL)
    assert uniform(last)
    assert not uniform(last**2)


def test_high_dimensional_mean_test_at_the_size_of_the_shallow_network() -> None:
    """100 and 100 trajectories of 7489 weights, 90 % of the variance in one direction; each time is an experiment."""
    rng, weights, times = np.random.default_rng(2), 7489, 10
    scale = np.sqrt(np.r_[0.9, np.full(weights - 1, 0.1 / (weights - 1))] * weights).astype(np.float32)
    p, naive = [], []
    for repeat in range(REPEATS // times):
        a, b = rng.standard_normal((2, 100, times, weights), dtype=np.float32) * scale
        result = inference.permutation_test(a, b, seed=repeat, permutations=199)
        p.extend(result.p_value)
        naive.extend(result.statistic / (inference.sampling_noise(a, b) * np.sqrt(2 / weights)))
    rejected, wrong = np.mean(np.array(p) <= LEVEL), np.mean(stats.norm.sf(naive) <= LEVEL)
    row("permutation, 100 x 7489: rejected at 5 %", rejected, "0.05")
    row("  twin: normal law of independent weights", wrong, "wrong")
    assert rejected < LEVEL + error(LEVEL)
    assert wrong > LEVEL + error(LEVEL)


@KINDS
@pytest.mark.parametrize("of", ["weights", "weights against twin", "loss", "loss against twin"])
def test_bands_cover(of: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    view: Callable[[np.ndarray], np.ndarray] = losses if "loss" in of else np.asarray
    a, b = view(descent(rng, 40, kind)), view(descent(rng, 60, kind))
    twin = "twin" in of
    truth = 0.0 if twin else exact(kind)[2 if "loss" in of else 0]
    bands = [
        inference.confidence_band(x, y if twin else None, seed=i, resamples=399)
        for i, (x, y) in enumerate(zip(a, b, strict=True))
    ]
    alone = np.array([(band.lower <= truth) & (truth <= band.upper) for band in bands]).reshape(REPEATS, -1)
    together = np.mean(
        [np.all((band.simultaneous_lower <= truth) & (truth <= band.simultaneous_upper)) for band in bands]
    )
    row(f"band of {of}, {kind}: worst point", alone.mean(axis=0).min(), "0.95")
    row(f"band of {of}, {kind}: simultaneous", together, "0.95")
    row("  twin: pointwise limits at all points", np.mean(alone.all(axis=1)), "wrong")
    assert np.all(np.abs(alone.mean(axis=0) - (1 - LEVEL)) < error(LEVEL))
    assert abs(together - (1 - LEVEL)) < error(LEVEL)
    assert np.mean(alone.all(axis=1)) < 1 - LEVEL - error(LEVEL)


@KINDS
@pytest.mark.parametrize("twin", [True, False])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("of", ["weights", "loss"])
def test_equivalence_is_not_claimed_at_the_edge_of_the_margin(of: str, sign: int, twin: bool, kind: str) -> None:
    """A bias of exactly the margin, in the hardest direction: claimed with at most the level, and the bound covers."""
    rng = np.random.default_rng(4)
    a, b = descent(rng, 24, kind)[:, :, -1:], descent(rng, 24, kind)[:, :, -1:]
    mean, variance, loss = (values[-1:] for values in exact(kind))
    noise = variance * (2 if twin else 1) / 24
    results = []
    for repeat, (x, y) in enumerate(zip(a, b, strict=True)):
        if of == "weights":
            margin = 12 * noise[:, 0] / 4
            moved = x + sign * np.sqrt(4 * margin)[:, None] * AXES[0]
            results.append(inference.mean_equivalence(moved, y if twin else mean, margin, seed=repeat, resamples=399))
        else:
            margin = 6 * np.sqrt(np.sum((mean @ AXES) ** 2 * noise + variance * noise / 2, axis=1))
            results.append(inference.loss_equivalence(losses(x) + sign * margin, losses(y) if twin else loss, margin))
    claimed = np.mean([result.equivalent[0] for result in results])
    plug_in = np.mean([abs(result.estimate[0]) < result.margin[0] for result in results])
    name = f"{of} against {'twin' if twin else 'noise-free'}, {kind}, bias {sign:+d} margin"
    row(f"{name}: claimed", claimed, "<= 0.05")
    row("  twin: estimate below the margin", plug_in, "wrong")
    if of == "weights":
        covered = np.mean([result.upper[0] >= result.margin[0] for result in results])
        row(f"{name}: bound covers", covered, ">= 0.95")
        assert covered > 1 - LEVEL - error(LEVEL)
    assert claimed < LEVEL + error(LEVEL)
    assert plug_in > LEVEL + error(LEVEL)


@pytest.mark.parametrize("departure", ["learning rate + 5 %", "noise + 10 %", "biased acceptance"])
def test_departures_are_found_with_the_power_that_theory_states(departure: str) -> None:
    """Power from the moments of 40 000 independent trajectories: noncentral F of T², normal law for the loss.

    The loss's critical value is the one that its test takes at the skewness of those trajectories. Their mean shift is
    known to √(n/40 000) standard errors of the test, and power rises by at most φ(0) with each of these.
    """
    rng = np.random.default_rng(5)
    of_loss = "noise" in departure
    n = 250 if of_loss else 100

    def sides(count: int) -> tuple[np.ndarray, np.ndarray]:
        if departure == "biased acceptance":
            pair = mutation(rng, count, 0.0), mutation(rng, count, 0.1)
        else:
            noise, rate, louder = (1.0, 1.0, 1.1) if of_loss else (0.15, 1.05, 1.0)
            exactly = descent(rng, count, "isotropic", noise=noise)
            pair = exactly, descent(rng, count, "isotropic", rate=rate, noise=noise * louder)
        return pair[0][:, :, -1:], pair[1][:, :, -1:]

    x, y = (side.reshape(-1, 4) for side in sides(80))
    if of_loss:
        spread = np.sqrt((losses(x).var() + losses(y).var()) / n)
        shares = np.array([losses(side).var() / n / spread**2 for side in (x, y)])
        skewness = np.array([stats.skew(losses(x)), -stats.skew(losses(y))])
        shift = losses(x).mean() - losses(y).mean()
        against = Moments((n, n), shares, -np.sign(shift) * skewness)
        stated = stats.norm.sf(-quantile(np.array(LEVEL / 2), against) - abs(shift) / spread)
    else:
        shift = x.mean(axis=0) - y.mean(axis=0)
        noncentral = n / 2 * shift @ np.linalg.solve((np.cov(x.T) + np.cov(y.T)) / 2, shift)
        stated = stats.ncf.sf(stats.f.isf(LEVEL, 4, 2 * n - 5), 4, 2 * n - 5, noncentral)
    pairs = zip(*sides(n), strict=True)
    if of_loss:
        p = [
            inference.loss_test(losses(a), losses(b), seed=i, resamples=199).p_value[0]
            for i, (a, b) in enumerate(pairs)
        ]
    else:
        p = [inference.hotelling_test(a, b).p_value[0] for a, b in pairs]
    found = np.mean(np.array(p) <= LEVEL)
    row(f"{departure} ({'mean loss' if of_loss else 'Hotelling'}, {n} + {n}): found", found, f"{stated:.3f}")
    pilot = stats.norm.pdf(0) * np.sqrt(n / len(x))
    assert abs(found - stated) < K * np.sqrt(stated * (1 - stated) / REPEATS + pilot**2)
    assert found > LEVEL + error(LEVEL), "the departure must be seen more often than a false alarm"


def test_repeated_replicas_are_always_refused() -> None:
    for paths in descent(np.random.default_rng(6), 10, "isotropic"):
        with pytest.raises(ValueError, match="repeats 1 of its trajectories"):
            inference.hotelling_test(np.concatenate([paths, paths[:1]]), paths[:, :, ::-1])


@KINDS
@pytest.mark.parametrize("of", ["weights", "loss"])
@pytest.mark.parametrize("other", [None, 200])
def test_planned_number_has_the_promised_power(other: int | None, of: str, kind: str) -> None:
    rng = np.random.default_rng(7)
    view: Callable[[np.ndarray], np.ndarray] = losses if of == "loss" else np.asarray
    pilot = view(descent(rng, 2, kind).reshape(-1, 3, 4))
    mean, variance, loss = exact(kind)
    scale = variance.sum(axis=1)
    margin = (
        0.09 * scale
        if of == "weights"
        else 0.6 * np.sqrt(np.sum((mean @ AXES) ** 2 * variance + variance**2 / 2, axis=1))
    )
    planned = inference.trajectories_needed(pilot, margin, seed=0, other_trajectories=other)

    def power(count: int) -> float:
        claims = []
        b = [mean if of == "weights" else loss] * REPEATS if other is None else view(descent(rng, other, kind))
        for i, (x, y) in enumerate(zip(view(descent(rng, count, kind)), b, strict=True)):
            if of == "loss":
                claims.append(inference.loss_equivalence(x, y, margin).together < LEVEL)
            else:
                claims.append(inference.mean_equivalence(x, y, margin, seed=i, resamples=399).together < LEVEL)
        return float(np.mean(claims))

    reached, halved = power(planned), power(planned // 2)
    name = f"{of}, {kind}, against {'noise-free' if other is None else f'{other} twins'}"
    row(f"{name}: power at the planned n = {planned}", reached, "0.90")
    row(f"  twin: n = {planned // 2}", halved, "less")
    # The pilot's 1000 trajectories leave √((2 + excess kurtosis)/1000) in the variance, half of it in the spread;
    # 1999 resamples leave √(0.09/1999) in the power.
    kurtosis = 2 + (float(stats.kurtosis(pilot, axis=0).max()) if of == "loss" else 0.0)
    slope = 2 * stats.norm.pdf(stats.norm.isf(0.05)) * 2 * stats.norm.isf(0.05)
    allowed = K * np.sqrt(0.09 / REPEATS + (slope / 2) ** 2 * kurtosis / 1000 + 0.09 / 1999)
    assert abs(reached - 0.9) < allowed
    assert halved < 0.9 - allowed


def test_adjusted_p_values_keep_the_rate_of_false_alarms() -> None:
    rng = np.random.default_rng(8)
    p = stats.ttest_ind(descent(rng, 30, "isotropic"), descent(rng, 30, "isotropic"), axis=1).pvalue
    for method in ("holm", "benjamini-hochberg"):
        alarms = np.mean([inference.adjust(values, method).min() < LEVEL for values in p])
        row(f"{method}, 3 times x 4 weights, no difference: any alarm", alarms, "<= 0.05")
        assert alarms < LEVEL + error(LEVEL)
    plain = np.mean(p.reshape(REPEATS, -1).min(axis=1) < LEVEL)
    row("  twin: not adjusted", plain, "wrong")
    assert plain > LEVEL + error(LEVEL)
