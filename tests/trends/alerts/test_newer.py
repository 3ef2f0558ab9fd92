"""The newest figure of a series stands beside its alerts, also where its period is incomplete."""

from __future__ import annotations

from datetime import date

import polars as pl

from fcm_migration.catalog.derive import conform, empty, polars_schema
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS
from fcm_migration.trends.alerts.newer import newest_figures, with_newer
from tests.trends.panels import marts, one

SERIES_ID = "us_ohss_usbp/border_encounters/USA/AAA/all/all/all/A"


def known(*, partial: int | None, breaks: pl.DataFrame | None = None) -> pl.DataFrame:
    """Newest figures of two years, 74 in 2023 and 260 in 2024, and an incomplete 2025."""
    series, index = marts([one("AAA", [74, 260], first=date(2023, 1, 1), frequency="A")])
    facts = index.row(0, named=True)
    more = {
        "period_start": date(2025, 1, 1),
        "value": partial,
        "is_suppressed": False,
        "is_derived": False,
        "is_partial": True,
        "snapshot_id": "",
        "obtained": "inbox",
    }
    row = {name: {**facts, **more}[name] for name in FLOWS.column_names}
    flows = conform(pl.DataFrame([row], schema=polars_schema(FLOWS)), FLOWS)
    return newest_figures(series, flows, empty(SERIES_BREAKS) if breaks is None else breaks)


def beside(newest: pl.DataFrame) -> list[tuple[object, ...]]:
    rows = pl.DataFrame({"series_id": SERIES_ID, "period": [date(2023, 1, 1), date(2024, 1, 1)]})
    return with_newer(rows, newest).drop("series_id").rows()


def test_the_newest_figure_is_named_though_its_year_is_not_over() -> None:
    newer = (date(2025, 1, 1), 21.0, True)
    assert beside(known(partial=21)) == [
        (date(2023, 1, 1), *newer), (date(2024, 1, 1), *newer)
    ]  # fmt: skip


def test_without_one_it_is_the_newest_complete_year_or_nothing() -> None:
    assert beside(known(partial=None)) == [
        (date(2023, 1, 1), date(2024, 1, 1), 260.0, False),
        (date(2024, 1, 1), None, None, None),
    ]


def cut(kind: str) -> pl.DataFrame:
    row = (SERIES_ID, "simulated", date(2025, 1, 1), None, kind, "cut", "Counted otherwise.")
    return pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema, orient="row")


def test_a_figure_of_another_quantity_is_not_named() -> None:
    """From a lasting cut on nothing before it is comparable; an incomplete year still is named."""
    assert known(partial=21, breaks=cut("definition")).rows() == [
        (SERIES_ID, date(2025, 1, 1), 21.0, True)
    ]
    ended = cut("definition").with_columns(break_last_date=date(2025, 12, 31))
    assert known(partial=21, breaks=ended).rows() == [(SERIES_ID, date(2024, 1, 1), 260.0, False)]
    half = cut("partial").with_columns(break_last_date=date(2025, 12, 31))
    assert known(partial=21, breaks=half).rows() == [(SERIES_ID, date(2025, 1, 1), 21.0, True)]
