"""`python -m cnnspec` and the `cnnspec` command."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class NoPlugins(ModuleType):
    """Stands for pydantic's search for plugins, which are not wanted here: what that module imports (the metadata of
    packages, e-mail, archives) takes a tenth of the time of `validate`. Asked for more, it makes way."""

    def get_plugins(self) -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # the import system looks for `__path__`
            raise AttributeError(name)
        del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def main() -> None:
    # Should pydantic search elsewhere one day, it would read the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    loader = NoPlugins("pydantic.plugin._loader")
    sys.modules.setdefault(loader.__name__, loader)
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
