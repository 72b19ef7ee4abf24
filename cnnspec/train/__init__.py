"""Training: data sets, losses, optimizers, the loop, checkpoints."""
