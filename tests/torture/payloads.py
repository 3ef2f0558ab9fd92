"""Hostile payloads for every kind of file: bombs, nests, floods, lies and disguises.

A payload is made from a good file of the source where that brings it past the first look.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.workbook.hostile import HOSTILE as WORKBOOKS
from tests.workbook.hostile import LAUGHS

MEGA = 1_000_000
Make = Callable[[bytes, Path], bytes]


def _plain(content: bytes) -> Make:
    return lambda _good, _path: content


def _workbook(make: Callable[[Path], Path]) -> Make:
    return lambda _good, path: make(path).read_bytes()


def _lines(good: bytes) -> tuple[bytes, list[bytes]]:
    header, _, rest = good.partition(b"\n")
    return header + b"\n", rest.splitlines(keepends=True) or [b"1,2,3\n"]


def _repeated(good: bytes, _: Path) -> bytes:
    """The rows of a good text over and over, to 6 MB."""
    header, rows = _lines(good)
    body = b"".join(rows)
    return header + body * (6 * MEGA // max(len(body), 1))


def _long_field(good: bytes, _: Path) -> bytes:
    header, rows = _lines(good)
    return header + b"x" * (6 * MEGA) + rows[0] + b"".join(rows)


def _many_digits(good: bytes, _: Path) -> bytes:
    """Every digit of the last line a million times."""
    header, rows = _lines(good)
    last = b"".join(bytes([c]) * (MEGA if 48 <= c <= 57 else 1) for c in rows[-1][-8:])
    return header + b"".join(rows[:-1]) + rows[-1][:-8] + last


def _marks(good: bytes, _: Path) -> bytes:
    """One letter under a hundred thousand marks, in an order that costs most to sort."""
    header, rows = _lines(good)
    marks = ("\u0323\u0301" * 100_000).encode()
    return header + b"e" + marks + b"".join(rows)


def _flipped(seed: int) -> Make:
    def make(good: bytes, _: Path) -> bytes:
        chance, content = Random(seed), bytearray(good)  # noqa: S311
        for _number in range(max(3, len(content) // 500)):
            content[chance.randrange(len(content))] ^= 0x80  # no digit becomes another digit
        return bytes(content)

    return make


def _nested(opening: bytes, closing: bytes, times: int) -> bytes:
    return opening * times + closing * times


def _page(body: bytes) -> bytes:
    return (
        b"<!DOCTYPE html><html><head><title>Page</title></head><body><h1>Operation</h1>"
        + body
        + b"</body></html>"
    )


TABLE = (b"<table><tr><td>", b"</td></tr></table>")


def _envelope(items: bytes) -> bytes:
    return b'{"page":1,"maxPages":1,"total":[],"items":[' + items + b"]}"


def _zip(members: dict[str, bytes], level: int = 9) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def _zip_bomb(_good: bytes, path: Path) -> bytes:
    """One CSV of 1.2 GB of zeros in a megabyte."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("events.csv", "w", force_zip64=True) as member,
    ):
        for _number in range(1_200):
            member.write(bytes(MEGA))
    return path.read_bytes()


