"""Weights as they are published: which of several sets is taken, and what is passed over, is said."""

from __future__ import annotations

import shlex
from pathlib import Path

import checkpoint_writer as w
import pytest
from calling import call

from cnnspec import weights
from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.weights.published import Published, published


def one(name: str, first: float = 0) -> bytes:
    """A mapping with one tensor, whose storage is one of `checkpoint`."""
    return w.mapping({name: w.tensor((2, 3), (3, 1), int(first))})


def written(path: Path, body: bytes) -> Path:
    path.write_bytes(w.archive(w.pickled(body)))
    return path


def read(path: Path, body: bytes, key: str | None = None) -> Published:
    return published(written(path, body), key)


def refused(path: Path, body: bytes, key: str | None = None) -> Diagnostic:
    with pytest.raises(FileError) as caught:
        read(path, body, key)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.pth"


SEVERAL = {
    "timm": (w.mapping({"state_dict": one("a"), "state_dict_ema": one("b")}), "state_dict", ["state_dict_ema"]),
    "ema beside model": (w.mapping({"ema": one("b"), "model": one("a")}), "model", ["ema"]),
    "wrapped": (w.mapping({"model": one("a"), "ema": w.mapping({"module": one("b")})}), "model", ["ema.module"]),
    "flat": (w.mapping({"a": w.tensor(), "ema": one("b")}), "", ["ema"]),
    "two more": (w.mapping({"net": one("a"), "G": one("b"), "D": one("c")}), "net", ["G", "D"]),
}  # fmt: skip


@pytest.mark.parametrize(("body", "taken", "more"), SEVERAL.values(), ids=SEVERAL)
def test_of_several_sets_the_one_that_is_taken_is_said(path: Path, body: bytes, taken: str, more: list[str]) -> None:
    found = read(path, body)
    assert list(found.tensors) == ["a"]
    place = f"under `{taken}`" if taken else "of the outermost mapping"
    names = ", ".join(f"`{name}`" for name in more)
    assert found.remarks == [f"the weights {place} are taken; it has more under {names}, which `--key` chooses"]
    for key in more:
        assert list(read(path, body, key).tensors) != ["a"]
        assert read(path, body, key).remarks == []
    if taken:
        assert list(read(path, body, taken).tensors) == ["a"]


def test_a_key_leads_through_the_usual_ones(path: Path) -> None:
    body = w.mapping({"model": one("a"), "ema": w.mapping({"module": one("b")})})
    assert list(read(path, body, "ema").tensors) == ["b"]


def test_sets_of_equal_rank_are_refused_and_chosen(path: Path) -> None:
    body = w.mapping({"generator": one("g"), "epoch": b"K\3", "discriminator": one("d")})
    found = refused(path, body)
    assert found.message == "`net.pth` holds several sets of weights"
    assert found.why == "there is `generator`, `discriminator`"
    (key,) = found.help.removeprefix("`--key ").removesuffix("` chooses one").split()
    assert list(read(path, body, key).tensors) == ["g"]
    assert list(read(path, body, "discriminator").tensors) == ["d"]


@pytest.mark.parametrize("given", [None, "none"])
@pytest.mark.parametrize("names", [("netG", "netD"), ("a b", "it's"), ("$G", "`D`"), ("G.x", "D.x"), ("-G", "é")])
def test_the_help_works_as_it_stands(path: Path, names: tuple[str, str], given: str | None) -> None:
    """Two networks in one file, as generators and their judges are kept; the words are those of a shell."""
    body = w.mapping({names[0]: one("g"), names[1]: w.mapping({"state_dict": one("d")})})
    found = refused(path, body, given)
    option, key = shlex.split(found.help.removeprefix("`").removesuffix("` chooses one"))
    assert (option, list(read(path, body, key).tensors)) == ("--key", ["g"])


def test_the_only_set_is_taken_under_whatever_key(path: Path) -> None:
    body = w.mapping({"my_net": one("a"), "epoch": w.tensor((), ()), "optimizer": w.mapping({"m": one("a")})})
    found = read(path, body)
    assert (list(found.tensors), found.remarks) == (["a"], [])


def test_what_training_keeps_is_no_set_of_weights(path: Path) -> None:
    inner = {
        "optimizer_state": one("a"),
        "lr_scheduler": one("a"),
        "rng_state": w.mapping({"cpu": w.tensor((6,), (1,))}),
    }
    assert read(path, w.mapping({"model": one("a"), **inner})).remarks == [
        "the weights under `model` are taken; it has more under `lr_scheduler`, which `--key` chooses"
    ]


def test_a_key_that_is_not_there(path: Path) -> None:
    found = refused(path, w.mapping({"model": one("a"), "ema": one("b")}), "mean")
    assert (found.message, found.why) == ("`net.pth` has nothing under `mean`", "there is `model`, `ema`")
    assert refused(path, one("a"), "ema").help == "leave out `--key`"


def test_a_key_is_for_checkpoints(tmp_path: Path) -> None:
    weights.save({}, tmp_path / "a.npz")
    with pytest.raises(FileError, match=r"`a\.npz` cannot be read") as caught:
        published(tmp_path / "a.npz", "ema")
    assert caught.value.diagnostics[0].help == "leave out `--key`"


