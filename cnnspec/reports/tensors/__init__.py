"""The tensors that a weights file must hold."""
