"""The network as data: windows, receptive fields, the contract of a layer, the steps with their counts."""
