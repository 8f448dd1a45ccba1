"""Digests of programs and of the Python functions they call back, equal in every process for equal programs."""

import dataclasses
import enum
import functools
import hashlib
import re
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np
from jax.extend import core

from ._house import real_name

ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# Rules of derivatives (applied already where a program holds a derivative) and names of functions move no number.
UNSAID = ("name", "jvp_jaxpr_fun", "fwd_jaxpr_thunk", "bwd", "out_trees")


def program_digest(function: Callable[..., Any], *args: Any) -> str:
    """Digest of what JAX computes for arguments of these shapes: operations, constants, and Python code called back.

    Names, memory addresses and the process leave no trace in it; every constant does, whether written in the function,
    captured by it, or used inside a scan, a condition or a callback.

    Args:
        function: a JAX function.
        args: arguments, or their ``ShapeDtypeStruct``.

    Returns:
        16 hexadecimal digits.

    Example:
        >>> program_digest(lambda x: 2 * x, 1.0) == program_digest(lambda y: 2 * y, 1.0)
        True
        >>> program_digest(lambda x: 2 * x, 1.0) == program_digest(lambda x: 3 * x, 1.0)
        False
    """
    closed, out = jax.make_jaxpr(function, return_shape=True)(*args)
    return digest((str(jax.tree.structure((args, out))), closed))


def digest(value: Any) -> str:
    """Digest of a function, array, pytree or plain value, 16 hexadecimal digits.

    Of functions: their code, what they captured, and the functions and values of their own package that they name; of
    functions of other packages the name and what they captured.
    """
    return _Digests().of(value, None)[:16]


class _Digests:
    """Each object is digested once, however often it occurs; one that holds itself is noted as such."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str | None], tuple[Any, str]] = {}

    def of(self, value: Any, package: str | None) -> str:
        place = id(value), package
        if place not in self._known:
            self._known[place] = value, "itself"
            text = "\n".join(self._parts(value, package))
            self._known[place] = value, hashlib.sha256(text.encode()).hexdigest()
        return self._known[place][1]

    def _parts(self, value: Any, package: str | None) -> Iterator[str]:
        yield type(value).__qualname__
        if value is None or isinstance(value, bool | int | float | complex | str | bytes | enum.Enum):
            yield repr(value)
        elif isinstance(value, types.ModuleType):
            yield real_name(value.__name__)
        elif isinstance(value, type | types.BuiltinFunctionType | np.dtype | np.ufunc):
            yield str(getattr(value, "__qualname__", getattr(value, "__name__", value)))
        elif isinstance(value, core.ClosedJaxpr):
            yield from map(self._within(package), (value.jaxpr, *value.consts))
        elif isinstance(value, core.Jaxpr):
            yield from self._program(value, package)
        elif isinstance(value, types.FunctionType):
            yield from self._function(value, package)
        elif isinstance(value, types.CodeType):
            yield from (value.co_code.hex(), *value.co_names, *map(self._within(package), value.co_consts))
        elif isinstance(value, types.MethodType):
            yield from map(self._within(package), (value.__func__, value.__self__))
        elif isinstance(value, functools.partial):
            yield from map(self._within(package), (value.func, value.args, value.keywords))
        elif hasattr(value, "__wrapped__"):
            yield self.of(value.__wrapped__, package)
        elif isinstance(value, Mapping):
            yield from sorted(f"{self.of(key, package)} {self.of(one, package)}" for key, one in value.items())
        elif isinstance(value, set | frozenset):
            yield from sorted(map(self._within(package), value))
        elif isinstance(value, tuple | list):
            yield from map(self._within(package), value)
        elif hasattr(value, "__array__") or isinstance(value, jax.Array):
            yield from self._array(value, package)
        elif dataclasses.is_dataclass(value):
            fields = (field.name for field in dataclasses.fields(value))
            yield from (f"{name} {self.of(getattr(value, name, None), package)}" for name in fields)
        elif type(value).__repr__ is object.__repr__ and hasattr(value, "__dict__"):
            yield self.of(vars(value), package)
        else:
            yield ADDRESS.sub("", repr(value))

    def _within(self, package: str | None) -> Callable[[Any], str]:
        return lambda value: self.of(value, package)

    def _array(self, value: Any, package: str | None) -> Iterator[str]:
        if isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
            yield str(jax.random.key_impl(value))
            value = jax.random.key_data(value)
        array = np.asarray(value)
        yield f"{array.dtype} {array.shape}"
        if array.dtype == object:
            yield self.of(array.ravel().tolist(), package)
        else:
            yield hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()

    def _program(self, program: core.Jaxpr, package: str | None) -> Iterator[str]:
        numbers: dict[Any, int] = {}

        def named(atom: Any) -> str:
            if isinstance(atom, core.Literal):
                return f"{atom.aval} {self.of(np.asarray(atom.val), package)}"
            return f"{numbers.setdefault(atom, len(numbers))}:{atom.aval}"

        yield from map(named, (*program.constvars, *program.invars))
        for equation in program.eqns:
            said = {name: value for name, value in equation.params.items() if name not in UNSAID}
            yield f"{equation.primitive} {self.of(said, package)}"
            yield " ".join(map(named, (*equation.invars, *equation.outvars)))
        yield from map(named, program.outvars)

    def _function(self, function: types.FunctionType, package: str | None) -> Iterator[str]:
        home = real_name(function.__module__ or "").partition(".")[0]  # the same in a wheel as in a checkout
        package = home if package is None else package
        cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
        yield from map(self._within(package), (cells, function.__defaults__, function.__kwdefaults__))
        if home != package:
            yield f"{real_name(function.__module__)}.{function.__qualname__}"
            return
        yield self.of(function.__code__, package)
        for name in sorted(_names(function.__code__) & function.__globals__.keys()):
            yield f"{name} {self.of(function.__globals__[name], package)}"


def _names(code: types.CodeType) -> set[str]:
    """Every global name that a function or one inside it may look up."""
    inner = (_names(one) for one in code.co_consts if isinstance(one, types.CodeType))
    return set(code.co_names).union(*inner)


def _filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False
