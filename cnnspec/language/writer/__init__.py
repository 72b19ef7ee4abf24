"""Graph -> YAML: the way of a text to a graph, backwards."""
