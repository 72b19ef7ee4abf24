"""What a network makes of inputs, a line of JSON each, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...diagnostics import FileError
from ...spec.ranking import Prediction, figures
from ..diagnostics.to_json import record
from ..drawing.json_number import json_number


def render(results: Sequence[Prediction]) -> str:
    """A JSON object for each result, in ASCII; numbers that JSON does not know (NaN, infinity) become null."""
    return "".join(json.dumps(_object(result), allow_nan=False) + "\n" for result in results)


def failed(input: str, failure: FileError) -> str:
    """A JSON object for an input that cannot be used: its `error` is a finding as `validate --format json` has it."""
    return json.dumps({"input": input, "error": record(failure.diagnostics[0])}) + "\n"


def _object(result: Prediction) -> dict[str, Any]:
    whose = {"input": result.input} | ({"output": result.output} if result.output else {})
    if isinstance(result.found, tuple):
        top = [{"index": c.index, "class": c.name or None, "score": json_number(c.score)} for c in result.found]
        return {**whose, "top": top}
    said = {name: json_number(value) for name, value in figures(result.found).items()}
    return {**whose, "shape": list(result.found.shape), **said}
