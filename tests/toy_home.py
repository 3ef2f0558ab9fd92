"""A working home of the toy source, refreshed once: what tests of the published file read."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.config import SUITES_DIR, Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.run import refresh
from tests.shared import made_once
from tests.toy import TOY, write_aliases, write_release

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
FIRST = "2024-01-15"  # release, six months after the newest figure: the series are still reported
DROP = "'); DROP TABLE x;--"  # in the alias table
QUOTED = 'Saint "Q\'s"'  # in no alias table, so held back
MARKUP = "[/red]"  # in no alias table: the summary must print it, not obey it
FORMULA = "=1+1"  # a label a spreadsheet would run
# The toy has no populations, no daily series, no half-years, nothing that a model is fitted to,
# nothing that rises, no policy and no total of a year that is asked for; all its forecasts are
# shown or, after a much newer release, none and no scenario.
# These tables may be empty, as their suites say.
SUITES = (
    "forecast.drivers.json",
    "forecast.not_shown.json",
    "forecast.nowcast.json",
    "forecast.nowcast_scores.json",
    "forecast.origin_scores.json",
    "forecast.pool_scores.json",
    "forecast.scenarios.json",
    "forecast.year_total_scores.json",
    "forecast.year_totals.json",
    "mart.population.json",
    "meta.policy_events.json",
    "trend.alerts.json",
    "trend.breaks.json",
    "trend.corridor_protection.json",
    "trend.displacement.json",
    "trend.facilitation_proxies.json",
    "trend.placebos.json",
    "trend.policy_effects.json",
    "trend.precedents.json",
    "trend.track_record.json",
    "trend.upstream.json",
)
ALIASES = {"Chad": "TCD", DROP: "PER", FORMULA: "FRA"}
Rows = list[tuple[str, str, str]]


def rows(last: str = "2") -> Rows:
    """Thirty months of simulated counts so low that no model is fitted; ``last`` is the newest."""
    months = [f"{2021 + n // 12}-{n % 12 + 1:02d}" for n in range(30)]
    made = [(month, "Chad", str(n % 3)) for n, month in enumerate(months)]
    made += [(month, DROP, "-" if n % 7 == 0 else "1") for n, month in enumerate(months)]
    made += [(months[-1], label, "1") for label in (QUOTED, MARKUP, FORMULA)]
    made[29] = (months[-1], "Chad", last)
    return made


def written_suites(folder: Path) -> Path:
    """A folder with :data:`SUITES`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in SUITES:
        shutil.copyfile(SUITES_DIR / name, folder / name)
    return folder


def toy_context(root: Path) -> Context:
    """An empty home below ``root``: offline, the toy source, :data:`SUITES`, nothing bundled."""
    write_aliases(root / "reference", ALIASES)
    written_suites(root / "suites")
    return context_of(root)


def context_of(root: Path) -> Context:
    """Return the context of the toy home below ``root``."""
    return Context(
        Home(root / "home"),
        NOW,
        (TOY,),
        offline=True,
        reference_dir=root / "reference",
        suites_dir=root / "suites",
        bundled_dir=root / "bundled",
        workers=1,
    )


def give(context: Context, day: str, last: str = "2") -> None:
    """Put one toy release into the home's archive."""
    path = write_release(context.home.root.parent / "given", day, rows(last))
    ingest(context, TOY, [path])


def published_toy(run: Path) -> Context:
    """The toy source with one release, refreshed once for all processes of a test run."""
    root = run / "toy"
    with made_once(root) as is_made:
        if not is_made:
            context = toy_context(root)
            give(context, FIRST)
            refresh(context)
    return context_of(root)


def copy_home(context: Context, root: Path) -> Context:
    """Copy a home, with suites of its own; the published file stays a link to its edition."""
    target = Home(root / "home")
    shutil.copytree(context.home.root, target.root)
    for edition in (context.home.published_dir / "editions").glob("*.duckdb"):
        if edition.samefile(context.home.published):
            target.published.unlink()
            os.link(target.published_dir / "editions" / edition.name, target.published)
    return replace(context, home=target, suites_dir=written_suites(root / "suites"))
