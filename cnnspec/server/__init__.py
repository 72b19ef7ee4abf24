"""What an editor asks of a spec that is being written, and the language server that answers it."""
