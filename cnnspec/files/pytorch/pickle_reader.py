"""A reader for the few pickle opcodes that checkpoints are made of.

A pickle is a program for a stack machine. This one has no opcode that imports, instantiates or calls
anything: names and calls go to `cnnspec.files.pytorch.values`, which answers with inert values. Format:
the comments of CPython's `pickletools`, protocols 2 to 5.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from . import values
from .refusal import damaged, malformed, number, quote, refusal

MOST_OPCODES = 1_000_000
"""A tensor takes about 30. This bounds the stack and the memo too: an opcode adds one entry at most."""
DEEPEST = 100
LONGEST_STRING = 1 << 20
LONGEST_NAME = 256


class PickleReader:
    """Reads one pickle after another from `data`; all of them share the budget of opcodes."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.storages: dict[str, values.Storage] = {}
        self.foreign: dict[str, None] = {}
        """The names of what was made and is not understood, in its order."""
        self._left = MOST_OPCODES

    def load(self) -> object:
        """The value of the pickle that starts at `position`, which moves behind it."""
        self._stack: list[object] = []
        self._marks: list[list[object]] = []
        self._memo: dict[int, object] = {}
        while (opcode := self._take(1)[0]) != _STOP:
            self._spend(1)
            action = ACTIONS.get(opcode)
            if action is None:
                raise refusal(
                    f"uses the pickle instruction 0x{opcode:02x}, which weights do not need",
                    "only instructions for tensors and plain containers are understood; nothing was executed",
                )
            action(self)
        return self._pop()

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise refusal(
                "is too long a program",
                f"its pickle takes more than {MOST_OPCODES:,} instructions; a tensor takes about 30",
            )

    def _take(self, count: int) -> bytes:
        taken = self.data[self.position : self.position + count]
        if len(taken) < count:
            raise damaged(
                "its pickle ends too early",
                f"{count:,} more bytes are announced and {len(taken):,} are left",
            )
        self.position += count
        return taken

    def _unsigned(self, width: int) -> int:
        return int.from_bytes(self._take(width), "little")

    def _line(self) -> str:
        end = self.data.find(b"\n", self.position, self.position + LONGEST_NAME)
        if end < 0:
            raise damaged("its pickle holds an endless name", f"no line end within {LONGEST_NAME} bytes")
        text = self._take(end - self.position).decode("utf-8", "replace")
        self.position += 1
        return text

    def _bytes(self, width: int) -> bytes:
        length = self._unsigned(width)
        if length > LONGEST_STRING:
            raise refusal(
                "holds too long a string",
                f"{length:,} bytes are announced, at most {LONGEST_STRING:,} are read",
            )
        return self._take(length)

    def _text(self, width: int) -> None:
        try:
            self._push(self._bytes(width).decode())
        except UnicodeDecodeError as error:
            raise damaged("its pickle holds a string that is not UTF-8", error.reason) from None

    def _push(self, value: object) -> None:
        self._stack.append(value)

    def _pop(self) -> object:
        if not self._stack:
            raise malformed("an instruction finds no operand")
        return self._stack.pop()

    def _top(self) -> object:
        self._push(top := self._pop())
        return top

    def _mark(self) -> None:
        if len(self._marks) == DEEPEST:
            raise refusal("is nested too deeply", f"more than {DEEPEST} containers in each other")
        self._marks.append(self._stack)
        self._stack = []

    def _pop_mark(self) -> list[object]:
        if not self._marks:
            raise malformed("it ends a container that never began")
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _tuple(self, count: int) -> None:
        self._push(tuple(reversed([self._pop() for _ in range(count)])))

    def _extend(self, items: list[object]) -> None:
        target = self._top()
        if isinstance(target, list):
            target.extend(items)
        elif not isinstance(target, values.Other | values.Foreign):
            raise malformed("it appends to something that is no list")

    def _update(self, items: list[object]) -> None:
        target = self._top()
        if isinstance(target, values.Foreign):
            return
        if not isinstance(target, dict) or len(items) % 2:
            raise malformed("it sets items of something that is no mapping")
        for key, value in zip(items[::2], items[1::2], strict=True):
            values.put(target, key, value)

    def _pair(self) -> list[object]:
        value, key = self._pop(), self._pop()
        return [key, value]

    def _name(self) -> None:
        module = self._line()
        self._push(values.name(module, self._line()))

    def _stack_name(self) -> None:
        module, member = self._pair()
        if not isinstance(module, str) or not isinstance(member, str):
            raise malformed("it names something by what is no word")
        self._push(values.name(module, member))

    def _call(self) -> None:
        function, arguments = self._pair()
        if isinstance(arguments, tuple):
            # A call may walk its arguments, and a remembered one can be passed again and again.
            self._spend(len(arguments))
            self._spend(sum(len(item) for item in arguments if isinstance(item, list | tuple)))
        self._make(values.call(function, arguments))

    def _call_with_keywords(self) -> None:
        self._pop()
        self._call()

    def _make(self, made: object) -> None:
        if isinstance(made, values.Foreign):
            self.foreign[made.path] = None
        self._push(made)

    def _frozen_set(self) -> None:
        self._pop_mark()
        self._push(values.Other())

    def _build(self) -> None:
        """Attributes of a mapping (`_metadata` of a state_dict) or of a NumPy type: not needed."""
        self._pop()
        if not isinstance(self._top(), dict | values.Other | values.Foreign):
            raise malformed("it sets attributes of something that has none")

    def _storage(self) -> None:
        storage = values.storage(self._pop())
        if isinstance(storage, values.Foreign):
            return self._make(storage)
        if self.storages.setdefault(storage.key, storage) != storage:
            raise damaged(
                f"storage {quote(storage.key)} is described twice, in two ways",
                f"{number(self.storages[storage.key].size)} and {number(storage.size)} bytes, or two types",
            )
        return self._push(storage)

    def _remember(self, index: int) -> None:
        self._memo[index] = self._top()

    def _recall(self, index: int) -> None:
        if index not in self._memo:
            raise malformed(f"it recalls value {index:,}, which it never stored")
        self._push(self._memo[index])

    def _protocol(self) -> None:
        if (protocol := self._unsigned(1)) > 5:
            raise refusal(f"is written in pickle protocol {protocol}", "protocols 2 to 5 are read")


