"""The exact change of random small programs against float64, from zeros, kinks and guards, by steps tiny to huge.

The tolerance is a rounding analysis of the very program: every value and every change on the way is moved by
``ROUNDINGS`` units of rounding, one entry at a time, in float64, and the effects on the result are added up. Values
are also moved to the two numbers of the dtype beside them, since a kink may lie at one.
"""

import warnings
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from jax import lax

from corr.difference import difference
from corr.difference._rules import DECISIONS, RULES

from .difference_programs import SIZE, WORDS

ROUNDINGS = 16
LENGTH = 3
UNIT64 = float(np.finfo(np.float64).eps)
DTYPES = {kind: jnp.dtype(kind) for kind in ("float32", "float16", "bfloat16", "float64")}
POINTS = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 1e-3, -0.1, 1.1, 3.0, -3.0, 9.5, -20.0)
SHORT = (0.0, 1e-12, 1e-9, -1e-9, 1e-7, -1e-6)
STEPS = (*SHORT, 1e-3, -0.1, 0.3, -0.5, 0.6, 1.0, -1.0, 2.0, -20.0, 1e4)
CORNERS = ([0.0, 1.0, 1.1, 9.5], [1.0, -0.1, 0.5, -0.5])
MOVES = (
    ([1e-6, 1e-9, -1e-9, 1e-7], [-1e-9, 1e-6, 1e-7, 1e-9]),
    ([0.3, -1.0, -1.0999989, 0.3], [-20.0, 0.6, 0.3, -0.5]),
)


class Line(NamedTuple):
    """One word applied to two of the vectors known so far."""

    word: str
    first: int
    second: int


@st.composite
def programs(draw: Any) -> list[Line]:
    length = draw(st.integers(1, LENGTH))
    names = st.sampled_from(sorted(WORDS))
    return [Line(draw(names), k + 1, draw(st.integers(0, k + 1))) for k in range(length)]


def run(program: list[Line], x: Any, y: Any) -> Any:
    known = [x, y]
    for line in program:
        known.append(WORDS[line.word].call(known[line.first], known[line.second]))
    return known[-1]


def vectors(choices: tuple[float, ...]) -> Any:
    return st.lists(st.sampled_from(choices), min_size=SIZE, max_size=SIZE)


def perturbations(count: int) -> np.ndarray:
    """Row by row: which vector, which entry, what of it (0 or 3 value, 1 change, 2 new value alone), and the sign."""
    grid = np.meshgrid(np.arange(count), np.arange(SIZE), np.arange(4), [1.0, -1.0], indexing="ij")
    return np.concatenate([[[-1, 0, 0, 0]], np.stack(grid, -1).reshape(-1, 4)])


def beside(value: Any, dtype: Any) -> tuple[Any, Any]:
    """The two numbers of the dtype that have the value between them, the nearer one first."""
    near = value.astype(dtype)
    towards = jnp.where(near.astype(value.dtype) < value, jnp.inf, -jnp.inf).astype(dtype)
    return near.astype(value.dtype), jnp.nextafter(near, towards).astype(value.dtype)


def trial(program: list[Line], points: Any, steps: Any, info: Any, row: Any) -> tuple[Any, Any, Any]:
    """f(x + Δ) - f(x) in float64 with the perturbation of ``row``, and the values of all vectors before and after."""
    which, entry, kind, sign = row
    unit = ROUNDINGS * float(info.eps)
    tiny = ROUNDINGS * float(info.smallest_subnormal if info.bits == 16 else info.tiny)
    here = jnp.where(jnp.arange(float(SIZE)) == entry, sign, 0.0)

    def moved(k: int, old: Any, new: Any, *, value: bool) -> tuple[Any, Any]:
        rounding = jnp.where(kind == 0, jnp.abs(old) * float(value), jnp.abs(new - old)) * unit + tiny * float(k >= 2)
        opens = k >= 2 and WORDS[program[k - 2].word].opens
        size = jnp.where(kind == 2, jnp.abs(new) * (unit if opens else 4 * UNIT64), rounding)
        near, other = beside(old, info.dtype)
        neighbour = jnp.abs(here) * float(value) * (jnp.where(sign > 0, near, other) - old)
        shift = jnp.where(kind == 3, neighbour, here * size)
        shift = jnp.where(jnp.equal(which, float(k)), shift, 0)
        return old + jnp.where((kind == 0) | (kind == 3), shift, 0), new + shift

    exact = [(x, x + step) for x, step in zip(points, steps, strict=True)]
    for line in program:
        word, places = WORDS[line.word], (line.first, line.second)
        seen = [moved(k, *exact[k], value=k >= 2 or not word.exact) for k in places]
        exact.append(tuple((word.reference or word.call)(*side) for side in zip(*seen, strict=True)))
    old, new = moved(len(exact) - 1, *exact[-1], value=False)
    return new - old, [old for old, _ in exact], [new for _, new in exact]


