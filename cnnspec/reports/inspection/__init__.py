"""Where the values of a network come from: a cell with its arithmetic, and all layers at a glance."""
