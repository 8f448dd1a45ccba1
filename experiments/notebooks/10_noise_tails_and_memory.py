# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: -all
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Noise, heavy tails and memory
#
# **A loss that is known with noise, steps of infinite variance, updates that come late, a mean that follows the steps
# taken, mutations of low rank, an optimizer, a wide mutation: which descent does each make of mutation?**
#
# Every section changes one thing and puts the measurement beside a law of `corr.theory`. The studies of the same names
# (`corr reproduce noise heavy_tails delay adaptive low_rank optimizers smoothing suppression`) do it with more draws,
# on networks, beside laws that are refused.

# %%
import math
import os

import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import corr
from corr import proposals
from corr.theory import adaptive, delay, level1, low_rank, noise, power, smoothing

SMALL = os.environ.get("CORR_NOTEBOOKS") == "small"
DRAWS = 4_000 if SMALL else 40_000
plt.style.use("corr.figures.corr")
plt.rcParams["figure.figsize"] = 5, 3

g = jnp.array([1.0, -0.5, 0.25, 2.0])
size = float(jnp.linalg.norm(g))


def slope(x):
    return g @ x


def steps(walk, start, number, **options):
    """Samples whose mean is the mean displacement of one step."""
    key = corr.root_key(number)
    return corr.atlas.displacements(walk, {"here": start}, draws=DRAWS, key=key, progress=False, **options)["here"]


def along(moves, direction):
    """Mean displacement along a direction, and its standard error."""
    found = moves.samples.astype(float) @ np.asarray(direction, float)
    return found.mean(), found.std(ddof=1) / math.sqrt(len(found))


# %% [markdown]
# ## Noise in the evaluation is temperature
#
# Decide on a change of the loss that is known to ±τ. The drift at zero temperature falls as τ grows, as if there were a
# β = √(2/π)/τ, and the weights settle at a width as at a temperature.

# %%
STD = 1e-3
ratios = np.array([0.1, 0.3, 1.0, 3.0, 10.0])
seen, known = [], []
for k, ratio in enumerate(ratios):
    tau = ratio * STD * size
    walk = corr.mutation(slope, mutation_std=STD, rule=corr.noisy(tau))
    seen.append(along(steps(walk, jnp.zeros(4), k), -g / size / STD))
    known.append(float(jnp.linalg.norm(noise.drift(g, mutation_std=STD, beta=math.inf, tau=tau))) / STD)
value, error = np.array(seen).T
plt.errorbar(ratios, value, 2 * error, fmt="o", label="measured")
plt.plot(ratios, known, label="law")
plt.axhline(1 / math.sqrt(2 * math.pi), color="0.6", lw=0.8, label="without noise")
plt.xscale("log")
plt.xlabel("τ/(σ|g|)")
plt.ylabel("drift in σ")
plt.legend()
plt.show()

# %% [markdown]
# ## Heavy tails are power gradient descent
#
# Symmetric α-stable mutations at zero temperature follow sign(g)|g|^H with H = α - 1. In a bowl that is another way
# down than the gradient's: the soft direction, whose slope is small, is not left behind. Means of 64 runs in groups, of
# which the median is taken, since single steps have no variance.

# %%
curvature, H, SCALE = jnp.array([3.0, 0.3]), 0.6, 1e-3 if SMALL else 1e-4
each = SCALE * math.gamma(1 - 1 / (1 + H)) / math.pi
marks = [round(t / each) for t in np.linspace(0.1, 1.1, 11)]
heavy = corr.mutation(lambda x: jnp.sum(curvature * x**2) / 2, proposal=proposals.stable(SCALE, 1 + H))
walk = corr.run(
    heavy, jnp.ones(2), steps=marks[-1], record_at=marks, trajectories=64, key=corr.root_key(10), progress=False
)
median = np.median(walk.path.values.reshape(16, 4, -1, 2).mean(axis=1), axis=0)


def flow(direction):
    x, way = np.ones(2), [np.ones(2)]
    while x[0] > 0.02:
        u = np.asarray(direction(curvature * x), float)
        x = x - 2e-3 * u / np.linalg.norm(u)
        way.append(x)
    return np.array(way).T


plt.plot(*median.T, "o", label="median of mutation")
plt.plot(*flow(lambda g: power.power_gradient(g, H)), label=f"power descent, H = {H}")
plt.plot(*flow(lambda g: g), "--", label="gradient descent")
plt.xlabel("stiff direction")
plt.ylabel("soft direction")
plt.legend()
plt.show()

# %% [markdown]
# ## Late updates
#
# Steps that are k steps late stand only up to a smaller learning rate, and are hotter below it.


# %%
def largest(rate, late):
    """The largest |x| of the last steps on x²/2."""
    side = corr.stale(corr.descent(lambda x: jnp.sum(x**2) / 2, learning_rate=rate), late)
    data = corr.run(
        side, jnp.ones(1), steps=400, record_at=range(350, 401), trajectories=1, key=corr.root_key(0), progress=False
    )
    return float(np.abs(data.path.values[0, 1:, 0]).max())


for late in (0, 2, 8):
    limit = delay.stability_limit(late)
    print(
        f"{late} steps late: |x| ends at {largest(0.95 * limit, late):.1e} for 0.95 of the limit {limit:.4f} and at"
        f" {largest(1.05 * limit, late):.1e} for 1.05, a tenth of it heats {delay.heating(0.1 * limit, late):.3f} times"
    )

