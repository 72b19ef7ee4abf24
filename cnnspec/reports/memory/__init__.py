"""Where the bytes go: the plan of a run, a step of training."""
