"""Shared by Eurostat's asylum datasets: requests, parsing of three file formats, checks.

A file is SDMX's TSV, JSON-stat 2.0 or the CSV of the old Data Explorer; each becomes cells of
codes, period, text and flag, and only then numbers. Counts are rounded to 5. ":" is not available,
which is neither zero nor withheld. Until January 2025 the flag c marked a figure withheld and z one
that cannot exist; since then a flag of its own, in capitals and sometimes behind "@", says that it
is withheld (C, N or P), beside any of the others, and m that it cannot exist. Aggregates stand
beside their parts in every dimension (EU27_2020, TOTAL, EXT_EU27_2020): nothing is summed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import permutations

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import (
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
)
from fcm_migration.sources.eurostat.asylum_codes import (
    CITIZEN_TOTAL,
    UNION,
)
from fcm_migration.sources.eurostat.asylum_formats import WHOLE, Cell, read_cells, updated
from fcm_migration.sources.eurostat.asylum_reporters import known_reporters

API = "https://ec.europa.eu/eurostat/api/dissemination/sdmx/3.0/data/dataflow/ESTAT"
HOSTS = frozenset({"ec.europa.eu"})
PUBLISHER = "Eurostat"
FIXED = {"unit": "PER", "sex": "T", "age": "TOTAL"}
MISSING = ":"
CONFIDENTIAL = "[cCNP]"
CANNOT_EXIST = "[mz]"
NUMBER = re.compile(
    r"(:|\d{1,12}|\d{1,3}(?:,\d{3})+)[ ]?"
    r"(?:([bcdefimnprsuz]*)[ ]?(?:@?([CNP]))?|@?([CNP])[ ]?([bcdefimnprsuz]+))"
)
STAMP = re.compile(r"_(\d{4})(\d{2})(\d{2})_\d{6}\.[a-z]+$")

CAVEATS = (
    "Rounded to 5 by the publisher.",
    "Aggregates of countries and of citizenships stand beside their parts: never sum a column.",
    "An absent figure was not reported; it is not zero.",
    "The newest periods hold few reporters, and every release revises.",
)


@dataclass(frozen=True)
class Layout:
    """The differences between the datasets.

    Attributes:
        dataset: Eurostat's code.
        frequency: M or Q.
        period: name of the period column.
        start: turns a period as printed into its first day.
        value: name of the column of counts.
        first: first day of the first period; every release reaches back to it.
        earliest: where no release has told the first period: the earliest it can be, and ``first``
            is then the latest. None where ``first`` is known.
        category: name of the column of the dataset's own dimension; empty where it has none.
        dimensions: names that dimension has had.
        codes: every code it has had, and the one we keep.
        labels: its labels in Data Explorer files, and our code.
        needed: categories without which a file is of no use.

    """

    dataset: str
    frequency: str
    period: str
    start: Callable[[str, str], date]
    value: str
    first: date
    earliest: date | None = None
    category: str = ""
    dimensions: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    needed: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Return the core table's key."""
        own = (self.category,) if self.category else ()
        return ("geo_code", "citizen_code", *own, self.period)

    @property
    def kind(self) -> pl.Expr:
        """Return the category of a row of the core table; WHOLE where the dataset has none."""
        return pl.col(self.category) if self.category else pl.lit(WHOLE)


def fetcher(layout: Layout, codes: Sequence[str]) -> Callable[[Get], Fetched]:
    """Return the fetch function: every reporter in total, and the Union by citizenship.

    Two requests, each far below the size the API answers at once. Filters by name do not depend
    on the order of the dimensions, which has changed.
    """
    named = [("sex", "T"), ("age", "TOTAL"), ("unit", "PER")]
    if codes:
        named.append((layout.dimensions[-1], ",".join(codes)))

    def fetch(get: Get) -> Fetched:
        files = []
        for dimension, code in (("citizen", CITIZEN_TOTAL), ("geo", UNION)):
            filters = [(f"c[{name}]", value) for name, value in (*named, (dimension, code))]
            request = Request(
                f"{API}/{layout.dataset}/1.0/*",
                params=(*filters, ("format", "TSV"), ("compress", "false")),
                expect="csv",
                csv_anchor="\\TIME_PERIOD",
            )
            name = f"{layout.dataset}_{dimension}_{code}.tsv"
            files.append(FetchedFile(name, get(request)))
        return Fetched(tuple(files))

    return fetch


def parse_files(files: Sequence[ReleaseFile], layout: Layout, table: str) -> Parsed:
    """Read one or more files of one release into the core table.

    Raises:
        LayoutError: a format, dimension, code, flag or period is not what Eurostat has always
            sent, or two files of the release contradict each other.
    """
    frames, traits, missing, first = [], set(), 0, date.max
    notes: list[str] = []
    for file in files:
        cells, names = read_cells(file, layout.dataset, layout.dimensions, layout.labels)
        first = min(first, layout.start(min(cell.period for cell in cells), file.name))
        known, others = known_reporters(cells, file.name)
        notes += others.values()
        traits |= {f"geo_code: {geo}, set aside" for geo in others}
        frame, absent = _tidy(known, layout, file.name)
        frames.append(frame)
        traits |= {f"dimension: {name}" for name in names}
        missing += absent
    _refuse_late_start(first, layout, files[0].name)
    _refuse_lost_periods(frames, layout, files)
    whole = pl.concat(frames).unique(maintain_order=True)
    _refuse_twice(whole, layout, files)
    values = whole.select(layout.kind.unique().sort()).to_series().to_list()
    if lost := sorted(set(layout.needed) - set(values)):
        raise LayoutError(
            f"no row of {lost}", where=files[0].name, expected=list(layout.needed), got=values
        )
    geos = whole.get_column("geo_code").unique().sort().to_list()
    return Parsed(
        {table: whole},
        marks={MISSING: missing},
        notes=tuple(notes),
        layout=(
            *sorted(traits),
            *(f"{layout.category}: {value}" for value in values if layout.category),
            *(f"geo_code: {geo}" for geo in geos),
        ),
    )


