"""The rules of the house: which way imports point, who may load what, and how large a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

from fcm_migration import fingerprint
from fcm_migration.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "fcm_migration"
SKIN = PROJECT_ROOT / "dagster_project"
FILES = sorted([*PACKAGE.rglob("*.py"), *SKIN.rglob("*.py")])

# Rooms from the ground up. A room is a folder, or a module of the top level; a module imports its
# own room and those above it in this list. `forecast` and `trends` are what their folders share.
ROOMS = (
    "printable",
    "errors",
    "machine",
    "folders",
    "periods",
    "arrays",
    "lazy",
    "processes",
    "console",
    "version",
    "config",
    "catalog",
    "http",
    "workbook",
    "fingerprint",
    "store",
    "originals",
    "outfile",
    "outfolder",
    "stamps",
    "sources",
    "sources.au",
    "sources.ca",
    "sources.eurostat",
    "sources.frontex",
    "sources.iom",
    "sources.nz",
    "sources.ucdp",
    "sources.uk_home_office",
    "sources.unhcr",
    "sources.us_cbp",
    "sources.us_ohss",
    "sources.worldbank",
    "limited",
    "archive",
    "core",
    "marts",
    "metadata",
    "forecast",
    "forecast.models",
    "forecast.selection",
    "forecast.backtesting",
    "forecast.nowcast",
    "forecast.shown",
    "forecast.coherence",
    "forecast.year_totals",
    "forecast.scenarios",
    "trends",
    "trends.watch",
    "trends.detection",
    "trends.scoring",
    "trends.alerts",
    "trends.breaks",
    "trends.policies",
    "trends.corridors",
    "trends.facilitation",
    "expectations",
    "publish",
    "publish.export",
    "changes",
    "notify",
    "refresh",
    "refresh.steps",
    "backup",
    "status",
    "studies",
    "studies.alerts.baselines",
    "studies.alerts",
    "studies.drivers",
    "reports",
    "reports.charts",
    "reports.pictures",
    "reports.skill",
    "reports.pages",
    "reports.brief",
    "reports.explorer",
    "reports.site",
    "cli",
    "__main__",
)
RANK = {name: rank for rank, name in enumerate(ROOMS)}
PUBLISHERS = {name for name in ROOMS if name.startswith("sources.")}
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 300, 40

OWNERS = {
    "duckdb": ("publish",),
    "great_expectations": ("expectations",),
    "pandas": ("expectations",),
    "statsmodels": ("forecast", "trends", "studies"),
    "scoringrules": ("forecast",),
    "hierarchicalforecast": ("forecast",),
    "scipy": ("forecast", "trends", "studies"),
    "threadpoolctl": ("forecast",),
    "distributed": ("forecast",),
    "httpx": ("http",),
    "stamina": ("http",),
    "fastexcel": ("workbook", "limited"),  # the server loads both before it forks
    "selectolax": ("workbook", "limited"),
    "altair": ("reports",),
    "vl_convert": ("reports",),
    "matplotlib": (),  # comes with hierarchicalforecast
    "jinja2": ("reports",),
    "rich": ("cli", "console", "publish", "refresh"),
    "click": ("cli",),
}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every module a file imports, and whether that happens when the file is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) or _type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, id(node) not in late
            yield from ((f"{node.module}.{a.name}", id(node) not in late) for a in node.names)


def _type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def module_of(path: Path) -> str:
    """Full name of the module a file holds."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Room of a module of the package: its folder, or the module itself at the top level."""
    parts = MODULES[module].relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1]) or parts[0]


MODULES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported() -> Iterator[tuple[str, str]]:
    """Every module of the package with every other one it imports, inside functions too.

    Imports for type checkers are left out: they are how a lazy face names what it re-exports.
    """
    for module, path in MODULES.items():
        for node in fingerprint._imports(ast.parse(path.read_text(encoding="utf-8")).body):
            name, within = node
            found = f"{name}.{within}" if f"{name}.{within}" in MODULES else name
            if found in MODULES and found != module:
                yield module, found


def test_every_module_has_a_room() -> None:
    """The package's own ``__init__`` only points at queries; it belongs to no room."""
    assert {room_of(module) for module in MODULES if module != PACKAGE.name} == set(RANK)


def test_imports_point_downwards() -> None:
    upward = [
        f"{module} imports {other}"
        for module, other in imported()
        if PACKAGE.name not in (module, other) and RANK[room_of(other)] > RANK[room_of(module)]
    ]
    assert upward == []


def test_there_are_no_circles() -> None:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for module, other in imported():
        sorter.add(module, other)
    sorter.prepare()  # raises CycleError, which names the circle


def test_the_library_knows_no_dagster() -> None:
    strange = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path in MODULES.values()
        for name, _ in imports(path)
        if name.split(".")[0] in ("dagster", "dagster_project")
    ]
    assert strange == []


