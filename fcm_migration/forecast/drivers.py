"""The table of drivers tried as leading indicators, and whether any improves the forecasts.

It is a record: the study (:mod:`fcm_migration.studies.drivers`) runs by its own command, and its
result is kept as a reviewed reference file.
"""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.tables import HORIZON, POOL

RECORD_FILE = "drivers_record.csv"
PERIODS = ("all", "first_half", "second_half")


def _date(name: str, description: str) -> Column:
    return Column(name, "date", description, nullable=True)


def _ratio(name: str, description: str) -> Column:
    return Column(name, "number", description, nullable=True, minimum=0)


DRIVERS = Table(
    "forecast",
    "drivers",
    "Upstream figures tried as leading indicators: whether they foretell what forecasts got wrong.",
    "driver, pool, periods ahead and origins judged",
    (
        Column("driver", "string", "Upstream figure, joined to the pool's series by origin."),
        POOL,
        HORIZON,
        Column(
            "origins_judged",
            "string",
            "all origins that could be judged, or the first or second half of them.",
            allowed=PERIODS,
        ),
        _date("first_origin_date", "First origin judged; null where none could be."),
        _date("last_origin_date", "Last origin judged; null where none could be."),
        Column("series", "integer", "Series scored.", unit="series", minimum=0),
        Column("origins", "integer", "Origins scored.", unit="origins", minimum=0),
        _ratio(
            "relative_wis",
            "Geometric mean over series of the mean WIS with the driver relative to the same "
            "forecasts without (half a rounding step added to both); below 1 the driver helps; "
            "null where nothing could be judged.",
        ),
        _ratio("relative_wis_lower", "Lower end of its 90 % interval (bootstrap over series)."),
        _ratio("relative_wis_upper", "Upper end of its 90 % interval (bootstrap over series)."),
        Column(
            "p_value",
            "number",
            "Diebold-Mariano test over all origins judged, two-sided, small-sample correction, "
            "Holm's adjustment over all drivers, pools and horizons; null where not tested.",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        Column(
            "has_skill",
            "boolean",
            "True where the driver earns its place: both halves have an upper end below 1, and "
            "p_value is below 0.05.",
        ),
        Column("words", "string", "The outcome and its reason, in a sentence."),
        Column("measured_date", "date", "Day on which the study was run."),
        Column(
            "measured_edition_id",
            "string",
            "Edition whose forecasts and figures were studied; see meta.edition.",
            pattern="^[0-9a-f]{12}$",
        ),
    ),
    ("driver", "pool", "horizon", "origins_judged"),
    caveats=(
        "Drivers and outcomes are today's releases; a driver's lag of publication is respected, "
        "its later revisions are not undone.",
        "A record of a study, not made anew by a refresh: it holds for the edition it names.",
        "Only drivers whose figures that edition held are listed.",
        "No forecast is changed by this table: a driver that earns its place is a finding to act "
        "on, and a warning of its suite.",
    ),
)

TABLES = (DRIVERS,)
