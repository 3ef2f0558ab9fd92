"""Eurostat's TSV fixtures taken apart, and the same figures as JSON-stat and Data Explorer CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from tests.sources.fake_get import FIXTURES
from tests.sources.reading import conformed

Grid = list[list[str]]


def grid(source_id: str, name: str) -> Grid:
    """A fixture's rows of cells, to be changed."""
    text = (FIXTURES / source_id / name).read_bytes().decode()
    return [line.split("\t") for line in text.split("\r\n") if line]


def tsv(rows: Grid) -> bytes:
    """The rows as Eurostat writes them."""
    return "".join("\t".join(row) + "\r\n" for row in rows).encode()


def reading(
    source: Source, folder: Path, *contents: bytes, suffix: str = "tsv", stem: str = "file"
) -> Parsed:
    """Parse these contents as the files of one release, whose names begin with ``stem``."""
    files = []
    for number, content in enumerate(contents):
        path = folder / f"{stem}_{number}.{suffix}"
        path.write_bytes(content)
        files.append(ReleaseFile(path.name, path))
    return conformed(source, source.parse(files))


def as_cube(rows: Grid, *, time: str = "time") -> dict[str, Any]:
    """The same figures as JSON-stat 2.0; they must fill a whole cube."""
    names = [*rows[0][0].partition("\\")[0].split(","), time]
    keys = [row[0].split(",") for row in rows[1:]]
    axes = [sorted({key[place] for key in keys}) for place in range(len(names) - 1)]
    axes.append([period.strip() for period in rows[0][1:]])
    value: dict[str, int] = {}
    status: dict[str, str] = {}
    for key, row in zip(keys, rows[1:], strict=True):
        for period, cell in zip(axes[-1], row[1:], strict=True):
            index = 0
            for axis, code in zip(axes, [*key, period], strict=True):
                index = index * len(axis) + axis.index(code)
            number, _, flag = cell.partition(" ")
            if number != ":":
                value[str(index)] = int(number)
            if flag:
                status[str(index)] = flag
    dimension = {
        name: {"category": {"index": {code: place for place, code in enumerate(axis)}}}
        for name, axis in zip(names, axes, strict=True)
    }
    return {
        "version": "2.0",
        "class": "dataset",
        "updated": "2020-10-05T23:00:00+0200",
        "id": names,
        "size": [len(axis) for axis in axes],
        "dimension": dimension,
        "value": value,
        "status": status,
    }


def dump(cube: dict[str, Any]) -> bytes:
    return json.dumps(cube).encode()
