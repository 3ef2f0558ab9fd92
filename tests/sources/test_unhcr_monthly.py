"""UNHCR's retired monthly export: three layouts, withheld counts, authorities kept apart."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.errors import ConformError, LayoutError, UnsafeFileError
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.periods import MONTHS
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import RELEASED_DRAFT, Parsed, ReleaseFile
from fcm_migration.sources.unhcr import monthly as unhcr_monthly
from fcm_migration.sources.unhcr.monthly import SOURCE
from tests.making import make
from tests.sources.fake_get import FIXTURES
from tests.sources.reading import conformed, ended, figure, read, same
from tests.wire import unhcr_monthly as wire

FIXTURE = FIXTURES / "unhcr_monthly" / wire.NAME
PREAMBLE_LINES = 3
UK = "United Kingdom of Great Britain and Northern Ireland"
Change = Callable[[str], str]


def lines() -> list[str]:
    return FIXTURE.read_text(encoding="utf-8").splitlines()


def parsed(folder: Path, content: str | bytes, name: str = "export.csv") -> Parsed:
    path = folder / name
    path.write_bytes(ended(content))
    return conformed(SOURCE, SOURCE.parse([ReleaseFile(name, path)]))


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FIXTURE)


@pytest.fixture(scope="module")
def table(release: Parsed) -> pl.DataFrame:
    return release.tables["unhcr_monthly"]


def of(table: pl.DataFrame, asylum: str, origin: str, month: int) -> tuple[object, object]:
    key = {
        "asylum_name": asylum,
        "origin_name": origin,
        "month_start_date": date(2012, month, 1),
        "export_scope": "all_origins",
    }
    return figure(table, "asylum_applications", **key), figure(table, "is_suppressed", **key)


def test_a_figure_a_withheld_one_and_an_empty_one(release: Parsed, table: pl.DataFrame) -> None:
    assert table.height == 145
    assert release.marks == {"*": 10, "": 1}
    assert release.notes == ()
    assert of(table, "Australia", "Afghanistan", 4) == (56, False)
    assert of(table, "New Zealand", "Albania", 4) == (None, True)
    assert of(table, "USA (EOIR)", "Guinea-Bissau", 2) == (None, False)
    assert table.get_column("is_suppressed").sum() == 10


def test_fingerprint(release: Parsed) -> None:
    assert release.layout[:6] == (
        "preamble: printed",
        "column Country / territory of asylum/residence",
        "column Origin",
        "column Year",
        "column Month",
        "column Value",
    )
    assert release.layout[-2:] == ("asylum: USA (INS/DHS)", f"asylum: {UK}")


HARMLESS: dict[str, Change] = {
    "no preamble": lambda text: "\n".join(text.splitlines()[PREAMBLE_LINES:]),
    "neither preamble nor header": lambda text: "\n".join(text.splitlines()[PREAMBLE_LINES + 1 :]),
    "more lines above": lambda text: "Note\n\n" + text,
    "rows the other way round": lambda text: "\n".join(
        [*text.splitlines()[: PREAMBLE_LINES + 1], *text.splitlines()[:PREAMBLE_LINES:-1]]
    ),
    "line breaks of Windows": lambda text: text.replace("\n", "\r\n"),
    "no-break spaces": lambda text: text.replace(" Korea", "\u00a0Korea").replace(
        ",56", ",\u00a056"
    ),
    "months in three letters": lambda text: text.replace(",January,", ",Jan,"),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_matter_changes_nothing(tmp_path: Path, release: Parsed, name: str) -> None:
    text = HARMLESS[name](FIXTURE.read_text(encoding="utf-8"))
    assert same(parsed(tmp_path, text), release)


def test_the_missing_header_is_in_the_fingerprint(tmp_path: Path) -> None:
    bare = parsed(tmp_path, "\n".join(lines()[PREAMBLE_LINES + 1 :]))
    assert bare.layout[0] == "header: none"
    assert parsed(tmp_path, "\n".join(lines()[PREAMBLE_LINES:])).layout[0] == "preamble: none"


def columns(order: list[int], extra: str | None = None) -> Change:
    """Write the columns in another order, below the preamble."""

    def change(text: str) -> str:
        import csv
        import io

        top, body = text.splitlines()[:PREAMBLE_LINES], text.splitlines()[PREAMBLE_LINES:]
        out = io.StringIO()
        for number, row in enumerate(csv.reader(body)):
            cells = [row[i] for i in order]
            if extra is not None:
                cells.append(extra if number == 0 else "x")
            csv.writer(out, lineterminator="\n").writerow(cells)
        return "\n".join([*top, out.getvalue()])

    return change


def test_columns_are_found_by_their_labels(tmp_path: Path, release: Parsed) -> None:
    text = FIXTURE.read_text(encoding="utf-8")
    assert same(parsed(tmp_path, columns([4, 1, 0, 3, 2])(text)), release)
    more = parsed(tmp_path, columns([0, 1, 2, 3, 4], "Note")(text))
    assert same(more, release)
    assert more.notes == ("Columns not read: Note.",)


def swapped_without_header(text: str) -> str:
    return "\n".join(columns([1, 0, 2, 3, 4])(text).splitlines()[PREAMBLE_LINES + 1 :])


REFUSED: dict[str, tuple[Change, str]] = {
    "column missing": (columns([0, 1, 2, 4]), r"columns are missing.*without \['Month'\]"),
    "column twice": (columns([0, 1, 2, 3, 4, 4]), r"columns stand twice.*\['Value'\]"),
    "asylum and origin swapped": (swapped_without_header, "another order.*'USA \\(EOIR\\)'"),
    "unknown mark": (lambda text: text.replace(",56\n", ",<5\n"), r"column Value.*'<5' x2"),
    "decimal": (lambda text: text.replace(",56\n", ",5.6\n"), "neither a whole number"),
    "month in another language": (
        lambda text: text.replace("March", "mars", 1),
        "no month.*'mars'",
    ),
    "year of another age": (lambda text: text.replace(",2012,", ",12012,", 1), "are no years"),
    "a month lost": (
        lambda text: "\n".join(line for line in text.splitlines() if ",February," not in line),
        "months are missing.*2012-02-01",
    ),
    "first month lost": (
        lambda text: "\n".join(line for line in text.splitlines() if ",January," not in line),
        "months are missing.*2012-02-01 first",
    ),
    "cut off at a line": (
        lambda text: text[: text.index('"United Kingdom')],
        r"cut off.*without \['United Kingdom of Great Britain and Northern Ireland'\]",
    ),
    "cut off inside a label": (
        lambda text: text[: text.rindex('"United Kingdom') + 10],
        "delimited text is broken",
    ),
    "cut off after a comma": (lambda text: text[: text.rindex(",")], "another width"),
    "authority renamed": (
        lambda text: text.replace("USA (EOIR)", "USA (Court)"),
        r"without \['USA \(EOIR\)'\]",
    ),
    "no label": (lambda text: text.replace(",Iraq,", ",,", 1), "another order"),
    "a web page": (lambda _: "<!DOCTYPE html>\n<html><body>Closed</body></html>", "neither the"),
    "the annual export": (
        lambda _: "Year,Origin,Population type,Value\n2012,Iraq,REF,5\n",
        "neither the header nor rows of five columns",
    ),
    "nothing": (lambda _: "", "neither the header nor rows of five columns.*got first row none"),
    "header alone": (
        lambda text: "\n".join(text.splitlines()[: PREAMBLE_LINES + 1]),
        "no rows below the header",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_matters_is_refused_by_name(tmp_path: Path, name: str) -> None:
    change, words = REFUSED[name]
    with pytest.raises(LayoutError, match=words):
        parsed(tmp_path, change(FIXTURE.read_text(encoding="utf-8")))


def test_a_row_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConformError, match="stand more than once"):
        parsed(tmp_path, "\n".join([*lines(), lines()[-2]]))


def test_two_exports_are_two_releases(tmp_path: Path) -> None:
    file = ReleaseFile(FIXTURE.name, FIXTURE)
    with pytest.raises(LayoutError, match="a release is one file"):
        SOURCE.parse([file, file])


def test_a_packed_export(tmp_path: Path, release: Parsed) -> None:
    packed = gzip.compress(FIXTURE.read_bytes())
    assert same(parsed(tmp_path, packed, "export.csv.gz"), release)
    for broken in (packed[:-20], b"Albania,Iraq", packed[:5] + b"x" * 40):
        with pytest.raises(LayoutError, match="not a complete gzip file"):
            parsed(tmp_path, broken, "export.csv.gz")


def test_a_packed_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(b"0" * 200_000_000, compresslevel=1)
    tracemalloc.start()
    try:
        with pytest.raises(UnsafeFileError, match="larger than it may be"):
            parsed(tmp_path, bomb, "export.csv.gz")
        assert tracemalloc.get_traced_memory()[1] < 160_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("a.csv", 'x\n"Date extracted: 2018-11-16 15:41:14 +01:00"\n', date(2018, 11, 16)),
        ("a_2017-08-09.csv", "Albania,Iraq,2012,May,5\n", date(2017, 8, 9)),
        ("a_2017-08-09.csv", '"Date extracted: 2015-10-21 22:24:00"', date(2015, 10, 21)),
        ("a_99_18.csv", "Albania,Iraq,2012,May,5\n", None),
        ("a_2017-13-09.csv", "", None),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_day_is_in_the_preamble_or_in_the_name(
    tmp_path: Path, name: str, text: str, day: date | None, packed: bool
) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert SOURCE.release_date([ReleaseFile(path.name, path)]) == day


def test_a_broken_packed_file_is_dated_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a_2017-08-09.csv.gz"
    path.write_bytes(b"not packed")
    assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2017, 8, 9)


def flows_of(table: pl.DataFrame, day: date = date(2012, 6, 15)) -> pl.DataFrame:
    """Draft flows of a table, stamped as the core tables are."""
    stamped = table.with_columns(
        as_of_date=pl.lit(day), snapshot_id=pl.lit(f"{day}_x"), obtained=pl.lit("inbox")
    )
    return SOURCE.flows({"unhcr_monthly": stamped})


Months = dict[int, tuple[int | None, bool]]


def months(
    flows: pl.DataFrame, destination: str, place: str = "all", origin: str = "@total"
) -> Months:
    rows = flows.filter(destination_iso3=destination, place=place, origin_label=origin)
    return {
        day.month: (value, withheld)
        for day, value, withheld in rows.select("period_start", "value", "is_suppressed").rows()
    }


def test_totals_only_where_nothing_was_withheld(table: pl.DataFrame) -> None:
    flows = flows_of(table)
    assert flows.schema == RELEASED_DRAFT
    assert months(flows, "AUS") == {
        1: (547, False),
        2: (612, False),
        3: (565, False),
        4: (503, False),
    }
    assert months(flows, "CAN") == {1: (162, False), 2: (None, True), 3: (305, False)}
    assert months(flows, "CAN", origin="Egypt") == {2: (None, True)}
    assert set(months(flows, "NZL").values()) == {(None, True)}


def test_the_authorities_of_the_united_states_are_never_added(table: pl.DataFrame) -> None:
    flows = flows_of(table)
    states = flows.filter(destination_iso3="USA")
    assert set(states.get_column("place")) == {"USA (EOIR)", "USA (INS/DHS)"}
    assert months(flows, "USA", "USA (INS/DHS)")[1] == (270, False)
    # the court's February holds an empty value: neither a figure nor a withheld one, so no total
    assert set(months(flows, "USA", "USA (EOIR)")) == {1, 3, 4}
    assert 2 not in months(flows, "USA", "USA (EOIR)", "Guinea-Bissau")


def test_only_the_five_and_only_this_indicator(table: pl.DataFrame) -> None:
    flows = flows_of(table)
    assert set(flows.get_column("destination_iso3")) == {"AUS", "CAN", "GBR", "NZL", "USA"}
    assert set(flows.get_column("indicator")) == {"asylum_applications_monthly"}
    assert "Albania" in set(table.get_column("asylum_name"))
    totals = flows.filter(origin_label="@total")
    assert totals.get_column("is_derived").all()
    assert not flows.filter(pl.col("origin_label") != "@total").get_column("is_derived").any()


def test_the_newest_month_of_each_authority_is_partial(table: pl.DataFrame) -> None:
    totals = flows_of(table).filter("is_partial", origin_label="@total")
    newest = dict(totals.select("destination_iso3", "period_start").unique().rows())
    assert newest.pop("CAN") == date(2012, 3, 1)
    assert set(newest.values()) == {date(2012, 4, 1)}


FEW = """Country / territory of asylum/residence,Origin,Year,Month,Value
Canada,Afghanistan,2011,January,62
Canada,Iraq,2011,January,*
Canada,Afghanistan,2011,February,32
"""


def test_an_export_of_few_origins_adds_what_the_whole_one_lacks(
    tmp_path: Path, table: pl.DataFrame
) -> None:
    later = "".join(
        f"Canada,Afghanistan,{year},{month},7{number}\n"
        for year, names in ((2011, MONTHS[2:]), (2012, MONTHS[:4]))
        for number, month in enumerate(names)
    )
    few = parsed(tmp_path, FEW + later)
    assert few.notes == ("An export of some origins only: Afghanistan, Iraq.",)
    both = pl.concat([table, few.tables["unhcr_monthly"]])
    flows = flows_of(both)
    afghan = flows.filter(destination_iso3="CAN", origin_label="Afghanistan")
    assert afghan.filter(period_start=date(2011, 1, 1)).get_column("value").to_list() == [62]
    assert afghan.filter(period_start=date(2012, 4, 1)).get_column("value").to_list() == [73]
    # the export of every origin holds January to March 2012 of Canada, so it stands alone there
    whole = flows_of(table)
    key = ["destination_iso3", "place", "origin_label", "period_start"]
    assert flows.select(key).is_unique().all()
    early = flows.filter(pl.col("period_start") < date(2012, 4, 1), destination_iso3="CAN")
    same_months = early.filter(pl.col("period_start") >= date(2012, 1, 1)).drop("is_partial")
    expected = whole.filter(destination_iso3="CAN").drop("is_partial")
    assert same_months.sort(key).equals(expected.sort(key))
    assert flows.filter(origin_label="@total", destination_iso3="CAN").height == 3


def test_exports_of_both_kinds_stand_side_by_side_in_a_home(tmp_path: Path) -> None:
    """The later export of few origins does not push out the one of all; each row says its own."""
    context = Context(
        Home(tmp_path / "home"),
        datetime(2020, 1, 15, 12, tzinfo=UTC),
        (SOURCE,),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=tmp_path,  # the suites know the real totals, and the export is simulated
        bundled_dir=tmp_path / "bundled",
        workers=1,
    )
    few = tmp_path / "few_2018-11-16.csv"
    few.write_text(
        "".join(
            f"Canada,Afghanistan,{year},{month},{10 + number}\n"
            for year in (2011, 2012)
            for number, month in enumerate(MONTHS)
        )
    )
    for path in (FIXTURE, few):
        assert ingest(context, SOURCE, [path]).outcome == "ok"
    settle_source(context, SOURCE)
    flows = pl.read_parquet(make(context, "harmonise")["mart.flows"].path)
    afghans = flows.filter(destination_iso3="CAN", origin_iso3="AFG")
    by_release = dict(afghans.group_by("as_of_date").agg(pl.col("period_start").sort()).iter_rows())
    assert by_release[date(2018, 11, 16)] == [
        *(date(2011, month, 1) for month in range(1, 13)),
        *(date(2012, month, 1) for month in range(4, 13)),
    ]
    totals = flows.filter(destination_iso3="CAN", origin_iso3="total").sort("period_start")
    assert totals.select("value", "is_partial").rows() == [
        (162, False),
        (None, False),
        (305, True),
    ]
    assert set(totals.get_column("as_of_date")) == {date(2012, 6, 15)}
    assert flows.filter(destination_iso3="AUS", origin_iso3="total").height == 4


def test_every_label_of_the_fixture_resolves(table: pl.DataFrame) -> None:
    known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
    labels = table.select(origin_label="origin_name").unique()
    resolved, unresolved = resolve(labels, known)
    assert unresolved.is_empty()
    pairs = dict(
        resolve(labels.with_columns(l="origin_label"), known)[0].select("l", "origin_iso3").rows()
    )
    assert resolved.height == 32
    assert {
        label: pairs[label]
        for label in ("Niger", "Nigeria", "Congo", "Dominica", "Dominican Rep.", "Guinea-Bissau")
    } == {
        "Niger": "NER",
        "Nigeria": "NGA",
        "Congo": "COG",
        "Dominica": "DMA",
        "Dominican Rep.": "DOM",
        "Guinea-Bissau": "GNB",
    }
    assert (pairs["Tibetan"], pairs["Various/unknown"], pairs["Stateless"]) == (
        "tibetan",
        "unknown",
        "stateless",
    )


def test_the_wire_is_read(tmp_path: Path, release: Parsed) -> None:
    (path,) = wire.release(tmp_path)
    assert same(read(SOURCE, path), release)
    assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2012, 6, 15)
    assert unhcr_monthly.SOURCE.fetch is None
    assert "asylum_seekers_monthly" in SOURCE.by_hand