def _gzip_bomb(_good: bytes, path: Path) -> bytes:
    with gzip.open(path, "wb") as sink:
        for _number in range(1_000):
            sink.write(b"a,b,c\n" * (MEGA // 6))
    return path.read_bytes()


def _parquet_bomb(good: bytes, path: Path) -> bytes:
    """The columns of a good release, or some, in a hundred million cells and more, of one value."""
    import numpy as np
    import polars as pl
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pl.read_parquet_schema(io.BytesIO(good)).names()
    except (pl.exceptions.PolarsError, OSError):
        names = ["year", "value", "label"]
    many = 10 * MEGA
    index = pa.array(np.zeros(many, dtype=np.int8))
    columns = [pa.DictionaryArray.from_arrays(index, pa.array(["x"])) for _ in names]
    table = pa.table(columns, names=names)
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _number in range(100 // len(names) + 1):
            writer.write_table(table, row_group_size=many)
    return path.read_bytes()


def _parquet_nested(_good: bytes, path: Path) -> bytes:
    import polars as pl

    value: object = 1
    for _number in range(60):
        value = [value]
    pl.DataFrame({"year": [value]}).write_parquet(path)
    return path.read_bytes()


def _parquet_texts(_good: bytes, path: Path) -> bytes:
    """A text of 200 MB, packed to some kilobytes."""
    import polars as pl

    pl.DataFrame({"year": ["x" * 100 * MEGA, "y" * 100 * MEGA]}).write_parquet(path)
    return path.read_bytes()


def _parquet_footer(_good: bytes, _path: Path) -> bytes:
    return b"PAR1" + bytes(1000) + (2**31 - 1).to_bytes(4, "little") + b"PAR1"


def _parquet_thrift(_good: bytes, _path: Path) -> bytes:
    """A footer that nests structures without an end."""
    footer = b"\x1c" * 200_000
    return b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"


TEXTS: dict[str, Make] = {
    "rows_repeated": _repeated,
    "field_of_6_MB": _long_field,
    "million_columns": lambda good, _: _lines(good)[0].rstrip() + b",x" * MEGA + b"\n1" * 5,
    "million_tabs": lambda good, _: _lines(good)[0].rstrip() + b"\tx" * MEGA + b"\n1" * 5,
    "empty_lines": lambda good, _: good + b"\n" * (5 * MEGA),
    "carriage_returns": lambda good, _: good.rstrip() + b"\r" * (5 * MEGA),
    "open_quote": lambda good, _: _lines(good)[0] + b'"' + good * (5 * MEGA // len(good) + 1),
    "quotes": _plain(b'"' * (5 * MEGA)),
    "commas": lambda good, _: _lines(good)[0] + b"," * (5 * MEGA) + b"\n",
    "zeros": _plain(bytes(5 * MEGA)),
    "no_utf8": lambda good, _: good + b"\xff\xfe\xfd" * MEGA,
    "utf16": lambda good, _: good.decode("latin-1").encode("utf-16") * 3,
    "million_digits": _many_digits,
    "hundred_thousand_marks": _marks,
    "over_the_cap": _plain(b"a,b\n" * (5 * MEGA + MEGA // 2)),
}
PAGES: dict[str, Make] = {
    "nested_tables_6_kB": _plain(_page(_nested(*TABLE, 180))),
    "nested_tables_300_kB": _plain(_page(_nested(*TABLE, 9_000))),
    "nested_divs": _plain(_page(_nested(b"<div>", b"</div>", 500_000))),
    "nested_lists": _plain(_page(_nested(b"<ul><li>", b"</li></ul>", 5_000))),
    "open_formatting": _plain(_page(b"<b><i><a href=x>" * 100_000)),
    "open_paragraphs": _plain(_page(b"<p><b>" * 100_000)),
    "wide_spans": _plain(
        _page(b"<table><tr>" + b"<td colspan=200 rowspan=200>1</td>" * 5_000 + b"</tr></table>")
    ),
    "million_rows": _plain(_page(b"<table>" + b"<tr><td>1</td></tr>" * 500_000 + b"</table>")),
    "million_attributes": _plain(_page(b"<table " + b"a=b " * MEGA + b">")),
    "open_comment": _plain(_page(b"<!-- " + b"-" * (5 * MEGA))),
    "open_tags": _plain(_page(b"<a href='" + b"<a href=" * 500_000)),
    "entities": _plain(_page(b"<p>" + b"&amp;&#x41;&notanentity" * 300_000 + b"</p>")),
    "many_links": _plain(_page(b"<a href='/x.xlsx'>x</a>" * 300_000)),
    "nested_templates": _plain(_page(_nested(b"<template>", b"</template>", 200_000))),
    "nested_svg": _plain(_page(_nested(b"<svg><desc>", b"</desc></svg>", 100_000))),
}
JSONS: dict[str, Make] = {
    "deep_arrays": _plain(b"[" * MEGA + b"]" * MEGA),
    "deep_objects": _plain(b'{"a":' * MEGA + b"1" + b"}" * MEGA),
    "many_arrays": _plain(b"[" + b"[]," * (4 * MEGA) + b"[]]"),
    "many_objects": _plain(_envelope(b"{}," * (4 * MEGA) + b"{}")),
    "many_items": _plain(_envelope(b'{"year":1,"coo":"-"},' * 500_000 + b'{"year":1}')),
    "many_pages": _plain(b'{"page":1,"maxPages":1000000000,"total":[],"items":[{"year":1}]}'),
    "long_number": _plain(b'{"page":' + b"9" * (5 * MEGA) + b"}"),
    "long_fraction": _plain(b'{"page":0.' + b"1" * (5 * MEGA) + b"e-9999999}"),
    "infinity": _plain(_envelope(b'{"year":1e999,"coo":NaN,"x":-Infinity}')),
    "keys_twice": _plain(_envelope(b"{" + b'"a":1,' * MEGA + b'"a":2}')),
    "many_keys": _plain(b"{" + b",".join(b'"%d":1' % number for number in range(700_000)) + b"}"),
    "escapes": _plain(_envelope(b'{"a":"' + b"\\ud800" * MEGA + b'"}')),
    "cube": _plain(
        b'{"version":"2.0","class":"dataset","id":["geo"],"size":[1000000000],'
        b'"dimension":{"geo":{"category":{"index":{"A":0}}}},"value":{"999999999":1}}'
    ),
}
PARQUETS: dict[str, Make] = {
    "parquet_bomb": _parquet_bomb,
    "parquet_nested": _parquet_nested,
    "parquet_texts": _parquet_texts,
    "parquet_footer": _parquet_footer,
    "parquet_thrift": _parquet_thrift,
    "parquet_cut": lambda good, _: good[: len(good) // 2] + b"PAR1",
}
CONTAINERS: dict[str, Make] = {
    "zip_bomb": _zip_bomb,
    "zip_in_zip": _plain(_zip({"events.csv": _zip({"events.csv": bytes(50 * MEGA)})})),
    "zip_of_ten_thousand": _plain(_zip({f"{number}.csv": b"" for number in range(10_000)})),
    "zip_leading_out": _plain(_zip({"../../../../tmp/fcm-evil.csv": b"id,year\n"})),
    "gzip_bomb": _gzip_bomb,
    "gzip_cut": lambda good, _: gzip.compress(good)[:-9],
    "gzip_and_more": lambda good, _: gzip.compress(good) * 2 + b"rest",
}
DISGUISES: dict[str, Make] = {
    "pdf": _plain(b"%PDF-1.7\n" + b"1 0 obj<</Length 9>>stream\n" * 10_000 + b"%%EOF"),
    "picture": _plain(b"\x89PNG\r\n\x1a\n" + bytes(100_000)),
    "program": _plain(b"\x7fELF" + bytes(100_000)),
    "xml_laughs": _plain(b'<?xml version="1.0"?>' + LAUGHS.encode() + b"<lolz>&i;</lolz>"),
    "random": _plain(Random(7).randbytes(MEGA)),  # noqa: S311
    "random_text": _plain(Random(8).randbytes(MEGA).hex().encode()),  # noqa: S311
    "right_to_left": _plain("\u202e\u2066evil\u0007\u001b]0;x\u0007,".encode() * 10_000),
    **{f"flipped_{seed}": _flipped(seed) for seed in range(6)},
}
BOOKS: dict[str, Make] = {f"book_{name}": _workbook(make) for name, make in WORKBOOKS.items()}
PAYLOADS: dict[str, Make] = {
    **BOOKS,
    **TEXTS,
    **PAGES,
    **JSONS,
    **PARQUETS,
    **CONTAINERS,
    **DISGUISES,
}
# Those made for a kind of file come first, then those that are nothing in particular.
FIRST: dict[str, tuple[dict[str, Make], ...]] = {
    ".xlsx": (BOOKS,),
    ".ods": (BOOKS,),
    ".csv": (TEXTS, PAGES),
    ".tsv": (TEXTS, JSONS),
    ".html": (PAGES, TEXTS),
    ".aspx": (PAGES, TEXTS),
    ".json": (JSONS, TEXTS),
    ".parquet": (PARQUETS, TEXTS),
    ".zip": (CONTAINERS, TEXTS),
}
FOR_EACH = 54
# Made from the good file; the others are the same for all, and are made once.
DERIVED = frozenset(
    {
        *(TEXTS.keys() - {"quotes", "zeros", "over_the_cap"}),
        *(name for name in DISGUISES if name.startswith("flipped")),
        *("parquet_bomb", "parquet_cut", "gzip_cut", "gzip_and_more"),
    }
)


def for_kind(suffix: str) -> list[str]:
    """Return the names of the payloads for a kind of file, at least :data:`FOR_EACH`."""
    names = [name for part in (*FIRST[suffix], CONTAINERS, DISGUISES, PARQUETS) for name in part]
    rest = [name for name in PAYLOADS if name not in names]
    return list(dict.fromkeys([*names, *rest]))[: max(FOR_EACH, len(FIRST[suffix][0]) + 20)]


def for_answers() -> list[str]:
    """Return the names of the payloads that a publisher answers with."""
    return [*PAGES, *JSONS, "zeros", "no_utf8", "over_the_cap", "pdf", "random_text", "gzip_bomb"]
