"""From nodes to a document: each word resolved to a layer kind, a block or an argument."""
