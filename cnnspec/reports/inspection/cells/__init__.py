"""Single values of a network, told with the sum that made them."""
