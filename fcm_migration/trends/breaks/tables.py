"""The table of breaks: lasting changes of level in the watched series."""

from __future__ import annotations

from fcm_migration.catalog.columns import AS_OF, SERIES_COLUMNS
from fcm_migration.catalog.model import Column, Table
from fcm_migration.trends.alerts.tables import DIRECTION

READINGS = ("definition", "known_event", "none_known")

BREAKS_FOUND = Table(
    "trend",
    "breaks",
    "Lasting changes of level found in the watched monthly and quarterly series.",
    "series and period in which the new level begins",
    (
        *SERIES_COLUMNS,
        Column("period", "date", "First day of the first period of the new level."),
        DIRECTION,
        Column("level_before", "number", "Mean of a period over the year before the break (the "
               "same calendar periods as after it, where less than a year has followed).",
               unit="see unit", minimum=0),
        Column("level_after", "number", "Mean of a period over the year from the break on.",
               unit="see unit", minimum=0),
        Column("periods_compared", "integer", "Periods that have followed, of at most a year; "
               "withheld or unreported ones among them are left out of the means.",
               unit="periods", minimum=1),
        Column("ratio", "number", "Level after over level before; null where it was 0 before.",
               unit="ratio", nullable=True, minimum=0),
        Column("p_value", "number", "Share of simulated series without a break, as long and as "
               "persistent, in which the largest statistic is at least as large.",
               minimum=0, maximum=1),
        Column("is_provisional", "boolean", "True where less than a year has followed: later "
               "figures may undo it."),
        Column("reading", "string", "definition: a change of what or how is counted lies within "
               "one period, so it is not evidence of movement; known_event: a policy or a "
               "documented change of level does; none_known: neither is on record.",
               allowed=READINGS),
        Column("break_ids", "string", "Entries of meta.breaks and meta.policy_events within one "
               "period, separated by commas; empty where there is none."),
        Column("explanation", "string", "The break in words, with its figures, unit, source and "
               "date."),
        AS_OF,
    ),
    ("series_id", "period"),
    caveats=(
        "Descriptive: found in the whole series as it is known today, not as it would have been "
        "found then; alerts are what could have been known.",
        "A break says that a level changed and lasted a year, not why. A known event near it is "
        "near in time, no more.",
        "A break of the last months is provisional: it rests on less than a year.",
        "About 1 in 100 series without a break still shows one (p_value up to 0.01).",
        "The same people stand in several series (a route and its total): breaks are not added.",
    ),
)  # fmt: skip

TABLES = (BREAKS_FOUND,)
