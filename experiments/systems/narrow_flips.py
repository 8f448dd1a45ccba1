"""Decisions in weights of few bits that differ from float64's, by the exact change and by subtraction."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray
from jax.flatten_util import ravel_pytree
from scipy.special import ndtr
from scipy.stats import beta as beta_law

import corr
from corr import data, losses, networks, proposals
from corr._flips import BATCH, interval
from corr._referee import Decisions, referee

from ..problems.sines import SHALLOW_POINTS, SHALLOW_UNITS
from . import one_step

RULES = {"exact change": True, "subtraction": False}
LOSSES = ("float32", "its own type")
LEVEL = 0.99


def narrow_loss(kind: Any) -> one_step.Loss:
    """Figure 1's loss of a flat vector, data and all that is worked out of this type."""
    net = networks.functional(networks.Shallow(SHALLOW_UNITS))
    loss = losses.mean_squared_error(net.apply, *(one.astype(kind) for one in data.sine(SHALLOW_POINTS)))
    _, unravel = ravel_pytree(jax.tree.map(lambda leaf: leaf.astype(kind), net.init(jax.random.key(0))))
    return lambda x: loss(unravel(x))


def mutations(loss: one_step.Loss, std: jax.Array, *, exact: bool = True) -> corr.Dynamics:
    """Mutation at β = ∞ with a traced σ, so that one program serves all of them."""

    def draw(key: jax.Array, params: Any) -> jax.Array:
        return (std * jax.random.normal(key, params.shape)).astype(params.dtype)

    return corr.mutation(loss, proposal=proposals.Proposal(draw), exact=exact)


def flips(
    key: jax.Array, loss: one_step.Loss, at: jax.Array, spacing: float, ratios: Sequence[float], decisions: int
) -> xarray.Dataset:
    """Decisions that differ from float64's on the same rounded proposals, and changes that subtraction loses.

    Beside subtraction what independent normal errors of its mean and deviation δ do to these changes, and those of
    δ alone to normal changes of their deviation s, arctan(δ/s)/π. The mean is none of zero, for U(x) is worked out
    alone and U(x + ε) in batches.
    """
    rows = []
    for function in (loss, narrow_loss(at.dtype)):
        look = _looking(function, at)
        rows.append([look(jax.random.fold_in(key, k), ratio * spacing, decisions) for k, ratio in enumerate(ratios)])
    exact, plain, ties, foreseen, normal = np.moveaxis(np.array(rows), -1, 0)
    counts = np.stack([exact, plain])
    rates = [interval(int(one), whole(decisions), LEVEL) for one in counts.ravel()]
    columns = {
        "flips": (("rule", "loss", "ratio"), counts),
        "low": (("rule", "loss", "ratio"), np.reshape([one.low for one in rates], counts.shape)),
        "high": (("rule", "loss", "ratio"), np.reshape([one.high for one in rates], counts.shape)),
        "ties": (("loss", "ratio"), ties),
        "foreseen": (("loss", "ratio"), foreseen),
        "normal": (("loss", "ratio"), normal),
    }
    coords = {"rule": list(RULES), "loss": list(LOSSES), "ratio": list(ratios)}
    return xarray.Dataset(columns, coords, {"draws": whole(decisions)})


def _looking(loss: one_step.Loss, at: jax.Array) -> Callable[[jax.Array, float, int], tuple[float, ...]]:
    """Numbers of flips by either rule and of changes that are zero by subtraction, and the shares foreseen."""
    accept = corr.mutation(loss, mutation_std=1.0).accept
    assert accept is not None
    judge = referee(loss, accept, shared=True)

    @jax.jit
    def decided(keys: jax.Array, std: jax.Array) -> list[Decisions]:
        made = []
        for exact in RULES.values():
            walk = mutations(loss, std, exact=exact)
            state = walk.init(at)
            _, info = jax.vmap(lambda key, walk=walk, state=state: walk.step(key, state))(keys)
            made.append(Decisions(info.displacement, (), info.loss_change, info.accepted, info.finite))
        return made

    def look(key: jax.Array, std: float, decisions: int) -> tuple[float, ...]:
        flipped, changes = np.zeros(2, int), []
        for batch in range(whole(decisions) // BATCH):
            made = decided(jax.random.split(jax.random.fold_in(key, batch), BATCH), jnp.float32(std))
            flipped += [int(judge(at, one)[0].sum()) for one in made]
            changes.append([np.asarray(one.change, float) for one in made])
        exact, plain = np.concatenate(changes, axis=1)
        error, normal = plain - exact, math.atan2(float(np.std(plain - exact)), float(np.std(exact))) / math.pi
        foreseen = float(ndtr(np.where(exact > 0, -1, 1) * (exact + error.mean()) / np.std(error)).mean())
        return float(flipped[0]), float(flipped[1]), float(np.sum(plain == 0)), foreseen, normal

    return look


def whole(decisions: int) -> int:
    """The next number of whole batches."""
    return BATCH * -(-decisions // BATCH)


def saved(exact: int, plain: int) -> tuple[float, float]:
    """99 % interval of the ratio r of flips by the exact change to those by subtraction, of equally many decisions.

    Given both together, each of them is the exact change's with chance r/(1 + r).
    """
    if exact + plain == 0:
        return 0.0, math.inf
    tail = (1 - LEVEL) / 2
    low = 0.0 if exact == 0 else float(beta_law.ppf(tail, exact, plain + 1))
    high = 1.0 if plain == 0 else float(beta_law.ppf(1 - tail, exact + 1, plain))
    return low / (1 - low), high / (1 - high) if high < 1 else math.inf


def judge(name: str, found: xarray.Dataset) -> list[str]:
    """What the exact change saves with losses of either type, and whether subtraction's flips are those foreseen."""
    return [line for loss in LOSSES for line in (_saving(name, found, loss), _as_foreseen(name, found, loss))]


def _saving(name: str, found: xarray.Dataset, loss: str) -> str:
    exact, plain = (int(found.flips.sel(loss=loss, rule=rule).sum()) for rule in RULES)
    low, high = saved(exact, plain)
    told = "saves decisions" if high < 1 else "LOSES decisions" if low > 1 else "is NOT told from subtraction"
    every = int(found.attrs["draws"]) * found.sizes["ratio"]
    return (
        f"{name}, losses in {loss}: of {every} decisions {exact} by the exact change and {plain} by subtraction differ"
        f" from float64's; the exact change {told} (flips over subtraction's {low:.2g} to {high:.2g}, 99 %)."
    )


def _as_foreseen(name: str, found: xarray.Dataset, loss: str) -> str:
    """Intervals of all σ hold together, by Bonferroni."""
    here, known = found.sel(loss=loss), found.foreseen.sel(loss=loss).values
    level = 1 - (1 - LEVEL) / len(known)
    rates = [interval(int(one), int(found.attrs["draws"]), level) for one in here.flips.sel(rule="subtraction").values]
    inside = all(one.low <= value <= one.high for one, value in zip(rates, known, strict=True))
    texts = [
        f"{one.rate:.2g} [{one.low:.2g}, {one.high:.2g}], foreseen {value:.2g} ({normal:.2g} of normal changes),"
        f" change zero in {tie / one.draws:.2g}, at {ratio:g}"
        for one, value, normal, tie, ratio in zip(
            rates, known, here.normal.values, here.ties.values, found.ratio.values, strict=True
        )
    ]
    word = "as" if inside else "NOT as"
    said = f"{name}, losses in {loss}: subtraction's share of flips is {word} independent normal errors foresee it"
    return f"{said}: {'; '.join(texts)} spacings."
