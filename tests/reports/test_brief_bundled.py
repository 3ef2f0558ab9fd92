"""The briefs of the bundled edition: all five countries, each figure that of the file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fcm_migration.catalog.columns import FIVE
from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief import brief_page
from fcm_migration.reports.brief.writing import MOST_BYTES
from fcm_migration.reports.charts.labels import figure, spoken
from tests.reports.brief_html import Element, assert_well_made, parsed


@pytest.fixture(scope="module")
def fcm(bundled_home: Home) -> Iterator[Connection]:
    with Connection(bundled_home.published) as connection:
        yield connection


def _rows(root: Element, view: str) -> list[list[str]]:
    return [row.cells() for row in root.every("tr", data_view=view)]


@pytest.mark.parametrize("code", FIVE)
def test_the_brief_of_a_country_says_what_the_file_says(fcm: Connection, code: str) -> None:
    page = brief_page(fcm, (code,), is_all=False)
    assert len(page.encode()) < MOST_BYTES
    assert_well_made(page)
    root = parsed(page)

    def asked(view: str) -> list[dict[str, object]]:
        every = fcm.sql(f"FROM brief.{view}").rows(named=True)
        return [row for row in every if row["destination_iso3"] == code]

    sentences = asked("sentences")
    assert 5 <= len(sentences) <= 7
    assert [one.text for one in root.every("p", data_view="sentences")] == [
        row["sentence"] for row in sentences
    ]
    assert not [row for row in sentences if " %" in str(row["sentence"])]
    protection = asked("protection")
    assert [(cells[0], cells[1]) for cells in _rows(root, "protection")] == [
        (row["item"], row["value_words"]) for row in protection
    ]
    corridors = asked("corridors")
    assert [(cells[0], cells[1]) for cells in _rows(root, "corridors")] == [
        (row["origin"], figure(float(str(row["last_12_months"])))) for row in corridors
    ]
    (main,) = asked("main_series")
    text = root.every("main")[0].text
    assert figure(float(str(main["value"]))) in text
    assert str(main["age_words"]) in text
    # the entry views are what the brief's views are made of
    newest = fcm.sql("FROM main.newest_figures").rows(named=True)
    own = {row["indicator"]: row for row in newest if row["destination_iso3"] == code}
    assert main["value"] == own[str(main["indicator"])]["value"]
    for row in protection:
        if row["unit"] != "per cent":
            assert row["value"] == own[str(row["indicator"])]["value"]
    for row in fcm.sql("FROM main.year_to_date").rows(named=True):
        if (row["destination_iso3"], row["indicator"]) == (code, main["indicator"]):
            assert main["year_to_date"] in (row["value"], None)


@pytest.mark.parametrize("code", FIVE)
def test_the_evidence_of_a_brief_is_that_of_the_file(fcm: Connection, code: str) -> None:
    root = parsed(brief_page(fcm, (code,), is_all=False))

    def asked(view: str) -> list[dict[str, object]]:
        every = fcm.sql(f"FROM brief.{view}").rows(named=True)
        return [row for row in every if row["destination_iso3"] == code]

    origins = [row for row in asked("recognition") if row["place"]]
    assert [(cells[0], cells[1]) for cells in _rows(root, "recognition")] == [
        (row["origin"], figure(float(str(row["decisions"])))) for row in origins
    ]
    signs = _rows(root, "facilitation")
    judged = {str(row["value_words"]) for row in asked("facilitation")}
    assert all(any(cells[1].startswith(words) for words in judged) for cells in signs)
    assert bool(signs) == bool(asked("facilitation"))
    said = [one.text for one in root.every("dd", data_view="displacement")]
    assert len(said) == len(asked("displacement"))
    for text, row in zip(said, asked("displacement"), strict=True):
        assert text.startswith(str(row["sentence"]))
        assert f"{row['verdict_words']}." in text
    shown = [cells[-1] for cells in _rows(root, "policies")]
    verdicts = [f"{row['verdict_words']}. {row['chance_words']}" for row in asked("policies")]
    assert len(shown) == min(len(verdicts), 7)
    for text in shown:
        assert text.startswith(tuple(verdicts))
    years = asked("year_so_far")
    newest = {row["year"]: row for row in years}  # the last month of each year
    assert [cells[0] for cells in _rows(root, "year_so_far")] == [
        str(year) for year in sorted(newest, key=str, reverse=True)
    ]
    for cells in _rows(root, "year_so_far")[1:]:
        row = newest[int(cells[0])]
        if row["month"] == 12:
            assert cells[3] == figure(float(str(row["year_to_date"])))


def test_first_decisions_are_quoted_where_they_are_published(fcm: Connection) -> None:
    """The United Kingdom's 36 per cent of 2025 are of first decisions, 30 of all of them."""
    rows = fcm.sql("SELECT * FROM brief.recognition WHERE sentence IS NOT NULL").rows(named=True)
    said = {row["destination_iso3"]: row for row in rows}
    assert set(said) == set(FIVE)
    assert [code for code in FIVE if said[code]["is_first_instance"]] == ["CAN", "GBR", "NZL"]
    british = said["GBR"]
    assert british["sentence"].startswith(
        "Of 134,583 first decisions on substance in the United Kingdom in 2025, 36% recognised"
    )
    assert "are left out" in british["note"]
    assert "are counted in" in said["USA"]["note"]
    recognised = fcm.sql(
        "SELECT sum(recognized) FROM core.unhcr_asylum_decisions WHERE year = 2025 "
        "AND asylum_printed_iso3 = 'GBR' AND procedure_type = 'G' AND decision_level = 'FI' "
        "AND persons_or_cases = 'P'"
    ).item()
    assert british["recognised_pct"] == pytest.approx(100 * int(recognised) / 134_583, abs=0.051)


