"""What a brief says of a country: the rows of the schema ``brief``, by section."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.wording import country_words
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish.brief_views import BRIEF
from fcm_migration.publish.query import Connection
from fcm_migration.reports.pages import Row
from fcm_migration.reports.pictures.naming import sources_behind

Rows = tuple[Row, ...]
CHANGES_OF = 15  # years
SHORT_NAMES = {"UK": "GBR", "US": "USA", "NZ": "NZL"}  # what people write
# every view, by the section it fills
SECTIONS = (
    "main_series", "sentences", "emerging", "corridors", "protection", "protection_years",
    "policies", "forecast_record", "alert_record", "sources", "definitions",
    "year_so_far", "year_total", "other_yearly", "displacement", "facilitation", "not_compared",
    "counting_changes", "recognition", "changes",
)  # fmt: skip


@dataclass(frozen=True)
class Country:
    """What a brief says of one country; each field holds the rows of the view of its name.

    Attributes:
        code: ISO 3166-1 alpha-3.
        name: in common English.
        words: the name within a sentence: the United Kingdom.
        main: the row of ``brief.main_series``.
    """

    code: str
    name: str
    words: str
    main: Row
    sentences: Rows
    emerging: Rows
    corridors: Rows
    protection: Rows
    protection_years: Rows
    policies: Rows
    forecast_record: Rows
    alert_record: Rows
    sources: Rows
    definitions: Rows
    year_so_far: Rows
    year_total: Rows
    other_yearly: Rows
    displacement: Rows
    facilitation: Rows
    not_compared: Rows
    counting_changes: Rows
    recognition: Rows
    changes: Rows

    @property
    def shown_signs(self) -> Rows:
        """Return the signs of facilitation to show: those present, and those of whole countries.

        New nationalities are counted on every route; one row for all routes says as much.
        """
        return tuple(
            row for row in self.facilitation
            if row["is_present"] or row["proxy"] != "first_appearances" or row["route"] == "all"
        )  # fmt: skip

    @property
    def why_not_compared(self) -> Mapping[str, str]:
        """Return what changed in the count of a figure that is not compared, by indicator."""
        return {row["indicator"]: row["words"] for row in self.not_compared}

    @property
    def shown_changes(self) -> Rows:
        """Return the changes of counting that touch the figures that the brief shows."""
        shown = {row["indicator"] for row in self._shown()}
        own = [
            row
            for row in self.counting_changes
            if shown & set(row["indicators"].split(", "))
            and _is_recent(row, self.main["period_start"])
        ]
        # one change may be on record for several series
        return tuple({(row["when_words"], row["words"]): row for row in own}.values())

    @property
    def shown_sources(self) -> Rows:
        """Return the sources of the figures that the brief shows."""
        shown = {
            name
            for row in (*self._shown(), *self.shown_signs)
            for name in (sources_behind(row) if "series_id" in row else [row["source_id"]])
        }
        return tuple(row for row in self.sources if row["source_id"] in shown)

    @property
    def shown_definitions(self) -> Rows:
        """Return the definitions of the figures that the brief shows."""
        shown = {row["indicator"] for row in self._shown()}
        return tuple(row for row in self.definitions if row["indicator"] in shown)

    def _shown(self) -> Rows:
        every = (
            self.sentences, self.corridors, self.protection, self.policies, self.other_yearly,
            self.displacement,
        )  # fmt: skip
        return (self.main, *(row for rows in every for row in rows))


def _is_recent(row: Row, newest: date) -> bool:
    """Return whether a change of counting falls into the years that charts show."""
    last = row["last_date"] or row["first_date"]
    return last is not None and last.year > newest.year - CHANGES_OF


def country_code(given: str, names: Mapping[str, str]) -> str:
    """Return the code of one of the five countries by its code or its name.

    Args:
        given: what a person wrote: NZL, nz, New Zealand.
        names: names of countries, by code.

    Raises:
        UsageError: it is none of the five.
    """
    known = {code.casefold(): code for code in FIVE}
    known |= {short.casefold(): code for short, code in SHORT_NAMES.items()}
    known |= {names[code].casefold(): code for code in FIVE if code in names}
    code = known.get(given.strip().casefold())
    if code is None:
        raise UsageError(
            "there is no brief of this country",
            where=given,
            expected=", ".join(f"{names.get(code, code)} ({code})" for code in FIVE),
            remedy="name one of these, or none for all five",
        )
    return code


def country_names(connection: Connection) -> dict[str, str]:
    """Return the names of countries by code."""
    return dict(connection.sql("SELECT country_code, country_name FROM meta.countries").iter_rows())


def read_countries(connection: Connection, codes: Collection[str]) -> tuple[Country, ...]:
    """Return what the edition says of these countries, those of which it has no figure left out.

    Raises:
        EditionError: the edition was made before it had the views of the schema ``brief``.
        UsageError: it has no figure of any of them.
    """
    require_views(connection)
    read = {name: connection.sql(f"FROM {BRIEF}.{name}").rows(named=True) for name in SECTIONS}
    names = country_names(connection)
    found = []
    for code in codes:
        own = {
            name: tuple(row for row in rows if row["destination_iso3"] == code)
            for name, rows in read.items()
        }
        if main := own.pop("main_series"):
            name = main[0]["destination"]
            found.append(Country(code, name, country_words(code, names), main[0], **own))
    if not found:
        raise UsageError(
            "the edition has no figure to make a brief of",
            where=", ".join(codes),
            remedy="run: fcm refresh; `fcm status` says which sources were obtained",
        )
    return tuple(found)


def require_views(connection: Connection) -> None:
    """Make sure that the edition has the views of the schema ``brief``.

    Raises:
        EditionError: it was made before there were briefs.
    """
    found = connection.sql(
        f"SELECT view_name FROM duckdb_views() WHERE schema_name = '{BRIEF}'"  # noqa: S608
    )
    if not set(SECTIONS) <= set(found.get_column("view_name")):
        raise EditionError(
            "the published edition is older than briefs",
            expected=f"the views of the schema {BRIEF}",
            remedy="run: fcm refresh",
        )
