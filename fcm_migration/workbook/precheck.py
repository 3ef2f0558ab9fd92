"""Checks of a workbook's ZIP container before any spreadsheet library opens it.

The directory is checked first (sizes, ratio, names), then every member is inflated once, in pieces
that are not kept: this verifies the declared sizes, finds damage, and sees the last cell of each
worksheet. Limits of time and memory apply around it; this check refuses most bad files quickly
and with a clear reason.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fcm_migration.errors import UnsafeFileError
from fcm_migration.workbook.model import Limits

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_PIECE = 1 << 20
# Small files may compress well without harm; the ratio is checked from this size on.
_RATIO_FROM = 10_000_000
# References of cells that hold something: an empty but formatted cell at the far corner (<c .../>)
# is common and harmless. Unusual spellings that the pattern misses meet the limits of the process;
# the repeats are bounded so that a hostile sheet cannot cause quadratic time.
_CELL = re.compile(rb"""\sr\s{0,20}=\s{0,20}["']([A-Za-z]{1,3})([0-9]{1,7})["'][^>/]{0,200}>""")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_OVERLAP = 4096
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")


def check_archive(
    path: Path, limits: Limits, where: str, *, only: Collection[str] | None = None
) -> str:
    """Refuse a container that is broken, disguised or too large; return "xlsx" or "ods".

    Args:
        path: the file.
        limits: what it may be at most.
        where: its name in messages.
        only: names of the members whose content is looked into; None for all of them.
    """
    with path.open("rb") as handle:
        _check_start(where, handle)
        _check_directory_size(where, handle, limits)
        try:
            with zipfile.ZipFile(handle) as archive:
                members = archive.infolist()
                _check_members(where, members, limits)
                kind = _kind(where, archive)
        except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise _refused(where, "the ZIP container is broken or cut off", str(error)) from None
        for member in members:
            if only is None or member.filename in only:
                _check_content(where, handle, member, limits)
    return kind


def _refused(where: str, what: str, got: object = None, expected: object = None) -> UnsafeFileError:
    return UnsafeFileError(what, where=where, got=got, expected=expected)


def _check_start(where: str, handle: BinaryIO) -> None:
    start = handle.read(64)
    if not start:
        raise _refused(where, "the file is empty")
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        raise _refused(where, "an encrypted or old binary workbook, not .xlsx or .ods")
    if not start.startswith(b"PK\x03\x04"):
        raise _refused(where, "not a ZIP container, so neither .xlsx nor .ods", got=start[:16])


def _check_directory_size(where: str, handle: BinaryIO, limits: Limits) -> None:
    """Limit the central directory before zipfile turns each of its entries into an object."""
    size = handle.seek(0, 2)
    handle.seek(max(0, size - 65_557))
    tail = handle.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise _refused(where, "the ZIP container is broken or cut off", "no end of its directory")
    entries, directory, start, comment = struct.unpack_from("<HIIH", tail, at + 10)
    if entries > limits.members or directory > limits.members * 512:
        raise _refused(where, "too many ZIP members", entries, f"at most {limits.members}")
    # Readers differ on bytes before or after the archive proper, so none are allowed.
    if start + directory != size - len(tail) + at or len(tail) != at + 22 + comment:
        raise _refused(
            where, "the ZIP container is broken or cut off", "its directory is elsewhere"
        )
    handle.seek(0)


def _check_members(where: str, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise _refused(where, "too many ZIP members", len(members), f"at most {limits.members}")
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise _refused(where, "two ZIP members of one name")
    for member in members:
        if member.flag_bits & 0x1:
            raise _refused(where, "an encrypted ZIP member", member.filename)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(where, "an unusual ZIP compression", member.compress_type)
        name = member.orig_filename
        if name.startswith("/") or "\\" in name or ":" in name or ".." in PurePosixPath(name).parts:
            raise _refused(where, "a ZIP member that leaves its folder", name)
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise _refused(where, "unpacks too large", f"{unpacked:,}", f"{limits.unpacked_bytes:,}")
    if unpacked > max(_RATIO_FROM, packed * limits.ratio):
        raise _refused(where, "compressed beyond reason", unpacked // max(packed, 1), limits.ratio)


def _kind(where: str, archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        return "xlsx"
    if {"mimetype", "content.xml"} <= names:
        with archive.open("mimetype") as handle:
            if handle.read(200).strip().startswith(_ODS):
                return "ods"
    raise _refused(where, "a ZIP container, but neither .xlsx nor .ods", sorted(names)[:8])


def _check_content(where: str, handle: BinaryIO, member: zipfile.ZipInfo, limits: Limits) -> None:
    """Inflate one member; refuse a wrong size or checksum, a DTD, or a cell beyond the limit."""
    is_sheet = member.filename.startswith("xl/worksheets/")
    is_xml = member.filename.endswith((".xml", ".rels"))
    size = checksum = 0
    columns, last_row, tail = {b"A"}, 1, b""
    for piece in _inflate(where, handle, member):
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
        if size > member.file_size:
            raise _refused(where, "a ZIP member larger than declared", member.filename)
        text = tail + piece
        if is_xml and _DECLARATION.search(text):
            raise _refused(where, "XML with its own declarations (DTD)", member.filename)
        if is_sheet and (found := _CELL.findall(text)):
            columns.update({letters for letters, _ in found})
            last_row = max(last_row, max(map(int, {row for _, row in found})))
        tail = text[-_OVERLAP:]
    if size != member.file_size or checksum != member.CRC:
        raise _refused(where, "a damaged ZIP member", member.filename)
    width = max(_column_number(letters) for letters in columns)
    if width * last_row > limits.cells:
        corner = f"{width} columns x {last_row} rows in {member.filename}"
        raise _refused(where, "a worksheet reaching too far", corner, f"{limits.cells:,} cells")


def _inflate(where: str, handle: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a member's bytes as stored, whatever size the directory declares.

    zipfile stops at the declared size and so would not notice a member that lies about it.
    """
    handle.seek(member.header_offset)
    header = handle.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise _refused(where, "a ZIP member that is not where it should be", member.filename)
    *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    handle.seek(name_length + extra_length, 1)
    left = member.compress_size
    inflater = None if member.compress_type == zipfile.ZIP_STORED else zlib.decompressobj(-15)
    while left > 0 and (packed := handle.read(min(_PIECE, left))):
        left -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed:
            try:
                yield inflater.decompress(packed, _PIECE)
            except zlib.error as error:
                raise _refused(
                    where, "a damaged ZIP member", f"{member.filename}: {error}"
                ) from None
            packed = b"" if inflater.eof else inflater.unconsumed_tail
    if inflater is not None:
        yield inflater.flush()


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
