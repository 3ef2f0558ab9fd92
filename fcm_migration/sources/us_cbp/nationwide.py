"""US encounters nationwide, by area of responsibility and by state (CBP nationwide files).

Two CSVs of one release, each a moving window of four fiscal years: by month, region, area, family
status, citizenship, authority, component and type of encounter; and by month, region, state, family
status, citizenship and authority. Either of them is enough for the nation by citizenship; only the
first tells components. Exact counts of events; a count of zero is mostly left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.licences import US_PUBLIC_DOMAIN
from fcm_migration.catalog.model import Cadence, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import TOTAL, Offer, Parsed, ReleaseFile, Source
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.us_cbp.nationwide_files import LANDING, fetch
from fcm_migration.sources.us_cbp.nationwide_tables import (
    AREA_COLUMNS,
    AREAS,
    NATION,
    REGIONS,
    STATE_COLUMNS,
    STATES,
)
from fcm_migration.sources.us_cbp.windows import GROUPS, monthly_sums, read_window
from fcm_migration.workbook import normalise, read_csv_text

# A label of its own kind for each column whose labels are open.
ANCHORS = {"citizenship": "^MEXICO$", "area_of_responsibility": " (Sector|Office)$"}


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the file by area and the one by state, told apart by their columns.

    Either may be missing: its table then has no row, and what an earlier or later release says of
    it stands (see ``Source.rolling_by``).

    Raises:
        LayoutError: a column, fiscal year or month is not what the publisher has always sent, a
            month is missing, a file stands twice, or the two are not of one release.
    """
    frames: dict[str, pl.DataFrame] = {}
    notes: list[str] = []
    layout: list[str] = []
    for file in files:
        table, frame = _read(file, notes, layout)
        if table.name in frames:
            raise LayoutError("two files of one kind", got=[item.name for item in files])
        frames[table.name] = frame
    nation = [_nation(frames[table.name]) for table in (AREAS, STATES) if table.name in frames]
    if AREAS.name not in frames:
        notes.append("No file by area of responsibility.")
    elif STATES.name not in frames:
        notes.append("No file by state.")
    else:
        _refuse_two_releases(frames[AREAS.name], frames[STATES.name])
        notes += _at_odds(*nation)
    absent = {table.name: empty(table) for table in (AREAS, STATES)}
    tables = {**absent, **frames, NATION.name: nation[0]}
    return Parsed(tables, notes=tuple(notes), layout=tuple(layout))


def _read(file: ReleaseFile, notes: list[str], layout: list[str]) -> tuple[Table, pl.DataFrame]:
    """Return the core table a file belongs to and its rows; add notes and lines of the layout."""
    header, *body = read_csv_text(file, delimiter=",") or ((),)
    by_state = "State" in [normalise(cell) for cell in header]
    columns, table = (STATE_COLUMNS, STATES) if by_state else (AREA_COLUMNS, AREAS)
    read = read_window(header, body, columns, file.name)
    _refuse_swapped(read.frame, file.name)
    if read.extra:
        notes.append(f"Columns not read of {file.name}: {', '.join(read.extra)}.")
    layout += _layout(read.frame, table, [*columns, *read.extra])
    if by_state:
        return table, _added_up(read.frame, file.name, notes)
    return table, read.frame.select(AREAS.column_names)


