"""The backends by name. One is imported when it is asked for; whether it can be is known without importing it."""

from __future__ import annotations

from functools import cache

from ..backend import Backend, Chain, Loader, UnknownBackendError


def _numpy() -> Backend:
    from .numpy import NumpyBackend

    return NumpyBackend()


def _numba() -> Backend:
    from ...machine.compiled_code import ensure_compiler
    from .numba import NumbaBackend

    ensure_compiler()
    return NumbaBackend()


BACKENDS: dict[str, Loader] = {"numpy": _numpy, "numba": _numba}
"""A backend is added here."""
DEFAULT = "numpy"


@cache
def _loaded(loader: Loader) -> Backend:
    return loader()


def chain(name: str = DEFAULT) -> Chain:
    """The backend called `name`, with NumPy's behind it for what it has no kernels for. Raises UnknownBackendError,
    FileError (E417) for a package that the backend needs."""
    if name not in BACKENDS:
        raise UnknownBackendError(name, sorted(BACKENDS))
    names = dict.fromkeys((name, DEFAULT))
    return Chain(tuple(_loaded(BACKENDS[each]) for each in names))
