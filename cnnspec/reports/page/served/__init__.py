"""A page whose numbers are asked for: every cell of any network, and other inputs."""
