"""Where things lie: the working home of one installation, and the data that ships with it.

Nothing is read from the environment at import; :func:`home` reads ``FCM_HOME`` when called.
A built wheel carries the shipped folders inside the package, where ``hatch_build.py`` puts them; a
checkout has them beside it. Only :func:`shipped` knows the difference.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from fcm_migration.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent
_INSIDE = _PACKAGE / "_shipped"
# name of a shipped folder or file -> where it lies in a checkout; hatch_build.py reads this too
SHIPPED = {
    "reference": "data/reference",
    "bundled": "data/bundled",
    "expectations": "expectations",
    "records": "benchmarks/results",
    "glossary": "docs/glossary.md",
}
APPLICATION = "fcm-migration"
PUBLISHED_NAME = "fcm_migration.duckdb"


def shipped(name: str) -> Path:
    """Return what ships with the project: in the package if installed, else beside it.

    Read it, never write to it: an installed package may belong to somebody else.

    Args:
        name: a key of :data:`SHIPPED`.
    """
    inside = _INSIDE / name
    return inside if inside.exists() else _PACKAGE.parent / SHIPPED[name]


def checkout() -> Path | None:
    """Return the root of the checkout this package is imported from; None if it is installed."""
    return None if _INSIDE.is_dir() else _PACKAGE.parent


def in_checkout(place: str, *, option: str) -> Path:
    """Return a path of the checkout that a command writes to by default.

    Raises:
        UsageError: the package is installed, so there is no such place; ``option`` names another.
    """
    root = checkout()
    if root is None:
        raise UsageError(
            "an installed copy has no such folder to write to",
            where=place,
            remedy=f"say where to write with {option}",
        )
    return root / place


REFERENCE_DIR = shipped("reference")
BUNDLED_DIR = shipped("bundled")
SUITES_DIR = shipped("expectations")
PROJECT_ROOT = _PACKAGE.parent  # for tests and benchmarks, which a checkout alone has


@dataclass(frozen=True)
class Home:
    """The folders of one working home; see docs/operations.md for what each holds."""

    root: Path

    @property
    def archive(self) -> Path:
        """Publishers' bytes, sidecars and the log of attempts; never deleted by a refresh."""
        return self.root / "archive"

    @property
    def ledger(self) -> Path:
        """Every forecast that was published; the only copy, never deleted by a refresh."""
        return self.root / "ledger"

    @property
    def core(self) -> Path:
        """Parsed releases and the core tables built from them."""
        return self.root / "core"

    @property
    def inbox(self) -> Path:
        """Hand-obtained files waiting: ``inbox/<source_id>/<file>``."""
        return self.root / "inbox"

    @property
    def cache(self) -> Path:
        """What can be computed again: fits, and what the steps were made of."""
        return self.root / "cache"

    @property
    def downloads(self) -> Path:
        """Downloads in progress."""
        return self.root / "tmp"

    @property
    def published_dir(self) -> Path:
        """The analysts' file, its manifest and the previous editions."""
        return self.root / "published"

    @property
    def published(self) -> Path:
        """The analysts' DuckDB file."""
        return self.published_dir / PUBLISHED_NAME

    @property
    def reports(self) -> Path:
        """Briefs of the edition that is published, written after it by a run of Dagster."""
        return self.root / "reports"

    @property
    def reference(self) -> Path:
        """Reviewed files of this home's own, which take the place of the shipped ones."""
        return self.root / "reference"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster_home"

    def table(self, layer: str, name: str) -> Path:
        """Parquet file of one candidate table."""
        return self.root / layer / f"{name}.parquet"


def home(override: Path | None = None) -> Home:
    """Return the home: the argument, else ``FCM_HOME``, else the place of this kind of copy.

    That place is ``data/`` of a checkout, and the user's data folder for an installed copy.
    """
    chosen = override or (Path(told) if (told := os.environ.get("FCM_HOME")) else _own_place())
    root = chosen.expanduser().resolve()
    check_name(root)
    if os.sep == "/" and "\\" in str(root):
        raise UsageError(
            "DuckDB takes a backslash in a path for a separator of folders",
            where=str(root),
            remedy="name a home without one",
        )
    return Home(root)


def check_name(path: Path) -> None:
    """Make sure that a path is text.

    Raises:
        UsageError: it holds bytes that are not UTF-8, which no library here can open.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise UsageError(
            "the name of a file or folder is not UTF-8",
            where=ascii(str(path)),
            remedy="rename it",
        ) from None


def _own_place() -> Path:
    root = checkout()
    if root is not None:
        return root / "data"
    from platformdirs import user_data_path  # only an installed copy without FCM_HOME needs it

    return user_data_path(APPLICATION, appauthor=False)
