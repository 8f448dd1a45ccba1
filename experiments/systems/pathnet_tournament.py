"""The temperature of PathNet's tournament: wins at weights that stay, and a population of two kinds."""

import jax
import jax.numpy as jnp
import numpy as np
import xarray

from corr import wiring
from theory import tournament

from . import law
from .pathnet_runs import Setting, pair, programs

BEFORE, PATHS, NOISES = 3, 60, 6  # generations of training; paths that are tried; pairs by difference, each a value
MODEL = 0.01  # accuracies of a window are binomial, not normal
WINS, LAW = "wins of the better path", "log odds of the better kind"
OTHER, ALONE = "noise of one evaluation, not of two", "a single tournament, P = 2"
SPREAD, BETTER, MUTATION = 1.0, 0.15, 0.2  # noise of an evaluation, fitness of the better kind; mutations times P


def wins(key: jax.Array, setting: Setting, tournaments: int) -> xarray.Dataset:
    """Wins of the better of two paths against their difference, in noises of one evaluation."""
    made = programs(setting._replace(window=setting.window._replace(generations=BEFORE, threshold=1.0)), "SGD")
    start, drawn, move, tried, noise, draw = jax.random.split(key, 6)
    random = np.random.default_rng(np.asarray(jax.random.key_data(start)))
    task = pair(setting, random.permutation(10)[:2], random)
    paths = made.net.paths(drawn, setting.population)
    params = made.free(move, task, made.net.init(start), paths, made.chance).params
    right = jax.vmap(lambda path: _right(made.net, params, path, task))(made.net.paths(tried, PATHS))
    exact = np.asarray(right.mean(axis=1))
    size = setting.window.batches * setting.window.points
    pairs = _pairs(exact, size)
    seen = np.asarray(right)[[i for both in pairs for i in both]]
    measured = np.asarray(_windows(noise, jnp.asarray(seen), size, tournaments)).reshape(len(pairs), 2, -1)
    again = np.asarray(_windows(draw, jnp.asarray(seen), size, tournaments)).reshape(len(pairs), 2, -1)
    spread = np.sqrt(measured.var(axis=2).mean(axis=1))  # of one evaluation, from other windows than the wins
    gap = np.array([exact[i] - exact[j] for i, j in pairs]) / spread
    share = np.mean((again[:, 0] > again[:, 1]) + 0.5 * (again[:, 0] == again[:, 1]), axis=1)
    foreseen = [tournament.win_probability(one, 1.0) for one in gap]
    other = [tournament.win_probability(one, np.sqrt(0.5)) for one in gap]
    error = np.sqrt(share * (1 - share) / tournaments)
    row = law.Row(share, error, foreseen, other)
    page = law.against("difference / noise of one evaluation", gap, {WINS: row}, model=MODEL, other=OTHER,
                       logarithmic=False)  # fmt: skip
    return page.assign(noise=("value", spread))


def _right(net: wiring.PathNet, params: wiring.PathParams, path: jax.Array, task: tuple) -> jax.Array:
    points, targets = task
    return (jnp.argmax(net.apply(params, path, points), axis=0) == targets).astype(jnp.float32)


def _pairs(exact: np.ndarray, size: int) -> list[tuple[int, int]]:
    """Better and worse path, with differences of about 0.3 to 3 noises."""
    noise = np.sqrt(exact.mean() * (1 - exact.mean()) / size)
    gaps = (exact[:, None] - exact[None, :]) / noise
    return [tuple(np.unravel_index(np.argmin(np.abs(gaps - aim)), gaps.shape))  # pyright: ignore[reportReturnType]
            for aim in np.linspace(0.3, 3.0, NOISES)]  # fmt: skip


def _windows(key: jax.Array, right: jax.Array, size: int, count: int) -> jax.Array:
    """Accuracies of windows of images drawn evenly, (paths, count)."""
    keys = jax.random.split(key, len(right))
    return jax.lax.map(
        lambda both: jax.lax.map(
            lambda one: jnp.mean(both[1][jax.random.randint(one, (size,), 0, right.shape[1])]),
            jax.random.split(both[0], count), batch_size=256,
        ),
        (keys, right),
    )  # fmt: skip


def populations(key: jax.Array, sizes: tuple[int, ...], steps: int, chains: int) -> xarray.Dataset:
    """Log odds of two kinds in populations, (P,), after many tournaments of ``corr.wiring.tournament``."""
    win = tournament.win_probability(BETTER, SPREAD)
    rows: list[tuple[float, float, float]] = []
    for n, size in enumerate(sizes):
        chance = MUTATION / size
        share = np.asarray(_chains(jax.random.fold_in(key, n), size, steps, chains, chance), float)
        mean, error = share.mean(), share.std(ddof=1) / np.sqrt(chains)
        counts = tournament.stationary_counts(win, size, 2 / 5 * chance)  # of 5 offsets 2 change the kind
        exact = counts @ np.arange(size + 1) / size
        rows.append((float(np.log(mean / (1 - mean))), float(error / (mean * (1 - mean))),
                     float(np.log(exact / (1 - exact)))))  # fmt: skip
    value, error, known = np.array(rows).T
    alone = np.full(len(sizes), tournament.log_odds(win, 2))
    return law.against("population P", sizes, {LAW: law.Row(value, error, known, alone)}, other=ALONE)


def _chains(key: jax.Array, size: int, steps: int, chains: int, chance: float) -> jax.Array:
    """Mean share of the better kind over the later half of each chain, (chains,)."""

    def step(kinds: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        draw, noise, move = jax.random.split(key, 3)
        rivals = jax.random.choice(draw, size, (2,), replace=False)
        fitness = BETTER * kinds[rivals, 0, 0].astype(jnp.float32) + SPREAD * jax.random.normal(noise, (2,))
        new = wiring.tournament(move, kinds, fitness, rivals, 2, chance=chance)
        return new, jnp.mean(new, dtype=jnp.float32)

    def chain(key: jax.Array) -> jax.Array:
        begun = (jnp.arange(size, dtype=jnp.int32) % 2)[:, None, None]
        return jnp.mean(jax.lax.scan(step, begun, jax.random.split(key, steps))[1][steps // 2 :])

    return jax.jit(jax.vmap(chain))(jax.random.split(key, chains))
