"""How a network does on examples: metrics and the confusion of its classes."""
