"""The memory of a step of training."""
