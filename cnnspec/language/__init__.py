"""The front end: YAML text -> nodes -> syntax tree -> graph, every mistake at its place."""
