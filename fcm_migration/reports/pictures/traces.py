"""The trace of each table that holds a time series: one series of it, and its newest figure.

Which series: a total before a part, months before quarters before years, the newest, then the
largest. Tables are read as they lie; nothing is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.errors import FcmError
from fcm_migration.marts.places import POPULATION
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.parts import part_path
from fcm_migration.reports.charts.labels import capitalised, day_words, figure, period_words
from fcm_migration.reports.charts.traces import trace
from fcm_migration.reports.pictures.naming import (
    country_names,
    known_publishers,
    named,
    publishers,
    title_of,
    unit_words,
)
from fcm_migration.reports.pictures.trace_choice import (
    ABOUT,
    DIMENSIONS,
    MOST_TRIED,
    RULES,
    Row,
    Rule,
    chosen,
    floats,
    grouped,
)
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION
from fcm_migration.trends.facilitation.tables import FACILITATION

MOST_WORDS = 400  # signs of an explanation; source and date follow them


@dataclass(frozen=True)
class Traces:
    """Traces of tables as they lie in a home; each table that several need is read once."""

    context: Context

    def of(self, table: Table) -> str | None:
        """Return the trace of a table as Markdown; None where it holds no series, or no figure.

        A table that is missing or damaged has none.
        """
        try:
            if table.source_id is not None:
                return self._of_source(table.source_id)
            if table.full_name in RULES:
                return self._of_rule(table, RULES[table.full_name])
            if table.full_name in ABOUT:
                return self._of_one_told_of(table, ABOUT[table.full_name])
            own = {POPULATION: self._of_population, FACILITATION: self._of_proxies,
                   CORRIDOR_PROTECTION: self._of_protection}  # fmt: skip
            return own[table]() if table in own else None
        except FcmError:
            return None

    def among(self, tables: Iterable[Table]) -> dict[str, str]:
        """Return the traces of tables by full name, of those that have one."""
        found = {table.full_name: self.of(table) for table in tables}
        return {name: made for name, made in found.items() if made is not None}

    def of_series(self, series_id: str, words: str = "") -> str | None:
        """Return the trace of a series of ``mart.series``; None where it has no figure.

        ``words`` say what it shows, in the place of its newest figure.
        """
        rows = self.series.filter(series_id=series_id).sort("period_start")
        about = self._index.filter(series_id=series_id)
        if about.is_empty() or rows.drop_nulls("value").is_empty():
            return None
        row = about.row(0, named=True)
        if words:
            said = words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1]}…"
            return trace(floats(rows, "value"), f"{said} ({self._source(row)})")
        return self._drawn(rows, "period_start", "value", row, "")

    @cached_property
    def series(self) -> pl.DataFrame:
        """The panel of series."""
        return _read(self.context, SERIES)

    @cached_property
    def _index(self) -> pl.DataFrame:
        return _read(self.context, SERIES_INDEX)

    @cached_property
    def _names(self) -> dict[str, str]:
        return country_names(self.context)

    @cached_property
    def _publishers(self) -> dict[str, str]:
        return known_publishers(self.context)

    def _of_source(self, source_id: str) -> str | None:
        """Return the trace of a source's core tables: that of its own flows."""
        flows = store.read(part_path(self.context.home, source_id, FLOWS.name), FLOWS)
        return self._best(flows, RULES[FLOWS.full_name], flows)

    def _of_rule(self, table: Table, rule: Rule) -> str | None:
        rows = _read(self.context, table)
        if "series_id" not in rows.columns and "node_id" in rows.columns:
            rows = rows.rename({"node_id": "series_id"})
        about = rows if table == FLOWS else self._index
        return self._best(rows, rule, about)

    def _best(self, rows: pl.DataFrame, rule: Rule, about: pl.DataFrame) -> str | None:
        """Return the trace of the series to draw."""
        known = rows.filter(pl.sql_expr(rule.where)).drop_nulls(rule.value)
        if "is_held_back" in known.columns:
            known = known.filter(~pl.col("is_held_back"))
        missing = [name for name in DIMENSIONS if name not in known.columns]
        if missing and not known.is_empty():
            known = known.join(about.select("series_id", *missing), on="series_id", how="inner")
        best = chosen(known, rule)
        if best is None:
            return None
        kept = [pl.col(name) == best[name] for name in rule.by]
        drawn = known.filter(*kept).sort(rule.period)
        row = drawn.row(-1, named=True)
        if "unit" not in row or "as_of_date" not in row:
            row = about.filter(series_id=row["series_id"]).row(0, named=True)
        return self._drawn(drawn, rule.period, rule.value, row, rule.what)

    def _of_one_told_of(self, table: Table, order: Sequence[str]) -> str | None:
        rows = _read(self.context, table)
        first = rows.sort(*order, "series_id", descending=True, nulls_last=True)
        for row in first.unique("series_id", maintain_order=True).head(MOST_TRIED).rows(named=True):
            # the verdict first: what follows may be cut
            verdict = f"Verdict: {row['verdict']}. " if "verdict" in row else ""
            words = f"{verdict}{row.get('explanation', '')}"
            if (found := self.of_series(row["series_id"], words)) is not None:
                return found
        return None  # they are of months that are not over

    def _of_population(self) -> str | None:
        """Return the trace of the most populous country."""
        rows = _read(self.context, POPULATION)
        own, last = grouped(rows, "year", "population_persons", ("country_code", "source_id"))
        if last is None:
            return None
        words = (
            f"{named(last['country_code'], self._names)}: {figure(last['population_persons'])} "
            f"people in {last['year']} ({self._source(last)})"
        )
        return trace(floats(own, "population_persons"), words)

    def _of_proxies(self) -> str | None:
        rows = _read(self.context, FACILITATION)
        by = ("proxy", "destination_iso3", "route", "part", "source_id", "frequency")
        own, last = grouped(rows, "period", "proxy_value", by)
        if last is None:
            return None
        words = (
            f"{last['proxy'].replace('_', ' ')}, {named(last['destination_iso3'], self._names)}: "
            f"{last['proxy_value']:,.3g} {last['value_unit']} "
            f"{_when(last['period'], last['frequency'])} ({self._source(last)})"
        )
        return trace(floats(own, "proxy_value"), capitalised(words))

    def _of_protection(self) -> str | None:
        rows = _read(self.context, CORRIDOR_PROTECTION)
        by = (
            "destination_iso3",
            "origin_iso3",
            "protection_measure",
            "decision_level",
            "source_id",
        )
        own, last = grouped(rows, "year", "figure", by)
        if last is None:
            return None
        return trace(floats(own, "figure"), f"{last['words'].rstrip('.')} ({self._source(last)})")

    def _source(self, about: Row) -> str:
        publisher = publishers({"series_id": "", **about}, self._publishers)
        return f"{publisher}, as of {day_words(about['as_of_date'])}"

    def _drawn(self, rows: pl.DataFrame, period: str, value: str, about: Row, what: str) -> str:
        last = rows.drop_nulls(value).row(-1, named=True)
        told = f"{what}, " if what else ""
        words = (
            f"{title_of(about, self._names)}: {told}{figure(last[value])} {unit_words(about)} "
            f"{_when(last[period], about['frequency'])} ({self._source(about)})"
        )
        return trace(floats(rows, value), words)


def strongest_alerts(context: Context) -> list[str]:
    """Return the trace of each of the strongest alerts for rises of the newest periods, in words.

    Raises:
        EditionError: a table is missing or damaged.
    """
    from fcm_migration.reports.pictures.alert_frames import top_alerts  # numpy, only where needed

    drawn = Traces(context)
    top = top_alerts(_read(context, ALERTS), drawn.series)
    made = [drawn.of_series(row["series_id"], str(row["headline"])) for row in top]
    return [each for each in made if each is not None]


def _when(period: date, frequency: str) -> str:
    words = period_words(period, frequency)
    return f"on {words}" if frequency == "D" else f"in {words}"


def _read(context: Context, table: Table) -> pl.DataFrame:
    return store.read(context.home.table(table.layer, table.name), table)
