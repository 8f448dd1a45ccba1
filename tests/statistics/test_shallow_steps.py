"""One mutation step on the trained shallow network: the real loss, its local quadratic form, and levels 0, 2 and 3."""

import math
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import corr
from corr.theory import level2, level3
from corr.theory.spectrum import full_spectrum, hessian_product, lanczos_spectrum

LIMIT, DRAWS, BATCH = 4.0, 40_000, 2000
UNITS, POINTS = 30, 1000
NETWORK = corr.networks.functional(corr.networks.Shallow(UNITS), variance=1e-4)
LOSS = corr.losses.mean_squared_error(NETWORK.apply, *corr.data.sine(POINTS))


def flat_loss(x: jax.Array) -> jax.Array:
    a, b, c = jnp.split(x, 3)
    return LOSS({"a": a, "b": b, "c": c})


@cache
def trained() -> dict[float, np.ndarray]:
    start = NETWORK.init(corr.root_key(0))
    flat = jnp.concatenate([start[name] for name in "abc"])
    side = corr.descent(flat_loss, learning_rate=1e-4, normalized=True)
    marks = [0, 20_000, 50_000, 100_000]
    data = corr.run(
        side, flat, steps=marks[-1], record_at=marks, trajectories=1, key=corr.root_key(0), block_size=1, devices=1,
        progress=False,
    )  # fmt: skip
    return {mark / 10_000: row for mark, row in zip(marks, data.path.values[0], strict=True)}


def steps(time: float, std: float, beta: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Displacements, accepted, uniforms' stand-in: loss changes of real steps from one point."""
    walk = corr.mutation(flat_loss, mutation_std=std, beta=beta)
    state = walk.init(jnp.asarray(trained()[time]))
    batch = jax.jit(jax.vmap(lambda key: walk.step(key, state)[1]))
    keys = jax.random.split(corr.root_key(11), DRAWS).reshape(-1, BATCH)
    infos = [batch(row) for row in keys]
    moved, accepted, changes = (
        np.concatenate([np.asarray(getattr(info, name), float) for info in infos])
        for name in ("displacement", "accepted", "loss_change")
    )
    return moved, accepted, changes


def probability(changes: np.ndarray, beta: float) -> np.ndarray:
    return (changes <= 0).astype(float) if math.isinf(beta) else np.exp(-beta * np.maximum(changes, 0))


ROWS = [(0.0, 2.5e-5, math.inf), (0.0, 1e-3, 1e3),
        (2.0, 2.5e-3, math.inf), (5.0, 2.5e-3, math.inf), (10.0, 2.5e-5, math.inf), (10.0, 2.5e-4, math.inf),
        (10.0, 2.5e-3, math.inf), (2.0, 4.5e-3, 1e3), (5.0, 1e-2, 1e3), (10.0, 1e-2, 1e3)]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("time", "std", "beta"), ROWS)
def test_level_3_on_the_same_draws(time: float, std: float, beta: float, x64: None) -> None:
    """Acceptance and drift along ĝ: exact for the quadratic form, and for the loss up to the decisions that differ."""
    with jax.enable_x64(False):
        moved, _, changes = steps(time, std, beta)
    position = jnp.asarray(trained()[time], jnp.float64)
    points, targets = (jnp.asarray(part, jnp.float64) for part in corr.data.sine(POINTS))

    def wide(x: jax.Array) -> jax.Array:
        a, b, c = jnp.split(x, 3)
        return jnp.mean((a[None, :] @ jnp.tanh(b[:, None] * points + c[:, None]) - targets) ** 2)

    gradient, hessian = jax.grad(wide)(position), jax.hessian(wide)(position)
    quadratic = moved @ np.asarray(gradient) + np.einsum("ni,ij,nj->n", moved, np.asarray(hessian), moved) / 2
    chance, real = probability(quadratic, beta), probability(changes, beta)
    along = moved @ np.asarray(gradient / jnp.linalg.norm(gradient)) / std
    step = level3.one_step(full_spectrum(gradient, hessian), mutation_std=std, beta=beta)
    drift = float(jnp.sum(step.drift * gradient) / jnp.linalg.norm(gradient)) / std
    pulls = along * (chance - chance.mean())
    errors = chance.std() / math.sqrt(DRAWS), pulls.std() / math.sqrt(DRAWS)
    assert abs(chance.mean() - float(step.acceptance)) < LIMIT * errors[0]
    assert abs(pulls.mean() - drift) < LIMIT * errors[1]
    assert abs(chance.mean() - 1.3 * float(step.acceptance)) > LIMIT * errors[0]
    model = np.abs(real - chance).mean(), np.abs(along * (real - chance)).mean()
    pulled = (along * (real - real.mean())).mean()
    print(f"t = {time:g}, σ = {std:g}, β = {beta:g}: acceptance {real.mean():.4f} / {float(step.acceptance):.4f},"
          f" drift {pulled:.4f} / {drift:.4f}; decisions apart {model[0]:.4f}")  # fmt: skip
    assert abs(real.mean() - float(step.acceptance)) < LIMIT * errors[0] + model[0]
    assert abs(pulled - drift) < LIMIT * errors[1] + model[1] + model[0] * abs(along.mean())
    found = lanczos_spectrum(gradient, hessian_product(wide, position), key=jax.random.key(0), steps=48)
    lean = level3.one_step(found, mutation_std=std, beta=beta)
    assert float(lean.acceptance) == pytest.approx(float(step.acceptance), rel=0.01)
    assert float(jnp.linalg.norm(lean.drift - step.drift)) < 0.01 * float(jnp.linalg.norm(step.drift))
    if (time, std) == (10.0, 2.5e-4):
        kappa = std * jnp.trace(hessian) / 2 / jnp.linalg.norm(gradient)
        second = level2.step_factors(kappa, jnp.asarray(jnp.inf))
        assert abs(chance.mean() - float(second.acceptance)) > LIMIT * errors[0]
        assert abs(pulls.mean() + 1 / math.sqrt(2 * math.pi)) > LIMIT * errors[1]


