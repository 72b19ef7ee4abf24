"""Data in, text out. Nothing here prints or decides."""
