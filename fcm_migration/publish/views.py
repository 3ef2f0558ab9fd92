"""Views and macros of the published file for the questions analysts ask most."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.catalog.model import Table
from fcm_migration.publish.alert_views import (
    CURRENT,
    CURRENT_COMMENT,
    LAST_KNOWN,
    LAST_KNOWN_COMMENT,
)
from fcm_migration.publish.brief_evidence_views import BRIEF_ENTRIES
from fcm_migration.publish.brief_views import BRIEF
from fcm_migration.publish.days import EDITION_DAY
from fcm_migration.publish.entry import SCHEMA, Entry
from fcm_migration.publish.entry_views import ENTRIES
from fcm_migration.publish.figures import FIGURES, STORED_FIGURES
from fcm_migration.publish.forecast_views import PUBLISHED, PUBLISHED_COMMENT
from fcm_migration.publish.place_views import PLACES


@dataclass(frozen=True)
class View:
    """A view with its comment; ``sql`` is written by us, never made from data.

    ``columns`` says what each column holds, where the view is one that a newcomer sees first. The
    rows of a view that ``is_stored`` are computed when an edition is made
    (:mod:`fcm_migration.publish.stored`). A file without the tables that it ``needs`` is made
    without the view, or with the empty one of the SQL ``without`` where others read it.
    """

    schema: str
    name: str
    comment: str
    sql: str
    columns: tuple[tuple[str, str], ...] = ()
    is_stored: bool = False
    needs: tuple[str, ...] = ()
    without: str = ""

    @property
    def qualified(self) -> str:
        """The quoted name."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    @property
    def readable(self) -> str:
        """What can stand after FROM."""
        return self.qualified

    def statements(self, sql: str | None = None) -> tuple[str, ...]:
        """CREATE VIEW, its comment and those of its columns.

        Args:
            sql: a SELECT with the same rows, where they are stored; by default the view's own.
        """
        return (
            f"CREATE VIEW {self.qualified} AS {self.sql if sql is None else sql}",
            f"COMMENT ON VIEW {self.qualified} IS {quote_literal(self.comment)}",
            *(
                f"COMMENT ON COLUMN {self.qualified}.{quote_identifier(name)} IS "
                f"{quote_literal(said)}"
                for name, said in self.columns
            ),
        )


@dataclass(frozen=True)
class AsOf:
    """A table macro ``core.<table>_as_of(day)``: what stood published in a core table on a day."""

    table: Table

    @property
    def name(self) -> str:
        """The macro's name."""
        return f"{self.table.name}_as_of"

    @property
    def qualified(self) -> str:
        """The quoted name."""
        return f"{quote_identifier(self.table.layer)}.{quote_identifier(self.name)}"

    @property
    def readable(self) -> str:
        """Return what can stand after FROM, with a day after every release."""
        return f"{self.qualified}(DATE '9999-12-31')"

    @property
    def comment(self) -> str:
        """What it answers."""
        return (
            f"What stood published on a day (as far as this archive knows). {self.table.title} "
            f"Example: FROM {self.table.layer}.{self.name}(DATE '2026-01-31')"
        )

    def statements(self) -> tuple[str, str]:
        """CREATE MACRO and its comment."""
        t = self.table
        select = as_of_select(t.name, t.column_names, t.source_id or "", "day")
        return (
            f"CREATE MACRO {self.qualified}(day) AS TABLE {select}",
            f"COMMENT ON MACRO TABLE {self.qualified} IS {quote_literal(self.comment)}",
        )


def as_of_select(
    table: str, columns: Sequence[str], source_id: str, day: str, catalog: str | None = None
) -> str:
    """Return SQL for the rows of a core table that stood published on a day.

    Args:
        table: name of the core table.
        columns: its columns as the parser returns them.
        source_id: whose releases count.
        day: SQL for the day, written by us.
        catalog: the attached database the tables lie in; None for the current one.
    """
    names = ", ".join(quote_identifier(name) for name in columns)
    prefix = "" if catalog is None else f"{quote_identifier(catalog)}."
    history = f"{prefix}{quote_identifier('history')}.{quote_identifier(table)}"
    # every name is quoted, and the day is SQL of our own
    release = (
        f"SELECT max(as_of_date) FROM {prefix}meta.snapshots "  # noqa: S608
        f"WHERE source_id = {quote_literal(source_id)} AND status = 'in_use' "
        f"AND as_of_date <= CAST({day} AS DATE)"
    )
    seen = f"first_seen_date <= ({release}) AND last_seen_date >= ({release})"
    return f"SELECT {names} FROM {history} WHERE {seen}"  # noqa: S608


