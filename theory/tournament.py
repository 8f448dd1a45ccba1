"""Binary tournaments on noisy evaluations: who wins, at which temperature, and what a population settles to."""

import math

import numpy as np

from .order_statistics import check_whole


def win_probability(difference: float, noise: float) -> float:
    """w = Φ(d/(√2 s)), the chance that the better of two wins where each is evaluated once with normal noise.

    Args:
        difference: d, fitness of the first less that of the second, fitness units.
        noise: s, standard deviation of one evaluation, fitness units.

    Returns:
        Dimensionless, in [0, 1].

    Raises:
        ValueError: if d is not finite, or s not positive and finite.

    Example:
        >>> round(win_probability(0.1, 0.1), 4)
        0.7602

    Reference: theory/README.md, "Tournaments"; atlas S4.
    """
    _check_noise(noise)
    if not math.isfinite(difference):
        raise ValueError(f"difference must be finite, got {difference}")
    return math.erfc(-difference / (2 * noise)) / 2


def barker_beta(noise: float) -> float:
    """β = 2/(√π s), at which Barker's rule 1/(1 + exp(-βd)) has the slope of a tournament at d = 0.

    Args:
        noise: s, standard deviation of one evaluation, fitness units.

    Returns:
        β, one over fitness units.

    Raises:
        ValueError: if s is not positive and finite.

    Example:
        >>> round(barker_beta(0.5), 4)
        2.2568

    Reference: theory/README.md, "Tournaments"; Barker (1965).
    """
    return 2 / (math.sqrt(math.pi) * _check_noise(noise))


def log_odds(win: float, population: int) -> float:
    """(P - 1) log(w/(1 - w)), log odds of a population all of the better kind, against all of the other, rare mutation.

    Args:
        win: w, chance that the better kind wins a tournament, in (0, 1).
        population: P, at least 2.

    Returns:
        Dimensionless.

    Raises:
        ValueError: if w or P is out of range.

    Example:
        >>> round(log_odds(0.55, 6), 4), round(log_odds(0.55, 64), 4)
        (1.0034, 12.6423)

    Reference: theory/README.md, "Tournaments"; atlas S4.
    """
    _check_win(win)
    return (check_whole("population", population, 2) - 1) * math.log(win / (1 - win))


def stationary_counts(win: float, population: int, mutation: float) -> np.ndarray:
    """Law of the number of the better kind, π(k+1)/π(k) = up(k)/down(k+1): one loser at most changes at a time.

    Two different members are drawn evenly; the loser becomes a copy of the winner, which is of the other kind with
    probability u.

    Args:
        win: w, chance that the better kind wins against the other, in (0, 1).
        population: P, at least 2.
        mutation: u, in (0, 1).

    Returns:
        Shape (P + 1,), probabilities of 0 to P members of the better kind.

    Raises:
        ValueError: if w, P or u is out of range.

    Example:
        >>> law = stationary_counts(0.55, 6, 1e-7)
        >>> round(float(np.log(law[-1] / law[0])), 4)
        1.0034

    Reference: theory/README.md, "Tournaments".
    """
    _check_win(win)
    size = check_whole("population", population, 2)
    if not 0 < mutation < 1:
        raise ValueError(f"mutation must lie in (0, 1), got {mutation}")
    better = np.arange(size + 1.0)
    other, pairs = size - better, size * (size - 1.0)
    mixed = 2 * better * other * (1 - mutation) / pairs
    up = mixed * win + other * (other - 1) * mutation / pairs
    down = mixed * (1 - win) + better * (better - 1) * mutation / pairs
    logs = np.concatenate([[0.0], np.cumsum(np.log(up[:-1]) - np.log(down[1:]))])
    law = np.exp(logs - logs.max())
    return law / law.sum()


def _check_noise(noise: float) -> float:
    if not (noise > 0 and math.isfinite(noise)):
        raise ValueError(f"noise must be positive and finite, got {noise}")
    return noise


def _check_win(win: float) -> None:
    if not 0 < win < 1:
        raise ValueError(f"win must lie in (0, 1), got {win}")
