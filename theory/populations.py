"""Population schemes on a linear loss: drift and noise of a generation, and one clock for all of them."""

import math
from typing import Any, NamedTuple

import numpy as np

from .order_statistics import FAR, NORMAL, POINTS, below, check_share, check_whole, order_means, selected_mean


class Generation(NamedTuple):
    """What one generation does to the mean, in units of σ, on a linear loss.

    Attributes:
        drift: v, against ĝ = g/|g|; schemes on raw fitness: against g, in units of σ²|g| times their step.
        noise: D, variance across the gradient per coordinate, in σ².
        evaluations: of the loss.
    """

    drift: float
    noise: float
    evaluations: float

    @property
    def kappa(self) -> float:
        """κ = evaluations · D/v²: at equal noise per unit of time a scheme goes 1/κ as far per evaluation."""
        return self.evaluations * self.noise / self.drift**2


def mutation() -> Generation:
    """Mutation at β = ∞, which is (1 + 1): v = 1/√(2π), D = 1/2, κ = π.

    Returns:
        A ``Generation``.

    Example:
        >>> round(mutation().kappa, 4)
        3.1416

    Reference: theory/README.md, "Populations".
    """
    return Generation(1 / math.sqrt(2 * math.pi), 0.5, 1)


def best_of(count: int) -> Generation:
    """(1, n): the best of n mutations replaces the parent, v = c_n = E max of n normals, D = 1.

    Args:
        count: n, at least 2.

    Returns:
        A ``Generation``.

    Raises:
        ValueError: if n is below 2.

    Example:
        >>> round(best_of(40).drift, 3), round(best_of(40).kappa, 2)
        (2.161, 8.57)

    Reference: theory/README.md, "Populations".
    """
    check_whole("count", count, 2)
    return Generation(float(order_means(count)[-1]), 1.0, count)


def best_of_or_parent(count: int) -> Generation:
    """(1 + n): only if it is not worse, v = E max(0, z_(n)), D = 1 - 2^-n; n = 1 is mutation at β = ∞.

    Args:
        count: n, at least 1.

    Returns:
        A ``Generation``.

    Raises:
        ValueError: if n is below 1.

    Example:
        >>> [round(best_of_or_parent(n).drift, 4) for n in (2, 5, 10)]
        [0.681, 1.1697, 1.5389]

    Reference: theory/README.md, "Populations".
    """
    check_whole("count", count, 1)
    z = np.linspace(0, FAR, POINTS)
    drift = np.trapezoid(1 - below(z) ** count, z)  # E max(0, Z) = ∫ P(Z > z) dz
    return Generation(float(drift), 1 - 0.5**count, count)


def recombination(parents: int, count: int) -> Generation:
    """(μ/μ, n): the mean of the best μ of n, v = mean of their order statistics → φ(x_p)/p at p = μ/n, D = 1/μ.

    Args:
        parents: μ, at least 1.
        count: n > μ.

    Returns:
        A ``Generation``.

    Raises:
        ValueError: if μ is below 1 or not below n.

    Example:
        >>> round(recombination(20, 40).kappa, 2), round(recombination(10, 40).kappa, 2)
        (3.27, 2.59)

    Reference: theory/README.md, "Populations".
    """
    check_whole("parents", parents, 1)
    if parents >= count:
        raise ValueError(f"parents must be fewer than the {count} they are chosen from, got {parents}")
    return weighted(np.full(parents, 1 / parents), count)


def weighted(weights: Any, count: int) -> Generation:
    """Weights on the best of n, the best first: v = Σ w_i E z_(n+1-i), D = Σ w_i².

    Args:
        weights: w, shape (k,) with k <= n.
        count: n, at least 2.

    Returns:
        A ``Generation``.

    Raises:
        ValueError: for more weights than mutations, or n below 2.

    Example:
        >>> weighted([1.0], 10).drift == best_of(10).drift
        True

    Reference: theory/README.md, "Populations".
    """
    values = np.asarray(weights, float)
    if values.ndim != 1 or len(values) > check_whole("count", count, 2):
        raise ValueError(f"weights must be at most {count} numbers, one for each mutation, got shape {values.shape}")
    return Generation(float(values @ order_means(count)[::-1][: len(values)]), float(np.sum(values**2)), count)


