"""The bundled specs that are the guide's worked examples: nobody has published them, and their numbers are typed."""

EXAMPLES = ("filters", "flattening", "pooling", "strokes")
