"""Eurostat's file formats, read into cells of codes: TSV, JSON-stat 2.0, Data Explorer CSV."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any, NamedTuple

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.eurostat.asylum_codes import GEO_LABELS
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

TIME = ("TIME_PERIOD", "time")
DIMENSIONS = ("freq", "unit", "citizen", "sex", "age", "geo")
EXPLORER = {"TIME": "period", "GEO": "geo", "CITIZEN": "citizen", "SEX": "sex", "AGE": "age"}
NOTES = "Flag and Footnotes"
WHOLE = ""
"""The category of every cell of a dataset that has no dimension of its own."""


class Cell(NamedTuple):
    """One cell: codes, the period as printed, the text of number and flags."""

    freq: str
    unit: str
    citizen: str
    sex: str
    age: str
    geo: str
    period: str
    text: str
    category: str = WHOLE


def read_cells(
    file: ReleaseFile, dataset: str, own: Sequence[str], labels: Mapping[str, str]
) -> tuple[list[Cell], tuple[str, ...]]:
    """Read one file, whichever of the three formats it has.

    Args:
        file: the file.
        dataset: Eurostat's code.
        own: names the dataset's own dimension has had; none where it has none. Other datasets have
            the same dimensions then, so that the file's name, or the JSON, must name this one.
        labels: that dimension's labels in Data Explorer files, to codes.

    Returns:
        the cells, and the names of the dimensions.
    """
    if not own:
        _refuse_other_dataset(file, dataset)
    content = file.path.read_bytes()
    head = content[:2_000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"{"):
        return _json_stat(content, own, file.name)
    first = head.split(b"\n", 1)[0]
    if b"\\TIME_PERIOD" in first or b"\\time" in first:
        return _tsv(content, own, file.name)
    if first.startswith((b'"TIME"', b"TIME")):
        return _explorer(content, own, labels, file.name)
    raise LayoutError(
        "none of Eurostat's formats",
        where=file.name,
        expected="a TSV whose first cell ends in \\TIME_PERIOD, JSON-stat, or a Data Explorer CSV",
        got=first[:120],
        remedy=f"download {dataset} as TSV from Eurostat's data browser",
    )


def _refuse_other_dataset(file: ReleaseFile, dataset: str) -> None:
    """Refuse a file that does not say that it holds this dataset."""
    stated = _identity(file) or file.name
    if dataset not in re.findall(r"migr_[a-z0-9]+", stated.lower()):
        raise LayoutError(
            "the file does not say that it holds this dataset",
            where=file.name,
            expected=f"{dataset} in its name, as Eurostat saves it; other datasets look alike",
            got=stated,
            remedy=f"download {dataset} again and keep the name it is saved under",
        )


def _identity(file: ReleaseFile) -> str:
    """Return the dataset's code that a JSON-stat file states; empty where none does."""
    if not file.name.endswith(".json"):
        return ""
    try:
        return str(json.loads(file.path.read_bytes().decode("utf-8-sig"))["extension"]["id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _places(names: Sequence[str], own: Sequence[str], where: str) -> dict[str, int]:
    """Return the position of each field's dimension; the dataset's own has one of several names."""
    mine = [name for name in names if name in own]
    wanted = {*DIMENSIONS, *mine[:1]}
    if len(mine) != bool(own) or set(names) != wanted or len(names) != len(wanted):
        raise LayoutError(
            "the dimensions are not the known ones",
            where=where,
            expected=f"{list(DIMENSIONS)}{f' and one of {list(own)}' if own else ''}",
            got=list(names),
        )
    return {("category" if name in own else name): index for index, name in enumerate(names)}


def _refuse_gaps(periods: Sequence[str], where: str) -> None:
    """Refuse periods out of order or with a gap: months 2008-01 or 2008M01, quarters 2008-Q1."""
    numbers = []
    for period in periods:
        found = re.fullmatch(r"(\d{4})-?(?:M?(\d{2})|Q([1-4]))", period)
        if found is None:
            raise LayoutError(
                "no month and no quarter", where=where, expected="2008-01 or 2008-Q1", got=period
            )
        year, month, quarter = found.groups()
        per_year, index = (12, int(month)) if month else (4, int(quarter))
        numbers.append(int(year) * per_year + index - 1)
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise LayoutError(
            "periods are missing, stand twice or out of order",
            where=where,
            expected=f"{len(numbers)} periods from {periods[0]} on, each once",
            got=f"up to {periods[-1]}",
        )


def _tsv(content: bytes, own: Sequence[str], where: str) -> tuple[list[Cell], tuple[str, ...]]:
    rows = read_csv_text(content, delimiter="\t", where=where)
    corner, *periods = [normalise(cell) for cell in rows[0]]
    names = tuple(corner.partition("\\")[0].split(","))
    places = _places(names, own, where)
    if not periods:
        raise LayoutError("no period in the header", where=where, got=corner)
    _refuse_gaps(periods, where)
    cells = []
    for row in rows[1:]:
        codes = row[0].strip().split(",")
        if len(codes) != len(names):
            raise LayoutError("a row of other dimensions", where=where, expected=names, got=row[0])
        by = {field: codes[index] for field, index in places.items()}
        cells += [
            Cell(**by, period=period, text=text)
            for period, text in zip(periods, row[1:], strict=True)
        ]
    if not cells:
        raise LayoutError("no row under the header", where=where)
    return cells, names


def _json_stat(
    content: bytes, own: Sequence[str], where: str
) -> tuple[list[Cell], tuple[str, ...]]:
    """Decode the cube: ``value`` and ``status`` are keyed by one flat index, last dimension first.

    An answer to a wrong filter is status 200 with a dimension of size 0.
    """
    try:
        cube = json.loads(content.decode("utf-8-sig"))
        names, sizes = tuple(cube["id"]), [int(size) for size in cube["size"]]
        values, status = cube["value"], cube.get("status", {})
        axes = [_axis(cube["dimension"][name]["category"]["index"]) for name in names]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LayoutError("not JSON-stat", where=where, got=repr(error)[:200]) from None
    if not sizes or min(sizes) <= 0 or sizes != [len(axis) for axis in axes]:
        raise LayoutError(
            "a dimension without a value, or of another size than its codes",
            where=where,
            expected="sizes above zero",
            got=dict(zip(names, sizes, strict=False)),
            remedy="a filter of the request names a code this dataset does not have",
        )
    time = [name for name in names if name in TIME]
    if len(time) != 1:
        raise LayoutError("no time dimension", where=where, expected=TIME, got=names)
    places = _places([n for n in names if n not in TIME], own, where)
    at = names.index(time[0])
    _refuse_gaps(axes[at], where)
    numbers, flags = _by_index(values), _by_index(status)
    if beyond := [index for index in {*numbers, *flags} if not 0 <= index < math.prod(sizes)]:
        raise LayoutError("figures outside the cube", where=where, got=sorted(beyond)[:3])
    cells = []
    for index, codes in enumerate(product(*axes)):
        rest = [code for place, code in enumerate(codes) if place != at]
        by = {field: rest[place] for field, place in places.items()}
        number = numbers.get(index)
        text = f"{_figure(number)} {flags.get(index) or ''}"
        cells.append(Cell(**by, period=codes[at], text=text))
    return cells, names


def _figure(number: Any) -> str:
    """Return a figure as TSV files print it: ":" where missing, 1295.0 as 1295."""
    if number is None:
        return ":"
    whole = isinstance(number, float) and number.is_integer()
    return str(int(number) if whole else number)


def _axis(index: Any) -> list[str]:
    """Return the codes in order, from a list or from a map of code to position."""
    if isinstance(index, list):
        return [str(code) for code in index]
    ordered = sorted(index, key=index.__getitem__)
    if [index[code] for code in ordered] != list(range(len(ordered))):
        raise ValueError("positions of a dimension are not 0, 1, 2 ...")
    return ordered


def _by_index(values: Any) -> dict[int, Any]:
    if isinstance(values, list):
        return dict(enumerate(values))
    return {int(index): value for index, value in values.items()}


def _explorer(
    content: bytes, own: Sequence[str], labels: Mapping[str, str], where: str
) -> tuple[list[Cell], tuple[str, ...]]:
    """Read labels instead of codes, thousands in commas, in the encoding of the time (Latin-1)."""
    rows = read_csv_text(content, delimiter=",", encoding=_encoding(content), where=where)
    named = [name.upper() for name in own]
    mine = [name for name in named if name in rows[0]][:1] or named[:1]
    wanted = [*EXPLORER, *mine, "UNIT", "Value"]
    at, extra = pick_columns(rows[0], wanted, where)
    if not own and set(extra) - {NOTES}:
        raise LayoutError(
            "the columns are not the known ones", where=where, expected=[*wanted, NOTES], got=extra
        )
    known: dict[str, Mapping[str, str]] = {
        "citizen": {"Total": "TOTAL"},
        "sex": {"Total": "T"},
    }
    known.update(age={"Total": "TOTAL"}, category=labels, unit={"Person": "PER"})
    fields = {**EXPLORER, **dict.fromkeys(mine, "category"), "UNIT": "unit"}
    note = rows[0].index(NOTES) if NOTES in extra else None
    cells = []
    for row in rows[1:]:
        by = {field: row[at[label]].strip() for label, field in fields.items()}
        codes = {field: _code(known.get(field), text, where) for field, text in by.items()}
        codes["geo"] = GEO_LABELS.get(by["geo"], by["geo"])
        flag = "" if note is None else row[note].strip()
        frequency = "M" if "M" in codes["period"] else "Q" if "Q" in codes["period"] else "A"
        cells.append(Cell(**codes, freq=frequency, text=f"{row[at['Value']].strip()} {flag}"))
    if not cells:
        raise LayoutError("no row under the header", where=where)
    _refuse_gaps(sorted({cell.period for cell in cells}), where)
    return cells, tuple(label.lower() for label in wanted if label != "Value")


def _encoding(content: bytes) -> str:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


def _code(known: Mapping[str, str] | None, label: str, where: str) -> str:
    if known is None:
        return label
    if label not in known:
        raise LayoutError(
            "a label this reader has no code for",
            where=where,
            expected=list(known),
            got=label,
            remedy="download the table as TSV, which has codes instead of labels",
        )
    return known[label]


def updated(file: ReleaseFile) -> date | None:
    """Return the day a JSON-stat file states as its update; None for other formats."""
    if not file.name.endswith(".json"):
        return None
    try:
        cube = json.loads(file.path.read_bytes().decode("utf-8-sig"))
        return date.fromisoformat(str(cube["updated"])[:10])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
