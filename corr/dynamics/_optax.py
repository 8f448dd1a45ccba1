"""Any optax transformation as a gradient side."""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from .._keys import Stream
from .._precision import moved_by
from .._told import warn
from .._types import VALUE_AND_GRADIENT, Dynamics, Info, Params, Scalar, Spent, State
from ._descent import always_moved

SEARCHED = frozenset({"value", "grad", "value_fn"})
SEARCHES = (optax.ScaleByZoomLinesearchState, optax.ScaleByBacktrackingLinesearchState)


class Ahead(NamedTuple):
    """What ``optax.lookahead`` remembers, and the slow parameters; the position is the fast ones."""

    memory: Any
    slow: Params


def from_optax(loss: Callable[[Params], Scalar], transformation: optax.GradientTransformation) -> Dynamics:
    """An optax transformation as a ``Dynamics``, x ← x + update(∇U).

    Those that ask for more are given it: parameters (weight decay, adaptive clipping), the loss
    (``optax.contrib.reduce_on_plateau``), value, gradient and U (line searches: ``optax.lbfgs``), gradients elsewhere
    (``optax.contrib.sam`` in opaque mode). The position of ``optax.lookahead`` is its fast parameters, where gradients
    are taken; the slow ones equal them after every ``sync_period`` steps: record there. Noise that a transformation
    draws from a key of its own (``optax.add_noise``, ``optax.noisy_sgd``) is the same in every trajectory; use
    ``langevin`` for noisy descent.

    Args:
        loss: U, a JAX function ``params -> scalar``.
        transformation: any ``optax.GradientTransformation``.

    Returns:
        A ``Dynamics``; its ``Info.accepted`` is always True and its key is not used. A step costs 3 ``evaluations`` and
        3 for every gradient elsewhere; those of optax's line searches are counted as they come (``run``). What a
        transformation of your own evaluates by itself is yours to add: ``_replace(evaluations=...)``.

    Raises:
        TypeError: if ``transformation`` has no ``init`` and ``update``, or, in a step, asks for what it cannot get.
        ValueError: at the start, for ``optax.contrib.sam`` without ``opaque_mode=True``, where half of the positions
            are the perturbed ones, or inside another transformation.

    Example:
        >>> import jax.numpy as jnp
        >>> side = from_optax(lambda x: jnp.sum(x**2) / 2, optax.sgd(0.1))
        >>> state, info = side.step(jax.random.key(0), side.init(jnp.ones(1)))
        >>> round(float(state.position[0]), 6)
        0.9

    Reference: DeepMind, Optax (2020); theory/README.md, "Optimizers".
    """
    _check_kind(loss, transformation)
    evaluate = jax.value_and_grad(loss)
    asked, slope = _asked(transformation), lambda params, _: jax.grad(loss)(params)

    def start(params: Params, aux: Any) -> State:
        value, gradient = evaluate(params)
        return State(params, value, aux, gradient)

    # optax's Adam takes a Python float to the power of an integer array, which strict promotion refuses.
    def begin(params: Params) -> State:
        with jax.numpy_dtype_promotion("standard"):
            return start(params, _remembered(transformation, params, asked))

    def step(key: jax.Array, state: State) -> tuple[State, Info]:
        del key
        aux = state.aux
        memory = aux.memory if isinstance(aux, Ahead | Spent) else aux
        params = optax.LookaheadParams(state.position, aux.slow) if isinstance(aux, Ahead) else state.position
        given = {"value": state.loss, "grad": state.tape, "value_fn": loss, "grad_fn": slope}
        with jax.numpy_dtype_promotion("standard"):
            update, memory = _updated(transformation, state.tape, memory, params, given, asked)
            if isinstance(aux, Ahead):
                update, aux = update.fast, Ahead(memory, moved_by(aux.slow, update.slow))
            else:
                aux = Spent(memory, aux.evaluations + _searched(memory)) if isinstance(aux, Spent) else memory
        new = start(moved_by(state.position, update), aux)
        return new, always_moved(state, new.position, new.loss)

    return Dynamics(
        lambda params, key=None: begin(params),
        step,
        Stream.OPTIMIZER,
        lambda state: start(state.position, state.aux),
        loss=loss,
        facts={"dynamics": "optax", "gradient": True},
        evaluations=VALUE_AND_GRADIENT * (1 + _gradients_elsewhere(transformation, asked)),
    )