def _tidy(cells: Sequence[Cell], layout: Layout, where: str) -> tuple[pl.DataFrame, int]:
    """Return cells as typed rows, and the number of those not available, which are left out.

    A figure that is withheld or cannot exist has a row, without a count.
    """
    raw = pl.DataFrame(cells, schema=list(Cell._fields), orient="row")
    _refuse_other_selection(raw, layout, where)
    if layout.category:
        _refuse_unknown(raw, "category", layout.codes, where)
    starts = {p: layout.start(p, where) for p in raw.get_column("period").unique()}
    texts = raw.get_column("text").unique().to_list()
    readings = {text: NUMBER.fullmatch(text.strip()) for text in texts}
    if odd := sorted(text for text, found in readings.items() if found is None):
        raise LayoutError(
            f"{len(odd)} texts that are neither a whole number nor a declared mark",
            where=where,
            expected="a whole number or ':', with flags of one letter (b, c, d, e, f, i, m, n, p, "
            "r, s, u, z; C, N or P for confidential)",
            got=odd[:5],
        )
    read = {text: found for text, found in readings.items() if found is not None}
    counts = {t: None if f[1] == MISSING else int(f[1].replace(",", "")) for t, f in read.items()}
    flags = {t: "".join(part or "" for part in f.group(2, 5, 3, 4)) for t, f in read.items()}
    frame = raw.select(
        pl.col("geo").alias("geo_code"),
        pl.col("citizen").alias("citizen_code"),
        *(
            [pl.col("category").replace_strict(layout.codes).alias(layout.category)]
            if layout.category
            else []
        ),
        pl.col("period").replace_strict(starts, return_dtype=pl.Date).alias(layout.period),
        pl.col("text").replace_strict(counts, return_dtype=pl.Int64).alias(layout.value),
        pl.col("text").replace_strict(flags, return_dtype=pl.String).alias("observation_flag"),
    )
    value = pl.col(layout.value)
    withheld = value.is_null() & pl.col("observation_flag").str.contains(CONFIDENTIAL)
    nothing = pl.col("observation_flag").str.contains(CANNOT_EXIST)
    known = frame.with_columns(withheld.alias("is_suppressed")).filter(
        value.is_not_null() | withheld | nothing
    )
    return known, frame.height - known.height


def _refuse_other_selection(raw: pl.DataFrame, layout: Layout, where: str) -> None:
    for name, wanted in {**FIXED, "freq": layout.frequency}.items():
        got = raw.get_column(name).unique().sort().to_list()
        if got != [wanted]:
            raise LayoutError(
                f"other values of dimension {name!r}",
                where=where,
                expected=f"{wanted} only",
                got=got[:8],
                remedy="choose the total of ages and sexes, in persons, when downloading",
            )


def _refuse_unknown(
    raw: pl.DataFrame, name: str, known: Sequence[str] | Mapping[str, str], where: str
) -> None:
    if unknown := sorted(set(raw.get_column(name)) - set(known)):
        raise LayoutError(
            f"unknown codes of dimension {name!r}", where=where, expected=list(known), got=unknown
        )


def _refuse_late_start(first: date, layout: Layout, where: str) -> None:
    earliest = layout.earliest or layout.first
    if not earliest <= first <= layout.first:
        known = layout.first.isoformat()
        raise LayoutError(
            "the first periods are missing, or this is another dataset",
            where=where,
            expected=f"periods from {known} on"
            if layout.earliest is None
            else f"a first period from {earliest.isoformat()} to {known}",
            got=first.isoformat(),
            remedy="choose every period when downloading",
        )


def _refuse_lost_periods(
    frames: Sequence[pl.DataFrame], layout: Layout, files: Sequence[ReleaseFile]
) -> None:
    """Refuse a series in two files of a release whose periods differ."""
    series = [name for name in layout.key if name != layout.period]
    for (number, one), (at, other) in permutations(enumerate(frames), 2):
        shared = one.join(other, on=series, how="semi")
        lost = shared.join(other, on=layout.key, how="anti").get_column(layout.period)
        if not lost.is_empty():
            raise LayoutError(
                "periods are missing that another file of the release has",
                where=files[at].name,
                expected=f"the periods of {files[number].name}",
                lacks=[str(day) for day in lost.unique().sort().head(3)],
                remedy="Eurostat may have updated between two downloads: run the refresh again",
            )


def _refuse_twice(whole: pl.DataFrame, layout: Layout, files: Sequence[ReleaseFile]) -> None:
    twice = whole.filter(whole.select(layout.key).is_duplicated()).sort(layout.key)
    if not twice.is_empty():
        raise LayoutError(
            f"{twice.height} figures contradict one another",
            where=", ".join(file.name for file in files),
            expected="one figure for each country, citizenship, category and period",
            got=twice.head(2).rows(),
            remedy="Eurostat may have updated between two downloads: run the refresh again",
        )


def month_start(text: str, where: str) -> date:
    """Return the first day of a month printed as 2008-01 or 2008M01."""
    year, _, month = text.replace("M", "-").partition("-")
    try:
        return date(int(year), int(month), 1)
    except ValueError:
        raise LayoutError("no month", where=where, expected="2008-01", got=repr(text)) from None


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Return the day in a file's name, or the update a JSON file states; TSV files state none."""
    if (found := STAMP.search(files[0].name)) is not None:
        try:
            return date(*map(int, found.groups()))
        except ValueError:
            return None
    days = [day for file in files if (day := updated(file)) is not None]
    return max(days, default=None)
