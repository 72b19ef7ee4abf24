"""ONNX -> layers: the file (`model_file`), constants and shapes (`static`, `folding`), each operator in one spelling
(`spelling`), several that are one layer (`patterns`), layers with names and tensors (`lowering`, `names`).

Only `model_file`, `folding` and `static` know the package `onnx`.
"""
