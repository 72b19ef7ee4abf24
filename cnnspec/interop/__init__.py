"""Projections of a Graph into formats of other programs: a package or file for each, with a table of its own over the
layer kinds. Layers know nothing of them."""
