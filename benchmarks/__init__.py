"""cnnspec beside other engines: `python -m benchmarks` times networks, `python -m benchmarks.kernels` single layers."""
