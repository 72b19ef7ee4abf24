"""`python -m cnnspec` and the `cnnspec` command."""

from __future__ import annotations


def main() -> None:
    try:
        from .cli import main as run

        run()
    except KeyboardInterrupt:  # before `run` could take care of it
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
