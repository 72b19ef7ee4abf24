"""Where a network looked, as heat over its input."""
