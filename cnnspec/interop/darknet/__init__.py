"""Darknet: its networks are read, `.cfg` with `.weights`."""