def test_the_year_so_far_is_the_sum_of_its_months(fcm: Connection) -> None:
    rows = fcm.sql("SELECT * FROM brief.year_so_far").rows(named=True)
    assert {row["destination_iso3"] for row in rows} == {"GBR", "CAN", "USA"}
    sums: dict[tuple[str, int], float] = {}
    for row in rows:
        key = (row["destination_iso3"], row["year"])
        sums[key] = sums.get(key, 0) + row["value"]
        assert row["year_to_date"] == sums[key]
    for row in fcm.sql("SELECT * FROM brief.year_total").rows(named=True):
        months = [r for r in rows if r["series_id"] == row["series_id"]
                  and r["year"] == row["total_year"]]  # fmt: skip
        assert len(months) == row["months_counted"]
        assert row["counted_so_far"] >= months[-1]["year_to_date"]
        assert row["lower_80"] <= row["median"] <= row["upper_80"]
        assert 0 < row["least_share_pct"] <= row["most_share_pct"] <= 100


def test_what_is_counted_otherwise_is_said_and_not_compared(fcm: Connection) -> None:
    pages = {code: parsed(brief_page(fcm, (code,), is_all=False)).text for code in ("AUS", "USA")}
    assert "Why no change is given From 2025 the figure for Australia holds new" in pages["AUS"]
    # years that were counted in different ways stand in no sentence beside one another
    said = fcm.sql(
        "SELECT string_agg(sentence, ' ') FROM brief.sentences WHERE destination_iso3 = 'AUS'"
    ).item()
    assert "32,552" not in said
    assert "May not be compared with earlier years." in pages["AUS"]
    assert "20,587 in 2013" in pages["AUS"]
    assert (
        "From 2014 the table counts people on boats that were turned back or returned"
        in (pages["AUS"])
    )
    assert "not compared: USCIS claims are counted in cases again in 2025" in pages["USA"]
    apart = fcm.sql("SELECT destination_iso3, indicator FROM brief.not_compared").rows()
    compared = fcm.sql(
        "SELECT destination_iso3, indicator FROM brief.protection WHERE value_before IS NOT NULL"
    ).rows()
    assert apart
    assert not set(apart) & set(compared)


