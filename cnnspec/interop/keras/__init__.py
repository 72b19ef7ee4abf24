"""Keras: its models are read, and networks written as the source of one. The package keras is needed for neither.

A source is a functional model of Keras 3, images (N, H, W, C). `kinds` has a rule for each layer kind; a body becomes a
function that adds layers to what arrives, with what `definitions` holds of theirs.
"""
