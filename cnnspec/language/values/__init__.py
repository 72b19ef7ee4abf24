"""From a node to a value: arithmetic, words, numbers, the types of fields."""
