"""A home of two simulated sources for the campaigns: every kind of file of a home, refreshed fast.

The toy source has two releases that a person brought. The second source stands on a bundled
edition, and a few models are fitted to its series, so that the cache of fits has something in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import polars as pl

from fcm_migration.forecast import Settings
from fcm_migration.forecast.settings import FREQUENCY_SPECS
from fcm_migration.refresh.bundle import write_bundle
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.run import refresh
from fcm_migration.sources.base import Parsed, ReleaseFile
from tests import toy
from tests.toy import TOY, write_release
from tests.toy_home import ALIASES, Rows, rows, toy_context

TABLE = replace(toy.TABLE, name="second_claims", source_id="second")
# fewer past forecasts and refits than the declared: the files are of the same kinds
QUICK = {"track_record": 3, "judged": 3, "memory": 24, "smoothed_every": 12}


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the toy layout as the table of the second source."""
    parsed = toy.parse(files)
    return replace(parsed, tables={TABLE.name: parsed.tables[toy.TABLE.name]})


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the flows of the toy source, counted in another country."""
    made = toy.flows({toy.TABLE.name: tables[TABLE.name]})
    return made.with_columns(pl.lit("CAN").alias("destination_iso3"))


SECOND = replace(
    TOY,
    source_id="second",
    title="More simulated claims",
    tables=(TABLE,),
    module=__name__,
    parse=parse,
    flows=flows,
)


def _second_rows() -> Rows:
    """Six years of simulated counts, so high that models are fitted."""
    months = [f"{2018 + n // 12}-{n % 12 + 1:02d}" for n in range(66)]
    made = [(month, "Chad", str(40 + (7 * n) % 23)) for n, month in enumerate(months)]
    return [*made, *((month, "Peru", str(15 + (5 * n) % 11)) for n, month in enumerate(months))]


@contextmanager
def quick() -> Iterator[None]:
    """Forecast and judge from fewer past origins."""
    specs = {name: replace(spec, **QUICK) for name, spec in FREQUENCY_SPECS.items()}  # type: ignore[arg-type]
    with patch.dict(FREQUENCY_SPECS, specs):
        yield


def context_below(root: Path) -> Context:
    """Return the context of the home below ``root``, whether or not it was made."""
    toy.write_aliases(root / "reference", {**ALIASES, "Peru": "PER"})
    context = toy_context(root)
    toy.write_aliases(root / "reference", {**ALIASES, "Peru": "PER"})
    return replace(context, sources=(TOY, SECOND), forecast=Settings(min_pooled=10**9))


def make(root: Path) -> Context:
    """Make the home below ``root`` and refresh it once; call it within :func:`quick`."""
    context = context_below(root)
    maker = replace(context, home=type(context.home)(root / "maker"))
    ingest(maker, SECOND, [write_release(root / "given" / "second", "2024-01-20", _second_rows())])
    for _ in write_bundle(replace(maker, sources=(SECOND,)), root / "bundled"):
        pass
    for day, last in (("2024-01-15", "2"), ("2024-03-15", "3")):
        ingest(context, TOY, [write_release(root / "given", day, rows(last))])
    refresh(context)
    refresh(context)
    return context