def reference(program: list[Line], points: Any, moves: Any, info: Any) -> tuple[np.ndarray, np.ndarray, float]:
    """The change of each move in float64, what rounding allows, and the largest number met on the way."""
    with jax.enable_x64(True):
        points = tuple(jnp.asarray(np.asarray(v, np.float64)) for v in points)
        rows = perturbations(2 + len(program))
        steps = [jnp.asarray(np.repeat(np.asarray(v, np.float64), len(rows), 0)) for v in zip(*moves, strict=True)]
        tried = jax.vmap(lambda row, *steps: trial(program, points, steps, info, row))
        out = tried(jnp.asarray(np.tile(rows, (len(moves), 1))), *steps)
        changes, old, new = jax.tree.map(lambda v: np.asarray(v).reshape(len(moves), len(rows), SIZE), out)
        effects = np.abs(changes[:, 1:] - changes[:, :1]).reshape(len(moves), -1, 2, SIZE).max(2)
        met = [np.abs(v[:, 0]) for v in (*old, *new)]
        largest = max(float(np.nanmax(v, initial=0.0, where=np.isfinite(v))) for v in met)
        return changes[:, 0], effects.sum(1), largest


def check(program: list[Line], points: Any, moves: Any, kind: str) -> bool:
    """Compare changes with float64; False where a value is not finite or out of the range of the dtype."""
    info = jnp.finfo(DTYPES[kind])
    with jax.enable_x64(kind == "float64"):
        points, *moves = ([jnp.asarray(v, DTYPES[kind]) for v in part] for part in (points, *moves))
        right, allowed, largest = reference(program, points, moves, info)
        if largest > float(info.max) / 4 or not np.all(np.isfinite(right)):
            return False
        split = difference(lambda *args: (out := run(program, *args), out.astype(jnp.int32)))
        tape = split.start(*points)[1]
        found = [split.change(tape, *steps)[0] for steps in moves]
    for (change, whole), exact, room in zip(found, right, allowed, strict=True):
        message = f"{program} in {kind}: {change}, in integers {whole}, right {exact} ± {room}"
        judged = np.isfinite(room)
        assert np.all(np.abs(np.asarray(change, np.float64) - exact) <= room, where=judged), message
        fits = judged & (largest < 2**30)
        assert np.all(np.abs(np.asarray(whole, np.float64) - exact) < 2 + room, where=fits), message
    return True


def profile(examples: int) -> settings:
    """The same examples every time; a failing one is short enough to be shown as it is."""
    return settings(
        max_examples=examples,
        phases=(Phase.generate,),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


ARGUMENTS = {
    "program": programs(),
    "points": st.tuples(vectors(POINTS), vectors(POINTS)),
    "steps": st.one_of(*[st.tuples(vectors(sizes), vectors(sizes)) for sizes in (SHORT, STEPS)]),
}


@pytest.mark.parametrize("word", WORDS)
def test_every_word(word: str) -> None:
    """Exact, or said not to be."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert check([Line(word, 0, 1)], CORNERS, MOVES, "float32"), "out of range"
    words = [str(warning.message) for warning in said if issubclass(warning.category, UserWarning)]
    assert bool(words) == WORDS[word].said, words


@pytest.mark.filterwarnings("ignore:no exact-change rule")
@pytest.mark.parametrize("word", WORDS)
def test_the_shortcut_is_right_or_nan(word: str) -> None:
    """Δ tanh = 0.45 and 0.9 in two of the entries, then the word; a short step would not do for the shortcut."""
    function = lambda x: WORDS[word].call(x := 8 * jnp.tanh(x), x)  # noqa: E731
    x, step = jnp.array([0.25, 0.5, -0.25, 1.0]), jnp.array([0.75, 2.0, -1.0, 0.5])
    if difference(function).shortcut(x):
        quick = difference(function, shortcut=True)
        assert np.all(np.isnan(quick.change(quick.start(x)[1], step)[0]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no exact-change rule")
@profile(16)
@given(**ARGUMENTS)
def test_random_programs(program: Any, points: Any, steps: Any) -> None:
    assume(check(program, points, [steps], "float32"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:no exact-change rule")
@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")  # in JAX's cumlogsumexp of float16
@pytest.mark.parametrize("kind", DTYPES)
@profile(150)
@given(**ARGUMENTS)
def test_many_random_programs(kind: str, program: Any, points: Any, steps: Any) -> None:
    assume(check(program, points, [steps], kind))


def test_a_running_log_sum_keeps_the_digits_of_a_small_share() -> None:
    """One of e^0 falls to e^-1 beside e^10: -2.87e-5, of which the sum itself, near 10, keeps two digits."""
    values, steps = jnp.array([-3.0, 0.0, -3.0, 10.0]), jnp.array([0.0, -1.0, 0.0, 0.0])
    split = difference(lax.cumlogsumexp)
    change = split.change(split.start(values)[1], steps)[0]
    exact = np.log1p((np.exp(-1) - 1) / (np.exp(10) + 2 * np.exp(-3) + 1))
    assert float(change[-1]) == pytest.approx(exact, rel=1e-5)


def test_every_rule_has_a_word() -> None:
    seen: set[str] = set()

    def walk(jaxpr: Any) -> None:
        for eqn in jaxpr.eqns:
            seen.add(eqn.primitive.name)
            for value in jax.tree.leaves(list(eqn.params.values()), is_leaf=lambda v: hasattr(v, "eqns")):
                if hasattr(value, "eqns") or hasattr(value, "jaxpr"):
                    walk(getattr(value, "jaxpr", value))

    x = jax.ShapeDtypeStruct((SIZE,), jnp.float32)
    for word in WORDS.values():
        walk(jax.make_jaxpr(word.call)(x, x).jaxpr)
    needed = {*RULES, *DECISIONS} - {"reshard"}  # of arrays on several devices: tests/corr/wiring/test_sparse.py
    assert needed <= seen, f"rules without a word in a program: {sorted(needed - seen)}"
