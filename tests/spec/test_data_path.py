"""Where the data of a spec lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnnspec.diagnostics import FileError
from cnnspec.spec import bundled, spec


def with_data(folder: Path, data: str | None) -> spec.Spec:
    section = f"train: {{data: {data}}}" if data else ""
    (folder / "net.yaml").write_text(
        f"cnnspec: 1\ninput: {{C: 1, H: 8, W: 8}}\nlayers: [flatten, dense: {{K: 10}}]\n{section}\n"
    )
    return spec.load(folder / "net.yaml")


def test_data_of_a_spec_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my/data").mkdir(parents=True)
    assert with_data(tmp_path, "my/data").data_path() == tmp_path / "my/data"


def test_given_data_lie_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.npz").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert with_data(tmp_path, "my/data").data_path("../x.npz") == Path("../x.npz")


@pytest.mark.parametrize(
    ("data", "cure"), [("digit", "did you mean `digits`?"), ("my/data", "check the path, and its case")]
)
def test_data_that_are_not_there(tmp_path: Path, data: str, cure: str) -> None:
    for given in (data, None):
        with pytest.raises(FileError) as caught:
            with_data(tmp_path, data).data_path(given)
        assert [(d.code, d.help) for d in caught.value.diagnostics] == [("E404", cure)]


@pytest.mark.parametrize("given", ["digits", None])
def test_bundled_data_have_a_name(tmp_path: Path, given: str | None) -> None:
    assert with_data(tmp_path, "digits").data_path(given) == bundled.folder() / "digits"


def test_own_data_go_before_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    assert with_data(tmp_path, "digits").data_path() == tmp_path / "digits"


@pytest.mark.parametrize("data", ["../x", "/x", "a/../../x"])
def test_a_spec_names_no_data_outside_its_folder(tmp_path: Path, data: str) -> None:
    with pytest.raises(FileError) as caught:
        with_data(tmp_path, data).data_path()
    (found,) = caught.value.diagnostics
    assert found.code == "E416"
    assert found in spec.check(tmp_path / "net.yaml", files=True).diagnostics


def test_a_spec_without_data(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        with_data(tmp_path, None).data_path()
    assert [d.code for d in caught.value.diagnostics] == ["E414"]


def test_links_in_a_circle_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(FileError) as caught:
        with_data(tmp_path, "x").data_path()
    assert [found.code for found in caught.value.diagnostics] == ["E404"]


@pytest.mark.parametrize("place", ["a.png", "cats/a.png", "cats"])
def test_a_link_in_a_folder_may_not_lead_out_of_the_spec_s(tmp_path: Path, place: str) -> None:
    """A spec comes from others, and so does the folder beside it: nothing of the reader's is reached through it."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private/a.png").touch()
    home = tmp_path / "spec"
    (home / "my/data").mkdir(parents=True)
    link = home / "my/data" / place
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "private" / ("a.png" if place.endswith(".png") else ""))
    with pytest.raises(FileError) as caught:
        with_data(home, "my/data").data_path()
    (found,) = caught.value.diagnostics
    assert (found.code, found.why) == ("E416", f"`my/data/{place}` is a link that points elsewhere")
    link.unlink()
    (home / "own.png").touch()
    link.symlink_to(home / "own.png")
    assert with_data(home, "my/data").data_path() == home / "my/data"
