"""A file system of a test's own, in which a process finds the control groups of a container."""

from __future__ import annotations

from pathlib import Path


def machine(root: Path, **files: str) -> Path:
    """A file system's root with files; in their names `__` stands for `/`, `_DOT_` for a dot."""
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root
