"""Messages between a refresh and the limited process: JSON, and Arrow files for tables.

Nothing is unpickled, and errors are made anew only as one of the classes named here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import errors
from fcm_migration.errors import FcmError
from fcm_migration.http import Request, Response
from fcm_migration.limited.model import Look, Reading
from fcm_migration.sources.base import Fetched, FetchedFile, Parsed, Source
from fcm_migration.workbook import Document

_CLASSES = (
    errors.DiskError,
    errors.FetchError,
    errors.UnsafeFileError,
    errors.LayoutError,
    errors.ConformError,
    errors.SuspectError,
    errors.DateError,
    errors.SourceError,
    errors.UsageError,
    errors.FcmError,
)
_BY_NAME = {kind.__name__: kind for kind in _CLASSES}
_CONTEXT = ("where", "expected", "got", "lacks", "remedy")
LONGEST_TEXT = 1_500
LONGEST_ANSWER = 16_000_000


def error_to_json(error: FcmError) -> dict[str, Any]:
    """Return an error as JSON; its texts read the same on the other side, if they are not vast."""
    kind = next(kind for kind in _CLASSES if isinstance(error, kind))
    given = {name: getattr(error, name) for name in _CONTEXT}
    context = {name: _short(value) for name, value in given.items() if value is not None}
    outcome = getattr(error, "outcome", None)
    return {"class": kind.__name__, "what": _short(error.what), "outcome": outcome, **context}


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ..."


def error_from_json(data: dict[str, Any]) -> FcmError:
    """Return the error that :func:`error_to_json` wrote down."""
    kind = _BY_NAME[data["class"]]
    context = {name: data[name] for name in _CONTEXT if name in data}
    if kind is errors.FetchError:
        return errors.FetchError(data["what"], outcome=data["outcome"], **context)
    return kind(data["what"], **context)


def request_to_json(request: Request) -> dict[str, Any]:
    """Return a request as JSON."""
    return {
        "url": request.url,
        "params": request.params,
        "expect": request.expect,
        "min_bytes": request.min_bytes,
        "max_bytes": request.max_bytes,
        "csv_anchor": request.csv_anchor,
    }


def request_from_json(data: dict[str, Any]) -> Request:
    """Return the request that :func:`request_to_json` wrote down."""
    params = tuple((str(name), str(value)) for name, value in data.pop("params"))
    return Request(data.pop("url"), params=params, **data)


def response_to_json(response: Response) -> dict[str, Any]:
    """Return a response as JSON; its body stays on disk."""
    return {
        **vars(response),
        "retrieved_at": response.retrieved_at.isoformat(),
        "headers": dict(response.headers),
        "path": str(response.path),
    }


def response_from_json(data: dict[str, Any]) -> Response:
    """Return the response that :func:`response_to_json` wrote down."""
    moment = datetime.fromisoformat(data["retrieved_at"])
    return Response(**{**data, "retrieved_at": moment, "path": Path(data["path"])})


def fetched_to_json(fetched: Fetched, responses: Sequence[Response]) -> dict[str, Any]:
    """Return a release found as JSON; each file is named by the number of its response."""
    return {
        "files": [[file.name, responses.index(file.response)] for file in fetched.files],
        "as_of": fetched.as_of.isoformat() if fetched.as_of else None,
        "notes": list(fetched.notes),
        "complaint": error_to_json(fetched.complaint) if fetched.complaint else None,
    }


def fetched_from_json(data: dict[str, Any], responses: Sequence[Response]) -> Fetched:
    """Return the release that :func:`fetched_to_json` wrote down."""
    complaint = error_from_json(data["complaint"]) if data["complaint"] else None
    return Fetched(
        tuple(FetchedFile(str(name), responses[number]) for name, number in data["files"]),
        _day(data["as_of"]),
        tuple(data["notes"]),
        complaint if isinstance(complaint, errors.SourceError) else None,
    )


def look_to_json(look: Look) -> dict[str, Any]:
    """Return the dates that files state, as JSON."""
    return {
        "printed": look.printed.isoformat() if look.printed else None,
        "document": look.document.to_json() if look.document else None,
    }


def look_from_json(data: dict[str, Any]) -> Look:
    """Return the look that :func:`look_to_json` wrote down."""
    return Look(_day(data["printed"]), _document(data["document"]))


def reading_to_json(reading: Reading, folder: Path) -> dict[str, Any]:
    """Write each table as an Arrow file into a folder, and return the rest as JSON."""
    parsed = reading.parsed
    for name, frame in parsed.tables.items():
        frame.write_ipc(folder / f"{name}.arrow", compat_level=pl.CompatLevel.newest())
    return {
        "marks": parsed.marks,
        "notes": list(parsed.notes),
        "layout": list(parsed.layout),
        "document": reading.document.to_json() if reading.document else None,
    }


def reading_from_json(data: dict[str, Any], source: Source, folder: Path) -> Reading:
    """Return the release that :func:`reading_to_json` wrote down."""
    tables = {
        table.name: pl.read_ipc((folder / f"{table.name}.arrow").read_bytes())
        for table in source.tables
    }
    marks = {str(mark): int(count) for mark, count in data["marks"].items()}
    parsed = Parsed(tables, marks, tuple(data["notes"]), tuple(data["layout"]))
    return Reading(parsed, _document(data["document"]))


def _document(data: dict[str, str | None] | None) -> Document | None:
    return Document.from_json(data) if data else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def encode(message: dict[str, Any]) -> bytes:
    """Return a message as one line."""
    return json.dumps(message).encode() + b"\n"