def views_of(tables: Collection[str]) -> list[View]:
    """Return the views of a file with these tables, by full name."""
    found = []
    for view in VIEWS:
        if set(view.needs) <= set(tables):
            found.append(view)
        elif view.without:
            found.append(replace(view, sql=view.without, is_stored=False))
    return found


# Views that are quick to compute, where the stored rows of the others help: each table would take
# a block of the file, a quarter of a megabyte.
QUICK = (
    "main.changes",
    "main.corridors",
    "main.policy_effects",
    "main.sources",
    "brief.alert_record",
    "brief.changes",
    "brief.definitions",
    "brief.emerging",
    "brief.forecast_record",
    "brief.protection_years",
)


def _entries(schema: str, entries: Sequence[Entry]) -> tuple[View, ...]:
    """Return the views that people read first; most are stored, so that nobody waits for them."""
    return tuple(
        View(
            schema,
            e.name,
            e.comment,
            e.sql,
            tuple(e.columns.items()),
            is_stored=f"{schema}.{e.name}" not in QUICK,
            needs=e.needs,
            without=e.without,
        )
        for e in entries
    )


VIEWS = (
    *(
        View("mart", name, comment, sql, is_stored=name in STORED_FIGURES)
        for name, comment, sql in (*FIGURES, *PLACES)
    ),
    View("forecast", "published", PUBLISHED_COMMENT, PUBLISHED, is_stored=True),
    View("trend", "current", CURRENT_COMMENT, CURRENT),
    View("trend", "last_known", LAST_KNOWN_COMMENT, LAST_KNOWN),
    View(
        "meta",
        "status",
        "One row per source: how fresh on the day of the edition, how obtained, and how many "
        "expectations on its core tables failed (warnings, all of them; see meta.check_results). "
        "freshness is fresh, stale, discontinued (the publisher has stopped) or never obtained, "
        "freshness_words the same in a sentence. is_stale: the newest figures are too old to be "
        "called current, those of a discontinued source too; null where nothing was ever obtained. "
        "age_days counts from newest_period_end, or from as_of_date where no series is made.",
        f"""
        WITH aged AS (
            SELECT s.*, date_diff('day', coalesce(s.newest_period_end, s.as_of_date),
                                  {EDITION_DAY}) AS age_days
            FROM meta.sources s CROSS JOIN meta.edition e
        ), worded AS (
            SELECT *,
                   CASE WHEN as_of_date IS NULL THEN 'never obtained'
                        WHEN stale_after_days IS NULL OR discontinued_since IS NOT NULL
                            THEN 'discontinued'
                        WHEN age_days > stale_after_days THEN 'stale' ELSE 'fresh' END AS freshness,
                   coalesce('the publisher has released nothing since ' || discontinued_since
                            || '; ', '') AS stopped
            FROM aged
        )
        SELECT s.source_id, s.as_of_date, s.obtained, s.newest_period_end, s.stale_after_days,
               s.age_days,
               CASE WHEN s.as_of_date IS NOT NULL THEN s.freshness <> 'fresh' END AS is_stale,
               s.freshness,
               s.stopped || CASE
                   WHEN s.as_of_date IS NULL THEN 'no release has been obtained here'
                   ELSE CASE WHEN s.newest_period_end IS NULL
                             THEN 'newest release of ' || s.as_of_date
                             ELSE 'newest figures to ' || s.newest_period_end END
                        || ', ' || s.age_days || CASE s.age_days WHEN 1 THEN ' day' ELSE ' days' END
                        || ' old'
                        || CASE WHEN s.freshness = 'discontinued' THEN ''
                                ELSE ' (at most ' || s.stale_after_days || ' are usual)' END
                   END AS freshness_words,
               (SELECT count(*) FROM meta.check_results c
                WHERE NOT c.success AND c.table_name IN (
                    SELECT t.schema_name || '.' || t.table_name
                    FROM meta.tables t WHERE t.source_id = s.source_id)
               ) AS failed_expectations,
               s.last_outcome, s.last_attempt_at, s.attribution
        FROM worded s
        """,  # noqa: S608
    ),
    # the last, because they are made of the others
    *_entries(SCHEMA, ENTRIES),
    *_entries(BRIEF, BRIEF_ENTRIES),
)
