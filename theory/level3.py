"""Level 3: exact one-step moments for a locally quadratic loss, any spectrum, any β, Metropolis or Barker acceptance.

ΔU = σ g·ε + (σ²/2) εᵀHε has the characteristic function χ(t) = Π_j d_j^{-1/2} exp(-σ² g_j² t² / (2 d_j)),
d_j = 1 - iσ²h_j t, and all moments are integrals of χ over a ray t = r e^{-iθ} in the complex plane (no pole is crossed
for |θ| < π/2), where it falls off fast. Evaluate in float64.
"""

import math
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from ._beta import is_cold, is_hot
from ._gauss import panels
from .spectrum import Spectrum

PANELS = 40
ANGLES = (*(sign * math.pi / 2**k for k in (3, 4, 5, 6) for sign in (1, -1)), 0.0)
LARGEST, SMALLEST = 2.0, 1e-16
PROBE_DECADES, PROBES = 36, 121
Rule = Literal["metropolis", "barker"]


class OneStep(NamedTuple):
    """One mutation step.

    Attributes:
        acceptance: mean acceptance.
        drift: mean displacement, shape (N,), parameter units per step.
        error: of acceptance and drift (drift in units of σ), the larger: the quadrature's, and with a spectrum from
            random probes the standard error that their number leaves.
    """

    acceptance: jax.Array
    drift: jax.Array
    error: jax.Array


class _Ray(NamedTuple):
    """Quadrature on t = r e^{-iθ}: radii, weights, θ."""

    radius: jax.Array
    weight: jax.Array
    angle: jax.Array


