"""The rules of the house: which way imports point, who may load what, and how large a file is."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from fcm_migration.config import PROJECT_ROOT

PACKAGE = PROJECT_ROOT / "fcm_migration"
SKIN = PROJECT_ROOT / "dagster_project"
FILES = sorted([*PACKAGE.rglob("*.py"), *SKIN.rglob("*.py")])

# Layers from the ground up: a module imports its own layer and those below, never above.
LAYERS = (
    ("errors", "periods", "version"),
    ("config", "catalog", "lock", "http", "workbook"),
    ("store",),
    ("sources",),
    ("archive", "countries", "suspicion", "vintage_tables"),
    ("vintages", "releases"),
    ("core", "edition_tables", "views"),
    ("marts", "meta_tables", "forecast", "trends", "expectations", "publish"),
    ("editions", "notify", "query"),
    ("refresh",),
    (
        "alert_page",
        "bundle",
        "dictionary",
        "drawing",
        "plots",
        "plots_alerts",
        "plots_skill",
        "skill",
    ),
    ("cli",),
    ("__main__",),
)
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

OWNERS = {
    "duckdb": ("publish", "query", "editions"),
    "great_expectations": ("expectations",),
    "pandas": ("expectations",),
    "statsmodels": ("forecast", "trends"),
    "scoringrules": ("forecast",),
    "hierarchicalforecast": ("forecast",),
    "scipy": ("forecast", "trends"),
    "threadpoolctl": ("forecast",),
    "distributed": ("forecast",),
    "httpx": ("http",),
    "stamina": ("http",),
    "fastexcel": ("workbook",),
    "selectolax": ("workbook",),
    "matplotlib": ("drawing", "plots", "plots_alerts", "plots_skill"),
    "rich": ("cli", "query", "refresh"),
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


def test_every_module_has_a_layer() -> None:
    """The package's own ``__init__`` only points at ``query``; it belongs to no layer."""
    found = {layer_of(path) for path in PACKAGE.rglob("*.py")} - {"__init__"}
    assert found == set(RANK)


def test_imports_point_downwards() -> None:
    upward = []
    for path in sorted(PACKAGE.rglob("*.py")):
        mine = layer_of(path)
        if mine == "__init__":
            continue
        for name, _ in imports(path):
            parts = name.split(".")
            above = parts[0] in ("dagster", "dagster_project")
            if parts[0] == "fcm_migration" and len(parts) > 1:
                above = RANK[parts[1]] > RANK[mine]
            if above:
                upward.append(f"{path.relative_to(PACKAGE)} imports {name}")
    assert upward == []


def test_each_library_has_its_place() -> None:
    strange = []
    for path in FILES:
        mine = layer_of(path) if path.is_relative_to(PACKAGE) else "dagster_project"
        for name, _ in imports(path):
            owners = OWNERS.get(name.split(".")[0])
            if owners is not None and mine not in owners:
                strange.append(f"{path.relative_to(PROJECT_ROOT)} imports {name}")
    assert strange == []


def test_one_publisher_never_imports_another() -> None:
    """A source's helpers bear its name (or its publisher's: unhcr) as a prefix."""
    for path in (PACKAGE / "sources").glob("*.py"):
        if path.stem in ("__init__", "base"):
            continue
        for name, _ in imports(path):
            if name.startswith("fcm_migration.sources.") and name.count(".") == 2:
                other = name.rsplit(".", 1)[-1]
                related = other == "base" or _publisher(other) == _publisher(path.stem)
                assert related, f"{path.stem} imports {name}"


# Datasets of one publisher that do not bear its name; its helpers do.
HOME_OFFICE = ("uk_home_office", "uk_irregular_migration", "uk_asylum_claims", "uk_small_boats")


def _publisher(module: str) -> str:
    if module.startswith(HOME_OFFICE):
        return "uk_home_office"
    return "unhcr" if module.startswith("unhcr") else "_".join(module.split("_")[:2])


def test_the_command_line_answers_without_the_heavy_libraries() -> None:
    heavy = ("great_expectations", "statsmodels", "pandas", "duckdb", "matplotlib", "dagster")
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
        path.name: lines
        for path in FILES
        if (lines := path.read_text(encoding="utf-8").count("\n")) > 350
    }
    assert large == {}
    long = [
        f"{path.name}:{node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno > 60
    ]
    assert long == []
