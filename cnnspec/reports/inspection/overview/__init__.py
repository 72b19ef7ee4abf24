"""All layers of a network that has run at a glance."""
