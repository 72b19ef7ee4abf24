"""The brackets that are open where a text ends."""

from __future__ import annotations

from typing import NamedTuple

import yaml

LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
CLOSERS = {yaml.FlowMappingStartToken: "}", yaml.FlowSequenceStartToken: "]"}
ENDS = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


class OpenBracket(NamedTuple):
    """What closes a bracket, and where it stands: the offset in the text, and the line from 0."""

    closer: str
    offset: int
    line: int


def open_brackets(text: str) -> list[OpenBracket]:
    """Those that are open at the end of a text, the outermost first. A quote that is open hides what is behind it."""
    opened: list[OpenBracket] = []
    try:
        for token in yaml.scan(text, Loader=LOADER):
            if type(token) in CLOSERS:
                opened.append(OpenBracket(CLOSERS[type(token)], token.start_mark.index, token.start_mark.line))
            elif isinstance(token, ENDS) and opened:
                opened.pop()
    except yaml.YAMLError:  # the brackets before it have been seen
        pass
    return opened


def closers(text: str) -> str:
    """What closes all of them."""
    return "".join(bracket.closer for bracket in reversed(open_brackets(text)))
