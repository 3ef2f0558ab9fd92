"""Dates that a workbook states: when it was created, and when it was last saved.

An .xlsx file keeps them in ``docProps/core.xml``, an .ods file in ``meta.xml``. Both are short
texts; they are searched for four known elements and never handed to an XML parser, so nothing in
them is expanded or followed. No other part of the file is looked into: the reader does that.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.errors import UnsafeFileError
from fcm_migration.workbook.model import DEFAULT_LIMITS
from fcm_migration.workbook.precheck import check_archive

_MEMBERS = {"xlsx": "docProps/core.xml", "ods": "meta.xml"}
_LONGEST = 1 << 20
_ELEMENT = re.compile(
    rb"<(?P<name>dcterms:created|dcterms:modified|meta:creation-date|dc:date)(?:\s[^>]{0,200})?>"
    rb"\s*(?P<moment>[0-9T:.+\-Z]{10,40})\s*<"
)
_CREATED = (b"dcterms:created", b"meta:creation-date")


@dataclass(frozen=True)
class Document:
    """When a document was created and last saved, in UTC; None where it does not say."""

    created: datetime | None
    modified: datetime | None

    @property
    def saved(self) -> datetime | None:
        """Return the moment it was last saved, or that of its creation if it says no other."""
        return self.modified or self.created

    def to_json(self) -> dict[str, str | None]:
        """Return both moments as text."""
        return {
            "created": self.created.isoformat() if self.created else None,
            "modified": self.modified.isoformat() if self.modified else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, str | None]) -> Document:
        """Return the document that :meth:`to_json` wrote down."""
        created, modified = data["created"], data["modified"]
        return cls(
            datetime.fromisoformat(created) if created else None,
            datetime.fromisoformat(modified) if modified else None,
        )


def read_document(path: Path) -> Document | None:
    """Return the dates a workbook states; None for any other file, or if it states none."""
    with path.open("rb") as handle:
        if not handle.read(4).startswith(b"PK\x03\x04"):
            return None
    try:
        kind = check_archive(path, DEFAULT_LIMITS, path.name, only=_MEMBERS.values())
        member = _MEMBERS[kind]
        with zipfile.ZipFile(path) as archive, archive.open(member) as handle:
            text = handle.read(_LONGEST)
    except (UnsafeFileError, KeyError, zipfile.BadZipFile, OSError):
        return None  # the parser refuses what is broken; a workbook need not say anything
    return _found(text)


def _found(text: bytes) -> Document | None:
    created = modified = None
    for match in _ELEMENT.finditer(text):
        moment = _moment(match["moment"].decode("ascii"))
        if match["name"] in _CREATED:
            created = created or moment
        else:
            modified = modified or moment
    return None if created is None and modified is None else Document(created, modified)


def _moment(text: str) -> datetime | None:
    """Return a moment in UTC; one without a zone counts as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def newest_document(paths: Iterable[Path]) -> Document | None:
    """Return the latest creation and the latest save among several files; None if none says."""
    found = [document for path in paths if (document := read_document(path)) is not None]
    if not found:
        return None
    return Document(
        max((d.created for d in found if d.created), default=None),
        max((d.modified for d in found if d.modified), default=None),
    )
