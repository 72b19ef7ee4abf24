"""The list of the bundled networks."""
