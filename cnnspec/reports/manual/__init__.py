"""The manual: a page for each kind, key, field and letter."""
