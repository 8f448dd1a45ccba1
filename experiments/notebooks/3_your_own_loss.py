# ---
# jupyter:
#   jupytext:
#     cell_metadata_filter: -all
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your own loss
#
# **Does the correspondence hold for a loss that is not in the paper, and what has to be written to find out?**
#
# A loss is a JAX function `params -> scalar`, params any pytree of floating-point arrays. Here: a small relu network
# that separates two interleaved half circles, with the logistic loss.

# %%
import os

import jax
import jax.flatten_util
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np

import corr

SMALL = os.environ.get("CORR_NOTEBOOKS") == "small"
RUNS, TWINS, END, DRAWS = (8, 16, 0.5, 512) if SMALL else (32, 200, 4.0, 16384)
plt.style.use("corr.figures.corr")
plt.rcParams["figure.figsize"] = 5, 3

# %%
angle = jnp.linspace(0, jnp.pi, 32)
upper = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
points = jnp.concatenate([upper, jnp.array([[1.0], [0.4]]) - upper], axis=1)
labels = jnp.repeat(jnp.array([1.0, -1.0]), 32)


def score(params, points):
    hidden = jax.nn.relu(params["w"] @ points + params["b"][:, None])
    return params["v"] @ hidden


def loss(params):
    return jnp.mean(jax.nn.softplus(-labels * score(params, points)))


keys = jax.random.split(jax.random.key(0), 3)
start = {"w": jax.random.normal(keys[0], (12, 2)), "b": 0.5 * jax.random.normal(keys[1], (12,)),
         "v": 0.3 * jax.random.normal(keys[2], (12,))}  # fmt: skip

# %% [markdown]
# ## Are the decisions right?
# Accept or reject compares two nearly equal numbers. `objective` propagates the change of the loss instead of
# subtracting; a primitive without a rule would give a warning that names it. We compare with float64.

# %%
sigma = corr.matched_mutation_std(learning_rate=1e-4, step_ratio=1.0)
rate = corr.flip_rate(loss, start, mutation_std=sigma, key=corr.root_key(0), draws=DRAWS)
print(
    f"sigma = {sigma:.2g}: {rate.flips} of {rate.draws} decisions differ from float64 (at most {rate.high:.2g}, 99 %)"
)

# %%
exact = corr.objective(loss)
_, tape = exact.start(start)
for size in 10.0 ** -np.arange(2.0, 9):
    after = jax.tree.map(lambda leaf, size=size: leaf + size, start)
    step = jax.tree.map(jnp.subtract, after, start)  # what rounding leaves of the step
    change, subtracted = float(exact.change(tape, step)[0]), float(loss(after) - loss(start))
    print(f"step {size:.0e}: change {change:+.4e}, subtracted {subtracted:+.4e}")

# %% [markdown]
# ## The comparison

# %%
sides = corr.compare(loss, start, key=corr.root_key(0), trajectories=RUNS, twin_trajectories=TWINS, end_time=END,
                     record_every=END / 10, learning_rate=1e-4, step_ratio=1.0, progress=False)  # fmt: skip
time = sides.mutation.time.values

# %%
plt.plot(time, sides.mutation.loss.values.T, color="0.8", lw=0.6)
plt.plot(time, sides.mutation.loss.mean("trajectory"), color="#009E73", label="mutation, mean")
plt.plot(time, sides.twin.loss.mean("trajectory"), color="#D55E00", ls="--", label="noisy twin, mean")
plt.plot(time, sides.descent.loss[0], color="k", lw=0.8, label="noise-free descent")
plt.xlabel("common time $t$")
plt.ylabel("loss $U$")
plt.legend()
plt.show()

# %% [markdown]
# What was learned: the boundary (score 0) of one mutated network beside that of noise-free descent.

# %%
unravel = jax.flatten_util.ravel_pytree(start)[1]
x, y = np.meshgrid(np.linspace(-1.5, 2.5, 120), np.linspace(-1, 1.5, 120))
plane = jnp.asarray(np.stack([x.ravel(), y.ravel()]), jnp.float32)
for data, colour in ((sides.mutation, "#009E73"), (sides.descent, "k")):
    plt.contour(x, y, score(unravel(data.path.values[0, -1]), plane).reshape(x.shape), [0.0], colors=colour)
plt.scatter(*points, c=labels, s=6, cmap="coolwarm")
plt.xlabel("$x_1$")
plt.ylabel("$x_2$")
plt.show()

# %%
runs, twins = sides.mutation.path.values[:, 1:].astype(float), sides.twin.path.values[:, 1:].astype(float)
weights = corr.inference.permutation_test(runs, twins, seed=0)
losses = corr.inference.loss_test(sides.mutation.loss.values[:, 1:], sides.twin.loss.values[:, 1:], seed=0)
away = corr.inference.unbiased_delta(runs, twins)[-1]
way = corr.inference.travelled(sides.descent.path.values[0].astype(float))[-1]
for name, data in sides._asdict().items():
    print(f"{name}: mean loss at t = {END:g} is {float(data.loss[:, -1].mean()):.4f}")
for name, test in (("weights", weights), ("loss", losses)):
    print(f"mean {name} of mutation against twins, all times together: p = {test.maximum_p:.2g}")
print(f"unbiased squared distance to the mean twin at the end: {100 * away / way:.2g} % of the squared distance"
      f" travelled; {100 * weights.detectable[-1] / way:.2g} % would have been seen with power 0.8")  # fmt: skip

# %% [markdown]
# ## Answer
# For this loss no difference between mutation and its noisy twin was found in mean weights or mean loss (p-values
# above, beside the distance that would have been seen); notebook 2 shows how to turn that into a statement within a
# margin. What had to be written is the loss alone: a function of a pytree, with relu and softplus, needed no rule of
# its own. Its decisions agree with float64; for the smallest steps the subtraction of two losses has lost all digits,
# the propagated change has not.
