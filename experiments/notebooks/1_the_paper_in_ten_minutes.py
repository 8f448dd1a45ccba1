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
# # The paper in ten minutes
#
# **Does a network that mutates at random, and keeps a mutation only if the loss does not rise, learn as gradient
# descent does?**
#
# Whitelam, Selin, Park and Tamblyn (Nature Communications 12, 6317, 2021) say yes, for small mutations. We watch it on
# the network of their Figure 1, with fewer data points and trajectories and a larger mutation than theirs.

# %%
import os

import jax
import matplotlib.pyplot as plt
import numpy as np

import corr

SMALL = os.environ.get("CORR_NOTEBOOKS") == "small"
POINTS, RUNS, TWINS, END = (20, 8, 16, 1.0) if SMALL else (50, 24, 100, 8.0)
plt.style.use("corr.figures.corr")
plt.rcParams["figure.figsize"] = 5, 3

# %% [markdown]
# ## The problem
# One hidden layer of 30 tanh units, 90 weights $x$, fits $\sin 2\pi\theta$; the loss $U(x)$ is the mean squared error.

# %%
network = corr.networks.functional(corr.networks.Shallow(30))
loss = corr.losses.mean_squared_error(network.apply, *corr.data.sine(POINTS))
start = network.init(jax.random.key(0))
print(f"{sum(leaf.size for leaf in jax.tree.leaves(start))} weights, loss at the start {loss(start):.4f}")

# %% [markdown]
# ## One clock
# A gradient step of learning rate $\alpha$ advances the time $t$ by $\alpha$, a mutation step by $\lambda\alpha$. At
# zero temperature ($\beta = \infty$) the two sides match where the mutation scale is $\sigma =
# \lambda\alpha\sqrt{2\pi}$.

# %%
ALPHA, LAMBDA = 1e-5, 10.0
sigma = corr.matched_mutation_std(learning_rate=ALPHA, step_ratio=LAMBDA)
print(f"sigma = {sigma:.3g}: {END / (ALPHA * LAMBDA):.0f} mutation steps to t = {END:g}")

# %% [markdown]
# ## Three sides
# `compare` runs mutation, its *noisy twin* (gradient descent with the noise that mutation has) and noise-free descent.

# %%
sides = corr.compare(
    loss, start, key=corr.root_key(0), trajectories=RUNS, twin_trajectories=TWINS, end_time=END, record_every=0.25,
    learning_rate=ALPHA, step_ratio=LAMBDA, descent_learning_rate=1e-4, progress=False,
)  # fmt: skip
time = sides.mutation.time.values
accepted = sides.mutation.acceptance.mean("trajectory").values
print(f"acceptance in the first interval {accepted[1]:.3f}, in the last {accepted[-1]:.3f} (the limit says 1/2)")

# %%
plt.plot(time, sides.mutation.loss.values.T, color="0.8", lw=0.6)
plt.plot(time, sides.mutation.loss.mean("trajectory"), color="#009E73", label="mutation, mean")
plt.plot(time, sides.twin.loss.mean("trajectory"), color="#D55E00", ls="--", label="noisy twin, mean")
plt.plot(time, sides.descent.loss[0], color="k", label="noise-free descent")
plt.xlabel("common time $t$")
plt.ylabel("loss $U$")
plt.legend()
plt.show()

# %% [markdown]
# Gray: single mutation runs. The same for four of the 90 weights:

# %%
figure, axes = plt.subplots(2, 2, sharex=True)
for axis, i in zip(axes.flat, (0, 30, 60, 89), strict=True):
    axis.plot(time, sides.mutation.path.values[:, :, i].T, color="0.8", lw=0.6)
    axis.plot(time, sides.mutation.path.values[:, :, i].mean(axis=0), color="#009E73")
    axis.plot(time, sides.descent.path.values[0, :, i], color="k", lw=0.8)
    axis.set_ylabel(f"$x_{{{i}}}$")
figure.supxlabel("common time $t$")
plt.show()

# %% [markdown]
# ## How close?
# $\Delta(t)$ is the squared difference between averaged mutation and descent, averaged over weights. A mean of few
# runs has sampling noise of its own, which $\Delta$ counts as a difference: it must be compared with that noise, or
# freed of it.

# %%
runs, descent = sides.mutation.path.values.astype(float), sides.descent.path.values[0].astype(float)
twins, size = sides.twin.path.values.astype(float), descent.shape[1]
delta = corr.inference.delta(runs.mean(axis=0), descent)
noise = corr.inference.sampling_noise(runs)
plt.semilogy(time[1:], delta[1:], "k-", label=r"$\Delta$ to noise-free descent")
plt.semilogy(time[1:], corr.inference.delta(runs.mean(axis=0), twins.mean(axis=0))[1:], color="#D55E00", ls="--",
             label=r"$\Delta$ to the mean twin")  # fmt: skip
plt.semilogy(time[1:], noise[1:], color="0.6", ls=":", label="sampling noise of the mean of mutation")
plt.xlabel("common time $t$")
plt.ylabel(r"$\Delta$")
plt.legend()
plt.show()

# %%
test = corr.inference.permutation_test(runs[:, 1:], twins[:, 1:], seed=0)
fair = corr.inference.unbiased_delta(runs, descent) / np.maximum(corr.inference.travelled(descent), 1e-30)
for t in (END / 4, END / 2, END):
    k = int(np.argmin(abs(time - t)))
    print(f"t = {t:g}: loss {sides.mutation.loss.values[:, k].mean():.4f} by mutation, "
          f"{sides.twin.loss.values[:, k].mean():.4f} by twins, {float(sides.descent.loss[0, k]):.4f} noise-free; "
          f"unbiased squared distance to descent {100 * fair[k]:.2g} % of the squared distance travelled")  # fmt: skip
print(f"mean weights of mutation against twins, all times together: p = {test.maximum_p:.2g}")

# %% [markdown]
# ## Answer
# Yes, in the sense of the averages: at this mutation scale the mean of mutation runs and the mean of their noisy twins
# differ by no more than sampling noise (the last line above), and about every second mutation is accepted, as the
# limit says. Noise-free descent is a different statement: single runs spread, the spread acts back on the mean, and
# the distance to descent grows beyond the sampling noise although the losses stay close. It shrinks with
# $\lambda\alpha$; the paper's Figure 1 has a product a hundred times smaller than here.
