"""Graph -> YAML: the way of a text to a graph, backwards.

`uses` and `tree` find what a person would see in the graph, blocks and branches; `blocks`, `merging` and `arguments`
make one block of several uses; `names` leaves out what counting gives back; `entries` and `sections` make nodes of it.
"""

from .spec_text import write

__all__ = ["write"]
