"""What fixes the numbers of a run beside its sizes: settings, start, key, the loss and the program of a step."""

import functools
import itertools
import math
import os
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from ._digest import digest, program_digest
from ._start import initial, initial_shape
from ._types import Dynamics, Key, Params, Scalar

PLACES, APART = 3, 0.01
AGREE = float(np.sqrt(np.finfo(np.float32).eps))  # half the digits: processors sum in other orders
AT_START, NEAR, LOSS, STEP = "loss at the start", "loss near the start", "program of the loss", "program of the step"
PROGRAM = "program"
START, GLANCE = "start", "sums over the start"
MADE_BY = "made by"
SHOWN = 8

Fingerprint = dict[str, Any]


class Along(NamedTuple):
    """A fact that is told step by step: ``upto(step)`` gives what of it mattered before this step."""

    upto: Callable[[int], Any]


def run_fingerprint(dynamics: Dynamics, params: Params, key: Key) -> Callable[[int], Fingerprint]:
    """What fixes the numbers of a run of this dynamics up to a step.

    A fact of the dynamics that is an ``Along`` counts up to that step alone, so that a run may be extended; ``program``
    among the facts is then another dynamics with the same step but for that fact, which is traced instead.

    Args:
        dynamics: what runs.
        params: start parameters.
        key: root key.

    Returns:
        ``step -> fingerprint``, plain numbers and texts by name.
    """
    facts = dict(dynamics.facts)
    traced = facts.pop("program", dynamics)
    fixed = {
        "stream": int(dynamics.stream),
        START: digest(_by_path(params)),
        GLANCE: _sums(params),
        "key": digest(key),
        "precision": _bits(),
        "matmul precision": str(jax.config.jax_default_matmul_precision),  # pyright: ignore[reportAttributeAccessIssue]
        MADE_BY: _made_by(),
        **({} if dynamics.loss is None else loss_fingerprint(dynamics.loss, params)),
        STEP: _step_digest(traced, params, key),
    }

    def upto(step: int) -> Fingerprint:
        told = {name: fact.upto(step) if isinstance(fact, Along) else fact for name, fact in facts.items()}
        return {name: _plain(fact) for name, fact in told.items()} | fixed

    return upto


def loss_fingerprint(loss: Callable[[Params], Scalar], params: Params) -> Fingerprint:
    """A loss by its values at a place and at three others nearby, and by its program.

    Args:
        loss: U.
        params: the place, a pytree of arrays.

    Returns:
        Plain numbers and texts by name.

    Example:
        >>> one, other = (loss_fingerprint(lambda x: c * x**2, np.float32(1.0)) for c in (1.0, 2.0))
        >>> differences(one, one), differences(one, other)[0]
        ([], 'loss at the start: saved 1.0, asked 2.0')
    """
    rng = np.random.default_rng(0)
    value = jax.jit(loss)

    def nearby(leaf: Any) -> np.ndarray:
        middle = np.asarray(leaf, np.float64)
        away = APART * (1 + np.abs(middle)) * rng.standard_normal(middle.shape)
        return np.asarray(middle + away).astype(np.asarray(leaf).dtype)

    with jax.default_matmul_precision("highest"):
        near = [float(value(jax.tree.map(nearby, params))) for _ in range(PLACES)]
        return {
            AT_START: _plain(float(value(params))),
            NEAR: [_plain(one) for one in near],
            LOSS: program_digest(loss, params),
            MADE_BY: _made_by(),
        }


