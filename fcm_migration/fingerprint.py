"""Fingerprints of the code that a result depends on.

The fingerprint of a module covers its compiled code (comments, docstrings and layout have no part
in it), that of every module of this package it imports, directly or through others, and the
versions of the libraries that those import. Imports inside functions count; imports for type
checkers do not. A string that is the full name of a module of this package counts as an import,
since code loads or starts modules by name.

A package's ``__init__`` that only re-exports (a face) has no code of its own: a name imported from
it is followed to the module that defines it, so that a step depends on what it uses and not on
everything its package holds.
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import MAGIC_NUMBER, find_spec
from pathlib import Path
from types import CodeType

PACKAGE = __name__.partition(".")[0]
ROOT = Path(__file__).resolve().parent
ABSENT = "not installed"
# Code that cannot change a figure. Bytes are hashed as archived, whoever downloaded them;
# fits made on a cluster or in child processes are the same bytes as fits made here.
WITHOUT_EFFECT = (
    f"{PACKAGE}.http",
    f"{PACKAGE}.forecast.models.cluster",
    f"{PACKAGE}.processes",
)


@dataclass(frozen=True)
class Code:
    """One module: hash of its code, modules of this package and libraries it imports."""

    code_hash: str
    modules: frozenset[str]
    libraries: frozenset[str]


def code(*roots: str, without: Collection[str] = ()) -> str:
    """Return the fingerprint of modules, of all they import, and of their libraries' versions.

    Args:
        roots: full names of modules, of this package or of another (a test's source, say). What
            they import is followed within this package only.
        without: modules or packages that cannot change the result and are not followed.

    Raises:
        ModuleNotFoundError: a root is no module that Python can find.
    """
    found = closure(*roots, without=without)
    parts = {
        "python": MAGIC_NUMBER.hex(),
        "modules": {name: _code(name).code_hash for name in sorted(found)},
        "libraries": libraries(*roots, without=without),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def closure(*roots: str, without: Collection[str] = ()) -> frozenset[str]:
    """Return the names of the roots and of every module they import, directly or through others."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found or _is_within(name, without):
            continue
        found.add(name)
        waiting += _code(name).modules
    return frozenset(found)


def libraries(*roots: str, without: Collection[str] = ()) -> dict[str, str]:
    """Return the version of every library that the closure of the roots imports."""
    names = {lib for name in closure(*roots, without=without) for lib in _code(name).libraries}
    return {name: _version(name) for name in sorted(names)}


def own(name: str) -> str:
    """Return the fingerprint of one module alone."""
    return _code(name).code_hash


def _is_within(name: str, packages: Collection[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@cache
def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ABSENT


@cache
def _code(name: str) -> Code:
    tree = _tree(name)
    compiled = compile(tree, name, "exec", dont_inherit=True, optimize=2)  # 2: no docstrings
    modules = {text for text in _strings(compiled) if _is_module(text)}
    libs = set()
    for module, imported in _imports(tree.body):
        top = module.partition(".")[0]
        if top == PACKAGE:
            modules.add(_defining(module, imported))
        # what a module of another package (a test's source) imports elsewhere is not ours to know
        elif top not in sys.stdlib_module_names and name.partition(".")[0] == PACKAGE:
            libs.add(top)
    digest = hashlib.sha256(repr(_facts(compiled)).encode())
    return Code(digest.hexdigest(), frozenset(modules - {name}), frozenset(libs))


@cache
def _tree(name: str) -> ast.Module:
    return ast.parse(_path(name).read_bytes())


def _facts(value: object) -> object:
    """Return a compiled module's code, without file names and line numbers, in a fixed order."""
    if isinstance(value, CodeType):
        named = (value.co_name, value.co_names, value.co_varnames, value.co_freevars)
        counts = (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount)
        rest = (value.co_flags, value.co_code, value.co_exceptiontable, value.co_cellvars)
        return (*named, *counts, *rest, tuple(map(_facts, value.co_consts)))
    if isinstance(value, tuple):
        return tuple(map(_facts, value))
    if isinstance(value, frozenset):  # the order of a set of texts differs from process to process
        return ("frozenset", sorted(map(repr, value)))
    return (type(value).__name__, repr(value))


def _strings(value: object) -> Iterator[str]:
    """Yield the constants of compiled code that begin like a module of this package."""
    if isinstance(value, CodeType):
        yield from _strings(value.co_consts)
    elif isinstance(value, tuple | frozenset):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str) and value.startswith(f"{PACKAGE}."):
        yield value


@cache
def _path(name: str) -> Path:
    """File of a module; found without importing it where it belongs to this package."""
    if name.partition(".")[0] == PACKAGE:
        stem = ROOT.joinpath(*name.split(".")[1:])
        path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        if path.is_file():
            return path
    elif (loaded := sys.modules.get(name)) is not None and getattr(loaded, "__file__", None):
        return Path(str(loaded.__file__))
    elif (spec := find_spec(name)) is not None and spec.origin is not None:
        return Path(spec.origin)
    raise ModuleNotFoundError(f"no module named {name!r} to take a fingerprint of", name=name)


def _is_module(name: str) -> bool:
    parts = name.split(".")
    if len(parts) < 2 or parts[0] != PACKAGE or not all(part.isidentifier() for part in parts):
        return False
    stem = ROOT.joinpath(*parts[1:])
    return stem.with_suffix(".py").is_file() or (stem / "__init__.py").is_file()


def _imports(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, str | None]]:
    """Yield module and imported name of every import, without those for type checkers."""
    for node in statements:
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.module and not node.level:
                yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            yield from _imports(node.orelse)
        else:
            yield from _imports(_within(node))


def _within(node: ast.stmt) -> Iterator[ast.stmt]:
    """Yield the statements inside a statement, where imports can be."""
    for part in ("body", "orelse", "finalbody"):
        yield from getattr(node, part, ())
    for part in ("handlers", "cases"):
        for branch in getattr(node, part, ()):
            yield from branch.body


def _defining(module: str, name: str | None) -> str:
    """Name of the module that defines what an import names."""
    if name is None:
        return module
    if _is_module(f"{module}.{name}") and not _exports(module).get(name):
        return f"{module}.{name}"
    exported = _exports(module).get(name)
    return _defining(*exported) if exported else module


@cache
def _exports(module: str) -> dict[str, tuple[str, str]]:
    """Return what a package's ``__init__`` re-exports: name, to module and name there."""
    if _path(module).name != "__init__.py":
        return {}
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(_tree(module))  # those for type checkers too: lazy names stand there
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(PACKAGE)
        for alias in node.names
    }


def forget() -> None:
    """Clear cached facts of modules, for tests that change files while they run."""
    for function in (_code, _tree, _path, _exports, _version):
        function.cache_clear()
