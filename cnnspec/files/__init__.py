"""Bytes of strangers, read without trust and written whole."""
