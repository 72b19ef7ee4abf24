"""How training goes: lines and learning curves."""