def centred_ranks(count: int, *, antithetic: bool = False) -> Generation:
    """Evolution strategy on rank/(n - 1) - 1/2: v = 1/(2√π), D = (n + 1)/(12 n (n - 1)), κ → π/3 for n → ∞.

    Pairs ε, -ε: v is (n - 2 + √2)/(n - 1) times that, since a child is always ranked against its own image; D doubles.

    Args:
        count: n, at least 2, even if ``antithetic``.
        antithetic: whether mutations come as ε and -ε.

    Returns:
        A ``Generation``, at any n.

    Raises:
        ValueError: if n is below 2, or odd where pairs are asked for.

    Example:
        >>> round(centred_ranks(40).kappa, 3), round(centred_ranks(40, antithetic=True).kappa, 3)
        (1.101, 2.156)

    Reference: theory/README.md, "Populations".
    """
    _check_children(count, antithetic)
    drift, noise = 1 / (2 * math.sqrt(math.pi)), (count + 1) / (12 * count * (count - 1))
    if antithetic:
        return Generation(drift * (count - 2 + math.sqrt(2)) / (count - 1), 2 * noise, count)
    return Generation(drift, noise, count)


def z_scores(count: int, *, antithetic: bool = False) -> Generation:
    """Evolution strategy on (f - mean)/s_n: v = E s_n = √(2/n) Γ(n/2)/Γ((n-1)/2), D = 1/n, s_n of n normals, over n.

    Pairs ε, -ε have the mean 0 and n/2 free terms: v = √(4/n) Γ((n/2 + 1)/2)/Γ(n/4), D doubles.

    Args, Returns, Raises:
        as ``centred_ranks``.

    Example:
        >>> round(z_scores(8).drift, 4), round(z_scores(8, antithetic=True).drift, 4)
        (0.9027, 0.94)

    Reference: theory/README.md, "Populations".
    """
    _check_children(count, antithetic)
    terms, free = (count // 2, count // 2) if antithetic else (count, count - 1)
    drift = math.sqrt(2 / terms) * math.exp(math.lgamma((free + 1) / 2) - math.lgamma(free / 2))
    return Generation(drift, 1 / terms, count)


def raw_fitness(count: int, *, antithetic: bool = False) -> Generation:
    """Evolution strategy on fitness less its mean: v = 1 along g, D = 1/n, κ = 1; antithetic D doubles.

    Args, Returns, Raises:
        as ``centred_ranks``.

    Example:
        >>> raw_fitness(8).kappa, raw_fitness(8, antithetic=True).kappa
        (1.0, 2.0)

    Reference: theory/README.md, "Populations".
    """
    _check_children(count, antithetic)
    return Generation(1.0, (2 if antithetic else 1) / count, count)


def _check_children(count: int, antithetic: bool) -> None:
    if check_whole("count", count, 2) % 2 and antithetic:
        raise ValueError(f"count must be even, since antithetic mutations are pairs, got {count}: give {count + 1}")


def genetic_closure(share: float, count: int) -> Generation:
    """Truncation to a share p, if the population stayed Gaussian: v = i/√k, k = i (i - x_p), D = 1, κ = n k/i².

    What it would do with mutation's variance alone, of 1/k along the gradient, where that adds what selection takes
    away; across it drifts neutrally, and one lineage in n goes on. Uniform crossover of many parameters is faster: it
    gives variance back.

    Args:
        share: p in (0, 1).
        count: n, at least 2.

    Returns:
        A ``Generation``.

    Raises:
        ValueError: if p or n is out of range.

    Example:
        >>> [round(genetic_closure(p, 40).drift, 3) for p in (0.5, 0.2, 0.05)]
        [1.0, 1.584, 2.222]

    Reference: theory/README.md, "Populations".
    """
    mean = selected_mean(share)
    return Generation(mean / math.sqrt(mean * (mean + NORMAL.inv_cdf(share))), 1.0, check_whole("count", count, 2))


def front_speed(share: float, count: float = math.inf) -> float:
    """Truncation to a share p without crossover: v = √(2 ln(1/p)), a pulled front, less π² v/(2 ln² n) for n of them.

    Args:
        share: p in (0, 1).
        count: n, the population; ∞ leaves the finite-population term out.

    Returns:
        σ per generation; the term for n is the first of a series in 1/ln n, which is slow.

    Raises:
        ValueError: if p is out of range or n below 2.

    Example:
        >>> [round(front_speed(p), 3) for p in (0.5, 0.2, 0.05)]
        [1.177, 1.794, 2.448]

    Reference: Brunet and Derrida, Phys. Rev. E 56, 2597 (1997); theory/README.md, "Populations".
    """
    check_share(share)
    if not count >= 2:
        raise ValueError(f"count must be at least 2, got {count}")
    speed = math.sqrt(2 * math.log(1 / share))
    return speed if math.isinf(count) else speed * (1 - math.pi**2 / (2 * math.log(count) ** 2))