def test_the_brief_of_all_has_one_row_a_country_and_names_no_code(fcm: Connection) -> None:
    page = brief_page(fcm, FIVE, is_all=True)
    assert len(page.encode()) < MOST_BYTES
    assert_well_made(page)
    root = parsed(page)
    main = fcm.sql("FROM brief.main_series").rows(named=True)
    assert len(main) == len(FIVE)
    shown = {cells[0]: cells for cells in _rows(root, "main_series")}
    for row in main:
        (cells,) = [cells for name, cells in shown.items() if name.startswith(row["destination"])]
        assert cells[1].startswith(figure(row["value"]))
        assert row["unit_words"] in cells[0]
    words = root.every("main")[0].text.split()
    assert not set(words) & {*FIVE, "small_boat_arrivals", "asylum_claims", "nan", "None"}


def test_a_share_never_mixes_units_and_a_part_is_no_more_than_its_whole(fcm: Connection) -> None:
    rows = fcm.sql("SELECT * FROM brief.protection WHERE unit = 'per cent'").rows(named=True)
    assert rows
    for row in rows:
        assert 0 <= row["part_value"] <= row["of_value"]
        assert row["value"] == pytest.approx(100 * row["part_value"] / row["of_value"], abs=0.051)


def test_each_sentence_says_its_own_figures(fcm: Connection) -> None:
    """The columns beside a sentence are what it says, and its month or year is in it."""
    for row in fcm.sql("SELECT * FROM brief.sentences").rows(named=True):
        said = row["sentence"]
        if row["kind"] == "recognition":
            assert f"{row['value']:.0f}%" in said
            continue
        assert len(said) <= 240
        if row["kind"] == "outlook":
            assert row["value"] is None or "with 8 chances in 10" in said
            assert (row["value"] is None) == said.startswith("No forecast of the coming ")
            assert row["value"] is None or spoken(row["value"]) in said or "half" not in said
            continue
        assert figure(row["value"]) in said or (row["value"] == 0 and "none" in said)
        if row["value_before"] is not None:
            assert f"{row['value_before']:,.0f}" in said
        assert str(row["period_start"].year) in said
        if row["kind"] == "main series" and row["value_before"] and "%" in said:
            percent = abs(100 * (row["value"] / row["value_before"] - 1))
            assert f"{percent:.0f}%" in said or f"{percent:.1f}%" in said


def test_a_movement_that_began_before_its_policy_is_not_credited_to_it(fcm: Connection) -> None:
    rows = fcm.sql("SELECT * FROM brief.policies").rows(named=True)
    warned = [row for row in rows if row["began_before_words"]]
    albania = [row for row in warned if row["origin_iso3"] == "ALB"]
    assert len(albania) == 1  # the fall of 2022 is the standing example
    for row in warned:
        assert row["verdict"] == "identified"
        series = fcm.sql(
            "SELECT value FROM mart.series WHERE value IS NOT NULL "  # noqa: S608
            f"AND series_id = '{row['series_id']}' AND period_start <= '{row['policy_date']}' "
            "ORDER BY period_start DESC LIMIT 12"
        )
        known = {f"{value:,}" for value in series.to_series().to_list()}
        before, last = row["began_before_words"].split(" from ")[1].split(" to ")
        assert {before, last.split()[0]} <= known
    assert {row["verdict_words"] for row in rows} <= {
        "Can be told from chance", "Cannot be told from chance", "No change was found",
        "Cannot be tested",
    }  # fmt: skip


def test_the_sources_of_a_spliced_series_are_both_named(fcm: Connection) -> None:
    root = parsed(brief_page(fcm, ("USA",), is_all=False))
    links = {one.attributes["href"] for one in root.every("a")}
    wanted = fcm.sql(
        "SELECT landing_url FROM meta.sources WHERE source_id IN ('us_cbp_sbo', 'us_ohss_usbp')"
    )
    assert set(wanted.to_series()) <= links
