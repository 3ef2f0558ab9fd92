"""The child process that opens a foreign workbook; if it dies, the refresh goes on.

Run as a script by :mod:`fcm_migration.workbook.reader`, with the path of a copy in a directory of
its own and an order. It imports nothing of this package, so that it starts quickly, and answers
beside the copy with ``report.json`` and one Arrow file per sheet; never a pickle. Whatever the
bytes make the parser do (abort, loop, eat memory) ends with this process.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

EXIT_NO_READER = 3

# Calamine's names of formula errors, and what a spreadsheet shows in the cell. fastexcel would
# return them as nulls, which look like empty cells.
ERROR_TEXTS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def main(arguments: list[str]) -> int:
    """Read the workbook named in the arguments and leave the answer in the directory given."""
    path, order = Path(arguments[0]), json.loads(arguments[1])
    try:
        import fastexcel
        import pyarrow as pa  # noqa: F401  (fastexcel reports unreadable cells through it)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_NO_READER
    # After the imports: memory mapped by the libraries must not count against the file.
    confine(order["address_space"], order["seconds"])
    try:
        report = read(path, order["sheets"], order["cells"])
    except fastexcel.FastExcelError as error:
        report = {"problem": "broken", "detail": str(error).splitlines()[0]}
    path.with_name("report.json").write_text(json.dumps(report), encoding="utf-8")
    return 0


def confine(address_space: int, seconds: int) -> None:
    """Limit this process's memory and processor time, and disable core dumps."""
    if sys.platform == "win32":
        return
    import resource

    for kind, bound in (
        (resource.RLIMIT_AS, address_space),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
        resource.setrlimit(kind, (ceiling, ceiling))


def read(path: Path, wanted: list[str] | None, cells: int) -> dict[str, Any]:
    """Write each sheet asked for (all of them for None) and report the files' names."""
    import fastexcel

    book = fastexcel.read_excel(path)
    names = list(book.sheet_names)
    missing = [name for name in wanted or [] if name not in names]
    if missing:
        return {"problem": "missing", "missing": missing, "names": names}
    sheets = []
    for number, name in enumerate(names if wanted is None else wanted):
        # skip_rows=0 keeps leading empty rows, so that row numbers are those of the sheet.
        loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if loaded.total_height * loaded.width > cells:
            size = f"{loaded.total_height} x {loaded.width} cells in sheet {name!r}"
            return {"problem": "too large", "detail": size}
        columns = loaded.available_columns()
        offset = min((column.absolute_index for column in columns), default=0)
        if loaded.total_height and columns:
            write_sheet(loaded, path.with_name(f"{number}.arrow"))
            sheets.append({"name": name, "file": f"{number}.arrow", "offset": offset})
        else:
            sheets.append({"name": name, "file": None, "offset": 0})
    return {"sheets": sheets}


def write_sheet(loaded: Any, target: Path) -> None:
    """Write one sheet as Arrow IPC: every column text, null where empty, dates in ISO form.

    The nulls are filled in by the reader, because a constant handed to pyarrow makes it import
    pandas, which takes as long as all the rest.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    batch, problems = loaded.to_arrow_with_errors()
    columns = [batch.column(index) for index in range(batch.num_columns)]
    patches: dict[int, list[tuple[int, str]]] = {}
    for problem in problems.errors if problems is not None else ():
        row, column = problem.offset_position
        patches.setdefault(column, []).append((row, error_text(problem.detail)))
    for column, cells in patches.items():
        texts = columns[column].to_pylist()
        for row, text in cells:
            texts[row] = text
        columns[column] = pa.array(texts, type=pa.string())
    midnight = r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00(\.0+)?$"
    moment = r"^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(\.\d+)?)$"
    tidy = []
    for values in columns:
        texts = pc.replace_substring_regex(values, pattern=midnight, replacement=r"\1")
        tidy.append(pc.replace_substring_regex(texts, pattern=moment, replacement=r"\1T\2"))
    table = pa.table(tidy, names=[str(index) for index in range(len(tidy))])
    with pa.ipc.new_file(str(target), table.schema) as sink:
        sink.write_table(table)


def error_text(detail: str) -> str:
    """Return the text of a cell the reader could not convert, so that none is lost silently.

    ``detail`` reads like ``Expected string but got 'Error(NA)'`` or ``... 'DurationIso("PT1H")'``.
    """
    got = detail.partition("but got '")[2].rstrip("'")
    kind, _, inner = got.partition("(")
    inner = inner.rstrip(")").strip('"')
    if kind == "Error":
        return ERROR_TEXTS.get(inner, f"#{inner.upper()}")
    return inner or f"#UNREADABLE: {detail}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
