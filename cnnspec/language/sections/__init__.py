"""What a spec says beside its layers: header, preprocess, train."""
