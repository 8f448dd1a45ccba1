"""Which parameters a scheme moves, where each moves in a few draws alone."""

import numpy as np
from scipy import stats

CHANCE = 1e-4  # probability below which so many that never move are not chance


def may_move(counts: np.ndarray) -> np.ndarray:
    """Which parameters moved, and those that never did if that is chance; (N,).

    How many are missed by chance follows from how many moved once and twice, f₁²/2(f₂ + 1): of N Poisson counts of mean
    λ that is N exp(-λ), and a lower bound where means differ. Frozen are those beyond three times as many, and beyond
    what a Poisson number of that mean reaches.

    Args:
        counts: draws in which each parameter moved, (N,).

    Reference: Chao (1984), Scandinavian Journal of Statistics 11, 265.
    """
    never, once, twice = (int((counts == number).sum()) for number in range(3))
    missed = once**2 / (2 * (twice + 1))
    chance = never <= 3 * missed or stats.poisson.sf(never - 1, missed) > CHANCE
    return (counts > 0) | chance
