"""A layer's maps as pictures."""
