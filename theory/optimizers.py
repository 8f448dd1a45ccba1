"""Mean steps of optimizers on a constant gradient with Gaussian noise: in the noise, sign and unit steps turn plain."""

import jax
import jax.numpy as jnp
import numpy as np


def sign_drift(gradient: jax.Array, tau: float) -> jax.Array:
    """Mean of sign(g + τz), erf(g/(√2 τ)): sign descent where |g| >> τ, plain descent √(2/π) g/τ where |g| << τ.

    Args:
        gradient: g of each parameter, any shape.
        tau: standard deviation τ of the noise of one component, in the units of g, not negative.

    Returns:
        Same shape: the mean step against the gradient, over the learning rate.

    Raises:
        ValueError: if τ is negative.

    Example:
        >>> [round(float(v), 4) for v in sign_drift(jnp.array([0.1, 1.0, 10.0]), 1.0)]
        [0.0797, 0.6827, 1.0]

    Reference: theory/README.md, "Optimizers"; atlas S11.
    """
    slope = jnp.asarray(gradient, jnp.result_type(float))
    width = np.sqrt(2) * _noise(tau)
    return jax.scipy.special.erf(slope / width) if width > 0 else jnp.sign(slope)


def unit_drift(gradient: jax.Array, tau: float) -> jax.Array:
    """g/√(g² + τ²) of each parameter: RMSprop and Adam, whose second moment remembers many steps.

    Args:
        gradient: g of each parameter, any shape.
        tau: standard deviation τ of the noise of one component, in the units of g, not negative.

    Returns:
        Same shape: the mean step against the gradient, over the learning rate. Of relative error 1 - b2, the share of
        the second moment that is the step's own.

    Raises:
        ValueError: if τ is negative.

    Example:
        >>> [round(float(v), 4) for v in unit_drift(jnp.array([0.1, 1.0, 10.0]), 1.0)]
        [0.0995, 0.7071, 0.995]

    Reference: theory/README.md, "Optimizers"; atlas S11.
    """
    slope = jnp.asarray(gradient, jnp.result_type(float))
    size = jnp.hypot(slope, _noise(tau))
    return slope / jnp.where(size > 0, size, 1)


def lion_noise(tau: float, *, b1: float = 0.9, b2: float = 0.99) -> float:
    """Noise of what Lion takes the sign of, τ √((1 - b1)² + b1² (1 - b2)/(1 + b2)).

    Args:
        tau: standard deviation τ of the noise of one gradient, not negative.
        b1: share of the remembered gradient in a step, in [0, 1].
        b2: share of it that is kept from step to step, in [0, 1).

    Returns:
        A standard deviation, in the units of τ, for ``sign_drift``.

    Raises:
        ValueError: if a number is out of range.

    Example:
        >>> round(lion_noise(1.0), 4)
        0.1186

    Reference: theory/README.md, "Optimizers"; Chen et al., arXiv:2302.06675.
    """
    if not (0 <= b1 <= 1 and 0 <= b2 < 1):
        raise ValueError(f"b1 must lie in [0, 1] and b2 in [0, 1), got {b1} and {b2}")
    return _noise(tau) * float(np.sqrt((1 - b1) ** 2 + b1**2 * (1 - b2) / (1 + b2)))


def amsgrad_drift(
    gradient: np.ndarray, tau: float, *, steps: int, b2: float = 0.999, samples: int = 2000, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """g E[1/√(largest v so far)]: AMSGrad divides by the noisiest stretch that it has seen, here simulated.

    Args:
        gradient: g of each parameter, (N,).
        tau: standard deviation τ of the noise of one component, in the units of g, not negative.
        steps: so many have been taken.
        b2: share of v = b2 v + (1 - b2) g² that is kept, divided by 1 - b2^t as Adam does, in [0, 1).
        samples: independent histories, at least 2.
        seed: of these.

    Returns:
        Mean step against the gradient over the learning rate, and its standard error, (N,) each.

    Raises:
        ValueError: if a number is out of range.

    Example:
        >>> value, error = amsgrad_drift(np.array([0.1]), 1.0, steps=500)
        >>> bool(value[0] < 0.0995)
        True

    Reference: theory/README.md, "Optimizers"; Reddi et al., arXiv:1904.09237.
    """
    if steps < 1 or samples < 2 or not 0 <= b2 < 1:
        raise ValueError(f"expected steps of 1, samples of 2 or more and b2 in [0, 1), got {steps}, {samples} and {b2}")
    slope, noise = np.asarray(gradient, float), _noise(tau)
    random = np.random.default_rng(seed)
    squares, largest = np.zeros((samples, slope.size)), np.zeros((samples, slope.size))
    for step in range(1, steps + 1):
        squares = b2 * squares + (1 - b2) * (slope + noise * random.normal(size=squares.shape)) ** 2
        largest = np.maximum(largest, squares / (1 - b2**step))
    found = slope / np.sqrt(largest)
    return found.mean(axis=0), found.std(axis=0, ddof=1) / np.sqrt(samples)


def _noise(tau: float) -> float:
    if tau < 0:
        raise ValueError(f"tau must not be negative, got {tau}")
    return float(tau)
