"""What a checkpoint may hold, as inert values: nothing in the file is ever looked up, imported or called.

A pickle makes its objects by naming functions. The names below are the only ones understood, and each
stands for a few lines of this file that build a plain value of our own. What is made by any other name is `Foreign`:
the name is kept, to be told, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..dtypes import width
from ..reading import Malformed
from .refusal import damaged, malformed, number, quote, refusal

STORAGES = {
    "torch.DoubleStorage": "F64",
    "torch.FloatStorage": "F32",
    "torch.HalfStorage": "F16",
    "torch.BFloat16Storage": "BF16",
    "torch.LongStorage": "I64",
    "torch.IntStorage": "I32",
    "torch.ShortStorage": "I16",
    "torch.CharStorage": "I8",
    "torch.ByteStorage": "U8",
    "torch.BoolStorage": "BOOL",
}

MOST_AXES = 32


@dataclass(frozen=True, slots=True)
class GlobalName:
    """A global of the allow-list, such as `torch.FloatStorage`. Only its text is kept."""

    path: str


@dataclass(frozen=True, slots=True)
class Storage:
    """A run of `count` numbers of one type, kept in the file under `key`."""

    key: str
    dtype: str
    count: int

    @property
    def width(self) -> int:
        """Bytes of one number."""
        return width(self.dtype)

    @property
    def size(self) -> int:
        """Bytes of all."""
        return self.count * self.width


@dataclass(frozen=True, slots=True)
class Tensor:
    """A view of a storage: `offset` and `stride` count elements. It has been checked to lie inside."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """Something allowed beside the tensors and of no interest: a device, a NumPy scalar, a set."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """What a checkpoint makes by a name that is not understood: a class or a function, or what came of it."""

    path: str


Arguments = tuple[object, ...]


def _other(arguments: Arguments) -> object:
    return Other()


def _size(arguments: Arguments) -> object:
    return arguments[0] if arguments else ()


def _ordered(arguments: Arguments) -> object:
    """An empty mapping; its items follow in the pickle. Python 2 gave them as a list of pairs instead."""
    mapping: dict[object, object] = {}
    pairs = arguments[0] if arguments else []
    if not isinstance(pairs, list):
        raise malformed("an OrderedDict is made of something other than a list")
    for pair in pairs:
        match pair:
            case [key, value]:
                put(mapping, key, value)
            case _:
                raise malformed("an OrderedDict is made of something other than pairs")
    return mapping


def _mapping(arguments: Arguments) -> object:
    """A `defaultdict`: its items follow, and what it would make of a missing one is not needed."""
    return {}


def _tensor(arguments: Arguments) -> object:
    """`_rebuild_tensor(storage, offset, size, stride)`; version 2 adds what only training needs."""
    if arguments and isinstance(arguments[0], Foreign):
        return arguments[0]
    if len(arguments) < 4 or not isinstance(arguments[0], Storage):
        raise malformed("a tensor is made without a storage, an offset, a size and a stride")
    storage, offset = arguments[0], _count(arguments[1])
    shape, stride = _counts(arguments[2]), _counts(arguments[3])
    if len(shape) != len(stride):
        raise malformed(f"a tensor has {len(shape)} sizes and {len(stride)} strides")
    span = 1 + sum((n - 1) * step for n, step in zip(shape, stride, strict=True)) if all(shape) else 0
    if offset + span > storage.count:
        raise damaged(
            "a tensor reaches outside its storage",
            f"it needs {number(offset + span)} numbers of storage {quote(storage.key)}, "
            f"which holds {number(storage.count)}",
        )
    return Tensor(storage, offset, shape, stride)


def _parameter(arguments: Arguments) -> object:
    """`_rebuild_parameter(data, requires_grad, hooks)` is its tensor."""
    if not arguments or not isinstance(arguments[0], Tensor | Foreign):
        raise malformed("a parameter is made of something other than a tensor")
    return arguments[0]


BUILDERS: dict[str, Callable[[Arguments], object]] = {
    "builtins.dict": _mapping,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": _mapping,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.Size": _size,
    "torch.device": _other,
    "collections.Counter": _other,
    "builtins.set": _other,
    "builtins.frozenset": _other,
    "builtins.slice": _other,
    "builtins.complex": _other,
    "builtins.bytearray": _other,
    "_codecs.encode": _other,
    "numpy.dtype": _other,
    "numpy.core.multiarray.scalar": _other,
    "numpy._core.multiarray.scalar": _other,
}

_DTYPES = (
    "float64 float32 float16 bfloat16 float8_e4m3fn float8_e5m2 complex64 complex128 "
    "int64 int32 int16 int8 uint64 uint32 uint16 uint8 bool"
)
ALLOWED = frozenset([*BUILDERS, *STORAGES, *(f"torch.{dtype}" for dtype in _DTYPES.split())])


def name(module: str, member: str) -> GlobalName | Foreign:
    """The global `module.member`, foreign unless it is on the allow-list."""
    path = f"{'builtins' if module == '__builtin__' else module}.{member}"
    return GlobalName(path) if path in ALLOWED else Foreign(path)


def foreign(path: str) -> Malformed:
    """Why a file is refused of which nothing is left without what is `Foreign`."""
    return refusal(
        f"names {quote(path)}, which is refused",
        "a checkpoint is a pickle, a program that may call whatever it names; only dense tensors "
        "of the usual types and plain containers are understood here, and nothing was executed",
    )


def call(function: object, arguments: object) -> object:
    """What the pickle gets for calling `function`."""
    if isinstance(function, Foreign):
        return function
    builder = BUILDERS.get(function.path) if isinstance(function, GlobalName) else None
    if builder is None or not isinstance(arguments, tuple):
        raise malformed("it calls something that is no function")
    return builder(arguments)


def storage(identity: object) -> Storage | Foreign:
    """The storage behind a persistent id: ("storage", type, key, location, count[, view])."""
    if isinstance(identity, tuple) and len(identity) == 6 and identity[5] is None:
        identity = identity[:5]  # a stream may add a view of another storage; PyTorch 0.4 and later never do
    match identity:
        case ("storage", GlobalName(path), str(key), str(), count) if path in STORAGES:
            return Storage(key, STORAGES[path], _count(count))
        case ("storage", Foreign(path), *_):
            return Foreign(path)
    raise refusal("refers to data that are no plain storage", "other data have no place among weights")


def put(mapping: dict[object, object], key: object, value: object) -> None:
    """Set an item. Keys are words and small numbers; what has another one, which could be made slow to hash, is left
    out, for a tensor needs a name."""
    if not (key is None or isinstance(key, str) or (isinstance(key, int) and abs(key) < 2**63)):
        return
    if key in mapping:
        raise malformed(f"a mapping has the key {quote(str(key))} twice")
    mapping[key] = value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise malformed("a length, an offset, a size or a stride is not a whole number from 0 to 2^63")
    return value


def _counts(value: object) -> tuple[int, ...]:
    if not isinstance(value, tuple) or len(value) > MOST_AXES:
        raise malformed(f"a size or a stride is not a list of up to {MOST_AXES} numbers")
    return tuple(_count(n) for n in value)
