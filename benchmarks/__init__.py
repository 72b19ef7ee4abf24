"""cnnspec beside other engines: `python -m benchmarks` for networks, `python -m benchmarks.kernels` for single layers."""
