"""Handwritten digits: does averaged mutation learn, and generalize, as its noisy twin and noise-free descent do?"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import xarray

import corr
from corr import data, inference, losses, networks

from ..declaring.number import Number, difference, sample
from ..declaring.study import Parts, Study

MARGIN = 0.05  # of the squared distance travelled, for mean weights
MARGINS = {"training loss": 0.02, "test loss": 0.02, "test accuracy": 0.01}  # in nats and as a share of the images
LEVEL = 0.05
CLASSES, SPLIT = 10, 0
SIDES = {"twin": "its noisy twin", "descent": "noise-free descent"}


class Images(NamedTuple):
    """Images to learn from and others to test on, and the sizes of the networks on them."""

    halves: Callable[[], tuple[data.Data, data.Data]]
    widths: tuple[int, ...]
    channels: tuple[int, ...]


def embedded(load: Callable[[], data.Data], train: int, test: int) -> tuple[data.Data, data.Data]:
    """Two parts of one data set, every class as often as in all of it, whatever the study's seed."""
    every = load()
    rest, tested = data.split(every, test_share=test / len(every.targets), seed=SPLIT)
    return some(rest, train), tested


def some(every: data.Data, count: int) -> data.Data:
    """As many of them, every class as often as in all of them."""
    return data.split(every, test_share=1 - count / len(every.targets), seed=SPLIT)[0]


SOURCES = {
    "digits": Images(partial(embedded, data.digits, 200, 800), (16,), (4, 8)),
    "MNIST-5k": Images(partial(embedded, data.mnist_5k, 200, 1000), (8,), (2, 4)),
}
FROM_FOLDER = {"train": 200, "test": 1000}
KINDS = ("fully connected", "convolutional")


class Sizes(NamedTuple):
    """Images and networks of those above, λα of mutation, end time, records, and trajectories of mutation and twin."""

    sources: int
    kinds: int
    step_time: float
    end: float
    records: int
    trajectories: int
    twins: int


def parts(sizes: Sizes, sources: Mapping[str, Images] = SOURCES) -> Mapping[str, Callable[[jax.Array], xarray.Dataset]]:
    """Every kind of network on every source of images."""
    return {
        f"{name}, {kind}": partial(learned, images=images, kind=kind, sizes=sizes)
        for name, images in list(sources.items())[: sizes.sources]
        for kind in KINDS[: sizes.kinds]
    }


def of_folder(folder: Path) -> Callable[[Sizes], Mapping[str, Callable[[jax.Array], xarray.Dataset]]]:
    """The same networks on images from MNIST's four files, or files like them.

    Raises:
        FileNotFoundError, ValueError: as ``corr.data.mnist`` does; for too few images, or not square ones.
    """
    found = []
    for half, (name, count) in zip(data.mnist(folder), FROM_FOLDER.items(), strict=True):
        pixels, there = half.points.shape
        if there <= count or math.isqrt(pixels) ** 2 != pixels:
            raise ValueError(
                f"{folder}: {there} {name} images of {pixels} pixels, expected more than {count} and square ones"
            )
        found.append(some(half, count))
    read = partial(tuple, found)
    return partial(parts, sources={folder.name: SOURCES["MNIST-5k"]._replace(halves=read)})


def network(images: Images, pixels: int, kind: str) -> networks.Network:
    """Tanh units, Glorot's start."""
    side = math.isqrt(pixels)
    module = (
        networks.FullyConnected(images.widths, inputs=pixels, outputs=CLASSES)
        if kind == KINDS[0]
        else networks.Convolutional(images.channels, shape=(side, side, 1), outputs=CLASSES, activation="tanh")
    )
    return networks.functional(module, variance="glorot")


def learned(key: jax.Array, images: Images, kind: str, sizes: Sizes) -> xarray.Dataset:
    """Losses and accuracies of mutation, its twin and descent along the way, and how far mean weights are apart."""
    train, test = images.halves()
    net = network(images, len(train.points), kind)
    loss, test_loss = (losses.mean(losses.cross_entropy(), net.apply, *one) for one in (train, test))
    right = losses.accuracy(net.apply, *test)
    found = corr.compare(
        loss, net.init(jax.random.key(0)), key=key, trajectories=sizes.trajectories, twin_trajectories=sizes.twins,
        end_time=sizes.end, record_every=sizes.end / sizes.records, learning_rate=sizes.step_time, step_ratio=1.0,
        descent_learning_rate=sizes.step_time,
        observe=lambda params: {"test_loss": test_loss(params), "test_accuracy": right(params)},
    )  # fmt: skip
    return _beside(found).assign_attrs(images=len(train.targets), margin=MARGINS["test accuracy"])


