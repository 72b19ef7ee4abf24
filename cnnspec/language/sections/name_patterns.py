"""Many shell patterns held against many names, all of them at once.

A pattern is a row of pieces that each take one character, with `*`s between them. What is known after some characters
of a name is one bit for each place in each pattern: whether what lies before that place can be these characters. The
bits of all patterns are one whole number, and a character costs four operations on it.

Baeza-Yates, Gonnet: "A new approach to text searching", 1992; with wildcards in Navarro, Raffinot: "Flexible pattern
matching in strings", 2002.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from os.path import commonprefix

_PIECES = re.compile(r"\[!?+\]?+[^\]]*\]|.", re.DOTALL)
_WILD = frozenset("*?[")


class NamePatterns:
    """Patterns as `fnmatch.fnmatchcase` reads them, such as `conv1` or `features.*`."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(dict.fromkeys(patterns))
        self._exact = frozenset(pattern for pattern in self._patterns if _WILD.isdisjoint(pattern))
        self._wild = _Automaton(pattern for pattern in self._patterns if pattern not in self._exact)
        self._matched: dict[str, bool] = {}

    def match(self, name: str) -> bool:
        """Whether any pattern matches `name`."""
        if name in self._exact:
            return True
        if name not in self._matched:
            self._matched[name] = bool(self._wild.ends(name))
        return self._matched[name]

    def idle(self, names: Iterable[str]) -> list[str]:
        """The patterns that match none of the names, in their order."""
        every, ends = {*names}, 0
        for name in sorted(every):  # neighbours begin alike
            found = self._wild.ends(name)
            self._matched[name] = bool(found)
            ends |= found
        matched = self._exact & every | self._wild.ending(ends)
        return [pattern for pattern in self._patterns if pattern not in matched]


class _Automaton:
    """Patterns laid out one behind the other: a bit for the place before each piece, and one behind the last."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._behind: dict[str, list[int]] = {}  # the places behind each piece
        starts, stays, self._last = [], [], dict[str, int]()
        place = 0
        for pattern in patterns:
            starts.append(place)
            for piece in _PIECES.findall(pattern):
                if piece == "*":
                    stays.append(place)
                else:
                    place += 1
                    self._behind.setdefault(piece, []).append(place)
            self._last[pattern] = place
            place += 1
        self._size = place
        self._stays, self._ends = self._bits(stays), self._bits(self._last.values())
        self._entered: dict[str, int] = {}  # the places that a character leads to
        self._name, self._states = "", [self._bits(starts)]  # after each character of the name before

    def ends(self, name: str) -> int:
        """The bits of the ends of the patterns that match a name."""
        shared = len(commonprefix((self._name, name)))  # noqa: RUF071 - of letters, not of folders
        del self._states[shared + 1 :]
        state = self._states[-1]
        for character in name[shared:]:
            if character not in self._entered:
                self._entered[character] = self._enter(character)
            state = (state << 1 & self._entered[character]) | (state & self._stays)
            self._states.append(state)
        self._name = name
        return state & self._ends

    def ending(self, ends: int) -> set[str]:
        """The patterns at whose ends there is a bit."""
        found = ends.to_bytes(self._size // 8 + 1, "little")
        return {pattern for pattern, place in self._last.items() if found[place // 8] >> place % 8 & 1}

    def _enter(self, character: str) -> int:
        found = [*self._behind.get(character, ())] if character != "?" else []
        for piece, places in self._behind.items():
            if piece == "?" or (len(piece) > 1 and re.match(translate(piece), character)):
                found += places
        return self._bits(found)

    def _bits(self, places: Iterable[int]) -> int:
        found = bytearray(self._size // 8 + 1)
        for place in places:
            found[place // 8] |= 1 << place % 8
        return int.from_bytes(found, "little")
