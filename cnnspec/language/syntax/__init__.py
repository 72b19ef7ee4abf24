"""From bytes to a syntax tree: what the YAML says, before anything in it has a meaning."""
