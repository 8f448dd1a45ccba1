"""Mutations with heavy tails on a linear loss: their drift is the power gradient sign(g)|g|^H.

Four laws have it: symmetric stable components of exponent α = 1 + H, at β = ∞ and at small β; one coordinate at a time
with a Pareto scale; and Gaussian mutation of one coordinate at a random β.
"""

import math

import jax
import jax.numpy as jnp

from ._gauss import panels
from .power import check_exponent, power_gradient

# The integration variable: from where on the integrand is its limit at 0, to where it has fallen by e^-40, in panels.
BELOW, ABOVE, PANELS = 1e-6, 40.0, 96


def stable_factor(s: jax.Array, alpha: float) -> jax.Array:
    """Drift along a slope in units of the scale, F(s) = E|X|/2 - ∫_0^∞ x e^{-sx} p(x) dx of a standard stable X.

    F = (α/π) ∫_0^∞ t^{α-2} e^{-t^α} s²/(s² + t²) dt: α s^{α-1}/(2 sin(π(α - 1)/2)) as s → 0, Γ(1 - 1/α)/π at s = ∞,
    s erfcx(s) at α = 2, where X is N(0, 2).

    Args:
        s: β · scale · ‖g‖_α in [0, ∞], dimensionless, any shape.
        alpha: α in (1, 2].

    Returns:
        Same shape.

    Raises:
        ValueError: if α is out of range.

    Example:
        >>> [round(float(stable_factor(jnp.float32(s), 2.0)), 4) for s in (0.5, jnp.inf)]
        [0.3078, 0.5642]

    Reference: theory/README.md, "Heavy tails"; atlas S1 (i), (ii).
    """
    _check_alpha(alpha)
    s = jnp.asarray(s)
    s = s if jnp.issubdtype(s.dtype, jnp.floating) else s.astype(jnp.result_type(float))
    grid = jnp.linspace(0, 1, PANELS, dtype=s.dtype)

    def one(s: jax.Array) -> jax.Array:
        first = BELOW * jnp.where(s > 0, jnp.minimum(s, 1.0), 1.0)
        edges = first * (ABOVE / first) ** grid
        # In w = t^(α-1) the singularity at t = 0 is gone.
        w, weight = panels(jnp.concatenate([jnp.zeros(1, s.dtype), edges]) ** (alpha - 1))
        t = w ** (1 / (alpha - 1))
        return alpha / (math.pi * (alpha - 1)) * jnp.sum(weight * jnp.exp(-(t**alpha)) / (1 + jnp.square(t / s)))

    found = jax.vmap(one)(s.ravel()).reshape(s.shape)
    return jnp.where(s > 0, found, 0.0)


def stable_drift(gradient: jax.Array, *, scale: float, alpha: float, beta: float) -> jax.Array:
    """Independent symmetric stable components: -σ F(βσ‖g‖_α) sign(g)|g|^{α-1}/‖g‖_α^{α-1}, exact on a linear loss.

    The conditional mean of a component is E[ε_i | g·ε] = sign(g_i)|g_i|^{α-1} (g·ε)/‖g‖_α^α, and g·ε is stable of scale
    σ‖g‖_α. At β = ∞ it is steepest descent in the norm dual to ‖·‖_α, of H = α - 1; at small s plain power descent.

    Args:
        gradient: g = ∇U, shape (N,).
        scale: σ of the law, E e^{iuε} = e^{-|σu|^α}, parameter units; at α = 2 the standard deviation is σ√2.
        alpha: α in (1, 2].
        beta: β in (0, ∞], a Python number.

    Returns:
        Shape (N,), parameter units per step; zero where g is.

    Raises:
        ValueError: if α is out of range.

    Example:
        >>> drift = stable_drift(jnp.array([3.0, -4.0]), scale=0.1, alpha=2.0, beta=math.inf)
        >>> [round(float(v), 5) for v in drift]
        [-0.03385, 0.04514]

    Reference: theory/README.md, "Heavy tails"; atlas S1 (i), (ii).
    """
    _check_alpha(alpha)
    size = jnp.max(jnp.abs(gradient))
    unit = gradient / jnp.where(size > 0, size, 1.0)
    norm = jnp.sum(jnp.abs(unit) ** alpha) ** (1 / alpha)
    s = jnp.where(size > 0, beta * scale * size * norm, 0.0)
    ratio = power_gradient(unit, alpha - 1) / jnp.where(norm > 0, norm, 1.0) ** (alpha - 1)
    return -scale * stable_factor(s, alpha) * ratio


