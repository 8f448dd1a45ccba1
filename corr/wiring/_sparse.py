"""Sparse evolutionary training: any dynamics on a sparse network whose weakest links are replaced now and then."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from .._checks import check_count, real_number
from .._keys import any_key
from .._precision import between
from .._start import initial
from .._types import Dynamics, Info, Params, State
from ._links import checked_share
from ._network import drawn, linked, remembered, rewired

Fresh = float | Literal["he"]


class Wired(NamedTuple):
    """Kept in ``State.aux``.

    Attributes:
        links: like the parameters, truth values; a single True of leaves that are dense.
        inner: what the inner dynamics remembers.
        step: steps so far.
    """

    links: Params
    inner: Any
    step: jax.Array


def sparse(
    make: Callable[[Callable[[Params], Params]], Dynamics],
    *,
    epsilon: Mapping[str, float],
    share: float = 0.3,
    every: int | float | None,
    fresh: Fresh = 0.0,
    prune: Literal["size", "random"] = "size",
    grow: Literal["random", "gradient"] = "random",
) -> Dynamics:
    """Sparse evolutionary training: prune a share ζ of the weakest links of either sign, grow as many at random.

    Between two replacements the inner dynamics runs on linked weights alone; the others are zero. The number of links
    of every matrix stays. What the inner dynamics remembers of a weight (momentum) is kept where its link is kept and
    zero where it is new.

    Args:
        make: ``linked -> Dynamics``; ``linked(params)`` are the parameters with zeros where no link is, which the loss
            must be asked at: ``lambda linked: corr.mutation(lambda x: loss(linked(x)), mutation_std=0.01)``, or on
            batches ``lambda linked: corr.minibatch(lambda rows: ..., batch=..., loss=lambda x: loss(linked(x)))``.
        epsilon: ε of each sparse matrix by its path, ``{"dense_0/kernel": 11.0}``; the others are dense.
        share: ζ in (0, 1).
        every: so many steps between replacements; a number in (0, 1), the chance of one after each step; None for
            none: fixed random links.
        fresh: standard deviation of new weights, in the units of the parameters, 0 for zero; "he": √(2/n), n the links
            into the unit.
        prune: "size": the weakest; "random": any links, as many of either sign, a control.
        grow: "random": evenly among free places, a pruned one's among them; "gradient": where the gradient of the loss
            of ``make``'s dynamics (of all data, on batches) is largest, as RigL does.

    Returns:
        A ``Dynamics`` whose ``State.aux`` is a ``Wired``. Every trajectory draws links of its own at its start, where
        the weights are those given. ``evaluations`` are those of the inner one; that of a replacement is not counted.
        Where links are replaced, ``Info`` tells the whole displacement, as accepted.

    Raises:
        ValueError: if ζ or a number of steps is out of range, for an unknown rule, or, at the start, if ε is out of
            range or no matrix has such a path.
        TypeError: if ``make`` gives no dynamics, or one without ``loss``.

    Example:
        >>> from corr import descent
        >>> loss = lambda x: jnp.sum((x["w"] - 1.0) ** 2)
        >>> down = lambda linked: descent(lambda x: loss(linked(x)), learning_rate=0.1)
        >>> side = sparse(down, epsilon={"w": 1.0}, every=10)
        >>> state = side.init({"w": jnp.zeros((4, 6))}, jax.random.key(0))
        >>> for n in range(10):
        ...     state, _ = side.step(jax.random.key(n), state)
        >>> int(state.aux.links["w"].sum())
        10

    Reference: Mocanu et al., Nature Communications 9, 2383 (2018); at random moments: Klear's EvolNet,
    github.com/AlliedToasters/synapses; by gradient: Evci et al., Rigging the lottery, ICML (2020).
    """
    _check_rules(prune, grow)
    share, due, new = checked_share(share), _due(every), _fresh(fresh)
    sample = make(lambda params: params)
    whole = sample.loss if isinstance(sample, Dynamics) else None
    if whole is None:
        raise TypeError(f"make must give a dynamics of one loss, like corr.mutation(...), got {type(sample).__name__}")

    def on(links: Params) -> Dynamics:
        return make(lambda params: linked(params, links))

    def init(params: Params, key: Any = None) -> State:
        links_key, inner_key = jax.random.split(any_key() if key is None else key)
        links = drawn(links_key, params, epsilon)
        begun = initial(on(links), linked(params, links), inner_key)
        return begun._replace(aux=Wired(links, begun.aux, jnp.int32(0)))

    def refresh(state: State) -> State:
        return on(state.aux.links).refresh(state._replace(aux=state.aux.inner))._replace(aux=state.aux)

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        wired: Wired = state.aux
        if due is None:
            return _stepped(on(wired.links), key, state)
        step_key, when_key, how_key = jax.random.split(key, 3)
        now, info = _stepped(on(wired.links), step_key, state)
        return jax.lax.cond(
            due(when_key, now.aux.step), lambda: replaced(how_key, state, now, info), lambda: (now, info)
        )

    def replaced(key: jax.Array, before: State, now: State, info: Info) -> tuple[State, Info]:
        slopes = jax.grad(whole)(now.position) if grow == "gradient" else None
        position, links, kept = rewired(
            key, now.position, now.aux.links, share=share, fresh=new, by_size=prune == "size", slopes=slopes
        )
        aux = Wired(links, remembered(now.aux.inner, kept, position), now.aux.step)
        after = refresh(now._replace(position=position, aux=aux))
        change = (after.loss - now.loss).astype(info.loss_change.dtype)
        taken = jnp.where(info.accepted, info.loss_change, 0) + change
        told = Info(between(before.position, position), jnp.array(True), taken, jnp.isfinite(after.loss))
        return after, told

    return Dynamics(
        init,
        step,
        sample.stream,
        refresh,
        loss=sample.loss,
        accept=sample.accept if due is None else None,
        facts={
            **sample.facts,
            "sparse": _text(epsilon),
            "share": share,
            "every": str(every),
            "fresh": str(fresh),
            "prune": prune,
            "grow": grow,
        },
        keeps_loss=False,
        evaluations=sample.evaluations,
        symmetric=sample.symmetric and due is None,
    )


def _stepped(inner: Dynamics, key: jax.Array, state: State) -> tuple[State, Info]:
    """A step of the inner dynamics, which leaves what is not linked at zero."""
    wired: Wired = state.aux
    moved, info = inner.step(key, state._replace(aux=wired.inner))
    now = moved._replace(
        position=linked(moved.position, wired.links), aux=Wired(wired.links, moved.aux, wired.step + 1)
    )
    return now, info._replace(displacement=linked(info.displacement, wired.links))


def _due(every: int | float | None) -> Callable[[jax.Array, jax.Array], jax.Array] | None:
    """``(key, steps so far) -> whether links are replaced now``; None for never."""
    if every is None:
        return None
    chance = real_number("every", every)
    if 0 < chance < 1:
        return lambda key, step: jax.random.uniform(key) < chance
    count = check_count("every", every)
    return lambda key, step: step % count == 0


def _fresh(fresh: Fresh) -> float | None:
    if isinstance(fresh, str):
        if fresh != "he":
            raise ValueError(f'fresh must be a standard deviation of at least 0, or "he", got {fresh!r}')
        return None
    value = real_number("fresh", fresh)
    if not 0 <= value < float("inf"):
        raise ValueError(f'fresh must be a standard deviation of at least 0, or "he", got {fresh}')
    return value


def _check_rules(prune: str, grow: str) -> None:
    if prune not in ("size", "random"):
        raise ValueError(f'prune must be "size" or "random", got {prune!r}')
    if grow not in ("random", "gradient"):
        raise ValueError(f'grow must be "random" or "gradient", got {grow!r}')


def _text(epsilon: Mapping[str, float]) -> str:
    return ", ".join(f"{path} {value:g}" for path, value in epsilon.items())
