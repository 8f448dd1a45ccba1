"""Noisy gradient descent: the twin of mutation, with the paper's noise or any one-step moments."""

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from .._checks import check_beta, check_positive
from .._keys import Stream, proposal_and_decision
from .._precision import wide
from .._types import Dynamics, Params, Scalar
from ._descent import Schedule, as_schedule, gradient_dynamics, numbers, unit

Factor = Callable[[jax.Array], jax.Array]
Moments = Callable[..., tuple[jax.Array, Factor]]


def langevin(
    loss: Callable[[Params], Scalar],
    *,
    time_step: float | Schedule,
    moments: Moments,
    measure: Callable[[Callable[[jax.Array], jax.Array], jax.Array], Any] | None = None,
    common_noise: bool = False,
) -> Dynamics:
    """Noisy gradient descent, x ← x + dt b(∇U) + √dt L(∇U) ξ with ξ ~ N(0, 1) independent.

    The noise is added after the time step is applied to the drift. Its numbers come from ``Stream.TWIN``, so it
    shares none with mutation under the same root key, unless it is asked to.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        time_step: dt > 0 in common time t, or a schedule ``step number -> dt`` as in ``descent``. It must resolve the
            stiffest direction, dt h_max/|∇U| << 1 for normalized and dt h_max << 1 for plain drift.
        moments: ``f(gradient of shape (N,)) -> (drift b of shape (N,), factor)`` per unit of common time, where
            ``factor(ξ of shape (N,))`` applies L to the noise. ``paper_moments`` gives the paper's. With ``measure``
            they are called as ``f(gradient, measured)``.
        measure: ``measure(loss of a flat vector, position of shape (N,))``, what the moments need of the curvature;
            done at every refresh, so every ``refresh_every`` steps of ``run``. ``theory.corrected`` gives levels 2, 3.
        common_noise: take as ξ of step n the normal numbers that Gaussian ``mutation`` under the same root key takes in
            step n of the same trajectory, ε = σ ξ; with its time per step, λα, as ``time_step``.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True. A step costs 3 ``evaluations``, and what ``measure`` costs
        beside, which it alone knows: ``twin._replace(evaluations=...)`` counts that too.

    Raises:
        ValueError: if dt is not positive and finite.

    Example:
        >>> twin = langevin(lambda x: jnp.sum(x**2), time_step=1e-3, moments=paper_moments(step_time=1e-5))
        >>> state, info = twin.step(jax.random.key(0), twin.init(jnp.ones(3)))
        >>> state.position.shape
        (3,)

    Reference: Whitelam et al. (2021), eqs. 3 (finite β) and 6 (β = ∞).
    """
    step_size = as_schedule("time_step", time_step)

    def draw(key: jax.Array, params: Params) -> jax.Array:
        flat, _ = ravel_pytree(params)
        mine = proposal_and_decision(key)[0] if common_noise else key
        return jax.random.normal(mine, flat.shape, wide(flat.dtype))

    def displace(noise: jax.Array, count: jax.Array, gradient: Params, measured: Any) -> Params:
        narrow, unravel = ravel_pytree(gradient)
        flat = narrow.astype(wide(narrow.dtype))
        drift, factor = moments(flat) if measure is None else moments(flat, measured)
        dt = step_size(count).astype(flat.dtype)
        return unravel((dt * drift + jnp.sqrt(dt) * factor(noise)).astype(narrow.dtype))

    def curvature(params: Params) -> Any:
        flat, unravel = ravel_pytree(params)
        return () if measure is None else measure(lambda x: loss(unravel(x)), flat)

    facts = {"dynamics": "langevin", "gradient": True, **numbers(time_step=time_step)}
    stream = Stream.MUTATION if common_noise else Stream.TWIN
    return gradient_dynamics(loss, draw, displace, stream, curvature)._replace(facts=facts)


def paper_moments(*, step_time: float | None = None, beta: float = math.inf, scale: Any = None) -> Moments:
    """Drift and noise of the paper's Langevin equations, per unit of common time.

    β = ∞: b = -∇U/|∇U|, L = √(π λ α); finite β: b = -∇U, L = √(2/β). With a scale r_i, those of mutations of size
    r_i σ: b(∇U) becomes r b(r ∇U) and L becomes r L, componentwise products.

    Args:
        step_time: λα, common time of one mutation step; needed at β = ∞ only.
        beta: β in (0, ∞], in 1/loss.
        scale: r, shape (N,), not negative; None for 1 everywhere.

    Returns:
        Moments for ``langevin``.

    Raises:
        ValueError: if β is 0, negative or NaN, or ``step_time`` is missing or not positive at β = ∞.

    Example:
        >>> drift, factor = paper_moments(beta=200.0)(jnp.array([1.0, 2.0]))
        >>> drift.tolist(), round(float(factor(jnp.ones(2))[0]), 6)
        ([-1.0, -2.0], 0.1)

    Reference: Whitelam et al. (2021), eqs. 3-8 with the matching of eqs. 14 and 17; scale: eq. 57.
    """
    beta = check_beta(beta)
    if beta == 0:
        raise ValueError("beta = 0 follows no gradient: the paper's twin needs beta in (0, inf]")
    if math.isinf(beta):
        if step_time is None:
            raise ValueError("at beta = inf the twin's noise needs step_time = lambda * alpha, got None")
        size = math.sqrt(math.pi * check_positive("step_time", step_time))
        return lambda gradient: (-_times(scale, unit(_times(scale, gradient))), lambda xi: size * _times(scale, xi))
    size = math.sqrt(2 / beta)
    return lambda gradient: (-_times(scale, _times(scale, gradient)), lambda xi: size * _times(scale, xi))


def _times(scale: Any, vector: jax.Array) -> jax.Array:
    return vector if scale is None else jnp.asarray(scale, vector.dtype) * vector