def stable_rate(*, scale: float, alpha: float, beta: float) -> float:
    """Learning rate η of plain power descent, drift -η sign(g)|g|^{α-1}, where βσ‖g‖_α is small.

    η = σ^α β^{α-1} α/(2 sin(π(α - 1)/2)), which is C_α Γ(2 - α)/(α - 1) with C_α = Γ(1 + α) sin(πα/2)/π.

    Args:
        scale: σ, parameter units.
        alpha: α in (1, 2].
        beta: β in (0, ∞).

    Returns:
        η.

    Raises:
        ValueError: if α is out of range.

    Example:
        >>> stable_rate(scale=0.1, alpha=2.0, beta=3.0) == 3.0 * 0.1**2
        True

    Reference: theory/README.md, "Heavy tails"; atlas S1 (ii).
    """
    _check_alpha(alpha)
    return scale**alpha * beta ** (alpha - 1) * alpha / (2 * math.sin(math.pi * (alpha - 1) / 2))


def pareto_drift(
    gradient: jax.Array, *, smallest: float, exponent: float, beta: float, largest: float = math.inf
) -> jax.Array:
    """One coordinate by a Pareto size, density ∝ |ε|^{-2-H} between two ends: drift ∝ (β|g_i|)^H between 1/ends.

    -(sign(g_i)/N) (1 + H)/2 a^{1+H}/(1 - (a/b)^{1+H}) [I(a) - I(b)] with k = β|g_i| and
    I(a) = a^{-H}(1 - e^{-ka})/H + k^H Γ(1 - H, ka)/H. I(0) = k^H Γ(1 - H)/H; below 1/(βb) it is the gradient, above
    1/(βa) its sign.

    Args:
        gradient: g = ∇U, shape (N,).
        smallest: a > 0, parameter units.
        exponent: H in (0, 1).
        beta: β in (0, ∞], a Python number.
        largest: b > a, or ∞.

    Returns:
        Shape (N,), parameter units per step; exact on a linear loss.

    Raises:
        ValueError: for H, a or b out of range.

    Example:
        >>> g = jnp.array([0.01, 1.0])
        >>> drift = pareto_drift(g, smallest=1e-4, exponent=0.5, beta=1.0)
        >>> round(float(jnp.log10(drift[1] / drift[0]) / 2), 2)
        0.5

    Reference: theory/README.md, "Heavy tails"; atlas S1 (iii).
    """
    check_exponent(exponent, below=1.0)
    if not 0 < smallest < largest:
        raise ValueError(f"smallest must lie between 0 and largest, got {smallest} and {largest}")
    k = beta * jnp.where(gradient == 0, 1.0, jnp.abs(gradient))
    top = 0.0 if math.isinf(largest) else _above(k, largest, exponent)
    share = 1 - (smallest / largest) ** (1 + exponent)
    front = (1 + exponent) / 2 * smallest ** (1 + exponent) / share / gradient.size
    return -front * jnp.sign(gradient) * (_above(k, smallest, exponent) - top)


def _above(k: jax.Array, end: float, exponent: float) -> jax.Array:
    """∫_end^∞ ε^{-1-H} (1 - e^{-kε}) dε."""
    near = -jnp.expm1(-k * end) / end**exponent
    finite = jnp.where(jnp.isinf(k), 1.0, k)
    tail = finite**exponent * math.gamma(1 - exponent) * jax.scipy.special.gammaincc(1 - exponent, finite * end)
    return (near + jnp.where(jnp.isinf(k), 0.0, tail)) / exponent


def random_beta_constant(exponent: float) -> float:
    """∫_0^∞ f(s) s^{-1-H} ds = Γ(1 - H) Γ(H/2)/(2√π 2^{(1-H)/2}), f of level 1.

    Gaussian mutation of one coordinate, each step at a β of density w(β) = cβ^{-1-H} between ends far apart: the drift
    is -(σ/N) sign(g_i) c (σ|g_i|)^H times this, the power gradient once more.

    Args:
        exponent: H in (0, 1).

    Returns:
        The number.

    Raises:
        ValueError: if H is out of range.

    Example:
        >>> round(random_beta_constant(0.5), 4)
        1.5244

    Reference: theory/README.md, "Heavy tails"; atlas S1 (iv).
    """
    check_exponent(exponent, below=1.0)
    return math.gamma(1 - exponent) * math.gamma(exponent / 2) / (2 * math.sqrt(math.pi) * 2 ** ((1 - exponent) / 2))


def _check_alpha(alpha: float) -> None:
    if not 1 < alpha <= 2:
        raise ValueError(f"alpha must lie in (1, 2], got {alpha}: at 1 and below a component has no mean")
