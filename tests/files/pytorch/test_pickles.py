"""Pickles that are no weights: each is refused in words, quickly, and nothing is executed."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import checkpoint_writer as w
import pytest
from checkpoint_writer import refused
from processor_time import about

from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read


class Attack:
    """Pickled by a naive program; unpickled by another one, it would make the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"open({str(self.path)!r}, 'w')",)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("in_archive", [True, False], ids=["archive", "bare pickle"])
def test_nothing_is_executed(path: Path, protocol: int, in_archive: bool) -> None:
    trap = path.with_name("trap")
    attack = pickle.dumps({"w": Attack(trap)}, protocol)
    said = refused(path, w.archive(attack) if in_archive else attack)
    assert "names `builtins.exec`, which is refused" in said
    assert "nothing was executed" in said
    assert "torch.save(model.state_dict()" in said
    assert not trap.exists()


@pytest.mark.parametrize("name", ["os system", "posix system", "torch.storage _load_from_bytes", "torch load", "a b"])
def test_names_that_are_refused(path: Path, name: str) -> None:
    for data in (w.archive(w.pickled(w.named(name))), w.stream(w.pickled(w.named(name)))):
        assert f"names `{name.replace(' ', '.')}`, which is refused" in refused(path, data)


def test_a_name_that_floods_the_message_is_cut(path: Path) -> None:
    assert f"`os.{'x' * 77}…`" in refused(path, w.archive(w.pickled(w.named(f"os {'x' * 200}"))))


