"""Many shell patterns held against many names, at a cost that does not grow with their product."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fnmatch import translate
from itertools import chain

_PREFIX = re.compile(r"[^*?\[]*")
_SUFFIX = re.compile(r"[^*?\[\]]*\Z")


class NamePatterns:
    """Patterns as `fnmatch.fnmatchcase` reads them, such as `conv1` or `features.*`.

    A pattern without wildcards is looked up. Any other is tried only on names that begin with the letters before its
    first wildcard, or end with those behind its last one, whichever are more.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._by_prefix: dict[str, list[tuple[str, Callable[[str], object]]]] = {}
        self._by_suffix: dict[str, list[tuple[str, Callable[[str], object]]]] = {}
        for pattern in dict.fromkeys(patterns):
            prefix = _PREFIX.match(pattern)
            suffix = _SUFFIX.search(pattern)
            assert prefix is not None  # both match the empty text
            assert suffix is not None
            if prefix[0] == pattern:
                self._exact.add(pattern)
                continue
            by_prefix = len(prefix[0]) >= len(suffix[0])
            table, key = (self._by_prefix, prefix[0]) if by_prefix else (self._by_suffix, suffix[0])
            table.setdefault(key, []).append((pattern, re.compile(translate(pattern)).match))

    def matching(self, name: str) -> Iterator[str]:
        """The patterns that match `name`."""
        if name in self._exact:
            yield name
        ends = range(len(name) + 1)
        for pattern, match in chain.from_iterable(
            chain(
                (self._by_prefix.get(name[:end], ()) for end in ends if self._by_prefix),
                (self._by_suffix.get(name[end:], ()) for end in ends if self._by_suffix),
            )
        ):
            if match(name):
                yield pattern

    def match(self, name: str) -> bool:
        """Whether any pattern matches `name`."""
        return next(self.matching(name), None) is not None