# %% [markdown]
# ## A mean that follows the steps taken
#
# Adaptive Monte Carlo adds to its mean what is accepted: momentum along the slope without friction, and a random walk
# across, which in the end is what limits it.

# %%
RATE, LENGTH = 0.02, 600
moving = corr.adaptive_mutation(lambda x: x[0], mutation_std=0.5, rate=RATE, refusals=10**9)
marks = list(range(60, LENGTH + 1, 60))
walk = corr.run(
    moving, jnp.zeros(10), steps=LENGTH, record_at=marks, trajectories=64, key=corr.root_key(20), progress=False
)
way = -walk.path.values[:, 1:, 0] / 0.5
law = adaptive.course(np.array(marks), rate=RATE)
plt.errorbar(marks, way.mean(0), 2 * way.std(0, ddof=1) / 8, fmt="o", label="adaptive")
plt.plot(marks, law.way, label="law")
plt.plot(marks, np.array(marks) / math.sqrt(2 * math.pi), "--", label="mutation")
plt.xlabel("step")
plt.ylabel("way down the slope in σ")
plt.legend()
plt.show()

# %% [markdown]
# ## Mutations of low rank
#
# A rank-one mutation of a weight matrix at zero temperature does not follow the gradient G = U diag(g) Vᵀ but a map of
# its singular values, which lifts small ones. Given to `characterize` as a candidate of our own, it is told from g/|g|.

# %%
values = np.array([1.0, 0.3, 0.1])
left, right = (np.linalg.qr(np.random.default_rng(k).normal(size=(3, 3)))[0] for k in range(2))
matrix, mapped = (
    jnp.asarray(left @ np.diag(one) @ right.T, jnp.float32) for one in (values, low_rank.spectral_map(values, 1))
)
rank_one = corr.mutation(lambda x: jnp.sum(matrix * x), proposal=proposals.low_rank(1e-3, 1))
points = {"here": jnp.zeros((3, 3)), "there": jnp.ones((3, 3))}
print(
    corr.characterize(
        rank_one,
        points,
        key=corr.root_key(30),
        draws=DRAWS,
        candidates={"spectral map": lambda x: mapped},
        progress=False,
    )
)

# %% [markdown]
# ## Which optimizer?
#
# Mutation at finite β is gradient descent with *soft* clipping: its drift bends over at s = βσ|g| of a few. One
# coordinate at a time at β = ∞ is sign descent, whatever the slope.

# %%
strengths = np.geomspace(0.1, 100, 7)
seen = [
    along(steps(corr.mutation(slope, mutation_std=1.0, beta=float(s / size)), jnp.zeros(4), 40 + k), -g / size)
    for k, s in enumerate(strengths)
]
value, error = np.array(seen).T
plt.errorbar(strengths, value, 2 * error, fmt="o", label="measured")
plt.plot(strengths, [float(level1.drift_factor(jnp.asarray(s))) for s in strengths], label="law")
plt.plot(strengths, np.minimum(strengths / 2, 1 / math.sqrt(2 * math.pi)), "--", label="hard clipping")
plt.loglog()
plt.xlabel("s = βσ|g|")
plt.ylabel("drift in σ")
plt.legend()
plt.show()

# %%
single = corr.mutation(slope, proposal=proposals.one_coordinate(1.0))
signs = -steps(single, jnp.zeros(4), 50).samples.mean(axis=0) * 4 * math.sqrt(2 * math.pi)
print("one coordinate: drift of each weight over σ/(4√(2π))", signs.round(2), "slopes", g)

# %% [markdown]
# ## A wide mutation descends the smoothed loss
#
# Barker's mutation follows the gradient of U_σ = E U(x + σξ), whatever the loss: of ripples finer than σ it sees
# nothing.

# %%
WIDE, BETA = 0.5, 0.2
ripples = lambda x: x[0] ** 2 / 2 + 0.1 * jnp.cos(12 * x[0])  # noqa: E731
barker = corr.mutation(ripples, mutation_std=WIDE, beta=BETA, rule="barker")
places = np.linspace(-1.5, 1.5, 7)
scale = float(smoothing.barker_drift(jnp.ones(()), mutation_std=WIDE, beta=BETA))
seen = [along(steps(barker, jnp.array([x], jnp.float32), 60 + k), [1 / scale]) for k, x in enumerate(places)]
value, error = np.array(seen).T
fine = np.linspace(-1.5, 1.5, 300)
plt.errorbar(places, value, 2 * error, fmt="o", label="drift over -βσ²/4")
plt.plot(fine, fine - 1.2 * np.sin(12 * fine) * math.exp(-((12 * WIDE) ** 2) / 2), label="∇U_σ")
plt.plot(fine, fine - 1.2 * np.sin(12 * fine), "--", lw=0.8, label="∇U")
plt.xlabel("x")
plt.legend()
plt.show()

# %% [markdown]
# ## Answer
#
# A noisy loss heats: it makes normalized descent a plain one at β = √(2/π)/τ. Heavy tails raise the gradient to a
# power below one. Late steps heat and shrink the stable range. A mean that follows its steps is momentum without
# friction. Low rank lifts small singular values, finite β clips softly, one coordinate takes signs, and a wide mutation
# descends the smoothed loss. What selection among replicas of SGD adds, and what suppression of alike ones does not, is
# in `corr reproduce suppression`.