PICKLES = {
    "empty": (b"", "ends too early"),
    "cut": (w.weights()[:-1], "1 more bytes are announced and 0 are left"),
    "instruction": (w.pickled(b"l"), "uses the pickle instruction 0x6c"),
    "instance": (w.pickled(b"ios\nsystem\n"), "uses the pickle instruction 0x69"),
    "protocol": (b"\x80\x06N.", "is written in pickle protocol 6"),
    "no operand": (w.pickled(b""), "finds no operand"),
    "no mark": (w.pickled(b"t"), "ends a container that never began"),
    "no memo": (w.pickled(b"h\x07"), "recalls value 7, which it never stored"),
    "endless name": (w.pickled(b"c" + b"a" * 300 + b"\n"), "holds an endless name"),
    "name of numbers": (w.pickled(b"NN\x93"), "by what is no word"),
    "half a name": (w.pickled(w.text("os") + b"N\x93"), "by what is no word"),
    "not UTF-8": (w.pickled(b"X\x01\x00\x00\x00\xff"), "is not UTF-8"),
    "string of 4 GB": (w.pickled(b"X\xff\xff\xff\xff"), "4,294,967,295 bytes are announced"),
    "string longer than the file": (w.pickled(b"X\xff\xff\x00\x00"), "ends too early"),
    "too deep": (w.pickled(b"(" * 101), "nested too deeply"),
    "a tuple that doubles": (w.pickled(b")q\x00" + b"h\x00h\x00\x86q\x00" * 200), "holds no mapping"),
    "append to a mapping": (w.pickled(b"}Na"), "appends to something that is no list"),
    "items of a list": (w.pickled(b"]NNs"), "sets items of something that is no mapping"),
    "half an item": (w.pickled(b"}(Nu"), "sets items of something that is no mapping"),
    "same key twice": (w.pickled(b"}(" + (w.text("w") + w.tensor()) * 2 + b"u"), "has the key `w` twice"),
    "attributes of a list": (w.pickled(b"]Nb"), "sets attributes of something that has none"),
    "call of a text": (w.pickled(w.text("exec") + b")R"), "calls something that is no function"),
    "call of a type": (w.pickled(w.call("torch FloatStorage")), "calls something that is no function"),
    "call without a tuple": (w.pickled(w.named("collections OrderedDict") + b"NR"), "that is no function"),
    "pairs that are none": (w.pickled(w.call("collections OrderedDict", b"]Na")), "other than pairs"),
    "pairs in no list": (w.pickled(w.call("collections OrderedDict", b"N")), "other than a list"),
    "persistent id": (w.pickled(w.text("module") + b"Q"), "no plain storage"),
    "storage of a wrong type": (
        w.pickled(w.stored(kind="X").replace(b"XStorage", b"float32")),
        "no plain storage",
    ),
    "view of a storage": (w.pickled(w.stored(6, "0", "Float", w.integers([0, 3]))), "no plain storage"),
    "negative storage": (w.pickled(w.stored(-1)), "not a whole number from 0"),
    "complex storage": (
        w.pickled(w.stored(kind="ComplexFloat")),
        "`torch.ComplexFloatStorage`, which is refused",
    ),
    "storage described twice": (w.pickled(w.stored(6) + w.stored(7)), "24 and 28 bytes"),
    "parameter of nothing": (w.weights(w.call("torch._utils _rebuild_parameter")), "other than a tensor"),
    "parameter of a number": (
        w.weights(w.call("torch._utils _rebuild_parameter", b"N")),
        "other than a tensor",
    ),
    "tensor of nothing": (w.weights(w.call(w.TENSOR)), "without a storage"),
    "tensor of numbers": (w.weights(w.call(w.TENSOR, b"N", b"N", b"N", b"N")), "without a storage"),
    "negative offset": (w.weights(w.tensor(offset=-1)), "not a whole number from 0"),
    "negative size": (w.weights(w.tensor((-2, 3))), "not a whole number from 0"),
    "negative stride": (w.weights(w.tensor(stride=(-3, 1))), "not a whole number from 0"),
    "size of 600 bits": (w.weights(w.tensor((2**600, 0))), "not a whole number from 0"),
    "size that is none": (
        w.weights(w.call(w.TENSOR, w.stored(), b"K\x00", b"N", b")")),
        "not a list of up to 32",
    ),
    "33 axes": (w.weights(w.tensor((1,) * 33, (1,) * 33)), "not a list of up to 32"),
    "more sizes than strides": (w.weights(w.tensor((2, 3), (1,))), "2 sizes and 1 strides"),
    "offset too far": (w.weights(w.tensor(offset=1)), "needs 7 numbers of storage `0`, which holds 6"),
    "empty, too far": (w.weights(w.tensor((0,), (1,), 7)), "needs 7 numbers"),
    "stride too far": (w.weights(w.tensor(stride=(2**62, 1))), "more than 10^18"),
    "huge by stride 0": (w.weights(w.tensor((2**62, 2**62), (0, 0))), "take more than 10^18 bytes"),
    "large by stride 0": (w.weights(w.tensor((2**30,), (0,))), "take 4,294,967,296 bytes; a file of "),
    "empty and huge": (w.weights(w.tensor((0, 2**62, 2**62), (0, 0, 0))), "take more than 10^18 bytes"),
    "missing storage": (w.weights(w.tensor(storage=w.stored(6, "../0"))), "storage `../0` is missing"),
    "short storage": (w.weights(w.tensor(storage=w.stored(7))), "7 x 4 bytes are expected; it has 24"),
    "storage of 4 TB": (w.weights(w.tensor(storage=w.stored(2**40))), "it has 24"),
    "no state": (w.pickled(b"N"), "holds no mapping"),
    "bare tensor": (w.pickled(w.tensor()), "holds no mapping"),
    "list": (w.pickled(b"](" + w.tensor() + b"e"), "holds no mapping"),
    "state in itself": (w.pickled(b"}q\x00" + w.text("model") + b"h\x00s"), "its keys are `model` /"),
    "empty state": (w.pickled(b"}"), "the mapping in it is empty"),
    "two networks": (
        w.pickled(w.mapping({k: w.mapping({"w": w.tensor()}) for k in "GD"})),
        "holds several sets of weights / there is `G`, `D` / `--key G` chooses one",
    ),
    "many keys": (w.pickled(w.mapping({f"k{i}": b"N" for i in range(9)})), "`k7`, … /"),
    "numbered tensors": (w.pickled(b"}K\x00" + w.tensor() + b"s"), "its keys are `0`"),
}


@pytest.mark.parametrize(("body", "said"), PICKLES.values(), ids=PICKLES.keys())
def test_pickles_that_are_refused(path: Path, body: bytes, said: str) -> None:
    assert said in refused(path, w.archive(body))


AXES, STEPS = w.integers([1] * 32), w.integers([2**62] * 32)
SHARED = w.named(w.TENSOR) + b"q\x01" + w.stored() + b"q\x02" + AXES + b"q\x03" + STEPS + b"q\x04"
SIZE = w.named("torch Size") + b"q\x01"
LONG = {
    "nothing": b"N" * 1_000_001,
    "containers": b"(" + b"}" * 1_000_001,
    "tensors": b"(" + SHARED + b"(" + b"h\x01(h\x02K\x00h\x03h\x04tR" * 40_000,
    "one list for many calls": b"](" + b"N" * 9000 + b"eq\x00(" + SIZE + b"h\x01h\x00\x85R" * 9000,
    "one tuple for many calls": b"(" + b"N" * 9000 + b"tq\x00(" + SIZE + b"h\x01h\x00R" * 9000,
}


@pytest.mark.parametrize("body", LONG.values(), ids=LONG.keys())
def test_the_longest_programs_end_in_time(path: Path, body: bytes) -> None:
    path.write_bytes(w.archive(w.pickled(body)))
    with about(0.5), pytest.raises(FileError, match="is too long a program"):
        read(path)
