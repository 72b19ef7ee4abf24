"""Which run a folder of results is of: kept in it, and held against the one that would go on there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ..diagnostics.wording import quantity
from ..files.reading import Malformed

SAID = 40
"""Letters of a value that is said."""


@dataclass(frozen=True)
class Manifest:
    """With all of it equal, the same shards come out.

    `network`, `weights` and `listing` (names and sizes of the files) are hashes; `inputs` are as they were given;
    `choices` are what else was asked for. `shards` is how many there will be.
    """

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")
    cnnspec: str
    spec: str
    network: str
    weights: str
    choices: dict[str, str]
    inputs: tuple[str, ...]
    listing: str
    files: int
    shards: int

    def differences(self, other: Manifest) -> Iterator[str]:
        """What the other has otherwise, in words."""
        if self.network != other.network:
            yield "another network" if self.spec == other.spec else f"the network {other.spec}, not {self.spec}"
        elif self.weights != other.weights:
            yield "other weights"
        if self.cnnspec != other.cnnspec:
            yield f"cnnspec {other.cnnspec}, not {self.cnnspec}"
        if (self.listing, self.files) != (other.listing, other.files):
            yield (
                f"other inputs: {quantity(other.files, 'file')}, not {self.files:,}"
                if self.files != other.files
                else ("other inputs: their names or sizes differ")
            )
        elif self.shards != other.shards and self.choices == other.choices:
            yield f"inputs that were cut otherwise: {quantity(other.shards, 'shard')}, not {self.shards:,}"
        for name in sorted({*self.choices, *other.choices}):
            mine, theirs = self.choices.get(name, "nothing"), other.choices.get(name, "nothing")
            if mine != theirs:
                is_short = max(len(mine), len(theirs)) <= SAID
                yield f"{name} {theirs}, not {mine}" if is_short else f"others in `{name}`"

    def written(self) -> bytes:
        return _MANIFEST.dump_json(self, indent=2) + b"\n"

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """What `written` wrote. Raises Malformed."""
        try:
            return _MANIFEST.validate_json(text)
        except ValidationError as fault:
            found = fault.errors()[0]
            raise Malformed(": ".join(filter(None, (".".join(map(str, found["loc"])), found["msg"])))) from None


_MANIFEST = TypeAdapter(Manifest)
