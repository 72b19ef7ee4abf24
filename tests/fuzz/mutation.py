"""Inputs from inputs: a few edits, of bytes, of numbers in binary and in text, of words and lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Edit = Callable[[bytes, Random], bytes]

LARGEST, LARGEST_TEXT = 2**15, 2**13
"""Bytes of an input, at most."""
NUMBERS = (
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    32,
    127,
    128,
    255,
    256,
    999,
    65535,
    65536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**32,
    2**63,
    2**64,
)
TEXTS = (b"-1", b"0.5", b"1e3", b"1e999", b"nan", b"inf", b"-0", b"1_0", b"0x10", b"1/3", b"null", b"true", b"9" * 40)
TOKEN = re.compile(rb"[A-Za-z_]+|[0-9][0-9.]*|\s+|[^\sA-Za-z0-9_]")
UNUSUAL = (
    *"\x00\t\x7f\x85\xa0²éˈ\u200b\u2028\u202e\u3000：，｛｝【３－–•“”\ufeff卷",
    "\U0001d7d1",
)
"""Characters without a shape of their own, and those that look like others."""


@dataclass(frozen=True)
class Mutator:
    """Makes inputs; of equal pools and equal states of the random numbers, equal ones."""

    words: tuple[bytes, ...] = ()
    is_text: bool = False
    repaired: Callable[[bytes], bytes] | None = None

    def __call__(self, data: bytes, other: bytes, random: Random) -> bytes:
        """One to five edits of `data`; `other` is a second input, of which pieces may be taken."""
        edits = TEXT_EDITS if self.is_text else BINARY_EDITS
        for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3, 5))):
            chosen = random.randrange(len(edits) + 3)
            if chosen < len(edits):
                data = edits[chosen](data, random)
            elif chosen == len(edits) and self.words:
                data = _token_becomes(data, random.choice(self.words), random)
            else:
                data = self._spliced(data, other, random)
        data = data[: LARGEST_TEXT if self.is_text else LARGEST]
        return self.repaired(data) if self.repaired is not None and random.random() < 0.7 else data

    def _spliced(self, data: bytes, other: bytes, random: Random) -> bytes:
        """A piece of the other input in place of a piece of this one; of text, whole lines."""
        if not self.is_text:
            at, length = _piece(other, random)
            to, cut = _piece(data, random)
            return data[:to] + other[at : at + length] + data[to + cut :]
        mine, others = data.splitlines(True), other.splitlines(True)
        if not others:
            return data
        to = random.randint(0, len(mine))
        mine[to : to + random.randint(0, 1)] = [random.choice(others)]
        return b"".join(mine)


def _piece(data: bytes, random: Random) -> tuple[int, int]:
    """A place and a length; short ones are likelier."""
    at = random.randint(0, len(data))
    return at, random.randint(0, min(len(data) - at, random.choice((1, 4, 16, 256))))


def _bit(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data) or 1)
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :] if data else b"\0"


def _byte(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + bytes([random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))]) + data[at + 1 :]


def _left_out(data: bytes, random: Random) -> bytes:
    at, length = _piece(data, random)
    return data[:at] + data[at + length :]


def _put_in(data: bytes, random: Random) -> bytes:
    at, length = _piece(data, random)
    return data[:at] + random.randbytes(length) + data[at:]


def _doubled(data: bytes, random: Random) -> bytes:
    at, length = _piece(data, random)
    to = random.randint(0, len(data))
    return data[:to] + data[at : at + length] * random.choice((1, 1, 2, 50)) + data[to:]


def _cut_off(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _whole_number(data: bytes, random: Random) -> bytes:
    """A number of one to eight bytes becomes one that is often at a bound, or a neighbour of what it was."""
    width = random.choice((1, 2, 4, 4, 8))
    order: Literal["little", "big"] = "little" if random.random() < 0.5 else "big"
    at = random.randint(0, max(0, len(data) - width))
    old = int.from_bytes(data[at : at + width], order)
    new = random.choice((*NUMBERS, old + 1, old - 1, 2 * old, len(data), -1)) % (1 << 8 * width)
    return data[:at] + new.to_bytes(width, order) + data[at + width :]


def _decimal(data: bytes, random: Random) -> bytes:
    """A number in text becomes another."""
    found = [match.span() for match in re.finditer(rb"[0-9][0-9.]*", data)]
    if not found:
        return data
    start, end = random.choice(found)
    small = random.randint(0, 9)
    new = random.choice((small, small, small, random.choice(NUMBERS), -1, random.choice(TEXTS), data[start:end] * 2))
    return data[:start] + (new if isinstance(new, bytes) else b"%d" % new) + data[end:]


def _token_becomes(data: bytes, new: bytes, random: Random) -> bytes:
    found = [match.span() for match in TOKEN.finditer(data)] or [(0, 0)]
    start, end = random.choice(found)
    return data[:start] + new + data[random.choice((start, end, end)) :]


def _token(data: bytes, random: Random) -> bytes:
    """A token becomes another one of the same input, or nothing."""
    return _token_becomes(data, random.choice([*TOKEN.findall(data), b""]), random)


def _unusual(data: bytes, random: Random) -> bytes:
    return _token_becomes(data, random.choice(UNUSUAL).encode(), random)


def _lines(data: bytes, random: Random) -> bytes:
    """A line is left out, comes twice, changes places or its indentation."""
    lines = data.splitlines(True)
    if not lines:
        return data
    at = random.randrange(len(lines))
    line = lines[at]
    lines[at : at + 1] = random.choice(([], [line, line], [b" " + line], [line.removeprefix(b" ")], [line.strip()]))
    if random.random() < 0.3:
        lines.insert(random.randint(0, len(lines)), line)
    return b"".join(lines)


BINARY_EDITS: Sequence[Edit] = (
    _bit, _byte, _byte, _left_out, _put_in, _doubled, _cut_off, _whole_number, _whole_number, _decimal, _token,
)  # fmt: skip
TEXT_EDITS: Sequence[Edit] = (
    _decimal, _decimal, _decimal, _token, _token, _unusual, _lines, _lines, _left_out, _byte, _doubled, _cut_off,
)  # fmt: skip
