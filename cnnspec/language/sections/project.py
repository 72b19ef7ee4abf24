"""What a repository asks of its specs, as a pydantic model: the table `[tool.cnnspec]` of a `pyproject.toml`, or all of
a `cnnspec.toml`."""

from __future__ import annotations

from fnmatch import fnmatchcase

from pydantic import Field, field_validator

from ...diagnostics import catalogue, closest
from .header import Expect, Strict

OWN_NAMES = ("*.cnn.yaml", "*.cnn.yml")


class Project(Strict):
    """Settings for all specs below a folder."""

    specs: tuple[str, ...] = Field(OWN_NAMES, description="patterns of the specs; `*` reaches into folders")
    strict: bool = Field(False, description="whether warnings count as errors")
    ignore: tuple[str, ...] = Field((), description="codes of warnings that are not wanted, `[W101]`")
    budgets: dict[str, Expect] = Field({}, description="what specs must keep, by a pattern of their names")

    @field_validator("ignore")
    @classmethod
    def _only_warnings(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        for code in codes:
            if not code.startswith("W"):
                raise ValueError(f"`{code}` is no warning; an error cannot be passed over")
            if code not in catalogue.codes():
                near = closest(code, [known for known in catalogue.codes() if known.startswith("W")])
                raise ValueError(f"there is no warning `{code}`" + (f"; did you mean `{near}`?" if near else ""))
        return codes

    def of(self, path: str) -> dict[str, Expect]:
        """The budgets that a spec must keep, by their patterns; `path` is seen from the settings' folder, with `/`."""
        return {pattern: budget for pattern, budget in self.budgets.items() if fnmatchcase(path, pattern)}

    def is_spec(self, path: str) -> bool:
        """Whether the file is one of the specs."""
        return any(fnmatchcase(path, pattern) for pattern in self.specs)
