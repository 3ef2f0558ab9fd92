"""Corridors against figures worked out by hand, and what they refuse to put side by side."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, empty, polars_schema
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.expectations import check_table
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.marts.tables import HELD_BACK
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.iom.darien import SOURCE, TABLE
from fcm_migration.store import content_hash
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.corridors.build import make_corridors
from fcm_migration.trends.corridors.explanation import explain_record
from fcm_migration.trends.corridors.flags import independent, overlapping, upstream_first
from fcm_migration.trends.corridors.tables import CORRIDORS, UPSTREAM
from fcm_migration.trends.corridors.upstream import lead_times
from fcm_migration.trends.watch import panel, settings
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS
from tests.trends.doubling import alert_rows, doubling_alerts
from tests.trends.panels import marts, one

YEAR = date(2024, 12, 1)
# 36 months to December 2024; the newest year of Guatemala doubles its year before
GUATEMALA = [10] * 12 + [50] * 12 + [100] * 12
HONDURAS = [30] * 36
SERIES = (
    one("GTM", GUATEMALA, first=date(2022, 1, 1)),
    one("HND", HONDURAS, first=date(2022, 1, 1)),
    one("total", [200] * 36, first=date(2022, 1, 1)),
    one("GTM", [80] * 36, first=date(2022, 1, 1), route="southwest_land_border"),
    one("total", [100] * 36, first=date(2022, 1, 1), route="southwest_land_border"),
)


def quantiles(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Published forecasts of these."""
    usual = {"model": "naive", "is_published": True}
    frame = pl.DataFrame([{**usual, **row} for row in rows], schema=polars_schema(QUANTILES))
    return conform(frame, QUANTILES)


