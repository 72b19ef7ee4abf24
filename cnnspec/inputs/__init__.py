"""What a network is fed: images and arrays from files, in batches, read ahead."""
