"""`python -m cnnspec` and the `cnnspec` command."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

RARELY_USED = ("secrets", "numpy._core._add_newdocs", "numpy._core._add_newdocs_scalars")
"""What pydantic compares secrets by, which loads OpenSSL, and NumPy's texts for `help`: 8 ms of `run`."""


class Deferred(ModuleType):
    """Stands for a module that a library imports and that is hardly ever used. Asked for anything, it makes way."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks for `__path__`
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class NoPlugins(Deferred):
    """Stands for pydantic's search for plugins, which are not wanted here: what that module imports (the metadata of
    packages, e-mail, archives) takes a tenth of the time of `validate`."""

    def get_plugins(self) -> tuple[()]:
        return ()


def main() -> None:
    # Should pydantic search elsewhere one day, it would read the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for module in (NoPlugins("pydantic.plugin._loader"), *map(Deferred, RARELY_USED)):
        sys.modules.setdefault(module.__name__, module)
    gc.disable()  # imports leave no garbage; loading a command enables it again
    try:
        from .cli import main as run

        run()
    except KeyboardInterrupt:  # before `run` could take care of it
        raise SystemExit(130) from None
    finally:
        gc.freeze()  # the interpreter would search for garbage once more before its memory is given back as a whole


if __name__ == "__main__":
    main()
