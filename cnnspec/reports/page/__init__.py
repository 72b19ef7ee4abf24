"""A network and what it makes of an input as one HTML file, in which every value shows the sum behind it."""
