"""`python -m cnnspec` and the `cnnspec` command."""

from __future__ import annotations

import gc
import os


def main() -> None:
    # pydantic would look for plugins in the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
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
