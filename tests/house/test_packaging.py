"""What is installed: the wheel of this checkout, the wheel of its source archive, the editable install.

All are built by the back end itself, offline and outside the checkout, and used from another folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from email import message_from_bytes
from pathlib import Path

import pytest
from checkout import ROOT

import cnnspec
from cnnspec.spec import bundled


def build(target: str, root: Path, folder: Path) -> Path:
    """Build `target` (wheel, sdist, wheel:editable) of the sources in `root` into the empty `folder`."""
    call = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    done = subprocess.run(call, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = folder.iterdir()
    return made


def cnnspec_from(path: str | Path, elsewhere: Path, *call: str) -> str:
    """What `cnnspec ...` prints when the package is imported from `path`."""
    return python_from(path, elsewhere, "-m", "cnnspec", *call)


def specs_from(path: str | Path, elsewhere: Path) -> str:
    """The folder of the bundled specs when the package is imported from `path`."""
    return python_from(path, elsewhere, "-c", "from cnnspec.spec import bundled; print(bundled.folder())").strip()


def python_from(path: str | Path, elsewhere: Path, *call: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *call],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def sources(folder: str) -> set[str]:
    """Paths of the checkout's files below a folder, without what Python and editors leave behind."""
    files = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in files if path.suffix in (".py", ".md", ".js", ".css", ".json", ".typed", *DATA)}


DATA = (".yaml", ".safetensors", ".png", ".jpg", ".txt", ".gz", ".csv")


def test_wheel_holds_the_package_and_the_specs_and_nothing_else(wheel: Path) -> None:
    package = {name for name in names(wheel) if ".dist-info/" not in name}
    assert package == sources("cnnspec") | {f"cnnspec/{name}" for name in sources("specs")}
    assert {"cnnspec/py.typed", "cnnspec/specs/lenet5.safetensors", "cnnspec/specs/samples/digit-7.png"} <= package


def test_metadata(installed: Path) -> None:
    (info,) = installed.glob("*.dist-info")
    metadata = message_from_bytes((info / "METADATA").read_bytes())
    assert (metadata["Name"], metadata["Version"]) == ("cnnspec", cnnspec.__version__)
    assert (info / "licenses" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    addresses = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    assert set(addresses) == {"Homepage", "Documentation", "Issues", "Changelog"}
    assert all(address.startswith(addresses["Homepage"]) for address in addresses.values())
    scripts = ConfigParser()
    scripts.read(info / "entry_points.txt")
    assert dict(scripts["console_scripts"]) == {"cnnspec": "cnnspec.__main__:main"}


def test_installed_wheel_works_from_another_folder(installed: Path, tmp_path: Path) -> None:
    listed = cnnspec_from(installed, tmp_path, "specs")
    assert [line.split()[0] for line in listed.splitlines()[::2]] == list(bundled.names())
    ran = cnnspec_from(installed, tmp_path, "run", "lenet5", "--top", "1", "--format", "json")
    assert '"class": "7"' in ran
    assert specs_from(installed, tmp_path) == str(installed / "cnnspec" / "specs")
    assert cnnspec_from(installed, tmp_path, "explain", "E203").startswith("# E203: ")
    assert cnnspec_from(installed, tmp_path, "--version").split()[-1] == cnnspec.__version__


IN_SOURCES = (
    ".ci/run",
    ".github/ISSUE_TEMPLATE/bug.yml",
    ".pre-commit-config.yaml",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "action.yml",
    "check",
    "docs/_static/site.css",
    "docs/cnnspec.svg",
    "docs/conf.py",
    "docs/language.md",
    "editors/schemastore.json",
    "tests/house/test_packaging.py",
)
"""Of each part of the project a file: who has the source archive can run all checks."""


def test_source_archive_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    for name in ("sdist", "unpacked", "wheel"):
        (tmp_path / name).mkdir()
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    for name in IN_SOURCES:
        assert (unpacked / name).is_file(), name
    assert names(build("wheel", unpacked, tmp_path / "wheel")) == names(wheel)


def test_editable_install_takes_the_specs_of_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "wheel").mkdir()
    editable = build("wheel:editable", ROOT, tmp_path / "wheel")
    with zipfile.ZipFile(editable) as archive:
        (pth,) = (name for name in archive.namelist() if name.endswith(".pth"))
        path = archive.read(pth).decode().strip()
    assert path == str(ROOT)
    assert not (ROOT / "cnnspec" / "specs").exists()
    assert specs_from(path, tmp_path) == str(ROOT / "specs")
    assert '"class": "7"' in cnnspec_from(path, tmp_path, "run", "lenet5", "--format", "json")