def test_drift_error_against_the_limit_is_of_order_two_at_zero_and_one_at_finite_temperature(x64: None) -> None:
    """Fitted exponents over two decades: in σ at β = ∞ on a quadratic loss, in s at finite β on a linear one."""
    gradient = jnp.asarray([1.0, -0.2, 0.5])
    size = float(jnp.linalg.norm(gradient))
    curved, straight = (full_spectrum(gradient, jnp.diag(jnp.asarray(h))) for h in ([3.0, -1.0, 0.2], [0.0] * 3))

    def error(spectrum, std: float, beta: float, limit: float) -> float:
        drift = level3.one_step(spectrum, mutation_std=std, beta=beta).drift
        return float(jnp.linalg.norm(drift + limit * gradient) / (limit * size))

    stds = np.geomspace(1e-3, 1e-1, 9)
    cold = [error(curved, std, math.inf, std / math.sqrt(2 * math.pi) / size) for std in stds]
    order = np.polyfit(np.log(stds), np.log(cold), 1)[0]
    assert order == pytest.approx(2.0, abs=0.02)
    strengths = np.geomspace(1e-4, 1e-2, 9)
    warm = [error(straight, 0.01, s / (0.01 * size), s / (0.01 * size) * 0.01**2 / 2) for s in strengths]
    order, level = np.polyfit(np.log(strengths), np.log(warm), 1)
    assert order == pytest.approx(1.0, abs=0.01)
    assert math.exp(level) == pytest.approx(math.sqrt(2 / math.pi), rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("time", [5.0, 10.0])
def test_mean_loss_at_finite_beta_needs_its_ito_term(time: float, x64: None) -> None:
    """d<U> per step = -(βσ²/2)|g|² + (σ²/2) tr H, against real steps from one point; level 3 gives its model error."""
    std, beta = 1e-3, 1e3
    with jax.enable_x64(False):
        _, accepted, changes = steps(time, std, beta)
        position = jnp.asarray(trained()[time])
        gradient, hessian = jax.grad(flat_loss)(position), jax.hessian(flat_loss)(position)
    gradient, hessian = (part.astype(jnp.float64) for part in (gradient, hessian))
    values = changes * accepted
    measured, error = values.mean(), values.std() / math.sqrt(DRAWS)
    exact = float(level3.mean_loss_change(full_spectrum(gradient, hessian), mutation_std=std, beta=beta))
    descending = -beta * std**2 / 2 * float(jnp.sum(gradient * gradient))
    ito = std**2 / 2 * float(jnp.trace(hessian))
    print(f"t = {time:g}: measured {measured:.3e} ± {error:.1e}, level 3 {exact:.3e}, with Itô {descending + ito:.3e},"
          f" without {descending:.3e}")  # fmt: skip
    assert abs(measured - exact) < LIMIT * error
    model = abs(exact - descending - ito)
    assert abs(measured - descending - ito) < LIMIT * error + model
    assert model < 0.2 * (abs(descending) + ito)
    assert abs(measured - descending) > LIMIT * error + model
