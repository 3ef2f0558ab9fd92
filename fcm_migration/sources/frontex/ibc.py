"""Detections of illegal border-crossing at the EU's external border, monthly (Frontex).

One workbook, published whole each month: a row for each route, border type and nationality, a
column for each month since January 2009. Detections, not persons; the cells are filled, most of
them with 0, so that an absent month counts zero here. A blank cell would be unknown: it is kept as
such, and so is every sum it belongs to. The whole history may be revised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import FRONTEX
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import (
    TOTAL,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
    set_aside,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.frontex.ibc_releases import (
    LANDING,
    fetch,
    release_date,
    without_source_lines,
)
from fcm_migration.sources.frontex.ibc_table import (
    FIRST_MONTH,
    NAMES,
    ROUTES,
    TABLE,
    month_of,
)
from fcm_migration.workbook import (
    Mark,
    Sheet,
    normalise,
    parse_counts,
    pick_columns,
    read_workbook,
)

# Since 2019, and in the files of 2018.
HEADERS = (
    ("Route", "Border type or inland", "Nationality"),
    ("Route", "BorderLocation", "NationalityLong"),
)
MARKS = {"": Mark("not stated")}
MOST_BLANK_SHARE = 0.005  # no file seen had any; a file that leaves out its zeros has most
DERIVATIVE = {"route": "route", "type": "border_type", "nat": "nationality"}
NO_CODE = "(no code)"


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one workbook, or one derivative release in long form (Parquet)."""
    file = only_file(files)
    if file.name.endswith(".parquet"):
        return _derivative(file)
    return from_sheets(read_workbook(file), file.name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the one sheet of detections into the table.

    Raises:
        LayoutError: no sheet or several have the header, a month is missing, a cell is no whole
            number, more than a few are blank, a route is unknown.
    """
    sheet, top, labels = _find(sheets, name)
    header = [normalise(cell) for cell in sheet.rows[top]]
    where = f"{name}, sheet {sheet.name!r}"
    at, others = pick_columns(header, labels, where)
    months = {label: start for label in others if (start := month_of(label)) is not None}
    extra = sorted(set(others) - set(months))
    _refuse_gaps(list(months.values()), where)
    body, stated = without_source_lines(sheet.rows[top + 1 :])
    _refuse_nameless(header, body, where)
    keys = [[normalise(row[at[label]]) for row in body] for label in labels]
    wide = pl.DataFrame(dict(zip(NAMES, keys, strict=True)), schema=dict.fromkeys(NAMES, pl.String))
    _hold_rows(wide, where)
    whole, blank = _counts(
        wide, body, {header.index(label): m for label, m in months.items()}, where, top + 2
    )
    silent = whole.group_by(NAMES).agg(pl.col("detections_events").sum() == 0)
    notes = [f"{silent.get_column('detections_events').sum()} rows hold zeros only."]
    notes += [f"Columns not read: {', '.join(extra)}."] if extra else []
    notes += [f"Among the figures: {line!r}." for line in stated]
    if blank:
        cells = f"{len(blank)} blank cells ({', '.join(blank[:3])})"
        notes.append(set_aside(f"{cells} are unknown, not zero, and so are the sums they are in."))
    events = pl.col("detections_events")
    frame = whole.filter((events > 0) | events.is_null()).select(TABLE.column_names)
    marks = {"": len(blank)} if blank else {}
    layout = _layout(sheets, labels, wide)
    return Parsed({TABLE.name: frame}, marks=marks, notes=tuple(notes), layout=layout)


def _counts(
    wide: pl.DataFrame,
    body: Sequence[Sequence[str]],
    months: Mapping[int, date],
    where: str,
    first_row: int,
) -> tuple[pl.DataFrame, list[str]]:
    """Return every row's count in every month, by the month's column, and where blank cells are.

    A blank in the last column is refused: a cell may have been lost from the row before it, which
    moves all figures after it into wrong months.
    """
    frames, blank = [], []
    for place, start in months.items():
        column = f"{where}, column of {start:%B %Y}"
        texts = [row[place] for row in body]
        counts = parse_counts(texts, marks=MARKS, where=column, first_row=first_row).values
        _refuse_below_zero(counts, column)
        blank += [f"row {first_row + row}, {start:%B %Y}" for row in counts.is_null().arg_true()]
        frames.append(
            wide.with_columns(pl.lit(start).alias("month_start_date"), detections_events=counts)
        )
    at_the_end = any(not row[max(months)].strip() for row in body)
    if at_the_end or len(blank) > max(1, MOST_BLANK_SHARE * len(body) * len(months)):
        raise LayoutError(
            f"{len(blank)} cells are blank", where=where, expected="0 for none", got=blank[:3]
        )
    return pl.concat(frames), blank


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
            "rows without a label, repeated rows, totals, or routes nobody declared",
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
    raw = pl.read_parquet(file.path, glob=False).with_columns(
        pl.col(pl.String).str.normalize("NFC")
    )
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
    """Return monthly sums into the Union: in all, by route, by nationality, and by both.

    A sum over an unknown count is unknown.
    """
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
    events = pl.col("detections_events")
    sums = core.group_by("route", "nationality", "month_start_date").agg(
        pl.when(events.is_not_null().all()).then(events.sum()).alias("detections_events")
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
