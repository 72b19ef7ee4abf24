"""What changed in the specs of a repository between two commits."""
