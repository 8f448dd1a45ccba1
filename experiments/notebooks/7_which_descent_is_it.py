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
# # Which descent is it?
#
# **A training scheme takes no gradient. Averaged over many runs, which descent is it, with which noise, on which
# clock?**
#
# `corr.characterize` takes any scheme written as a `Dynamics`, draws many independent steps from given points, and
# compares their mean with candidate directions. We look at two schemes of the library, then write one of our own in
# twenty lines and put it into the atlas.

# %%
import math
import os

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt

import corr
from corr.theory import populations

SMALL = os.environ.get("CORR_NOTEBOOKS") == "small"
DRAWS = 2_000 if SMALL else 20_000
plt.style.use("corr.figures.corr")

# %% [markdown]
# ## A loss and places on it
#
# At one point the gradient g and the unit vector g/|g| have the same direction. Two points with different |g| tell them
# apart: along the right candidate the coefficient is the same at both.

# %%
slopes = jnp.array([1.0, 2.0, 0.5, 1.5])


def bowl(x):
    return jnp.sum(slopes * x**2) / 2


points = {"far": jnp.array([2.0, -1.0, 1.0, 0.5]), "near": jnp.array([0.1, 0.3, -0.2, 0.1])}

# %% [markdown]
# ## Selection by rank: the best of ten mutations
#
# It knows only which child is best, not by how much. So it cannot know the length of the gradient.

# %%
best = corr.populations.best_of(bowl, mutation_std=1e-3, children=10)
by_rank = corr.characterize(best, points, key=corr.root_key(0), draws=DRAWS, progress=False)
print(by_rank)

# %% [markdown]
# The table says: along g/|g|, with the same coefficient at both points, and not along g. Theory has the constant and κ,
# the evaluations that a unit of progress at given noise costs:

# %%
law = populations.best_of(10)
print(f"coefficient {by_rank.laws['g/|g|'].coefficient.value / 1e-3:.3f} σ, theory {law.drift:.3f} σ")
print(f"κ {by_rank.places['far'].kappa.value:.2f}, theory {law.kappa:.2f}; mutation alone has π = {math.pi:.2f}")

# %% [markdown]
# ## Selection by value: an evolution strategy on raw fitness

# %%
strategy = corr.populations.evolution_strategy(bowl, mutation_std=1e-3, children=20, learning_rate=0.01)
by_value = corr.characterize(strategy, points, key=corr.root_key(1), draws=DRAWS, progress=False)
print(by_value)

# %% [markdown]
# ## A scheme of your own
#
# A `Dynamics` is two functions, `init(params, key) -> State` and `step(key, state) -> (State, Info)`. Ours tries each
# coordinate by itself: a step of fixed length up or down, whichever lowers the loss. Which descent is that?


# %%
def one_by_one(loss, length):
    def init(params, key=None):
        return corr.State(params, loss(params))

    def step(key, state):
        x = state.position
        signs = jax.random.rademacher(key, x.shape, x.dtype)

        def lower(i):
            tried = length * signs[i] * jnp.eye(len(x), dtype=x.dtype)[i]
            return jnp.where(loss(x + tried) < state.loss, tried[i], 0)

        move = jax.vmap(lower)(jnp.arange(len(x)))
        new = corr.State(x + move, loss(x + move))
        return new, corr.Info(move, jnp.bool_(True), new.loss - state.loss, jnp.isfinite(new.loss))

    return corr.Dynamics(init, step, loss=loss, evaluations=5)


ours = corr.characterize(one_by_one(bowl, 1e-3), points, key=corr.root_key(2), draws=DRAWS, progress=False)
print(ours)

# %% [markdown]
# All three in one picture: along the right candidate the coefficient is the same at both points, so that their ratio is
# one. (`ours.plot()` draws coefficients and rests of one scheme.)

# %%
names = ("g", "g/|g|", "sign g")
figure, axis = plt.subplots(figsize=(5, 3))
axis.axhline(1, color="0.6", linewidth=0.8)
for shift, (title, found) in zip(
    (-0.15, 0, 0.15), {"best of ten": by_rank, "raw fitness": by_value, "one by one": ours}.items(), strict=True
):
    at = [found.laws[name].points for name in names]
    ratios = [one["far"].coefficient.value / one["near"].coefficient.value for one in at]
    axis.plot([k + shift for k in range(3)], ratios, "o", label=title)
axis.set_yscale("log")
axis.set_xticks(range(3), names)
axis.set_ylabel("coefficient, far / near")
axis.legend()
plt.show()

# %% [markdown]
# Sign descent: half of the proposals are taken, so the coefficient is half of the length. g and g/|g| are refused, each
# by a test that could have said otherwise, as it did above.

# %%
print(f"{ours.best}: {ours.laws[ours.best].verdict}")
print(f"coefficient {ours.laws['sign g'].coefficient.value:.2e}, half of the length {0.5e-3:.2e}")

# %% [markdown]
# ## Answer
#
# Selection by rank follows g/|g|, selection by value follows g, and coordinates tried one by one follow sign g; each is
# said with its coefficient, its noise and its κ, by tests of equivalence within a declared share and of difference. A
# scheme is in the atlas when its law is known as well: `corr reproduce atlas` shows those that are.
