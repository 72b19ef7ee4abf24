"""PyTorch: a network as the source of a `nn.Module`, whose state_dict has the names of the spec's tensors.

`kinds` has a rule for each layer kind. A body becomes a class (`class_writer`), its layers a tree of modules
(`modules`), and a file is classes, with what `definitions` holds of theirs (`file_writer`).
"""
