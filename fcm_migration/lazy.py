"""Public names of a package that load their submodule only when they are first used (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(package: str, names: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the module-level ``__getattr__`` of a package.

    Importing a package's public face then costs nothing: a process that only reads table
    declarations never loads NumPy or a modelling library.

    Args:
        package: name of the package, ``__name__`` in its ``__init__``.
        names: public name to the submodule that defines it, relative to the package. No public
            name may be that of a submodule: loading the submodule would replace it.
    """

    def load(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{names[name]}"), name)

    return load
