"""YAML as editors read it who check a spec by its JSON Schema."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Yaml12(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors read it: only true and false are flags, 1e-3 is a number."""


Yaml12.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", "true|false", "tf"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?", "-+0123456789"),
    ("null", "~|null|", ["~", "n", ""]),
):
    Yaml12.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
Yaml12.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))


def data(text: str) -> Any:
    return yaml.load(text, Yaml12)
