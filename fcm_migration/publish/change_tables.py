"""The tables of what changed since the edition before, written when an edition is made."""

from __future__ import annotations

from fcm_migration.catalog.columns import (
    DESTINATION,
    FREQUENCY,
    INDICATOR,
    ORIGIN,
    PLACE,
    POPULATION_GROUP,
    ROUTE,
    SERIES_DIMENSIONS,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.model import Column, Table

# in the order in which they are told
KINDS = (
    "first_edition",
    "nothing",
    "software",
    "release_added",
    "release_withdrawn",
    "release_refused",
    "new_period",
    "completed",
    "revised",
    "filled",
    "withdrawn",
    "alert_opened",
    "alert_closed",
    "forecast_moved",
    "forecast_begun",
    "forecast_ended",
    "check_failed",
    "check_passed",
    "check_declared",
    "freshness",
    "other_tables",
    "not_compared",
)
SERIES_KINDS = ("new_period", "completed", "revised", "within_rounding", "filled", "withdrawn")


def _when(column: Column, description: str) -> Column:
    """Return a shared column that not every change has."""
    return Column(column.name, column.dtype, description, nullable=True, allowed=column.allowed)


def _figure(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="see unit", nullable=True)


OLD_EDITION = Column(
    "old_edition_id",
    "string",
    "Edition compared with: the newest kept one with other figures; null where there is none.",
    nullable=True,
)

CHANGES = Table(
    "meta",
    "changes",
    "What changed since the edition before, a sentence a row, in the order to read them in.",
    "change",
    (
        Column("line", "integer", "Place in the order.", minimum=1),
        Column(
            "kind",
            "string",
            "first_edition: nothing to compare with; nothing: nothing changed; software: another "
            "version of this project; release_added, release_withdrawn, release_refused: a "
            "publisher's release; new_period: figures of periods after all that were held; "
            "completed: periods that were held in part; revised: figures that differ by more than "
            "the publisher's rounding; filled: figures of periods that were held without them; "
            "withdrawn: figures no longer there; alert_opened, alert_closed: episodes in "
            "trend.current; forecast_moved: a new median outside the old interval of 1 in 2; "
            "forecast_begun, forecast_ended: series with a forecast in one of the editions alone; "
            "check_failed, check_passed: an expectation with another result; check_declared: "
            "expectations of one of the editions alone; freshness: a source that became stale or "
            "fresh; other_tables: all tables whose rows differ; not_compared: what the older "
            "edition does not hold in a form to compare.",
            allowed=KINDS,
        ),
        Column("sentence", "string", "The change in words."),
        Column("items", "integer", "How many releases, figures, series, alerts or checks the "
               "sentence counts.", unit="items", minimum=0),
        _when(SOURCE_ID, "Dataset it is about; null for all of them."),
        _when(INDICATOR, "Measure it is about, where it is one."),
        Column("destination_iso3", "string", "Country of arrival, where it is one of the five; "
               "null where it is another, several or none.", nullable=True),
        _when(FREQUENCY, "Length of the periods, where it is about figures."),
        _when(UNIT, "Unit of the figures, where it is about figures."),
        Column("period", "date", "First day of the newest period it is about.", nullable=True),
        _figure("old_value", "Figure before, of the one that the sentence names."),
        _figure("new_value", "Figure now, of the one that the sentence names."),
        OLD_EDITION,
        Column("old_published_at", "timestamp", "When that edition was made (UTC).", nullable=True),
    ),
    ("line",),
    caveats=(
        "Compared is what the two editions say. A new version of the project can move forecasts "
        "and alerts as new figures do; the kind software says so.",
        "Figures of different units are never added: a sentence that counts figures says how many "
        "there are, not what they come to.",
    ),
)  # fmt: skip
CHANGED_SERIES = Table(
    "meta",
    "changed_series",
    "Which series have other figures than in the edition before: what meta.changes counts.",
    "series and kind of change",
    (
        Column("kind", "string", "As in meta.changes; within_rounding: figures that differ by one "
               "step of the publisher's rounding grid, which may be no change at all.",
               allowed=SERIES_KINDS),
        SOURCE_ID,
        INDICATOR,
        UNIT,
        DESTINATION,
        ORIGIN,
        ROUTE,
        PLACE,
        POPULATION_GROUP,
        FREQUENCY,
        Column("periods", "integer", "Periods with such a change.", unit="periods", minimum=1),
        Column("first_period", "date", "First day of the oldest of them."),
        Column("last_period", "date", "First day of the newest of them."),
        Column("named_period", "date", "First day of the period whose figures follow: of the "
               "largest change or, where nothing was held before, the newest."),
        _figure("old_value", "Figure before; null where withheld or not there."),
        _figure("new_value", "Figure now; null where withheld or not there."),
    ),
    ("kind", *SERIES_DIMENSIONS),
)  # fmt: skip
TABLES = (CHANGES, CHANGED_SERIES)