def test_thousands_of_mappings_take_little(path: Path) -> None:
    """Keys of a megabyte, each around many mappings: the paths to them would fill the memory."""
    many = w.mapping({str(i): b"}" for i in range(20_000)})
    body = w.mapping({"x" * 900_000: w.mapping({"y" * 900_000: many}), "model": one("a")})
    assert list(read(path, body).tensors) == ["a"]


INSTANCE = w.named("argparse Namespace") + b")\x81" + w.mapping({"lr": b"K\1"}) + b"b"
FOREIGN = {
    "an instance": (INSTANCE, "argparse.Namespace"),
    "an instance with keywords": (w.named("a B") + b")}\x92", "a.B"),
    "a call": (w.call("pathlib PosixPath", w.text("a")), "pathlib.PosixPath"),
    "an array": (
        w.call("numpy._core.multiarray _reconstruct", w.named("numpy ndarray"), b"K\0\x85") + b"(Nt" + b"b",
        "numpy._core.multiarray._reconstruct",
    ),
    "a mapping of a class": (w.call("omegaconf DictConfig") + w.items({"a": b"N"}), "omegaconf.DictConfig"),
    "a list of a class": (w.call("mylib List") + b"(NNe", "mylib.List"),
    "an unusual tensor": (w.call("torch._utils _rebuild_qtensor", w.stored(), b"N"), "torch._utils._rebuild_qtensor"),
    "an unusual storage": (w.tensor(storage=w.stored(6, "9", "ComplexFloat")), "torch.ComplexFloatStorage"),
    "a parameter of one": (
        w.call("torch._utils _rebuild_parameter", w.call("torch._utils _rebuild_qtensor"), b"\x88", b"}"),
        "torch._utils._rebuild_qtensor",
    ),
    "an attack": (w.call("posix system", w.text("touch trap")), "posix.system"),
}


@pytest.mark.parametrize("where", ["beside", "inside"])
@pytest.mark.parametrize(("value", "name"), FOREIGN.values(), ids=FOREIGN)
def test_what_is_foreign_is_passed_over_and_said(path: Path, value: bytes, name: str, where: str) -> None:
    if where == "beside":
        found = read(path, w.mapping({"model": one("a"), "x": value}))
    else:
        found = read(path, w.mapping({"a": w.tensor(), "x": value}))
    assert list(found.tensors) == ["a"]
    said = f"passed over, and nothing of it executed: `{name}`"
    left_out = "tensors of a kind that is not read are left out: `x`"
    assert found.remarks == [said] if where == "beside" else [left_out, said]
    assert not (path.parent / "trap").exists()


QUIET = {
    "a mapping with unusual keys": w.call("collections OrderedDict") + b"(K\1K\2\x86Nu",
    "a class by itself": w.named("builtins list"),
    "a type of numbers": w.named("torch float32"),
    "a frozen set": b"(K\1K\2\x91",
    "a number of many bytes": b"\x8b\x02\0\0\0\1\1",
    "a bytearray": b"\x96" + (1).to_bytes(8, "little") + b"a",
}


@pytest.mark.parametrize("value", QUIET.values(), ids=QUIET)
def test_plain_things_are_no_news(path: Path, value: bytes) -> None:
    found = read(path, w.mapping({"model": one("a"), "x": value}))
    assert (list(found.tensors), found.remarks) == (["a"], [])


def test_a_state_dict_in_a_defaultdict(path: Path) -> None:
    body = w.call("collections defaultdict", w.named("__builtin__ list")) + w.items({"a": w.tensor()})
    assert list(read(path, body).tensors) == ["a"]


def test_foreign_things_alone_are_no_weights(path: Path) -> None:
    for body in (INSTANCE, w.mapping({"model": INSTANCE}), w.mapping({"x": w.call("posix system")})):
        assert "which is refused" in refused(path, body).message


def test_foreign_numbers_of_a_stream_have_an_unknown_length(path: Path) -> None:
    body = w.mapping({"a": w.tensor(), "b": w.tensor(storage=w.stored(6, "1", "ComplexFloat"))})
    path.write_bytes(w.stream(w.pickled(body), w.text("0").join([b"](", w.text("1") + b"e"])))
    with pytest.raises(FileError, match=r"names `torch\.ComplexFloatStorage`, which is refused"):
        published(path)


def test_convert_says_it_and_chooses(tmp_path: Path, path: Path) -> None:
    written(path, w.mapping({"model": one("a"), "ema": one("b"), "args": INSTANCE}))
    out = tmp_path / "w.safetensors"
    called = call("convert", path, "-o", out)
    assert (called.code, list(weights.header(out))) == (0, ["a"])
    assert called.err.splitlines() == [
        "note: net.pth: the weights under `model` are taken; it has more under `ema`, which `--key` chooses",
        "note: net.pth: passed over, and nothing of it executed: `argparse.Namespace`",
    ]
    called = call("convert", path, "-o", out, "--key", "ema")
    assert (called.code, list(weights.header(out))) == (0, ["b"])
    assert "--key" not in called.err


@pytest.mark.parametrize("rule", ["x{99999999999}=1", "(" * 5000 + ")" * 5000 + "=1", "[=1", "a=\\g<99999999999>"])
def test_a_rule_that_is_none_is_a_mistake_of_the_command(tmp_path: Path, rule: str) -> None:
    assert call("convert", tmp_path / "a.pth", "-o", tmp_path / "b.npz", "--rename", rule).code == 2
