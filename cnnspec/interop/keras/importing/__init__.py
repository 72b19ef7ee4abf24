"""Keras -> layers: the file (`model_file`, `hdf5`), its layers and who reads whom (`topology`), each in the words of
the language (`layers`, `windows`, `values`), and the whole way (`model`).

Only `hdf5` knows the package `h5py`. Nothing that a file holds is executed.
"""
