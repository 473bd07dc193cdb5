"""Read a pickle's data without unpickling it: plain values come out, anything else is refused.

A pickle is a program for a small stack machine, and its instructions can name and call any function.
Here the instructions are walked one by one and only those that plain data needs are followed. The few
names that NumPy arrays of numbers need are recognised by their text; nothing is ever imported or called.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from understudy.core.plain_arrays import NumberType, UnbuiltArray, array_over, number_type
from understudy.core.plain_containers import as_dict, as_frozenset

DEEPEST = 40  # containers inside one another
MEMORY_BYTES = 1 << 30

_MARKS = 1000  # unfinished containers
_LARGEST_INTEGER_BITS = 128
_CONTAINER_BYTES, _VALUE_BYTES, _SLOT_BYTES = 100, 40, 8

_Pair = tuple[str, str]
_ENCODE: _Pair = ("_codecs", "encode")
_ORDERED: _Pair = ("collections", "OrderedDict")
_BYTES: _Pair = ("__builtin__", "bytes")
_NDARRAY: _Pair = ("numpy", "ndarray")
_DTYPE: _Pair = ("numpy", "dtype")
_ARRAY_PARTS = {"_reconstruct": "multiarray", "scalar": "multiarray", "_frombuffer": "numeric"}

# what follows one value or constant, so that its cost is the value's own
_CONSTANTS: dict[str, object] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = frozenset(
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING"}
    | {"BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
)


class NotPlainDataError(ValueError):
    """The pickle asks for a function or a class: whoever unpickles it runs what its maker wanted."""


class Extra(Protocol):
    """What pickles of one program hold beside plain data."""

    @property
    def names(self) -> frozenset[tuple[str, str]]:
        """Functions and classes, module and name, that may be mentioned."""
        ...

    def call(self, pair: tuple[str, str], given: tuple[object, ...]) -> object:
        """What stands for a call of one of them; ValueError where that is not meant."""
        ...

    def persistent(self, key: object) -> object:
        """What lies outside of the pickle; ValueError where nothing does."""
        ...


def parse_pickle(data: bytes, memory_bytes: int = MEMORY_BYTES, extra: Extra | None = None) -> object:
    """Read plain data out of a pickle of protocol 0 to 5.

    Args:
        data: the pickle.
        memory_bytes: what the values may take, roughly; checked before they are made.
        extra: says what else there may be, and makes it.

    Returns:
        None, bool, int, float, str, bytes, list, tuple, dict, set and frozenset, nested at most `DEEPEST`
        deep by the shortest way, and NumPy arrays of numbers. One object may stand in several places,
        and a list may hold itself: look only as deep as you expect something, and take no `repr`.

    Raises:
        NotPlainDataError: it asks for anything else; one line.
        ValueError: it is damaged or too large; one line.
    """
    parser = _Parser(memory_bytes, extra)
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name == "STOP":
                return parser.result()
            parser.follow(opcode.name, argument)
    except (IndexError, KeyError, OverflowError, TypeError, AttributeError) as error:
        raise ValueError("the pickle is damaged: it takes what it has not put there") from error
    except UnicodeError as error:
        raise ValueError("the pickle is damaged: a text in it is not Unicode") from error
    raise ValueError("the pickle is damaged: it has no end")


@dataclass(frozen=True, slots=True)
class Name:
    """A function or class that was named: known here by its text only."""

    pair: _Pair


class _Parser:
    def __init__(self, memory_bytes: int, extra: Extra | None) -> None:
        self._left, self._extra = memory_bytes, extra
        self._names = extra.names if extra is not None else frozenset[_Pair]()
        self._stack: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self._actions: dict[str, Callable[[], None]] = {
            "MARK": self._mark,
            "EMPTY_LIST": lambda: self._push([], _CONTAINER_BYTES),
            "EMPTY_TUPLE": lambda: self._push((), _SLOT_BYTES),
            "EMPTY_DICT": lambda: self._push({}, _CONTAINER_BYTES),
            "EMPTY_SET": lambda: self._push(set[object](), 2 * _CONTAINER_BYTES),
            "LIST": lambda: self._collect(list),
            "TUPLE": lambda: self._collect(tuple),
            "FROZENSET": lambda: self._collect(as_frozenset),
            "DICT": lambda: self._collect(as_dict),
            "TUPLE1": lambda: self._tuple(1),
            "TUPLE2": lambda: self._tuple(2),
            "TUPLE3": lambda: self._tuple(3),
            "APPEND": lambda: self._extend([self._stack.pop()]),
            "APPENDS": lambda: self._extend(self._since_mark()),
            "SETITEM": lambda: self._update([self._stack.pop(-2), self._stack.pop()]),
            "SETITEMS": lambda: self._update(self._since_mark()),
            "ADDITEMS": self._add_items,
            "MEMOIZE": lambda: self._remember(len(self._memo)),
            "STACK_GLOBAL": self._stack_global,
            "REDUCE": self._reduce,
            "BUILD": self._build,
            "PROTO": _nothing,
            "FRAME": _nothing,
        }

    def follow(self, name: str, argument: object) -> None:
        """Do what one instruction says, if plain data may say it."""
        if name in _VALUES:
            self._value(argument)
        elif name in _CONSTANTS:
            self._push(_CONSTANTS[name], _SLOT_BYTES)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._remember(cast(int, argument))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._push(self._memo[cast(int, argument)], _SLOT_BYTES)
        elif name == "GLOBAL":
            self._push(self._named(*cast(str, argument).split(" ", 1)), _VALUE_BYTES)
        elif name == "BINPERSID" and self._extra is not None:
            self._push(self._extra.persistent(self._stack.pop()), _CONTAINER_BYTES)
        elif name in self._actions:
            self._actions[name]()
        else:
            asked = f" of {argument[:80]!r}" if isinstance(argument, str) else ""
            raise NotPlainDataError(f"it has an instruction {name}{asked}, which plain data does not need")

    def result(self) -> object:
        """What lies on the stack at the end."""
        (value,) = self._stack
        _check_plain(value)
        return value

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ValueError("its data is larger than any faceset's")

    def _push(self, value: object, size: int) -> None:
        self._spend(size)
        self._stack.append(value)

    def _value(self, argument: object) -> None:
        size = _VALUE_BYTES
        if isinstance(argument, int) and argument.bit_length() > _LARGEST_INTEGER_BITS:
            raise ValueError(f"it holds an integer of {argument.bit_length()} bits")
        if isinstance(argument, str):
            size += 4 * len(argument)
        elif isinstance(argument, (bytes, bytearray)):
            size += len(argument)
            argument = bytes(argument)
        self._push(argument, size)

    def _mark(self) -> None:
        if len(self._marks) >= _MARKS:
            raise ValueError(f"it nests more than {_MARKS} containers")
        self._marks.append(len(self._stack))

    def _since_mark(self) -> list[object]:
        start = self._marks.pop()
        if start > len(self._stack):
            raise ValueError("the pickle is damaged: it takes what it has not put there")
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _collect(self, kind: Callable[[list[object]], object]) -> None:
        items = self._since_mark()
        self._push(kind(items), _CONTAINER_BYTES + 4 * _SLOT_BYTES * len(items))

    def _tuple(self, count: int) -> None:
        if len(self._stack) < count:
            raise ValueError("the pickle is damaged: it takes what it has not put there")
        items = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._push(items, _CONTAINER_BYTES)

    def _extend(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, list):
            raise ValueError("it appends to something that is not a list")
        self._spend(_SLOT_BYTES * len(items))
        cast("list[object]", target).extend(items)

    def _update(self, items: list[object]) -> None:
        target = self._stack[-1]
        if not isinstance(target, dict):
            raise ValueError("it sets items of something that is not a dict")
        self._spend(_CONTAINER_BYTES * (len(items) // 2))
        cast("dict[object, object]", target).update(as_dict(items))

    def _add_items(self) -> None:
        items = self._since_mark()
        target = self._stack[-1]
        if not isinstance(target, set):
            raise ValueError("it adds to something that is not a set")
        self._spend(_CONTAINER_BYTES * len(items))
        cast("set[object]", target).update(as_frozenset(items))

    def _remember(self, key: int) -> None:
        value = self._stack[-1]
        if isinstance(value, UnbuiltArray):
            value.keys.append(key)
        self._spend(_CONTAINER_BYTES if key not in self._memo else 0)
        self._memo[key] = value

    def _stack_global(self) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise NotPlainDataError("it asks for something that it names without a text")
        self._push(self._named(module, name), _VALUE_BYTES)

    def _named(self, module: str, name: str = "") -> Name:
        return Name((module, name)) if (module, name) in self._names else _known_name(module, name)

    def _reduce(self) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        if not isinstance(function, Name) or not isinstance(arguments, tuple):
            raise NotPlainDataError("it calls something that is not a name")
        given = cast("tuple[object, ...]", arguments)
        pair = function.pair
        if pair in self._names and self._extra is not None:
            self._push(self._extra.call(pair, given), _CONTAINER_BYTES)
            return
        if pair == _ENCODE and len(given) == 2 and given[1] == "latin1":
            text = cast(str, given[0])
            self._push(text.encode("latin1"), _VALUE_BYTES + len(text))
        elif pair in (_ORDERED, _BYTES) and not given:
            self._push({} if pair == _ORDERED else b"", _CONTAINER_BYTES)
        elif pair == _DTYPE:
            self._push(number_type(given[0]), _CONTAINER_BYTES)
        elif pair[1] == "_reconstruct" and isinstance(given[0], Name) and given[0].pair == _NDARRAY:
            self._push(UnbuiltArray(), _CONTAINER_BYTES)
        elif pair[1] == "scalar" and len(given) == 2:
            self._push(array_over(given[1], given[0], (), is_fortran=False).item(), _VALUE_BYTES)
        elif pair[1] == "_frombuffer" and len(given) == 4:
            content, kind, shape, order = given
            self._push(array_over(content, kind, shape, is_fortran=order == "F"), _CONTAINER_BYTES)
        else:
            raise NotPlainDataError(f"it calls {'.'.join(pair)} in a way that plain data does not need")

    def _build(self) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if not isinstance(state, tuple):
            raise NotPlainDataError("it sets the attributes of an object, which plain data does not need")
        given = cast("tuple[object, ...]", state)
        if isinstance(target, NumberType):
            if given[1] not in ("<", ">", "|", "=") or any(part is not None for part in given[2:5]):
                raise ValueError("it holds an array of something else than numbers")
            target.order = "<" if given[1] in ("|", "=") else cast(str, given[1])
        elif isinstance(target, UnbuiltArray) and len(given) == 5:
            _, shape, kind, is_fortran, content = given
            array = array_over(content, kind, shape, is_fortran=bool(is_fortran))
            self._stack[-1] = array
            for key in target.keys:
                self._memo[key] = array
        else:
            raise NotPlainDataError("it sets the state of an object, which plain data does not need")


def _nothing() -> None:
    """Follow an instruction that only says how what comes is packed."""


def _known_name(module: str, name: str = "") -> Name:
    """A name that data may mention; anything else is told by its text."""
    pair = (module, name)
    parts = [f"numpy.{core}.{_ARRAY_PARTS[name]}" for core in ("core", "_core") if name in _ARRAY_PARTS]
    if pair not in (_ENCODE, _ORDERED, _BYTES, _NDARRAY, _DTYPE) and module not in parts:
        asked = f"{module}.{name}"[:80]
        shown = asked if asked.isprintable() else repr(asked)
        raise NotPlainDataError(f"it asks for {shown}, which plain data does not need")
    return Name(pair)


def _check_plain(value: object) -> None:
    """Refuse what is nested too deep and what was begun and not ended, without recursion."""
    level, seen, depth = [value], set[int](), 0
    while level:
        depth += 1
        if depth > DEEPEST + 1:
            raise ValueError(f"it nests its data more than {DEEPEST} deep")
        below: list[object] = []
        for item in level:
            if isinstance(item, (Name, NumberType, UnbuiltArray)):
                raise ValueError("it holds a function or an unfinished array among its data")
            if isinstance(item, (list, tuple, dict)) and id(cast(object, item)) not in seen:
                seen.add(id(cast(object, item)))
                if isinstance(item, dict):
                    below.extend(cast("dict[object, object]", item).values())
                else:
                    below.extend(cast("list[object]", item))
        level = below
