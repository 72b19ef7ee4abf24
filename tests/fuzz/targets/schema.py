"""The JSON Schema beside `validate`: what is valid it admits; what it admits and is refused, no schema can know."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import yaml
from fuzz import spec_texts
from fuzz.target import Target
from fuzz.targets.yaml import checked
from jsonschema import Draft202012Validator
from yaml12 import data as as_editors_read

from cnnspec.diagnostics import SpecError, errors
from cnnspec.language.json_schema import language

BEYOND = re.compile("E0..|E10[4-8]|E2..|E3..")
"""Codes of what a schema does not know: how a text is written, values of names and arithmetic, what fits together, and
what a spec promises. It knows all words."""


@cache
def schema() -> Draft202012Validator:
    return Draft202012Validator(language())


def plain(data: bytes) -> Any:
    """What an editor makes of a text; None where it cannot read it, or reads more than JSON can say."""
    try:
        found = as_editors_read(data.decode())
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def check(data: bytes) -> None:
    found = checked(data)
    content = plain(data)
    wrong = errors(found.diagnostics)
    if content is not None:
        is_admitted = schema().is_valid(content)
        assert is_admitted or wrong, "the schema refuses a valid spec"
        codes = set() if "blocks" in content else {each.code for each in wrong}  # whose arguments may have any name
        assert not is_admitted or not codes or any(map(BEYOND.match, codes)), f"the schema knows nothing of {codes}"
    if wrong:
        raise SpecError(wrong)


TARGET = Target(spec_texts.valid, check, spec_texts.words(), is_text=True)
