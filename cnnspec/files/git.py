"""What git keeps of a repository: its commits, what changes between two, the files as they were.

git itself is asked. Names that come from a person stand behind `--end-of-options` or `--`, so none is taken for an
option; what a repository's own settings would run or convert is left out.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from ..diagnostics import FileError
from ..diagnostics.wording import clipped
from .reading import opened

PLAIN = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--literal-pathspecs")


class ChangedFile(NamedTuple):
    """A file's name before and after, from the repository's top; None where there is none."""

    before: str | None
    after: str | None


class Repository:
    """The repository around a folder. Raises FileError (E429) where there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        self.top = folder
        self.top = Path(self._text("rev-parse", "--show-toplevel", why=f"`{folder}` lies in no repository"))

    def commit(self, name: str) -> str:
        """The commit that a branch, a tag or a number stands for. Raises FileError (E429)."""
        why = f"the repository has no commit of that name: {clipped(name)}"
        return self._text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", why=why)

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit that two have in common; None where none is known, as in a shallow clone."""
        done = self._run("merge-base", one, other)
        return done.stdout.decode().strip() if done.returncode == 0 else None

    def changed(self, before: str, after: str | None, suffixes: Sequence[str]) -> Iterator[ChangedFile]:
        """The files with such names that differ between two commits, or a commit and the folder as it is (None), those
        included that git does not know yet. A file under another name is one file."""
        found = ["diff", "--no-ext-diff", "--name-status", "--find-renames", "-z", before, *([after] if after else [])]
        fields = iter(self._bytes(*found).decode("utf-8", "surrogateescape").split("\0")[:-1])
        for status in fields:
            first = next(fields)
            second = next(fields) if status[0] in "RC" else first
            old, new = (None if status == "A" else first), (None if status == "D" else second)
            if status[0] == "C":
                old = None
            if (new or old or "").endswith(tuple(suffixes)):
                yield ChangedFile(old, new)
        if after is None:
            unknown = self._bytes("ls-files", "-z", "--others", "--exclude-standard")
            for name in unknown.decode("utf-8", "surrogateescape").split("\0")[:-1]:
                if name.endswith(tuple(suffixes)):
                    yield ChangedFile(None, name)

    def content(self, commit: str | None, name: str, most: int) -> bytes:
        """A file as it was in a commit, or as it is (None): at most `most` bytes of it. Raises FileError."""
        if commit is None:
            with opened(self.top / name, most) as stream:
                return stream.read(most)
        return self._bytes("cat-file", "blob", f"{commit}:{name}")[:most]

    def _text(self, *words: str, why: str = "") -> str:
        return self._bytes(*words, why=why).decode("utf-8", "surrogateescape").removesuffix("\n")

    def _bytes(self, *words: str, why: str = "") -> bytes:
        done = self._run(*words)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
            raise FileError.about(self.top, "E429", "git cannot tell", why or clipped(said))
        return done.stdout

    def _run(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(["git", *PLAIN, *words], cwd=self.top, capture_output=True, check=False)
        except OSError as error:
            help = "install git, or compare two files: `cnnspec summary OLD.yaml --diff NEW.yaml`"
            raise FileError.about(self.top, "E429", "git cannot be asked", error.strerror or "", help) from None
