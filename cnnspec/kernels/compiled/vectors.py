"""A processor's vectors, and the tile of values that its registers hold: one description for all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vectors:
    """Registers of `lanes` float32 values each, so many of them."""

    name: str
    lanes: int
    registers: int

    @property
    def columns(self) -> int:
        """Vectors beside each other in a tile of a product: its channels. More of them load less for each product; with
        few registers they leave too few for cells."""
        return 4 if self.registers >= 32 else 2

    @property
    def panel(self) -> int:
        """Channels of such a tile."""
        return self.columns * self.lanes

    @property
    def cells(self) -> int:
        """Of a tile of two vectors of channels each, where channels are kept apart."""
        return 8 if self.registers >= 32 else 4

    @property
    def narrow(self) -> Vectors:
        """Vectors for no more channels than they have lanes: halves where a processor may take half the time for them,
        as one does that multiplies its widest vectors in two steps."""
        return self if self.lanes < 16 else Vectors(f"{self.name}, halves", self.lanes // 2, self.registers)

    def whole(self, channels: int) -> int:
        """Channels up to whole vectors."""
        return -(-channels // self.lanes) * self.lanes

    def fitting(self, channels: int) -> Vectors:
        """The vectors for so many channels of a product: narrow ones where one of them holds all."""
        return self.narrow if channels <= self.narrow.lanes else self

    def rows(self, columns: int) -> int:
        """Cells of a tile so many vectors wide: what a product needs at once, its accumulators, a row of filters and a
        repeated value, stays in registers. More than twelve cells would want more addresses than there are registers
        for."""
        return min(12, (self.registers - 1 - columns) // columns)


AVX512 = Vectors("AVX-512", 16, 32)
AVX2 = Vectors("AVX2", 8, 16)
NEON = Vectors("NEON", 4, 32)
SSE = Vectors("SSE", 4, 16)


def of_processor(machine: str, has: frozenset[str]) -> Vectors:
    """What a processor offers, by the name of its architecture and of its features as LLVM has them."""
    if machine.lower() in ("aarch64", "arm64"):
        return NEON
    if "avx512f" in has:
        return AVX512
    return AVX2 if {"avx2", "fma"} <= has else SSE
