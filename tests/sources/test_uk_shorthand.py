"""The shorthand of UK statistics in every reader of the Home Office's files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.forecast.nowcast.small_boats import _without_gaps
from fcm_migration.sources.base import TOTAL, Parsed
from fcm_migration.sources.uk_home_office import asylum_claims, irregular_migration, small_boats
from fcm_migration.sources.uk_home_office import small_boats_daily_page as daily_page
from fcm_migration.sources.uk_home_office.shorthand import without_remarks
from tests.sources.fake_get import FIXTURES
from tests.sources.home_office import Table, csv_bytes, sheets, table
from tests.sources.reading import conformed, read
from tests.sources.small_boats import NAME, Sheets, as_read
from tests.sources.small_boats import sheets as boat_sheets

QUARTERLY = {module.SOURCE.source_id: module for module in (asylum_claims, irregular_migration)}
WITHHELD = {"[c]": True, "[x]": False, "[z]": False, "[low]": False}
both = pytest.mark.parametrize("source_id", QUARTERLY)


def parsed(source_id: str, content: Table) -> Parsed:
    module = QUARTERLY[source_id]
    book = sheets(content, module.DATASET.sheets[0])
    return conformed(module.SOURCE, module.from_sheets(book, "dataset.xlsx"))


def core_of(source_id: str, content: Table) -> pl.DataFrame:
    return parsed(source_id, content).tables[QUARTERLY[source_id].TABLE.name]


@both
@pytest.mark.parametrize("mark", WITHHELD)
def test_a_mark_is_no_figure_and_makes_sums_unknown(source_id: str, mark: str) -> None:
    content = table(source_id)
    content[1][-1] = mark
    module = QUARTERLY[source_id]
    made = parsed(source_id, content)
    assert made.marks == {mark: 1}
    core, count = made.tables[module.TABLE.name], module.DATASET.count
    (row,) = core.filter(pl.col(count).is_null()).iter_rows(named=True)
    assert row["is_suppressed"] is WITHHELD[mark]
    assert core.get_column("is_suppressed").sum() == WITHHELD[mark]
    flows = module.SOURCE.flows(made.tables)
    unknown = flows.filter(pl.col("value").is_null())
    assert set(unknown.get_column("origin_label")) == {TOTAL, row["nationality"]}
    assert set(unknown.get_column("period_start")) == {row["quarter_start_date"]}
    assert set(unknown.get_column("is_suppressed")) == {WITHHELD[mark]}
    assert flows.filter(pl.col("value").is_not_null()).get_column("is_suppressed").any() is False


@both
@pytest.mark.parametrize("remark", ["[note 1]", "[Note 12]", "[notes 1 and 2]", "[note 1, 3]"])
def test_note_markers_are_taken_out_of_headings_labels_and_cells(
    source_id: str, remark: str
) -> None:
    plain = core_of(source_id, table(source_id))
    content = table(source_id)
    content[0] = [f"{label} {remark}" for label in content[0]]
    content[1] = [f"{cell} {remark}" for cell in content[1]]
    made = parsed(source_id, content)
    key = QUARTERLY[source_id].TABLE.key
    assert made.tables[QUARTERLY[source_id].TABLE.name].sort(key).equals(plain.sort(key))
    assert f"{remark.lower()} {2 * len(content[0])} times" in " ".join(made.notes)


@both
@pytest.mark.parametrize("remark", ["[r]", "[p]", "[p] [note 4]", "[r][p]"])
def test_a_revised_or_provisional_figure_is_a_figure(source_id: str, remark: str) -> None:
    content = table(source_id)
    content[1][-1] = f"{content[1][-1]} {remark}"
    key = QUARTERLY[source_id].TABLE.key
    plain = core_of(source_id, table(source_id))
    made = parsed(source_id, content)
    assert made.tables[QUARTERLY[source_id].TABLE.name].sort(key).equals(plain.sort(key))
    assert made.notes[-1].startswith("Remarks of the publisher beside cells of ")


@both
@pytest.mark.parametrize("text", ["[y]", "[e]", "[note]", "c", "[c", "12 [c]", "[u]", "x"])
def test_every_other_text_is_refused(source_id: str, text: str) -> None:
    content = table(source_id)
    content[1][-1] = text
    with pytest.raises(LayoutError, match="neither a whole number nor a declared mark"):
        parsed(source_id, content)


def test_a_csv_bears_them_too(tmp_path: Path) -> None:
    content = table(irregular_migration.SOURCE.source_id)
    content[0][3] = f"{content[0][3]} [note 1]"
    content[1][-1] = "[c]"
    path = tmp_path / "detections.csv"
    path.write_bytes(csv_bytes(content))
    made = read(irregular_migration.SOURCE, path)
    core = made.tables[irregular_migration.TABLE.name]
    assert core.filter("is_suppressed").get_column("detections_persons").to_list() == [None]


@pytest.mark.shared_data
def test_the_cases_seen(shared_data: Path) -> None:
    folder = shared_data.parent / "cases" / "11-uk-standard-shorthand"
    if not folder.is_dir():
        pytest.skip("the cases are not beside the publishers' real files")
    for name, withheld in (("mark_c", 1), ("note_header", 0)):
        made = read(irregular_migration.SOURCE, folder / name / "detections.csv")
        core = made.tables[irregular_migration.TABLE.name]
        assert core.get_column("is_suppressed").sum() == withheld
    made = read(small_boats.SOURCE, next((folder / "ods_x").glob("*.ods")))
    daily = made.tables[small_boats.DAILY.name]
    assert daily.get_column("uncontrolled_landing_boats").null_count() == daily.height
    assert daily.get_column("arrivals_persons").null_count() == 0


def boats(change: Callable[[Sheets], object]) -> Parsed:
    book = boat_sheets()
    change(book)
    return conformed(small_boats.SOURCE, small_boats.parse_sheets(as_read(book), NAME))


def put(sheet: str, row: int, column: int, text: object) -> Callable[[Sheets], object]:
    return lambda book: book[sheet][row].__setitem__(column, text)  # type: ignore[arg-type]


@pytest.mark.parametrize("mark", WITHHELD)
def test_a_day_without_a_figure_makes_its_month_unknown(mark: str) -> None:
    made = boats(put("SB_01", 42, 1, mark))  # 11 February 2018
    flows = small_boats.SOURCE.flows(made.tables).filter(indicator="small_boat_arrivals")
    unknown = flows.filter(pl.col("value").is_null()).sort("frequency")
    assert unknown.select("frequency", "period_start", "is_suppressed").rows() == [
        ("D", date(2018, 2, 11), WITHHELD[mark]),
        ("M", date(2018, 2, 1), WITHHELD[mark]),
    ]


def test_remarks_of_small_boats_are_kept_in_the_note() -> None:
    def change(book: Sheets) -> None:
        book["SB_01"][0][1] = "Migrants arrived [note 1]"
        book["SB_01"][42][1] = "1305 [r]"
        book["SB_01"][43][2] = "[c]"
        book["SB_02"][8][4] = "[c]"
        book["SB_01"] += [[], ["Note 1: people who arrived."], ["Source: Home Office"]]

    made = boats(change)
    daily = made.tables[small_boats.DAILY.name]
    row = daily.filter(arrival_date=date(2018, 2, 11)).row(0, named=True)
    assert (row["arrivals_persons"], row["note"]) == (1305, "[r]")
    row = daily.filter(arrival_date=date(2018, 2, 12)).row(0, named=True)
    assert (row["boats"], row["note"]) == (None, "boats [c]")
    flows = small_boats.SOURCE.flows(made.tables)
    assert flows.filter("is_suppressed", frequency="W").get_column("indicator").to_list() == [
        "small_boat_preventions"
    ]
    assert made.notes[-1] == "Footnote of SB_01: Source: Home Office"


def test_the_page_of_seven_days(tmp_path: Path) -> None:
    text = (FIXTURES / daily_page.SOURCE.source_id / "last-7-days.html").read_text()
    text = text.replace("Migrants arrived", "Migrants arrived [note 1]", 1)
    assert "250" in text
    path = tmp_path / daily_page.NAME
    for cell, value, withheld in (
        ("250 [p]", 250, False),
        ("[c]", None, True),
        ("[x]", None, False),
    ):
        path.write_text(text.replace("250", cell))
        made = read(daily_page.SOURCE, path)
        days = daily_page.SOURCE.flows(made.tables).filter(indicator="small_boat_arrivals")
        day = days.filter(period_start=date(2026, 8, 17)).row(0, named=True)
        assert (day["value"], day["is_suppressed"]) == (value, withheld)


def test_a_nowcast_reads_the_days_since_the_last_one_without_a_figure() -> None:
    days = pl.DataFrame(
        {"day": [date(2024, 1, n) for n in range(1, 8)], "value": [1, None, 3, 4, 5, None, None]}
    )
    assert _without_gaps(days).get_column("value").to_list() == [3, 4, 5]
    assert _without_gaps(days.with_columns(value=pl.lit(1))).height == 7
    assert _without_gaps(days.with_columns(value=pl.lit(None, pl.Int64))).is_empty()


def test_only_remarks_are_taken_away() -> None:
    assert without_remarks("Iran [note 2]") == ("Iran", ("[note 2]",))
    assert without_remarks("Congo [Democratic Republic]") == ("Congo [Democratic Republic]", ())
    assert without_remarks("[c]") == ("[c]", ())
    assert without_remarks("12 [R] [Notes 1 and 2]") == ("12", ("[R]", "[Notes 1 and 2]"))
