"""The layers of a body as a tree of modules, whose paths are the layers' names: so a state_dict has the spec's names.

A path of several parts goes through a container: a `nn.Sequential` where its layers run one behind the other, those
without a name of their own among them; else a `nn.ModuleList` or a `nn.ModuleDict`, of which `forward` calls the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from keyword import iskeyword

from ..code.bodies import Item
from ..code.layout import Call, Expression, Loop, Named, call
from .comprehension import comprehended
from .rule import Said


@dataclass(slots=True, eq=False)
class Chain:
    """Items in a row, from `first` to `last`, that are one module: what arrives is the value `origin`."""

    first: int
    last: int
    origin: int
    name: str


@dataclass(slots=True)
class Modules:
    """The modules of a body: what is assigned in `__init__`, how `forward` calls each item, which are called
    together."""

    items: Sequence[Item]
    said: Sequence[Said]
    outputs: tuple[int, ...]
    assigned: list[tuple[str, Expression, tuple[bool, ...] | None]] = field(default_factory=list)
    """Names, modules, and in which uses they are there, if not in all."""
    names: dict[int, str] = field(default_factory=dict)
    chains: list[Chain] = field(default_factory=list)
    whole: Call | None = None
    """All of the body as the arguments of one `nn.Sequential`, where its parts are numbered."""

    def build(self) -> None:
        owned = [index for index, said in enumerate(self.said) if said.kept]
        paths = {index: tuple(self._path(index).split(".")) for index in owned}
        groups = _grouped(owned, paths, 0)
        if not all(map(is_attribute, groups)) and self._is_all_one(paths):
            return
        for part, members in groups.items():
            self._add(f"self.{part}" if is_attribute(part) else f'self.get_submodule("{part}")', part, members, paths)

    def _path(self, index: int) -> str:
        return self.items[index].name

    def _is_all_one(self, paths: dict[int, tuple[str, ...]]) -> bool:
        found = self._sequence(list(paths), paths, 0)
        if found is None or (found.first, found.last) == (0, -1):
            return False
        chain, last = found, len(self.items) - 1
        tail = range(chain.last + 1, len(self.items))
        if chain.first != 0 or self.outputs != (last,) or not all(self._follows(index) for index in tail):
            return False
        if any(item.is_optional for item in self.items):
            return False
        made = self._made(chain, list(paths), paths, 0)
        if made.function != "nn.Sequential":
            return False
        more = tuple(module for index in tail if (module := self.said[index].module))
        self.whole = Call("super().__init__", (*made.arguments, *more))
        return True

    def _add(self, name: str, part: str, members: list[int], paths: dict[int, tuple[str, ...]]) -> None:
        """An attribute for the layers whose paths begin with `part`."""
        made = self._tree(name, members, paths, 1)
        present = {self.items[index].present for index in members}
        optional = next(iter(present)) if len(present) == 1 and not all(next(iter(present))) else None
        self.assigned.append((part, made, optional))

    def _tree(self, name: str, members: list[int], paths: dict[int, tuple[str, ...]], depth: int) -> Expression:
        """The module called `name` for layers that share `depth` parts of their paths."""
        if len(members) == 1 and len(paths[members[0]]) == depth:
            self.names[members[0]] = name
            made = self.said[members[0]].module
            assert made is not None
            return made
        chain = self._sequence(members, paths, depth)
        if chain is not None:
            chain.name = name
            self.chains.append(chain)
            return self._made(chain, members, paths, depth)
        groups = _grouped(members, paths, depth)
        if list(groups) == [str(number) for number in range(len(groups))]:
            inner = (self._tree(f"{name}[{part}]", each, paths, depth + 1) for part, each in groups.items())
            return call("nn.ModuleList", Call("", tuple(inner), "[]"))
        pairs = (
            Named(f'"{part}"', self._tree(f'{name}["{part}"]', each, paths, depth + 1), ": ")
            for part, each in groups.items()
        )
        return call("nn.ModuleDict", Call("", tuple(pairs), "{}"))

    # layers in a row

    def _sequence(self, members: list[int], paths: dict[int, tuple[str, ...]], depth: int) -> Chain | None:
        """The stretch of items that layers make one behind the other; None where they do not."""
        first, last = members[0], members[-1]
        parts = [paths[index][depth] if len(paths[index]) > depth else "" for index in members]
        if not all(parts) or not all(self._follows(index) for index in range(first + 1, last + 1)):
            return None
        inside = set(members)
        if any(self.said[index].kept and index not in inside for index in range(first, last + 1)):
            return None
        if any(self.items[index].present != self.items[first].present for index in range(first, last + 1)):
            return None
        if not self._is_chained(first):
            return None
        if parts[0].isdigit():
            for _ in range(int(parts[0])):
                if first == 0 or not self._follows(first) or self.said[first - 1].kept:
                    break
                if not self._is_chained(first - 1) or self.items[first - 1].present != self.items[first].present:
                    break
                first -= 1
        if len({*_runs(parts)}) < len(_runs(parts)):
            return None
        return Chain(first, last, self.items[first].inputs[0], "")

    def _is_chained(self, index: int) -> bool:
        """Whether an item is a module that does all of it."""
        said = self.said[index]
        return said.module is not None and said.alone and len(self.items[index].inputs) == 1

    def _follows(self, index: int) -> bool:
        """Whether an item reads the one before it, which nobody else reads."""
        readers = [i for i, item in enumerate(self.items) if index - 1 in item.inputs]
        return (
            self._is_chained(index)
            and self.items[index].inputs == (index - 1,)
            and readers == [index]
            and index - 1 not in self.outputs
        )

    def _made(self, chain: Chain, members: list[int], paths: dict[int, tuple[str, ...]], depth: int) -> Call:
        """The `nn.Sequential` of a stretch, with numbers or with names."""
        pairs: list[tuple[str, Expression]] = []
        index = chain.first
        while index <= chain.last:
            if index not in members:
                made = self.said[index].module
                assert made is not None
                pairs.append(("", made))
                index += 1
                continue
            part = paths[index][depth]
            inner = [each for each in members if paths[each][depth] == part]
            if len(inner) == 1 and len(paths[index]) == depth + 1:
                module = self.said[index].module
                assert module is not None
                pairs.append((part, module))
            else:
                within = Chain(inner[0], inner[-1], 0, "")
                pairs.append((part, self._made(within, inner, paths, depth + 1)))
            index = inner[-1] + 1
        if all(part in ("", str(number)) for number, (part, _) in enumerate(pairs)):
            return Call("nn.Sequential", comprehended([module for _, module in pairs]))
        while not pairs[0][0]:  # numbers were hoped for
            pairs.pop(0)
            chain.first += 1
            chain.origin = self.items[chain.first].inputs[0]
        return call("nn.Sequential", _ordered(_christened(pairs)))


def is_attribute(part: str) -> bool:
    """Whether a part of a name can be written behind `self.`: two underscores would be something else in a class."""
    return part.isidentifier() and not iskeyword(part) and not part.startswith("__")


def _christened(pairs: list[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    """Modules with names, those that have none called after their kind."""
    taken = {part for part, _ in pairs}
    found: list[tuple[str, Expression]] = []
    for part, module in pairs:
        name, count = part, 0
        while not name or (not part and name in taken):
            count += 1
            name = f"{str(module).split('(')[0].rpartition('.')[2].lower()}{count}"
        taken.add(name)
        found.append((name, module))
    return found


def _ordered(pairs: list[tuple[str, Expression]]) -> Call:
    """An `OrderedDict`, in the shortest way to write it."""
    tuples = comprehended([Call("", (f'"{name}"', module)) for name, module in pairs])
    if len(tuples) == 1 and isinstance(tuples[0], Loop):
        return Call("OrderedDict", (replace(tuples[0], starred=False),))
    if len(tuples) < len(pairs):
        return call("OrderedDict", Call("", tuples, "[]"))
    if all(is_attribute(name) for name, _ in pairs):
        return call("OrderedDict", *(Named(name, module) for name, module in pairs))
    items = tuple(Named(f'"{name}"', module, ": ") for name, module in pairs)
    return call("OrderedDict", Call("", items, "{}"))


def _grouped(members: Sequence[int], paths: dict[int, tuple[str, ...]], depth: int) -> dict[str, list[int]]:
    """Layers by the part of their paths at some depth."""
    found: dict[str, list[int]] = {}
    for index in members:
        found.setdefault(paths[index][depth], []).append(index)
    return found


def _runs(parts: Sequence[str]) -> list[str]:
    """Words in a row, equal ones once."""
    return [part for index, part in enumerate(parts) if index == 0 or parts[index - 1] != part]
