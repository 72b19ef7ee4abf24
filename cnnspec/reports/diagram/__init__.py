"""A network as a picture: its graph, or its volumes."""