def _check_kind(loss: Any, transformation: Any) -> None:
    if not (hasattr(transformation, "init") and hasattr(transformation, "update")):
        if hasattr(loss, "update"):
            raise TypeError("loss and transformation stand in each other's place: from_optax(loss, transformation)")
        got = type(transformation).__name__
        name = getattr(transformation, "__name__", None)
        call = f" {name}: call it, {name}(learning_rate, ...)" if callable(transformation) and name else ""
        raise TypeError(f"expected an optax.GradientTransformation such as optax.adam(1e-3), got {got}{call}")


def _asked(transformation: optax.GradientTransformation) -> frozenset[str]:
    """What its update takes by name, beside gradients, state and parameters."""
    if not isinstance(transformation, optax.GradientTransformationExtraArgs):
        return frozenset()
    found = inspect.signature(transformation.update).parameters
    passed_on = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in found.values())
    # A line search refuses what its own U does not take, so the gradient anywhere goes to none but who names it.
    return frozenset(found) | (SEARCHED if passed_on else frozenset())


def _remembered(transformation: optax.GradientTransformation, params: Params, asked: frozenset[str]) -> Any:
    """What is remembered at the start: the optimizer's own state, and slow parameters or a count where needed."""
    pair = optax.LookaheadParams.init_synced(params)
    try:
        ahead = bool(_parts(jax.eval_shape(transformation.init, pair), optax.LookaheadState))
    except Exception:  # one that knows no pair of parameters does not look ahead
        ahead = False
    if ahead:
        return Ahead(transformation.init(pair), params)
    memory = transformation.init(params)
    sharp = _parts(memory, optax.contrib.SAMState)
    if any(one.cache is not None for one in sharp):
        raise ValueError(
            "optax.contrib.sam without opaque_mode leaves the perturbed parameters as position on all steps but each"
            " last of sync_period, and its time runs slower by that factor: give opaque_mode=True"
        )
    if sharp and "grad_fn" not in asked:
        raise ValueError(
            "optax.contrib.sam inside optax.chain or another transformation gets no gradients elsewhere: make it the"
            " outermost one, sam(optax.chain(clip, optimizer), ...)"
        )
    return Spent(memory, jnp.int32(0)) if _parts(memory, SEARCHES) else memory


def _updated(
    transformation: optax.GradientTransformation, gradient: Params, memory: Any, params: Any,
    given: dict[str, Any], asked: frozenset[str],
) -> Any:  # fmt: skip
    more = {name: one for name, one in given.items() if name in asked}
    try:
        return transformation.update(gradient, memory, params, **more)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"the optax transformation takes no step: {error}. from_optax gives it gradients, state and params, and"
            f" what it names of {', '.join(given)}; anything else it must close over"
        ) from error


def _parts(memory: Any, kinds: Any) -> list[Any]:
    """The states of these kinds within an optimizer's state."""
    leaves = jax.tree.leaves(memory, is_leaf=lambda one: isinstance(one, kinds))
    return [one for one in leaves if isinstance(one, kinds)]


def _searched(memory: Any) -> jax.Array:
    """Evaluations that the last step's line searches took: zoom takes a gradient at every length, backtracking none."""
    total = jnp.int32(0)
    for one in _parts(memory, SEARCHES):
        lengths = jnp.asarray(one.info.num_linesearch_steps, jnp.int32)
        zoom = isinstance(one, optax.ScaleByZoomLinesearchState)
        last = 0 if zoom or one.grad is None else VALUE_AND_GRADIENT - 1
        total = total + (VALUE_AND_GRADIENT if zoom else 1) * lengths + last
    return total


def _gradients_elsewhere(transformation: optax.GradientTransformation, asked: frozenset[str]) -> int:
    """How often a step calls ``grad_fn``, counted on one number as parameters."""
    if "grad_fn" not in asked:
        return 0
    calls: list[int] = []

    def slope(params: Params, number: int) -> Params:
        calls.append(number)
        return params

    def once(x: jax.Array) -> Any:
        return transformation.update(x, transformation.init(x), x, **{"grad_fn": slope})

    try:
        with jax.numpy_dtype_promotion("standard"):
            jax.eval_shape(once, jax.ShapeDtypeStruct((), jnp.float32))
    except Exception as error:
        warn(
            "the gradients that a step takes elsewhere cannot be counted on one number as parameters"
            f" ({str(error).partition(chr(10))[0]}): one is assumed; say what a step costs by"
            " _replace(evaluations=...)",
            stacklevel=3,
        )
        return 1
    return len(calls)
