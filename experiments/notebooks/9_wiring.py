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

# %% [markdown]
# # Wiring that changes
#
# **Where evolution works on what is connected, does it matter whether gradients or mutation train the weights?**
#
# Three schemes, one question each: sparse evolutionary training, PathNet, and a network that NEAT has built.

# %%
import os

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import neat
import numpy as np
from scipy import stats

import corr
from corr import wiring
from corr.experiments.systems import neat_config

plt.style.use("corr.figures.corr")
plt.rcParams["figure.figsize"] = 6, 2.6
SMALL = os.environ.get("CORR_NOTEBOOKS") == "small"
STEPS, PATHS, GENERATIONS, RUNS = (600, 20, 30, 6) if SMALL else (10000, 60, 300, 24)
learn, _ = corr.data.split(corr.data.digits(), test_share=0.2, seed=0)
key = corr.root_key(0)

# %% [markdown]
# ## Sparse evolutionary training: the same links?
#
# The weakest links are pruned and others grown at random, 20 times. Between that, any dynamics trains: here mutation
# and its own noise-free descent on the same clock. What survives is counted for every pixel; a run of the descent under
# another key tells what the random links alone do.

# %%
net = corr.networks.functional(corr.networks.FullyConnected((32,), inputs=64, outputs=10), variance="glorot")
loss = corr.losses.mean(corr.losses.cross_entropy(), net.apply, *learn)
rate = 0.01 / np.sqrt(2 * np.pi)
ways = {
    "descent": lambda linked: corr.descent(lambda x: loss(linked(x)), learning_rate=rate, normalized=True),
    "mutation": lambda linked: corr.mutation(lambda x: loss(linked(x)), mutation_std=0.01),
}


def left(params):
    """Links of each pixel that would survive the next pruning."""
    weights = params["dense_0"]["kernel"]
    return {"links": jnp.sum(wiring.pruned(weights, weights != 0, 0.3), axis=0, dtype=jnp.int32)}


def survivors(way, key):
    """Links of each pixel that are not pruned at the end, and the loss there."""
    side = wiring.sparse(ways[way], epsilon={"dense_0/kernel": 6.0}, every=STEPS // 20)
    found = corr.run(side, net.init(jax.random.key(0)), steps=STEPS - 1, record_at=[STEPS - 1], trajectories=1, key=key,
                     keep=0, observe=left, progress=False)  # fmt: skip
    return found.links.values[0, -1], float(found.loss[0, -1])


names = "descent", "descent, other key", "mutation"
maps = {name: survivors(name.split(",")[0], corr.root_key(seed)) for seed, name in enumerate(names)}
ink = np.asarray(learn.points.mean(axis=1))
for name, (count, reached) in maps.items():
    grey, alike = (stats.spearmanr(count, other)[0] for other in (ink, maps["descent"][0]))
    print(
        f"{name}: loss {reached:.3f}; links of a pixel go with its grey by {grey:+.2f}, with descent's by {alike:+.2f}"
    )

# %%
figure, axes = plt.subplots(1, 4)
shown = {"mean image": ink, **{name: one[0] for name, one in maps.items()}}
for axis, (name, image) in zip(axes, shown.items(), strict=True):
    axis.imshow(image.reshape(8, 8), cmap="viridis")
    axis.set_title(name, fontsize=8)
    axis.set_xticks([])
    axis.set_yticks([])
plt.show()

# %% [markdown]
# ## PathNet: a path of modules that evolves
#
# Two random paths are trained in turn on 50 batches; the less accurate becomes a mutated copy of the other.

# %%
pair = np.isin(np.asarray(learn.targets), (3, 8))
images, eight = learn.points[:, pair], (learn.targets[pair] == 8).astype(jnp.int32)
modules = wiring.PathNet(inputs=64, outputs=2, units=10)
for name, make in {
    "gradients": lambda loss: corr.descent(loss, learning_rate=0.05),
    "mutation": lambda loss: corr.mutation(loss, mutation_std=0.005),
}.items():
    found = wiring.evolved(modules, make, (images, eight), key=key, params=modules.init(jax.random.key(1)),
                           paths=modules.paths(jax.random.key(2), 20),
                           window=wiring.Window(points=128, threshold=0.99, generations=PATHS))  # fmt: skip
    print(f"{name}: best accuracy {float(np.nanmax(found.accuracy)):.3f} after {int(found.generations)} generations")

# %% [markdown]
# ## NEAT: a winner's network, frozen
#
# neat-python solves XOR; the winner's links are then fixed, and its weights move by mutation and by its noisy twin.

# %%
cases = jnp.array([[0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]])
wanted = jnp.array([[0.0, 1.0, 1.0, 0.0]])
config = neat_config.configured(neat_config.text(inputs=2, goal=3.9))


def judged(genomes, config):
    for _, genome in genomes:
        wires = neat.nn.FeedForwardNetwork.create(genome, config)
        made = np.array([wires.activate(case)[0] for case in cases.T.tolist()])
        genome.fitness = 4 - float(np.sum((made - np.asarray(wanted[0])) ** 2))


population = neat.Population(config, seed=0)
winner = wiring.network_of(population.run(judged, GENERATIONS), config)
print(f"{population.generation} generations, {len(winner.params['weights'])} links")

# %%
frozen = corr.losses.mean_squared_error(winner.apply, cases, wanted)
start = jax.tree.map(lambda leaf: leaf + 0.5 * jax.random.normal(jax.random.key(3), leaf.shape), winner.params)
sides = corr.compare(frozen, start, key=key, trajectories=RUNS, twin_trajectories=4 * RUNS, end_time=0.4,
                     record_every=0.05, learning_rate=1e-4, step_ratio=1.0, progress=False)  # fmt: skip
runs, twins = (side.path.values[:, 1:] for side in (sides.mutation, sides.twin))
print(f"mutation against its noisy twin: p = {corr.inference.permutation_test(runs, twins, seed=0).maximum_p:.2f}")
looks = ("#009E73", 3.0), ("#D55E00", 1.8), ("k", 0.8)
plt.figure()
for name, side, (colour, width) in zip(sides._fields, sides, looks, strict=True):
    plt.plot(side.time, side.loss.mean("trajectory"), color=colour, lw=width, label=name)
plt.xlabel("common time $t$")
plt.ylabel("mean loss")
plt.legend()
plt.show()

# %% [markdown]
# ## Answer
# It does. Links that descent leaves gather where images have ink, and two of its runs agree on where; mutation's gather
# there less and agree with them less (rank correlations above), for its noise moves the weights of dark pixels as well:
# one run each, so this is a picture and no test. A path of modules is trained by both, by mutation in more generations.
# With links fixed, as in NEAT's winner, the question is the one that this project answers: mutation is not told from
# its noisy twin.