def _beside(found: corr.Comparison) -> xarray.Dataset:
    """Everything after t = 0 that the page shows."""
    walk, twin, descent = (side.isel(time=slice(1, None)) for side in found)
    smooth = found.descent.path.values[0].astype(float)
    paths, travelled = walk.path.values.astype(float), inference.travelled(smooth)[1:]
    columns: dict[str, tuple[object, np.ndarray]] = {}
    for name, other in (("twin", twin.path.values.astype(float)), ("descent", smooth[1:])):
        columns[f"to_{name}"] = "time", inference.unbiased_delta(paths, other) / travelled
        columns[f"to_{name}_error"] = "time", inference.delta_standard_error(paths, other) / travelled
        columns[f"{name}_p"] = "time", inference.mean_equivalence(paths, other, MARGIN * travelled, seed=0).p_value
    for what in MARGINS:
        one = "loss" if what == "training loss" else what.replace(" ", "_")
        columns[f"{what}, mutation"] = ("trajectory", "time"), walk[one].values.astype(float)
        columns[f"{what}, twin"] = ("twin", "time"), twin[one].values.astype(float)
        columns[f"{what}, descent"] = "time", descent[one].values[0].astype(float)
    return xarray.Dataset(columns, {"time": walk.time.values}, {"parameters": walk.sizes["parameter"]})


def apart(found: xarray.Dataset, what: str, side: str) -> Number:
    """Mean of mutation less that of the other side, at the end."""
    last = found.isel(time=-1)
    mean = sample(last[f"{what}, mutation"].values)
    other = last[f"{what}, {side}"].values
    return difference(mean, sample(other) if other.ndim else Number(float(other), 0.0))


def agrees(found: xarray.Dataset, what: str, side: str) -> str:
    """Equivalent within the margin, different where its interval leaves zero out, or undecided; losses are skewed."""
    last = found.isel(time=-1)
    mutation, other = (last[f"{what}, {one}"].values.reshape(-1, 1) for one in ("mutation", side))
    test = inference.loss_equivalence(
        mutation, other if len(other) > 1 else other[0], np.array([MARGINS[what]]), level=LEVEL
    )
    unequal = not test.lower[0] <= 0 <= test.upper[0]
    if test.equivalent[0]:
        return "equivalent, though not equal" if unequal else "equivalent"
    return "DIFFERENT" if unequal else "UNDECIDED"


def judge(found: Parts) -> list[str]:
    """Of every network, weights, losses and accuracies beside twin and descent at the end."""
    return [_said(name, one, side) for name, one in found.items() for side in SIDES]


def _said(name: str, one: xarray.Dataset, side: str) -> str:
    last = one.isel(time=-1)
    near = "equivalent" if float(last[f"{side}_p"]) < LEVEL else "NOT shown to be equivalent"
    told = [
        f"{what} {_number(apart(one, what, side))} ({agrees(one, what, side)} within {margin:g})"
        for what, margin in MARGINS.items()
    ]
    accuracy = sample(last["test accuracy, mutation"].values)
    return (
        f"{name}, N = {one.attrs['parameters']}, at t = {float(last.time):.3g} (test accuracy {accuracy.value:.3f} ±"
        f" {accuracy.error:.1g}), mutation less {SIDES[side]}: mean weights {_share(last, side)} of the squared"
        f" distance travelled apart ({near} within {100 * MARGIN:g} %), {', '.join(told)}."
    )


def _share(last: xarray.Dataset, side: str) -> str:
    return f"{100 * float(last[f'to_{side}']):.2g} ± {100 * float(last[f'to_{side}_error']):.1g} %"


def _number(number: Number) -> str:
    return f"{number.value:+.2g} ± {number.error:.1g}"


def numbers(found: Parts) -> dict[str, Number]:
    """Distances at the end, what mutation reached, and by how much the other sides reached less."""
    made: dict[str, Number] = {}
    for name, one in found.items():
        last, count = one.isel(time=-1), one.sizes["trajectory"]
        for side in SIDES:
            made[f"{name}: Δ to {side}"] = Number(float(last[f"to_{side}"]), float(last[f"to_{side}_error"]), count)
            made |= {f"{name}: {what}, mutation less {side}": apart(one, what, side) for what in MARGINS}
        made |= {f"{name}: {what}": sample(last[f"{what}, mutation"].values) for what in MARGINS}
    return made


study = Study(
    name="digits",
    title="handwritten digits: does averaged mutation learn and generalize as descent does?",
    presets={
        "smoke": Sizes(1, 1, 1e-3, 1.0, 2, 8, 16),
        "quick": Sizes(2, 2, 2e-4, 4.0, 8, 32, 64),
        "paper": Sizes(2, 2, 1e-5, 8.0, 16, 100, 400),
    },
    parts=parts,
    judge=judge,
    minutes={"smoke": 0.5, "quick": 16.0, "paper": 2000.0},
    numbers=numbers,
    of_folder=of_folder,
)