def _nation(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a file's encounters by the columns that both files have."""
    by = [name for name in NATION.column_names if name not in NATION.measures]
    summed = frame.group_by(by).agg(pl.col("encounters_events").sum())
    return summed.select(NATION.column_names)


def _at_odds(by_area: pl.DataFrame, by_state: pl.DataFrame) -> list[str]:
    """Return a sentence on cells in which the two files of a release differ; or none."""
    both = by_area.join(by_state, on=NATION.key, how="full", coalesce=True, suffix="_by_state")
    one, other = pl.col("encounters_events"), pl.col("encounters_events_by_state")
    differ = both.filter(one.fill_null(0) != other.fill_null(0)).height
    return [f"The two files differ in {differ} cells; that by area is used."] if differ else []


def _refuse_swapped(frame: pl.DataFrame, where: str) -> None:
    """Refuse open columns whose headings changed places: each holds a label of its own kind."""
    for column, pattern in ANCHORS.items():
        if column in frame.columns and not frame.get_column(column).str.contains(pattern).any():
            raise LayoutError(
                f"the labels of {column} are of another column",
                where=where,
                expected=f"one like {pattern}",
                got=frame.get_column(column).unique().sort().head(5).to_list(),
            )


def _layout(frame: pl.DataFrame, table: Table, labels: Sequence[str]) -> list[str]:
    names = ("land_border_region", "component", "demographic", "citizenship", "title_of_authority")
    return [
        *(f"column {table.name}: {label}" for label in sorted(labels)),
        *(
            f"{name} {table.name}: {label}"
            for name in names
            if name in table.column_names
            for label in sorted(frame.get_column(name).unique())
        ),
    ]


def _added_up(frame: pl.DataFrame, where: str, notes: list[str]) -> pl.DataFrame:
    """Return one row for each key of the state table: the file lacks two columns of the other."""
    rest = [name for name in STATES.column_names if name not in STATES.measures]
    summed = frame.group_by(rest).agg(pl.col("encounters_events").sum())
    repeated = frame.height - summed.height
    if 2 * repeated >= frame.height:
        raise LayoutError("rows stand twice", where=where, got=f"{repeated} of {frame.height}")
    if repeated:
        notes.append(f"{repeated} rows by state repeat the labels of another and were added.")
    return summed.select(STATES.column_names)


def _refuse_two_releases(areas: pl.DataFrame, states: pl.DataFrame) -> None:
    """Refuse files that do not hold the same months: they are of two releases."""
    spans = [
        f"{str(months.min())[:7]} to {str(months.max())[:7]}"
        for months in (frame.get_column("month_start_date") for frame in (areas, states))
    ]
    if spans[0] != spans[1]:
        raise LayoutError(
            "the two files are not of one release",
            expected=f"{spans[0]} in both",
            got=f"{spans[1]} by state",
            remedy="take both files of one month",
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly sums: in all, by region, citizenship, component and family status.

    Citizenships also for the southwest border alone. Components are known from the file by area
    only. States stay in core.
    """
    core = tables[NATION.name]
    southwest = core.filter(pl.col("land_border_region") == "Southwest Land Border")
    every = {
        "origin_label": pl.lit(TOTAL),
        "route": pl.lit("all"),
        "place": pl.lit("all"),
        "population_group": pl.lit("all"),
    }
    region = pl.col("land_border_region").replace_strict(REGIONS, return_dtype=pl.String)
    group = pl.col("demographic").replace_strict(GROUPS, return_dtype=pl.String)
    citizenship = {"origin_label": pl.col("citizenship")}
    return pl.concat(
        [
            _sums(core, every),
            _sums(core, every | {"route": region}),
            _sums(core, every | citizenship),
            _sums(southwest, every | citizenship | {"route": region}),
            _sums(tables[AREAS.name], every | {"place": pl.col("component")}),
            _sums(core, every | {"population_group": group}),
        ]
    )


def _sums(core: pl.DataFrame, by: Mapping[str, pl.Expr]) -> pl.DataFrame:
    return draft(
        monthly_sums(core, by),
        indicator="nationwide_encounters",
        destination_iso3="USA",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("encounters_events"),
        is_derived=True,
        origin_label=pl.col("origin_label"),
        route=pl.col("route"),
        place=pl.col("place"),
        population_group=pl.col("population_group"),
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: neither the files nor their names print a release date."""
    return None


SOURCE = Source(
    source_id="us_cbp_nationwide",
    title="US encounters nationwide by area, state, citizenship and component",
    publisher="US Customs and Border Protection",
    landing_url=LANDING,
    hosts=frozenset({"www.cbp.gov"}),
    licence=US_PUBLIC_DOMAIN,
    cadence=Cadence(
        "monthly, two to three weeks after the month", "29 6 * * *", 75, 30, lag_days=18
    ),
    revision_habit="Subject to change until the fiscal year is closed; then final.",
    tables=(AREAS, STATES, NATION),
    module=__name__,
    country_scheme="us_cbp_nationwide",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("USA", "nationwide_encounters", "M", by_origin=True),),
    release_date=release_date,
    rolling_by="fiscal_year",
    by_hand="CBP often refuses programs. Open the page of nationwide encounters in a browser and "
    "take both CSVs of the newest month, by area (nationwide-encounters-...-aor.csv) and by state "
    "(nationwide-encounters-...-state.csv). Either may come alone or later than the other: the one "
    "by state is enough for national figures by citizenship; components are only in the one by "
    "area. Older windows of four fiscal years on the same page fill in older years. State the day "
    "of release, which the files do not print.",
)
