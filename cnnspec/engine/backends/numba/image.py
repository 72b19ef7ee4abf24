"""Object code -> an image: bytes that run wherever they lie, since they refer to nothing but each other.

Done once, as code is compiled: what is kept then needs no linker, only memory that may be executed. An object that is
more than plain code and constants gives no image; LLVM links it as before.
Source: Tool Interface Standard, ELF 1.2; System V ABI, AMD64 supplement, 4.4 (relocation).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

MAGIC = b"cnnspec\x01"
HEAD = struct.Struct("<8sQ")
"""The magic number, and where the function begins behind this head."""

RELOCATABLE, X86_64 = 1, 62
CODE_AND_CONSTANTS, SYMBOLS, RELOCATIONS, ADDENDS_IN_PLACE, UNWINDING = 1, 2, 4, 9, 0x70000001
WRITABLE, LOADED = 1, 2
PAGE = 4096
"""An image begins at a page."""
SIZES = {2: "<i", 4: "<i", 24: "<q"}
"""Relocations to a place from where they stand (PC32, PLT32, PC64), and how they are written."""


class NoImageError(Exception):
    """The object is more than plain code."""


class Section(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int

    @property
    def is_loaded(self) -> bool:
        """Tables for unwinding are not needed: nothing here is raised."""
        return bool(self.flags & LOADED) and self.kind != UNWINDING


class Symbol(NamedTuple):
    name: int
    info: int
    other: int
    section: int
    value: int
    size: int


SECTION, SYMBOL, RELOCATION = struct.Struct("<IIQQQQIIQQ"), struct.Struct("<IBBHQQ"), struct.Struct("<QQq")


def image(code: bytes, name: str) -> bytes:
    """The image of an ELF object for x86-64, to be entered at the function `name`. Raises NoImageError."""
    try:
        return _image(code, name.encode())
    except (struct.error, ValueError, LookupError, OverflowError) as error:
        raise NoImageError(str(error)) from error


def _image(code: bytes, name: bytes) -> bytes:
    identity, kind, machine = struct.unpack_from("<16sHH", code)
    if identity[:7] != b"\x7fELF\x02\x01\x01" or (kind, machine) != (RELOCATABLE, X86_64):
        raise NoImageError("no object for x86-64")
    sections = list(_sections(code))
    body, places = _laid_out(code, sections)
    for section in sections:
        if section.kind in (RELOCATIONS, ADDENDS_IN_PLACE) and section.info in places:
            _relocate(code, section, sections, body, places)
    entry = _entry(code, sections, places, name)
    if entry >= len(body):
        raise NoImageError("it begins outside of itself")
    return HEAD.pack(MAGIC, entry) + body


def _laid_out(code: bytes, sections: list[Section]) -> tuple[bytearray, dict[int, int]]:
    """Code and constants one behind the other, and where each of their sections begins."""
    body = bytearray()
    places: dict[int, int] = {}
    for i, section in enumerate(sections):
        if section.is_loaded:
            if section.kind != CODE_AND_CONSTANTS or section.flags & WRITABLE or section.alignment > PAGE:
                raise NoImageError("it has variables")
            body += bytes(-len(body) % max(1, section.alignment))
            places[i] = len(body)
            if section.offset + section.size > len(code):
                raise NoImageError("it is cut short")
            body += code[section.offset : section.offset + section.size]
    return body, places


def _relocate(
    code: bytes, relocations: Section, sections: list[Section], body: bytearray, places: dict[int, int]
) -> None:
    """Write into a section how far what it refers to lies from there."""
    if relocations.kind == ADDENDS_IN_PLACE:
        raise NoImageError("numbers of another kind of processor")
    symbols = list(_table(code, sections[relocations.link], SYMBOL))
    for offset, info, addend in _table(code, relocations, RELOCATION):
        symbol = Symbol(*symbols[info >> 32])
        written = SIZES.get(info & 0xFFFFFFFF)
        if symbol.section not in places or written is None:
            raise NoImageError("it refers to more than itself")
        here = places[relocations.info] + offset
        struct.pack_into(written, body, here, places[symbol.section] + symbol.value + addend - here)


def _sections(code: bytes) -> Iterator[Section]:
    (first,) = struct.unpack_from("<Q", code, 40)
    size, count = struct.unpack_from("<HH", code, 58)
    for i in range(count):
        yield Section(*SECTION.unpack_from(code, first + i * size))


def _table(code: bytes, section: Section, of: struct.Struct) -> Iterator[tuple[int, ...]]:
    return of.iter_unpack(code[section.offset : section.offset + section.size])


def _entry(code: bytes, sections: list[Section], places: dict[int, int], name: bytes) -> int:
    for section in sections:
        if section.kind == SYMBOLS:
            names = sections[section.link].offset
            for symbol in map(Symbol._make, _table(code, section, SYMBOL)):
                start = names + symbol.name
                if symbol.section in places and code[start : code.index(b"\0", start)] == name:
                    return places[symbol.section] + symbol.value
    raise NoImageError(f"no {name.decode()} in it")
