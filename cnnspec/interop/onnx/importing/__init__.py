"""ONNX -> layers: the file (`model_file`), constants and shapes (`static`, `folding`), several operators that are one
layer (`patterns`), values of other ranks as images (`axes_of_one`, `signals`), one operator that is several layers
(`composing`), each operator in one spelling (`spelling`, `resizing`), layers with names and tensors (`lowering`,
`names`).

Only `model_file`, `folding` and `static` know the package `onnx`.
"""