def made(
    several: Any = SERIES,
    *,
    alerts: pl.DataFrame | None = None,
    overlaps: pl.DataFrame | None = None,
    forecasts: pl.DataFrame | None = None,
    breaks: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """``trend.corridors`` of these series, as the store would hold it."""
    series, index = marts(several)
    known = empty(ALERTS) if alerts is None else alerts
    frame = make_corridors(
        series,
        index,
        empty(SERIES_BREAKS) if breaks is None else breaks,
        known,
        empty(QUANTILES) if forecasts is None else forecasts,
        lead_times(known, index),
        empty(OVERLAPS) if overlaps is None else overlaps,
    )
    return conform(frame, CORRIDORS)


def row(frame: pl.DataFrame, origin: str, *, route: str = "all", end: date = YEAR) -> Any:
    """The one row of a corridor and year."""
    (found,) = frame.filter(origin_iso3=origin, route=route, window_end=end).to_dicts()
    return found


def failed(frame: pl.DataFrame, table: Any = CORRIDORS) -> list[str]:
    """The expectations of the suite that do not hold."""
    results = check_table(table, frame, suites_dir=SUITES_DIR, today=date(2025, 1, 2))
    return [item.expectation for item in results if not item.success]


class TestFigures:
    def test_level_growth_share_and_concentration(self) -> None:
        frame = made()
        guatemala = row(frame, "GTM")
        assert (guatemala["level"], guatemala["level_year_before"]) == (1200, 600)
        assert guatemala["yearly_ratio"] == 2
        assert guatemala["ratio"] == pytest.approx(102 / (2 + (10 * 100 + 2 * 50) / 12))
        assert guatemala["route_share"] == guatemala["destination_share"] == 1200 / 2400
        assert guatemala["hhi"] == pytest.approx((1200**2 + 360**2) / 1560**2)
        assert guatemala["top3_share"] == 1
        on_land = row(frame, "GTM", route="southwest_land_border")
        assert (on_land["route_share"], on_land["destination_share"]) == (0.8, 960 / 2400)
        assert on_land["hhi"] == 1
        assert failed(frame) == []

    def test_years_go_back_from_the_newest_period(self) -> None:
        frame = made()
        assert row(frame, "GTM", end=date(2023, 12, 1))["level"] == 600
        first = row(frame, "GTM", end=date(2022, 12, 1))
        assert (first["level"], first["level_year_before"], first["yearly_ratio"]) == (
            120,
            None,
            None,
        )
        assert frame.filter("is_newest").get_column("window_end").unique().to_list() == [YEAR]

    def test_an_unknown_period_makes_a_lower_bound_without_growth_or_share(self) -> None:
        holed = one("GTM", [*GUATEMALA[:-3], None, 100, 100], first=date(2022, 1, 1))
        frame = made([holed, *SERIES[1:3]])
        guatemala = row(frame, "GTM")
        assert (guatemala["level"], guatemala["unknown_periods"]) == (1100, 1)
        assert guatemala["yearly_ratio"] is guatemala["route_share"] is None
        assert guatemala["ratio"] is None  # the month is one of the year before the last two
        assert row(frame, "HND")["route_share"] == 360 / 2400

    def test_a_series_that_ended_is_not_of_the_newest_year(self) -> None:
        ended = one("HND", HONDURAS[:24], first=date(2022, 1, 1))
        frame = made([SERIES[0], ended])
        assert frame.filter(origin_iso3="HND", is_newest=True).is_empty()
        assert row(frame, "HND", end=date(2023, 12, 1))["level"] == 360

    def test_without_a_published_total_the_sum_is_the_whole(self) -> None:
        assert row(made(SERIES[:2]), "GTM")["route_share"] == 1200 / 1560

    def test_ranks_are_within_route_and_year(self) -> None:
        small = one("NIC", [1] * 24 + [2] * 12, first=date(2022, 1, 1))
        frame = made([*SERIES, small])
        places = {o: row(frame, o) for o in ("GTM", "HND", "NIC")}
        assert {o: place["rank_level"] for o, place in places.items()} == {
            "GTM": 1,
            "HND": 2,
            "NIC": 3,
        }
        assert places["NIC"]["rank_growth"] is None  # 24 a year are under the alerts' size
        assert FREQUENCY_SPECS["M"].least_held == 60
        assert row(frame, "GTM", route="southwest_land_border")["rank_level"] == 1

    def test_what_a_cut_makes_another_quantity_is_left_out(self) -> None:
        cut = {
            "series_id": str(SERIES[0]["series_id"]),
            "break_id": "x",
            "break_first_date": date(2023, 7, 1),
            "break_last_date": None,
            "break_kind": "definition",
            "treatment": "cut",
            "words": "Another count.",
        }
        breaks = pl.DataFrame([cut], schema=polars_schema(SERIES_BREAKS))
        guatemala = row(made(breaks=breaks), "GTM")
        assert (guatemala["level"], guatemala["level_year_before"]) == (1200, 300)
        assert guatemala["yearly_ratio"] is None


class TestBeside:
    def test_the_newest_alert_of_the_year(self) -> None:
        name = str(SERIES[0]["series_id"])
        facts = {k: v for k, v in SERIES[0].items() if k != "values"}
        alerts = alert_rows(
            [
                {**facts, "period": date(2023, 12, 1), "score": 90.0},
                {**facts, "period": date(2024, 2, 1), "score": 40.0, "tier": "strong"},
                {**facts, "period": date(2024, 9, 1), "score": 30.0, "direction": "drop"},
            ]
        )
        frame = made(alerts=alerts)
        guatemala = row(frame, "GTM")
        assert (guatemala["alert_period"], guatemala["alert_direction"]) == (
            date(2024, 9, 1),
            "drop",
        )
        assert guatemala["rank_score"] is None  # a fall is not ranked as a rise
        assert row(frame, "GTM", end=date(2023, 12, 1))["alert_score"] == 90
        assert frame.filter(series_id=name).get_column("newest_alert_id").n_unique() == 3
        assert row(frame, "HND")["newest_alert_id"] is None

    def test_the_interval_of_the_published_forecast(self) -> None:
        at = {"series_id": str(SERIES[0]["series_id"]), "origin_date": YEAR}
        rows = [
            {**at, "horizon": h, "target_period": t, "quantile": q, "value": v}
            for h, t, low, high in ((1, date(2025, 1, 1), 80, 120), (6, date(2025, 6, 1), 50, 250))
            for q, v in ((0.1, low), (0.5, 100), (0.9, high))
        ]
        frame = made(forecasts=quantiles(rows))
        guatemala = row(frame, "GTM")
        assert (guatemala["lower_80"], guatemala["median"], guatemala["upper_80"]) == (80, 100, 120)
        assert (guatemala["relative_width"], guatemala["relative_width_later"]) == (0.4, 2.0)
        assert guatemala["rank_uncertainty"] == 1
        assert row(frame, "HND")["rank_uncertainty"] is None
        assert row(frame, "GTM", end=date(2023, 12, 1))["median"] is None
        hidden = quantiles(rows).with_columns(is_published=pl.lit(value=False))
        assert row(made(forecasts=hidden), "GTM")["median"] is None

    def test_the_same_origin_rising_at_several_destinations(self) -> None:
        claims = one(
            "GTM", [60] * 12, source="uk_asylum_claims", indicator="asylum_claims",
            unit="persons", destination="GBR", frequency="Q", first=date(2022, 1, 1),
        )  # fmt: skip
        yearly = one(
            "GTM", [60] * 3, source="unhcr_asylum_applications",
            indicator="asylum_applications_new", unit="persons", destination="GBR",
            frequency="A", first=date(2022, 1, 1),
        )  # fmt: skip
        several = [*SERIES, claims, yearly]
        when = (date(2024, 7, 1), date(2024, 4, 1), date(2024, 1, 1))
        alerts = alert_rows(
            [
                {**{k: v for k, v in each.items() if k != "values"}, "period": day}
                for each, day in zip((SERIES[0], claims, yearly), when, strict=True)
            ]
        )
        pair = ("unhcr_asylum_applications", "asylum_applications_new")
        overlaps = pl.DataFrame(
            [(*pair, "uk_asylum_claims", "asylum_claims", "overlaps", "W.", date(2026, 1, 1))],
            schema=polars_schema(OVERLAPS),
            orient="row",
        )
        frame = made(several, alerts=alerts, overlaps=overlaps)
        guatemala = row(frame, "GTM", route="southwest_land_border")
        assert guatemala["rising_destinations"] == 2
        # the quarter ended in June, so it is as old as six months; the year ended with the window
        assert guatemala["rising_words"] == (
            "Surge alerts at GBR (unhcr_asylum_applications, year from 2024-01), "
            "USA (us_ohss_usbp, month 2024-07); these counts differ and must not be added."
        )
        assert row(frame, "HND")["rising_words"] == ""
        assert failed(frame) == []
        later = alert_rows(
            [
                {**{k: v for k, v in each.items() if k != "values"}, "period": date(2024, 10, 1)}
                for each in (claims, SERIES[0])
            ]
        )
        both = row(made(several, alerts=pl.concat([later, alerts]), overlaps=overlaps), "GTM")
        # the year's figure counts the same people as the quarter's: it is not named beside it
        assert "GBR (uk_asylum_claims, quarter from 2024-10), USA" in both["rising_words"]

    def test_only_sources_that_count_others_stand_together(self) -> None:
        a = ("GBR", "Q", "2024-04", "uk_asylum_claims", "asylum_claims")
        b = ("GBR", "A", "2024-01", "unhcr_asylum_applications", "asylum_applications_new")
        c = ("GBR", "M", "2024-05", "uk_small_boats", "small_boat_arrivals")
        pairs = frozenset([frozenset([(a[3], a[4]), (b[3], b[4])])])
        assert independent([b, a, c], pairs) == [c, a]
        assert independent([b, a, c], frozenset()) == [c, a, b]
        assert overlapping(empty(OVERLAPS)) == frozenset()

    def test_the_order_of_what_was_seen_changes_no_word(self) -> None:
        a = ("GBR", "Q", "2024-04", "uk_asylum_claims", "asylum_claims")
        b = ("GBR", "Q", "2024-04", "uk_irregular_migration", "irregular_arrivals")
        c = ("GBR", "Q", "2024-01", "uk_small_boats", "small_boat_arrivals")
        pairs = frozenset([frozenset([(a[3], a[4]), (b[3], b[4])])])
        for seen in permutations((a, b, c)):
            assert independent(seen, pairs) == [a, c]
            assert independent(seen, frozenset()) == [a, b, c]


class TestOrder:
    def test_the_order_of_rows_changes_no_bit(self) -> None:
        """A table made from shuffled rows is the same table, sums of fractions included."""
        several = [
            one(f"{letter}{other}A", [7 * i + 11 * j + 1] * 36, first=date(2022, 1, 1))
            for i, letter in enumerate("ABCDEFGH")
            for j, other in enumerate("JKLMNP")
        ]
        facts = [{k: v for k, v in each.items() if k != "values"} for each in several[:20]]
        claims = [
            {**each, "source_id": source, "series_id": f"{source}{each['origin_iso3']}"}
            | {"destination_iso3": "GBR", "frequency": "Q"}
            for each in facts
            for source in ("uk_asylum_claims", "uk_irregular_migration")
        ]
        when = date(2024, 10, 1)
        alerts = alert_rows([{**each, "period": when} for each in [*facts, *claims]])
        series, index = marts(several)
        none = (empty(QUANTILES), lead_times(alerts, index), empty(OVERLAPS))
        tables = []
        for seed in range(8):
            mixed = (
                frame.sample(fraction=1, shuffle=True, seed=seed)
                for frame in (series, index, empty(SERIES_BREAKS), alerts)
            )
            tables.append(conform(make_corridors(*mixed, *none), CORRIDORS))
        assert tables[0].filter(pl.col("rising_words").str.contains("GBR")).height == 20
        assert {content_hash(table) for table in tables} == {content_hash(tables[0])}


class TestUpstream:
    @staticmethod
    def both(upstream_month: int | None, *, quarterly: bool = False) -> pl.DataFrame:
        """A first alert in June 2022 here, and one so many months on from January 2022 there."""
        several = [
            one("VEN", [1] * 48, first=date(2020, 1, 1)),
            one(
                "VEN", [1] * 16, first=date(2020, 1, 1), source="uk_asylum_claims",
                indicator="asylum_claims", unit="persons", destination="GBR", frequency="Q",
            ),
            one(
                "VEN", [1] * 48, first=date(2020, 1, 1), source="iom_darien",
                indicator="transit_entries", destination="none", route="darien",
            ),
        ]  # fmt: skip
        facts = [{k: v for k, v in each.items() if k != "values"} for each in several]
        here = {**facts[1], "period": date(2022, 4, 1)} if quarterly else {
            **facts[0], "period": date(2022, 6, 1)
        }  # fmt: skip
        rows = [here]
        if upstream_month is not None:
            year, month = divmod(upstream_month, 12)
            rows.append({**facts[2], "period": date(2022 + year, month + 1, 1)})
        return conform(lead_times(alert_rows(rows), marts(several)[1]), UPSTREAM)

    @pytest.mark.parametrize(
        ("month", "order", "lead"),
        [
            (2, "earlier", 3),
            (5, "same", 0),
            (8, "later", -3),
            (-3, "none", None),
            (13, "none", None),
        ],
    )
    def test_which_came_first(self, month: int, order: str, lead: int | None) -> None:
        frame = self.both(month)
        assert frame.select("upstream_order", "lead_months").rows() == [(order, lead)]
        assert failed(frame, UPSTREAM) == []

    def test_the_lead_in_public_is_another_one(self) -> None:
        several = [
            one("VEN", [1] * 48, first=date(2020, 1, 1)),
            one(
                "VEN", [1] * 48, first=date(2020, 1, 1), source="frontex_ibc",
                indicator="eu_border_detections", destination="eu",
            ),
        ]  # fmt: skip
        facts = [{k: v for k, v in each.items() if k != "values"} for each in several]
        here = {**facts[0], "period": date(2022, 6, 1), "public_from": date(2022, 7, 20)}
        there = {**facts[1], "period": date(2022, 5, 1), "public_from": date(2022, 8, 1)}
        frame = lead_times(alert_rows([here, there]), marts(several)[1])
        # earlier by a month in the data, twelve days later for a reader
        assert frame.select("lead_months", "public_lead_days").rows() == [(1, -12)]

    def test_a_quarter_is_the_same_until_it_is_over(self) -> None:
        leads = {m: self.both(m, quarterly=True).item(0, "lead_months") for m in (1, 3, 5, 7)}
        assert leads == {1: 2, 3: 0, 5: 0, 7: -2}

    def test_none_upstream_is_told_too(self) -> None:
        frame = self.both(None)
        assert frame.get_column("upstream_order").to_list() == ["none"]
        assert "none within 7 months in 1" in explain_record(frame)["iom_darien"]

    def test_the_flag_says_which_when_and_how_often(self) -> None:
        frame = self.both(2)
        asked = pl.DataFrame(
            {
                "series_id": ["s", "s"],
                "window_end": [date(2022, 12, 1), date(2023, 12, 1)],
                "origin_iso3": ["VEN"] * 2,
                "destination_iso3": ["USA"] * 2,
            }
        )
        (flag,) = upstream_first(asked, frame).to_dicts()
        assert flag["window_end"] == date(2022, 12, 1)
        assert flag["lead_months"] == 3
        assert flag["upstream_words"] == (
            "Upstream first: iom_darien had a surge alert on the route darien in 2022-03, 3 "
            "months before the first one here (2022-06). Of 1 first alerts at one of the five "
            "for origins it follows, iom_darien had one earlier in 1, in the same period in 0, "
            "later in 0, and none within 7 months in 0. This flag has no weight in any ranking."
        )

    def test_of_two_sources_with_one_lead_the_flag_names_the_same_whatever_their_order(
        self,
    ) -> None:
        several = [
            one("VEN", [1] * 48, first=date(2020, 1, 1)),
            *(
                one(
                    "VEN", [1] * 48, first=date(2020, 1, 1), source=source,
                    indicator=indicator, destination=destination, route=route,
                )
                for source, indicator, destination, route in (
                    ("iom_darien", "transit_entries", "none", "darien"),
                    ("frontex_ibc", "eu_border_detections", "eu", "all"),
                )
            ),
        ]  # fmt: skip
        facts = [{k: v for k, v in each.items() if k != "values"} for each in several]
        days = (date(2022, 6, 1), date(2022, 3, 1), date(2022, 3, 1))
        alerts = alert_rows(
            [{**each, "period": day} for each, day in zip(facts, days, strict=True)]
        )
        frame = lead_times(alerts, marts(several)[1])
        assert frame.select("upstream_source_id", "lead_months").sort(pl.all()).rows() == [
            ("frontex_ibc", 3),
            ("iom_darien", 3),
        ]
        asked = pl.DataFrame(
            {
                "series_id": ["s"],
                "window_end": [date(2022, 12, 1)],
                "origin_iso3": ["VEN"],
                "destination_iso3": ["USA"],
            }
        )
        for ordered in (frame, frame.reverse()):
            flag = upstream_first(asked, ordered)
            assert flag.get_column("upstream_source_id").to_list() == ["iom_darien"]

    def test_an_alert_soon_after_another_is_no_first_one(self) -> None:
        several = [
            one("VEN", [1] * 60, first=date(2020, 1, 1)),
            one("VEN", [1] * 60, first=date(2020, 1, 1), route="southwest_land_border"),
            one(
                "VEN", [1] * 60, first=date(2020, 1, 1), source="iom_darien",
                indicator="transit_entries", destination="none", route="darien",
            ),
        ]  # fmt: skip
        facts = [{k: v for k, v in each.items() if k != "values"} for each in several]
        days = (date(2022, 1, 1), date(2022, 12, 1), date(2023, 12, 1), date(2024, 12, 1))
        rows = [{**facts[0], "period": day} for day in days]
        rows += [{**facts[1], "period": date(2024, 6, 1)}]  # a part of the routes: not heard
        frame = lead_times(alert_rows(rows), marts(several)[1])
        assert frame.get_column("period").to_list() == [date(2022, 1, 1)]
        late = [{**facts[0], "period": day} for day in (date(2022, 1, 1), date(2023, 2, 1))]
        assert lead_times(alert_rows(late), marts(several)[1]).height == 2


class TestNothing:
    def test_no_alerts_no_forecasts_no_series(self) -> None:
        assert failed(made()) == []
        index = marts(SERIES)[1]
        assert conform(lead_times(empty(ALERTS), index), UPSTREAM).is_empty()
        assert made([one("total", [5] * 36)]).is_empty()
        assert failed(empty(CORRIDORS)) == failed(empty(UPSTREAM), UPSTREAM) == []

    def test_a_doubled_series_is_found_by_the_rule_of_the_tests(self) -> None:
        tripled = one("GTM", [30] * 24 + [90] * 12, first=date(2022, 1, 1))
        several = [tripled, *SERIES[1:3]]
        alerts = doubling_alerts(*marts(several))
        assert set(alerts["origin_iso3"]) == {"GTM"}
        # from the second month of 90 on, until the year before holds three of them
        assert sorted(alerts["period"]) == [date(2024, m, 1) for m in (2, 3, 4)]
        assert row(made(several, alerts=alerts), "GTM")["alert_period"] == date(2024, 4, 1)

    def test_the_suite_refuses_units_side_by_side(self) -> None:
        frame = made().with_columns(
            pl.when(origin_iso3="HND").then(pl.lit("persons")).otherwise("unit").alias("unit")
        )
        assert failed(frame) == ["one unit for an indicator"]


@pytest.mark.shared_data
def test_the_darien_came_first_no_more_often_than_later(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real files of Panama and of US Border Patrol by the doubling rule of the tests.

    The three months of 2020 without a row are taken for zero here, as the yearly total says.
    """
    from fcm_migration.sources.us_ohss import usbp as us_ohss_usbp

    watched = {*settings.WATCHED, "transit_entries"}
    monkeypatch.setattr(panel, "WATCHED", tuple(sorted(watched)))
    path = shared_data / "iom_darien" / "darien_monthly_by_nationality.csv"
    entries = SOURCE.parse([ReleaseFile(path.name, path)]).tables[TABLE.name]
    closed = pl.DataFrame(
        {
            "period_start_date": [date(2020, month, 1) for month in (4, 5, 7)],
            "period_length": "month",
            "nationality": "OOO",
            "entries": pl.Series([0, 0, 0], dtype=pl.Int64),
        }
    )
    (file,) = sorted((shared_data / "us_ohss_usbp").glob("*.xlsx"))
    border = us_ohss_usbp.SOURCE.parse([ReleaseFile(file.name, file)]).tables
    released = (pl.lit(date(2025, 5, 6)).alias("as_of_date"), pl.lit("s").alias("snapshot_id"))
    flows = []
    sources = (SOURCE, us_ohss_usbp.SOURCE)
    tables = ({TABLE.name: pl.concat([entries, closed.select(entries.columns)])}, border)
    for source, core in zip(sources, tables, strict=True):
        stamped = {
            name: frame.with_columns(*released, pl.lit("inbox").alias("obtained"))
            for name, frame in core.items()
        }
        flows.append(
            harmonise(source, stamped, aliases(REFERENCE_DIR, source.country_scheme)).flows
        )
    series, index = build_series(pl.concat(flows), absent_is_zero(sources), empty(HELD_BACK))
    found = lead_times(doubling_alerts(series, index), index)
    counts = dict(found.group_by("upstream_order").len().iter_rows())
    assert counts == {"earlier": 7, "same": 10, "later": 7, "none": 9}
