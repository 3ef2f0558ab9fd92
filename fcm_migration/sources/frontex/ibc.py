"""Detections of illegal border-crossing at the EU's external border, monthly (Frontex).

One workbook, published whole each month: a row for each route, border type and nationality, a
column for each month since January 2009. Detections, not persons; every cell is filled, most of
them with 0, so that an absent month counts zero here. The whole history may be revised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from fcm_migration.catalog.licences import FRONTEX
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.periods import MONTHS, whole_calendar
from fcm_migration.sources.base import (
    TOTAL,
    Parsed,
    ReleaseFile,
    Source,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.frontex.ibc_releases import LANDING, fetch, release_date
from fcm_migration.sources.frontex.ibc_table import (
    FIRST_MONTH,
    NAMES,
    ROUTES,
    TABLE,
)
from fcm_migration.workbook import Sheet, normalise, parse_counts, pick_columns, read_workbook

# Since 2019, and in the files of 2018.
HEADERS = (
    ("Route", "Border type or inland", "Nationality"),
    ("Route", "BorderLocation", "NationalityLong"),
)
DERIVATIVE = {"route": "route", "type": "border_type", "nat": "nationality"}
NO_CODE = "(no code)"
MONTH = re.compile(r"([A-Z]{3}) ?(20\d{2})")
EXCEL_EPOCH = date(1899, 12, 30)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one workbook, or one derivative release in long form (Parquet)."""
    if len(files) != 1:
        raise LayoutError("a release is one file", got=[file.name for file in files])
    if files[0].name.endswith(".parquet"):
        return _derivative(files[0])
    return from_sheets(read_workbook(files[0]), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the one sheet of detections into the table.

    Raises:
        LayoutError: no sheet or several have the header, a month is missing, a cell is empty or
            no whole number, a route is unknown.
    """
    sheet, top, labels = _find(sheets, name)
    header = [normalise(cell) for cell in sheet.rows[top]]
    where = f"{name}, sheet {sheet.name!r}"
    at, others = pick_columns(header, labels, where)
    months = {label: start for label in others if (start := _month(label)) is not None}
    extra = sorted(set(others) - set(months))
    _refuse_gaps(list(months.values()), where)
    body = sheet.rows[top + 1 :]
    _refuse_nameless(header, body, where)
    keys = [[normalise(row[at[label]]) for row in body] for label in labels]
    wide = pl.DataFrame(dict(zip(NAMES, keys, strict=True)), schema=dict.fromkeys(NAMES, pl.String))
    frames = []
    for label, start in months.items():
        position = header.index(label)
        counts = parse_counts(
            [row[position] for row in body],
            marks={},
            where=f"{where}, column {label}",
            first_row=top + 2,
        ).values
        _refuse_below_zero(counts, f"{where}, column {label}")
        frames.append(
            wide.with_columns(pl.lit(start).alias("month_start_date"), detections_events=counts)
        )
    _hold_rows(wide, where)
    whole = pl.concat(frames)
    silent = whole.group_by(NAMES).agg(pl.col("detections_events").sum() == 0)
    notes = [f"{silent.get_column('detections_events').sum()} rows hold zeros only."]
    notes += [f"Columns not read: {', '.join(extra)}."] if extra else []
    frame = whole.filter(pl.col("detections_events") > 0).select(TABLE.column_names)
    return Parsed({TABLE.name: frame}, notes=tuple(notes), layout=_layout(sheets, labels, wide))


def _find(sheets: Mapping[str, Sheet], name: str) -> tuple[Sheet, int, tuple[str, ...]]:
    """Return the one sheet with a known header, the header's row, and its labels."""
    found = [
        (sheet, index, labels)
        for sheet in sheets.values()
        for index, row in enumerate(sheet.rows[:20])
        for labels in HEADERS
        if set(labels) <= {normalise(cell) for cell in row}
    ]
    if len(found) != 1:
        raise LayoutError(
            f"the header of the detections was found {len(found)} times",
            where=name,
            expected=f"one sheet with a row that begins {' | '.join(HEADERS[0])}",
            got=f"sheets {list(sheets)}",
            remedy="get the workbook of monthly detections from the page of the migratory map",
        )
    return found[0]


def _month(label: str) -> date | None:
    """Return the first day of a month printed as JAN2009, as a date or as an Excel day number."""
    if (printed := MONTH.fullmatch(label)) is not None:
        names = [month[:3].upper() for month in MONTHS]
        return (
            date(int(printed[2]), names.index(printed[1]) + 1, 1) if printed[1] in names else None
        )
    try:
        day = (
            EXCEL_EPOCH + timedelta(days=int(label))
            if re.fullmatch(r"[34]\d{4}", label)
            else date.fromisoformat(label)
        )
    except ValueError:
        return None
    return day if day.day == 1 else None


def _refuse_nameless(header: Sequence[str], body: Sequence[Sequence[str]], where: str) -> None:
    """Refuse figures under no label: the label, and with it the column's month, was lost."""
    blank = [place for place, label in enumerate(header) if not label]
    if lost := [place for place in blank if any(row[place].strip() for row in body)]:
        raise LayoutError("columns without a label hold figures", where=where, got=lost[:3])


def _refuse_gaps(months: Sequence[date], where: str) -> None:
    starts = pl.Series("month", sorted(months), dtype=pl.Date)
    whole = whole_calendar(starts, "1mo")
    if not months or whole[0] != FIRST_MONTH or starts.to_list() != whole:
        left_out = sorted(set(whole) - set(months))
        twice = sorted({month for month in months if list(months).count(month) > 1})
        raise LayoutError(
            "months are missing or stand twice",
            where=where,
            expected="every month since January 2009, once",
            got=f"{len(months)} months from {whole[0] if whole else None}, "
            f"left out {[str(day) for day in left_out[:3]]}, twice {[str(d) for d in twice[:3]]}",
        )


def _refuse_below_zero(counts: pl.Series, where: str) -> None:
    if below := counts.filter(counts < 0).head(3).to_list():
        raise LayoutError("counts below zero", where=where, got=below)


def _hold_rows(wide: pl.DataFrame, where: str) -> None:
    """Refuse rows without their three labels, repeated rows, totals and undeclared routes."""
    empty = wide.filter(pl.any_horizontal(pl.all() == ""))
    twice = wide.filter(wide.is_duplicated())
    routes = sorted(set(wide.get_column("route")) - set(ROUTES) - {""})
    sums = wide.filter(pl.col("nationality").str.to_lowercase().str.contains("total")).height
    if empty.height or twice.height or routes or sums:
        raise LayoutError(
            "rows without a label, rows that stand twice, totals, or routes nobody declared",
            where=where,
            expected=f"one row for each route, border type and nationality; {list(ROUTES)}",
            got=f"{empty.height} without, {twice.height} twice {twice.rows()[:1]}, {sums} totals, "
            f"routes {routes}",
        )


def _layout(
    sheets: Mapping[str, Sheet], labels: Sequence[str], wide: pl.DataFrame
) -> tuple[str, ...]:
    pairs = wide.select("route", "border_type").unique().sort("route", "border_type").rows()
    return (
        *(f"sheet {sheet}" for sheet in sheets),
        *(f"column: {label}" for label in labels),
        *(f"route: {route}, {border}" for route, border in pairs),
    )


def _derivative(file: ReleaseFile) -> Parsed:
    """Read a release others re-encoded: route, type, nat (ISO3), t, n; without its zeros."""
    raw = pl.read_parquet(file.path).with_columns(pl.col(pl.String).str.normalize("NFC"))
    kinds = {"route": pl.String, "type": pl.String, "nat": pl.String, "t": pl.Datetime}
    odd = {name: kind for name, kind in kinds.items() if raw.schema.get(name) != kind}
    if odd or set(raw.columns) != {*kinds, "n"} or not raw.schema["n"].is_integer():
        raise LayoutError(
            "not the layout of a derivative release",
            where=file.name,
            expected="text route, type and nat, time t and whole number n",
            got=dict(raw.schema),
        )
    frame = raw.rename(DERIVATIVE).select(
        "route",
        "border_type",
        pl.col("nationality").fill_null(NO_CODE),
        pl.col("t").dt.date().alias("month_start_date"),
        pl.col("n").cast(pl.Int64).alias("detections_events"),
    )
    _refuse_below_zero(frame.get_column("detections_events"), file.name)
    months = frame.get_column("month_start_date").unique().sort()
    _refuse_gaps(months.to_list(), file.name)
    counts = frame.filter(pl.col("detections_events") > 0)
    _hold_rows(frame.select(NAMES).unique(), file.name)
    note = "A derivative release: nationalities are ISO codes, not the publisher's labels."
    return Parsed({TABLE.name: counts}, notes=(note,), layout=("derivative release, long",))


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly sums into the Union: in all, by route, by nationality, and by both."""
    core = tables[TABLE.name].with_columns(
        pl.col("route").replace_strict(ROUTES, return_dtype=pl.String)
    )
    every_route, every_origin = pl.lit("all").alias("route"), pl.lit(TOTAL).alias("nationality")
    return pl.concat(
        [
            _sums(core.with_columns(every_route, every_origin)),
            _sums(core.with_columns(every_origin)),
            _sums(core.with_columns(every_route)),
            _sums(core),
        ]
    )


def _sums(core: pl.DataFrame) -> pl.DataFrame:
    sums = core.group_by("route", "nationality", "month_start_date").agg(
        pl.col("detections_events").sum()
    )
    return draft(
        sums,
        indicator="eu_border_detections",
        destination_iso3="eu",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("detections_events"),
        origin_label=pl.col("nationality"),
        route=pl.col("route"),
        is_derived=True,
    )


SOURCE = Source(
    source_id="frontex_ibc",
    title="Detections of illegal border-crossing at the external border of the European Union",
    publisher="Frontex, the European Border and Coast Guard Agency",
    landing_url=LANDING,
    hosts=frozenset({"www.frontex.europa.eu", "frontex.europa.eu"}),
    licence=FRONTEX,
    cadence=Cadence("monthly, about six weeks after the month", "37 7 * * *", 90, 31, lag_days=41),
    revision_habit="The whole history is published anew each month; 19 of 191 months changed "
    "from February to June 2025, most by less than 0.2 %, December 2023 by 19 %.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="frontex",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    is_modelled=False,
    by_hand="The site may refuse programs. Open the page of the migratory map in a browser, "
    "download the workbook of monthly detections (Monthly_detections_of_IBC_YYYY_MM_DD.xlsx) and "
    "run: fcm ingest frontex_ibc FILE. Keep the publisher's file name.",
)
