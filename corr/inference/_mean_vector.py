"""One test for a whole mean vector, with fewer or more samples than components."""

import numpy as np
from scipy import stats


def mean_vector_p(difference: np.ndarray, deviations: np.ndarray) -> tuple[float, float]:
    """Mean squared z-score of a mean vector's components, and its p-value, given correlated components.

    The squared z-scores are summed; the null law of the sum is c χ²_f with the sum's own mean and variance, the latter
    from the correlations of the components less what sampling noise adds to them. Needs no inverse covariance, so n may
    be smaller than N.

    Args:
        difference: estimated less predicted mean, (N,).
        deviations: centred samples whose mean is the estimate, (n, N).

    Reference: Srivastava & Du (2008), J. Multivariate Anal. 99, 386; two-moment χ² as Satterthwaite (1946).
    """
    count, size = deviations.shape
    scale = deviations.std(axis=0, ddof=1)
    scores = difference / scale * np.sqrt(count)
    scaled = deviations / scale
    products = scaled.T @ scaled if size <= count else scaled @ scaled.T
    squares = np.sum(products**2) / (count - 1) ** 2
    squares = max(squares - size * (size - 1) / (count - 1), size)
    statistic = np.sum(scores**2) * (count - 3) / (count - 1)
    return float(statistic / size), float(stats.chi2.sf(statistic * size / squares, size**2 / squares))