_STOP = ord(".")
ACTIONS: dict[int, Callable[[PickleReader], object]] = {
    0x80: PickleReader._protocol,
    0x95: lambda i: i._take(8),  # a frame's length, a hint for reading ahead
    ord("N"): lambda i: i._push(None),
    0x88: lambda i: i._push(True),
    0x89: lambda i: i._push(False),
    ord("K"): lambda i: i._push(i._unsigned(1)),
    ord("M"): lambda i: i._push(i._unsigned(2)),
    ord("J"): lambda i: i._push(int.from_bytes(i._take(4), "little", signed=True)),
    0x8B: lambda i: i._push(int.from_bytes(i._bytes(4), "little", signed=True)),
    0x8A: lambda i: i._push(int.from_bytes(i._bytes(1), "little", signed=True)),
    ord("G"): lambda i: i._push(struct.unpack(">d", i._take(8))[0]),
    ord("X"): lambda i: i._text(4),
    0x8C: lambda i: i._text(1),
    0x8D: lambda i: i._text(8),
    0x8E: lambda i: i._push(i._bytes(8)),
    0x96: lambda i: i._push(i._bytes(8)),  # a bytearray
    ord("U"): lambda i: i._text(1),  # a string of Python 2
    ord("B"): lambda i: i._push(i._bytes(4)),
    ord("C"): lambda i: i._push(i._bytes(1)),
    ord("("): PickleReader._mark,
    ord(")"): lambda i: i._tuple(0),
    0x85: lambda i: i._tuple(1),
    0x86: lambda i: i._tuple(2),
    0x87: lambda i: i._tuple(3),
    ord("t"): lambda i: i._push(tuple(i._pop_mark())),
    ord("]"): lambda i: i._push([]),
    ord("a"): lambda i: i._extend([i._pop()]),
    ord("e"): lambda i: i._extend(i._pop_mark()),
    ord("}"): lambda i: i._push({}),
    ord("s"): lambda i: i._update(i._pair()),
    ord("u"): lambda i: i._update(i._pop_mark()),
    0x8F: lambda i: i._push(values.Other()),  # an empty set
    0x90: lambda i: i._extend(i._pop_mark()),
    0x91: PickleReader._frozen_set,
    ord("c"): PickleReader._name,
    0x93: PickleReader._stack_name,
    ord("R"): PickleReader._call,
    0x81: PickleReader._call,  # an instance of a class
    0x92: PickleReader._call_with_keywords,
    ord("b"): PickleReader._build,
    ord("Q"): PickleReader._storage,
    ord("q"): lambda i: i._remember(i._unsigned(1)),
    ord("r"): lambda i: i._remember(i._unsigned(4)),
    0x94: lambda i: i._remember(len(i._memo)),
    ord("h"): lambda i: i._recall(i._unsigned(1)),
    ord("j"): lambda i: i._recall(i._unsigned(4)),
}
