"""One chart of each kind, from small invented figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.reports.charts import (
    WIDE,
    AlertPanel,
    Chart,
    Corridors,
    Counts,
    Expected,
    Level,
    Line,
    LinePanel,
    Mark,
    PolicyEffects,
    Series,
    Small,
    SoFar,
    Years,
    alert_chart,
    corridor_chart,
    counts_chart,
    coverage_panel,
    headline,
    lines_chart,
    multiples_chart,
    policy_chart,
    range_mark,
    series_chart,
    share_bar,
    sparkline,
    years_chart,
)

AS_OF, TODAY = date(2026, 1, 20), date(2026, 6, 1)
MONTHS = [date(2024 + number // 12, number % 12 + 1, 1) for number in range(24)]
VALUES: list[int | None] = [100 + 10 * number for number in range(24)]


def past(values: list[int | None] | None = None, *provisional: int) -> pl.DataFrame:
    """Months from January 2024; ``provisional`` are places of provisional ones."""
    return pl.DataFrame(
        {
            "period_start": MONTHS,
            "value": values or VALUES,
            "is_provisional": [place in provisional for place in range(24)],
        },
        schema_overrides={"value": pl.Int64},
    )


def ahead(upper_95: int = 600) -> pl.DataFrame:
    """Three months from January 2026; the 95 % bound is widest in February."""
    return pl.DataFrame(
        {
            "target_period": [date(2026, month, 1) for month in (1, 2, 3)],
            "lower_95": 200, "lower_80": 250, "lower_50": 290, "median": 330, "upper_50": 370,
            "upper_80": [420, 430, 420], "upper_95": [500, upper_95, 500],
        }
    )  # fmt: skip


def series(title: str = "Claims rose", **other: Any) -> Series:
    """A monthly series with a forecast."""
    given: dict[str, Any] = {"ahead": ahead(), "today": TODAY, **other}
    return Series(
        title, "Claims, Nowhere", "people a month", "M", "Toy Office", AS_OF,
        given.pop("past", past()), **given,
    )  # fmt: skip


def full_series(title: str = "Claims rose", label: str = "a law begins") -> Series:
    """A series with everything a chart can show."""
    marks = (
        Mark(date(2024, 6, 10), label),
        Mark(date(2025, 2, 1), label, date(2025, 4, 30)),
        Mark(date(2025, 9, 1), label, short="short"),
    )
    levels = (Level(date(2025, 1, 1), date(2025, 12, 1), 180, "expected: 180"),)
    so_far = SoFar(120, date(2026, 1, 15), date(2026, 1, 1))
    return series(title, marks=marks, levels=levels, so_far=so_far)


def alert_panel(name: str = "Here to there") -> AlertPanel:
    """A series that doubled in its last two months."""
    values = [100] * 22 + [210, 230]
    history = pl.DataFrame(
        {"period_start": MONTHS, "value": values, "expected": [None] * 12 + [100.0] * 12}
    )
    raised = pl.DataFrame(
        {"period": MONTHS[-2:], "observed": [210.0, 230.0], "bound": [140.0, 140.0],
         "tier": ["alert", "strong"], "direction": "surge"}
    )  # fmt: skip
    return AlertPanel(name, "Claims", "people a month", "M", "Toy Office", AS_OF, history, raised,
                      MONTHS[-2])  # fmt: skip


def corridors(name: str = "Here") -> Corridors:
    """Three corridors, one with an alert and one with a bound beyond the axis."""
    rows = pl.DataFrame(
        {"name": [name, "Far away", "New"], "level": [900, 300, 20], "before": [450, 600, None],
         "lower_80": [100, 50, None], "upper_80": [9000, 800, None],
         "alert": ["surge", "drop", None]}
    )  # fmt: skip
    return Corridors("Here leads", "people in 2025", "2024", "2026", "Toy Office", AS_OF, rows)


def effects(who: str = "people from here") -> PolicyEffects:
    """One policy that can be told from chance, one that cannot, one that was not tested."""
    rows = pl.DataFrame(
        {
            "policy_date": [date(2022, 5, 1), date(2023, 5, 1), date(2024, 5, 1)],
            "policy": "A visa is required.", "who": who,
            "change_pct": [-90.0, 20.0, -30.0],
            "change_lower_pct": [-97.0, -40.0, None], "change_upper_pct": [-70.0, 140.0, None],
            "placebo_factor": [3.0, 3.0, None], "placebos": [80, 80, 0],
            "placebos_as_large": [0, 30, None], "is_identified": [True, False, False],
        }
    )  # fmt: skip
    return PolicyEffects("One fall stands out", "Toy Office", AS_OF, rows)


def line_panels(name: str = "published") -> list[LinePanel]:
    """Coverage by horizon, and a line over time."""
    rows = pl.DataFrame(
        {"horizon": [1, 2, 3], "coverage_50": [0.5, 0.4, 0.6], "coverage_80": [0.8, 0.75, 0.9],
         "coverage_95": [1.0, 0.9, 0.95]}
    )  # fmt: skip
    days = [date(2025, month, 1) for month in (1, 2, 3)]
    line = Line(name, tuple(zip(days, (0.8, None, 1.2), strict=True)))
    over_time = LinePanel("By time", "below 1 is better", "mean", (line,), (0, 0.5, 1, 1.5),
                          (1.0, "last figure"), ((days[1], days[2]),))  # fmt: skip
    return [coverage_panel(rows, (95, 80, 50), "months ahead"), over_time]


def _multiples(label: str, width: int) -> Chart:
    alerts = pl.DataFrame({"period": MONTHS[3:5], "direction": ["surge", "drop"]})
    smalls = [Small(series(label), label, alerts), Small(series("Other"), headline(series()))]
    return multiples_chart(smalls, label, label, width=width)


def _counts(label: str, width: int) -> Chart:
    rows = pl.DataFrame(
        {"period": [MONTHS[0], MONTHS[0], MONTHS[5]], "kind": ["a", "b", "a"], "number": [3, 1, 2]}
    )
    return counts_chart(
        [Counts(label, "M", rows)], ["a", "b"], label, SAID, f"{label}.", width=width
    )


def years(title: str = "Fewer than last year", upper_80: float = 4000) -> Years:
    """Two whole years and five months of a third, added up."""
    rows = [
        {"year": year, "month": month, "year_to_date": float(each * month)}
        for year, each, months in ((2023, 100, 12), (2024, 300, 12), (2025, 200, 5))
        for month in range(1, months + 1)
    ]
    expected = Expected(1800, 2400, upper_80)
    return Years(title, "people", "Toy Office", AS_OF, pl.DataFrame(rows), expected)


SAID = "As of 20 January 2026."
LABEL = "a law begins"
# one chart of each kind; the label stands wherever a text comes from data
MAKE: dict[str, Callable[[str, int], Chart]] = {
    "series": lambda label, width: series_chart(full_series(label, label), width=width),
    "alerts": lambda label, width: alert_chart([alert_panel(label)] * 2, label, width=width),
    "corridors": lambda label, width: corridor_chart(corridors(label), width=width),
    "policies": lambda label, width: policy_chart(effects(label), width=width),
    "lines": lambda label, width: lines_chart(
        line_panels(label), label, SAID, f"{label}.", width=width
    ),
    "multiples": _multiples,
    "counts": _counts,
    "years": lambda label, width: years_chart(years(label), width=width),
    "range": lambda label, _width: range_mark(-50, -80, None, label, is_sure=True, ends=(-80, 20)),
    "share": lambda label, _width: share_bar([40, 10.5], label),
    "sparkline": lambda label, _width: sparkline([1, None, 3], label),
}


def charts(label: str = LABEL, width: int = WIDE) -> dict[str, Chart]:
    """Return one chart of each kind."""
    return {name: make(label, width) for name, make in MAKE.items()}
