"""Kernels over strips of rows with the channels last, as the plan runs them."""