def test_a_face_only_re_exports() -> None:
    """What a package is for stands in modules: its ``__init__`` has no code to fingerprint."""
    allowed = (ast.Import, ast.ImportFrom)
    faces = [path for path in MODULES.values() if path.name == "__init__.py"]
    strange = []
    for path in faces:
        for node in ast.parse(path.read_text(encoding="utf-8")).body[1:]:
            names = {getattr(target, "id", "") for target in getattr(node, "targets", ())}
            is_named = bool(names) and names <= {"__all__", "__getattr__"}
            if not (isinstance(node, allowed) or _type_checking(node) or is_named):
                strange.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert strange == []


def test_product_knows_no_study() -> None:
    users = {module for module, other in imported() if room_of(other).startswith("studies")}
    assert {room_of(module).split(".")[0] for module in users} <= {"studies", "reports", "cli"}


def test_each_library_has_its_place() -> None:
    strange = []
    for path in FILES:
        mine = layer_of(path) if path.is_relative_to(PACKAGE) else "dagster_project"
        for name, _ in imports(path):
            owners = OWNERS.get(name.split(".")[0])
            if owners is not None and mine not in owners:
                strange.append(f"{path.relative_to(PROJECT_ROOT)} imports {name}")
    assert strange == []


def test_only_one_module_makes_consoles() -> None:
    """Left to its defaults, rich reads texts as markup and ``:x:`` as a picture."""
    made = {
        module
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Console")
        or (isinstance(node, ast.ClassDef) and "Console" in map(_last_name, node.bases))
    }
    assert made == {f"{PACKAGE.name}.console"}


def _last_name(node: ast.expr) -> str:
    """The last part of a dotted name: ``rmtree`` of ``shutil.rmtree``."""
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _calls() -> Iterator[tuple[str, str, int]]:
    """Every call of the package and of Dagster's: module, the dotted name called, line."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield module_of(path), ast.unparse(node.func), node.lineno


def test_everything_printed_goes_through_one_module() -> None:
    """A label, a file name or a header printed elsewhere could steer the terminal."""
    ways = ("print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write")
    strange = [
        f"{module}:{line} calls {name}"
        for module, name, line in _calls()
        if name in ways
        and module.startswith(f"{PACKAGE.name}.")
        and module not in (f"{PACKAGE.name}.console", f"{PACKAGE.name}.workbook.child")
    ]
    assert strange == []


def test_only_one_module_removes_and_moves() -> None:
    """What deletes or moves follows no link; the others remove files they have just made."""
    of_their_own = {
        "archive.lock": "the note of whoever holds the lock",
        "http.transfer": "the part of a download",
        "refresh.obtain": "the download once it is archived",
        "store": "the part of a file",
    }
    ways = ("shutil.rmtree", "shutil.move", "os.remove", "os.rmdir", "os.removedirs")
    strange = [
        f"{module}:{line} calls {name}"
        for module, name, line in _calls()
        if (name in ways or name.endswith((".unlink", ".rglob")))
        and module.partition(".")[2] not in ("folders", *of_their_own)
    ]
    assert strange == []


def test_one_publisher_never_imports_another() -> None:
    strange = [
        f"{module} imports {other}"
        for module, other in imported()
        if {room_of(module), room_of(other)} <= PUBLISHERS and room_of(module) != room_of(other)
    ]
    assert strange == []


def test_the_command_line_answers_without_the_heavy_libraries() -> None:
    heavy = (
        "great_expectations",
        "statsmodels",
        "pandas",
        "duckdb",
        "matplotlib",
        "altair",
        "vl_convert",
        "dagster",
    )
    code = (
        "import sys; from fcm_migration.cli import cli; cli.main(['--help'], standalone_mode=False)"
        f"; sys.stderr.write(str([m for m in {heavy!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "[]"
    assert "refresh" in done.stdout


def test_the_skin_is_thin() -> None:
    """No HTTP, parsing, SQL or statistics in Dagster's package; asset bodies of few lines."""
    for path in SKIN.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path.name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and "assets" in path.parts:
                inner = [n for n in ast.walk(node) if isinstance(n, ast.FunctionDef)]
                if len(inner) == 1:
                    assert (node.end_lineno or 0) - node.lineno <= 15, f"{path.name} {node.name}"


def test_files_and_functions_stay_small() -> None:
    large = {
        str(path.relative_to(PROJECT_ROOT)): lines
        for path in FILES
        if (lines := path.read_text(encoding="utf-8").count("\n")) > MOST_LINES
    }
    assert large == {}
    long = [
        f"{path.relative_to(PROJECT_ROOT)}:{node.name} has {lines} lines"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (lines := _lines(node)) > MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def _lines(function: ast.FunctionDef) -> int:
    """Lines of a function without its docstring, which says shapes and units at length."""
    first = function.body[0]
    said = ast.get_docstring(function, clean=False) is not None
    words = (first.end_lineno or 0) - first.lineno + 1 if said else 0
    return (function.end_lineno or 0) - function.lineno + 1 - words
