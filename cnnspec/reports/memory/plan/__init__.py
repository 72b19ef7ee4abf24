"""The memory of a run: where the engine keeps each tensor."""
