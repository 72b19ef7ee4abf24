"""ONNX -> layers: the file (`model_file`), constants and shapes (`static`, `folding`), channels that are last as such
that are first (`channels_last`), several operators that are one layer (`patterns`), values of other ranks as images
(`axes_of_one`, `signals`), one operator that is several layers (`composing`), each operator in one spelling
(`spelling`, `resizing`), layers with names and tensors (`lowering`, `names`).

The steps from `channels_last` to `names` do not know the package `onnx`.
"""
