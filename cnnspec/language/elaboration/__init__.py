"""From a document to a graph: blocks unrolled, shapes inferred, promises checked."""
