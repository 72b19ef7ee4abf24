"""Array code that knows no layer: windows and products over NCHW arrays."""