def one_step(spectrum: Spectrum, *, mutation_std: Any, beta: Any, rule: Rule = "metropolis") -> OneStep:
    """Acceptance 1/2 - (1/π)∫ Im[χW]/t dt and drift -(σ²g_j/π)∫ Re[χW/d_j] dt, with W(t) = β/(β + it).

    Barker's rule has W(t)/t = (π/β)/sinh(πt/β); at β = ∞ both have W = 1.

    Args:
        spectrum: gradient and Hessian, in float64.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number, or a traced one that is finite and positive.
        rule: acceptance rule.

    Returns:
        A ``OneStep``.

    Example:
        >>> from theory.spectrum import full_spectrum
        >>> with jax.enable_x64(True):
        ...     flat = full_spectrum(jnp.array([3.0, 4.0]), jnp.zeros((2, 2)))
        ...     step = one_step(flat, mutation_std=0.1, beta=math.inf)
        ...     print(round(float(step.acceptance), 9), [round(float(v), 6) for v in step.drift])
        0.5 [-0.023937, -0.031915]

    Reference: theory/README.md, "Level 3"; Imhof, Biometrika 48, 419 (1961) for quadratic forms.
    """
    known = _certain(spectrum, beta, rule)
    if is_hot(beta):
        zero = jnp.zeros_like(spectrum.basis[:, 0])
        return OneStep(known, zero, jnp.zeros_like(known))
    fine, coarse = (_integrals(spectrum, mutation_std, beta, rule, count) for count in (PANELS, PANELS // 2))
    accepted = jnp.where(_moves(spectrum), fine[0], known)
    off = jnp.linalg.norm((fine[1] - coarse[1]) * spectrum.gradient) / mutation_std
    error = jnp.maximum(
        jnp.maximum(jnp.abs(fine[0] - coarse[0]), off), _probes_error(spectrum, mutation_std, beta, rule)
    )
    return OneStep(accepted, -spectrum.basis @ (fine[1] * spectrum.gradient), jnp.where(_moves(spectrum), error, 0.0))


def response(spectrum: Spectrum, *, mutation_std: Any, beta: Any, rule: Rule = "metropolis") -> jax.Array:
    """The symmetric matrix R with drift = -R ∇U; it varies slowly along a trajectory, unlike the drift.

    Args:
        spectrum: gradient and Hessian from ``full_spectrum``, in float64.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number, or a traced one that is finite and positive.
        rule: acceptance rule.

    Returns:
        Shape (N, N), squared parameter units per loss and step.

    Example:
        >>> from theory.spectrum import full_spectrum
        >>> with jax.enable_x64(True):
        ...     flat = full_spectrum(jnp.array([2.0]), jnp.zeros((1, 1)))
        ...     print(round(float(response(flat, mutation_std=1.0, beta=math.inf)[0, 0]), 6))
        0.199471

    Reference: theory/README.md, "Level 3".
    """
    if is_hot(beta):
        return jnp.zeros_like(spectrum.basis)
    _, slopes = _integrals(spectrum, mutation_std, beta, rule, PANELS)
    slopes = jnp.where(_moves(spectrum), slopes, 0.0)
    return (spectrum.basis * slopes[None, :]) @ spectrum.basis.T


def second_moment(spectrum: Spectrum, *, mutation_std: Any, beta: Any, rule: Rule = "metropolis") -> jax.Array:
    """Second moment matrix of a step, E[ε_j ε_k a]; the covariance is this minus drift driftᵀ.

    Args:
        spectrum: gradient and Hessian from ``full_spectrum``, in float64.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number, or a traced one that is finite and positive.
        rule: acceptance rule.

    Returns:
        Shape (N, N), squared parameter units per step.

    Example:
        >>> from theory.spectrum import full_spectrum
        >>> with jax.enable_x64(True):
        ...     flat = full_spectrum(jnp.array([1.0, 0.0]), jnp.zeros((2, 2)))
        ...     print(jnp.round(second_moment(flat, mutation_std=1.0, beta=math.inf), 9).tolist())
        [[0.5, 0.0], [0.0, 0.5]]

    Reference: theory/README.md, "Level 3".
    """
    variance = mutation_std**2
    identity = jnp.eye(spectrum.values.size, dtype=spectrum.values.dtype)
    if is_hot(beta):
        inner = variance * _certain(spectrum, beta, rule) * identity
    else:
        ray = _ray(spectrum, mutation_std, beta, rule, PANELS)
        point = _turned(ray.radius, ray.angle)
        chi = _characteristic(spectrum, mutation_std, point) * _filter(point, beta, rule)
        inverse = 1 / _denominators(spectrum.values, mutation_std, point)
        own = _imaginary_part(chi[:, None] * inverse, ray)
        turned = _turned(ray.radius * ray.weight, 2 * ray.angle) * chi
        mixed = jnp.imag(jnp.einsum("r,rj,rk->jk", turned, inverse, inverse)) / math.pi
        pulls = mutation_std * spectrum.gradient
        inner = variance * (jnp.diag(own) + pulls[:, None] * mixed * pulls[None, :])
        inner = jnp.where(_moves(spectrum), inner, variance * _certain(spectrum, beta, rule) * identity)
    return spectrum.basis @ inner @ spectrum.basis.T


def mean_loss_change(spectrum: Spectrum, *, mutation_std: Any, beta: Any, rule: Rule = "metropolis") -> jax.Array:
    """E[ΔU a] = g·drift + (1/2) Σ_j h_j E[(step_j)²], the mean change of the loss in one step.

    Args:
        spectrum: gradient and Hessian, in float64.
        mutation_std: σ, parameter units.
        beta: β in [0, ∞], a Python number, or a traced one that is finite and positive.
        rule: acceptance rule.

    Returns:
        Scalar, loss per step; never positive at β = ∞.

    Example:
        >>> from theory.spectrum import full_spectrum
        >>> with jax.enable_x64(True):
        ...     flat = full_spectrum(jnp.array([1.0, 0.0]), jnp.zeros((2, 2)))
        ...     print(round(float(mean_loss_change(flat, mutation_std=1.0, beta=math.inf)), 6))
        -0.398942

    Reference: theory/README.md, "Level 3".
    """
    if is_hot(beta):
        return mutation_std**2 * _certain(spectrum, beta, rule) * jnp.sum(spectrum.counts * spectrum.all_values) / 2
    ray = _ray(spectrum, mutation_std, beta, rule, PANELS)
    point = _turned(ray.radius, ray.angle)
    chi = _characteristic(spectrum, mutation_std, point) * _filter(point, beta, rule)
    seen, whole = (1 / _denominators(v, mutation_std, point) for v in (spectrum.values, spectrum.all_values))
    slopes = jnp.real((_turned(ray.weight, ray.angle) * chi) @ seen) / math.pi
    own = _imaginary_part(chi[:, None] * whole, ray)
    mixed = jnp.imag((_turned(ray.radius * ray.weight, 2 * ray.angle) * chi) @ (seen * seen)) / math.pi
    pulls = jnp.square(spectrum.gradient)
    bent = jnp.sum(spectrum.counts * spectrum.all_values * own) + mutation_std**2 * jnp.sum(
        spectrum.values * pulls * mixed
    )
    change = mutation_std**2 * (bent / 2 - jnp.sum(pulls * slopes))
    return jnp.where(_moves(spectrum), change, 0.0)


def _integrals(spectrum: Spectrum, std: Any, beta: Any, rule: Rule, count: int) -> tuple[jax.Array, jax.Array]:
    """Acceptance, and minus the drift over the gradient in each direction."""
    ray = _ray(spectrum, std, beta, rule, count)
    point = _turned(ray.radius, ray.angle)
    chi = _characteristic(spectrum, std, point) * _filter(point, beta, rule)
    turned = _turned(ray.weight, ray.angle) * chi
    inverse = 1 / _denominators(spectrum.values, std, point)
    return _imaginary_part(chi, ray), std**2 / math.pi * jnp.real(turned @ inverse)


def _probes_error(spectrum: Spectrum, std: Any, beta: Any, rule: Rule) -> jax.Array:
    """Delete-one-probe jackknife of the larger of acceptance and drift over σ; zero for an exact spectrum."""
    if spectrum.without is None:
        return jnp.zeros((), spectrum.values.dtype)
    left = jax.lax.map(
        lambda counts: _integrals(spectrum._replace(counts=counts), std, beta, rule, PANELS), spectrum.without
    )
    probes = len(spectrum.without)
    apart = [
        part - jnp.mean(part, axis=0, keepdims=True) for part in (left[0], left[1] * spectrum.gradient[None, :] / std)
    ]
    squares = [jnp.sum(jnp.square(part)) * (probes - 1) / probes for part in apart]
    return jnp.sqrt(jnp.maximum(*squares))


def _imaginary_part(values: jax.Array, ray: _Ray) -> jax.Array:
    """1/2 - (1/π)∫ Im[values]/t dt along the ray, for values that are 1 at t = 0."""
    return 0.5 + ray.angle / math.pi - (ray.weight / ray.radius) @ jnp.imag(values) / math.pi


def _characteristic(spectrum: Spectrum, std: Any, point: jax.Array) -> jax.Array:
    logs = jnp.log(_denominators(spectrum.all_values, std, point)) @ spectrum.counts.astype(point.dtype)
    pulls = (jnp.square(std * spectrum.gradient) / 2).astype(point.dtype)
    return jnp.exp(-logs / 2 - point * point * ((1 / _denominators(spectrum.values, std, point)) @ pulls))


def _denominators(values: jax.Array, std: Any, point: jax.Array) -> jax.Array:
    """d_j(t), shape (points, eigenvalues)."""
    bend = std**2 * values[None, :]
    return jax.lax.complex(1 + bend * jnp.imag(point)[:, None], -bend * jnp.real(point)[:, None])


def _turned(radius: jax.Array, angle: jax.Array) -> jax.Array:
    """r e^{-iθ}."""
    return jax.lax.complex(radius * jnp.cos(angle), -radius * jnp.sin(angle))


def _filter(point: jax.Array, beta: Any, rule: Rule) -> Any:
    """W(t): 1 at β = ∞."""
    if is_cold(beta):
        return jnp.ones_like(point)
    cost = jnp.asarray(beta, jnp.real(point).dtype)
    if rule == "metropolis":
        return cost.astype(point.dtype) / jax.lax.complex(cost - jnp.imag(point), jnp.real(point))
    scaled = math.pi * point / cost.astype(point.dtype)
    damped = jnp.exp(-scaled)
    return 2 * scaled * damped / (-jnp.expm1(-2 * scaled))


def _ray(spectrum: Spectrum, std: Any, beta: Any, rule: Rule, count: int) -> _Ray:
    """The first angle of ``ANGLES`` with |χ| <= 2 throughout; panels geometric up to where the integrand has died."""
    size = jnp.sum(jnp.square(spectrum.gradient))
    bend = jnp.sum(spectrum.counts * jnp.square(spectrum.all_values))
    scale = jnp.sqrt(std**2 * size + std**4 * bend / 2)
    first = 1e-2 * jnp.minimum(1 / jnp.where(scale > 0, scale, 1.0), beta)
    probe = first * jnp.logspace(0, PROBE_DECADES, PROBES, dtype=first.dtype)

    def height(angle: jax.Array) -> jax.Array:
        point = _turned(probe, angle)
        return jnp.abs(_characteristic(spectrum, std, point) * _filter(point, beta, rule))

    angles = jnp.asarray(ANGLES, first.dtype)
    heights = jnp.stack([height(angle) for angle in angles])
    good = jnp.all(heights <= LARGEST, axis=1)
    chosen = jax.lax.argmax(good, 0, jnp.int32)
    alive = heights[chosen] > SMALLEST
    number = jnp.arange(PROBES, dtype=jnp.int32)
    last = probe[jnp.minimum(PROBES - 1, 1 + jnp.max(jnp.where(alive, number, 0)))]
    edges = jnp.exp(jnp.linspace(jnp.log(first), jnp.log(last), count))
    edges = jnp.concatenate([jnp.zeros(1, first.dtype), edges])
    return _Ray(*panels(edges), angles[chosen])


def _moves(spectrum: Spectrum) -> jax.Array:
    """Whether the loss changes at all to second order."""
    return jnp.any(spectrum.gradient != 0) | jnp.any(spectrum.counts * spectrum.all_values != 0)


def _certain(spectrum: Spectrum, beta: Any, rule: Rule) -> jax.Array:
    """Acceptance where every proposal leaves the loss as it is, or β = 0."""
    return jnp.full((), 0.5 if rule == "barker" and not is_cold(beta) else 1.0, spectrum.values.dtype)
