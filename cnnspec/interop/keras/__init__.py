"""Keras: its models are read. The package keras is not needed for that."""
