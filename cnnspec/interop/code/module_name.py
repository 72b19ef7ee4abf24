"""Which names a file of code may have: Python finds modules by them, its own and those of packages too."""

from __future__ import annotations

import sys
from keyword import iskeyword
from pathlib import Path

from ...diagnostics import FileError
from .dataflow import identifier

PACKAGES = frozenset({"torch", "keras", "numpy", "safetensors", "tensorflow", "jax"})


def ensure_module_name(name: str, is_imported: bool) -> None:
    """Raises FileError (E405) for a `.py` file that would hide a module, or that no `import` can name though the code
    `is_imported`. Programs are run by any name."""
    path = Path(name)
    if path.suffix.lower() != ".py":
        return
    if path.stem in PACKAGES or path.stem in sys.stdlib_module_names:
        why = f"beside it, `import {path.stem}` would find this file and not the module"
    elif is_imported and (not path.stem.isidentifier() or iskeyword(path.stem)):
        why = f"`{path.stem}` is no name that `import` takes"
    else:
        return
    cure = f"{identifier(path.stem).strip('_') or 'network'}_net.py"
    cure = cure if cure[0].isalpha() else f"net_{cure}"
    raise FileError.about(name, "E405", f"`{name}` is no name for a module", why, f"`-o {cure}`")