def differences(
    saved: Mapping[str, Any], asked: Mapping[str, Any], words: tuple[str, str] = ("saved", "asked")
) -> list[str]:
    """What differs between two fingerprints, in words; empty where they agree.

    Values of the loss and sums over the start may differ by half their digits. Programs, and every digit of the start,
    are compared where the same version of JAX or Python on the same processor made them: the last bits of what JAX
    computes, constants of programs too, are the processor's.
    """
    names = dict.fromkeys((*asked, *saved))
    names.pop(MADE_BY, None)
    if saved.get(MADE_BY) != asked.get(MADE_BY):
        names = [name for name in names if name != START and not name.startswith(PROGRAM)]
    said: dict[str, str] = {}
    for name in names:
        one, other = saved.get(name), asked.get(name)
        if not _agree(one, other, rounded=name in (AT_START, NEAR, GLANCE)):
            digested = name in (START, GLANCE, "key") or name.startswith(PROGRAM)
            said[name] = f"another {START if name == GLANCE else name}" if digested else _said(name, one, other, words)
    if STEP in said:
        said[STEP] += " (rule, proposal, schedule, batch or moments)"
    if len(said) > 1:
        said.pop(STEP, None)  # a consequence of the others
    return list(dict.fromkeys(said.values()))


def _said(name: str, saved: Any, asked: Any, words: tuple[str, str]) -> str:
    """Of lists the first entry that differs."""
    if isinstance(saved, list) and isinstance(asked, list):
        pairs = itertools.zip_longest(saved, asked, fillvalue="nothing")
        number, (saved, asked) = next((n, pair) for n, pair in enumerate(pairs) if pair[0] != pair[1])
        name = f"{name}[{number}]"
    return f"{name}: {words[0]} {saved!r}, {words[1]} {asked!r}"


def _made_by() -> str:
    return f"jax {version('jax')}, {_bits()} bit, {processor()}"


@functools.cache
def processor() -> str:
    """The kind of processor and the flags of its compiler, which fix the last bits of what is computed."""
    kinds = {device.device_kind for device in jax.local_devices()}
    if kinds == {"cpu"}:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
        kinds = {model or platform.processor() or platform.machine()}
    return " ".join([*sorted(kinds), os.environ.get("XLA_FLAGS", "")]).strip()


def _sums(params: Params) -> list[float]:
    """Three random sums over all numbers of the start, which others hardly share; no two terms cancel."""
    rng = np.random.default_rng(1)
    leaves = [np.asarray(leaf, np.float64).ravel() for leaf in jax.tree.leaves(params)]
    flat = np.concatenate([np.zeros(0), *leaves])
    return [float(one) for one in rng.uniform(1, 2, (PLACES, flat.size)) @ (flat + 2 * np.abs(flat))]


def _bits() -> int:
    return jax.numpy.finfo(jax.numpy.result_type(float)).bits


def _step_digest(dynamics: Dynamics, params: Params, key: Key) -> str:
    with jax.default_matmul_precision("highest"):
        begin = lambda params: initial(dynamics, params, key)  # noqa: E731
        state = jax.eval_shape(begin, params)
        programs = [
            program_digest(dynamics.step, key, state),
            program_digest(begin, params),
            program_digest(dynamics.refresh, state),
        ]
    return digest(programs)


def refresh_matters(dynamics: Dynamics, params: Params) -> bool:
    """Whether rebuilding the kept parts of a state computes anything."""
    state = initial_shape(dynamics, params)
    same = program_digest(lambda state: state, state)
    return program_digest(dynamics.refresh, state) != same


def _by_path(tree: Any) -> list[tuple[str, Any]]:
    return [(jax.tree_util.keystr(path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)]


def _plain(value: Any) -> Any:
    """A value that JSON can hold: short arrays as numbers, long ones and everything else by digest."""
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if callable(value):
        return f"function {digest(value)}"
    leaves = _by_path(value)
    if len(leaves) != 1 or leaves[0][0]:
        return {path: _plain(leaf) for path, leaf in leaves}
    array = np.asarray(value)
    if array.dtype.kind not in "biuf" or array.size > SHOWN:
        return f"{array.dtype}{list(array.shape)} {digest(value)}"
    return jax.tree.map(_plain, array.tolist())


def _agree(saved: Any, asked: Any, *, rounded: bool) -> bool:
    if rounded and isinstance(saved, list) and isinstance(asked, list) and len(saved) == len(asked):
        return all(_agree(one, other, rounded=True) for one, other in zip(saved, asked, strict=True))
    if rounded and isinstance(saved, float) and isinstance(asked, float):
        return math.isclose(saved, asked, rel_tol=AGREE)
    return saved == asked
