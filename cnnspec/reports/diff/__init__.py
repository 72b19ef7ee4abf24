"""Two networks side by side: what changed in layers, tensors and costs."""
