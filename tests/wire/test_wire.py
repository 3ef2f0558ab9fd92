"""Every source has a good release in the publisher's format, and a publisher that works."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile, Source
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, same


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
def test_a_release_and_a_download_hold_the_same_rows(tmp_path: Path, source: Source) -> None:
    wire = import_module(f"tests.wire.{source.source_id}")
    (tmp_path / "given").mkdir()
    given = [ReleaseFile(path.name, path) for path in wire.release(tmp_path / "given")]
    release = conformed(source, source.parse(given))
    assert all(not frame.is_empty() for frame in release.tables.values())
    if source.fetch is None:
        assert not hasattr(wire, "answer")
        return
    get = FakeGet(tmp_path, wire.answer)
    fetched = source.fetch(get)
    assert {urlsplit(request.url).hostname for request in get.requests} <= source.hosts
    files = [ReleaseFile(file.name, file.response.path) for file in fetched.files]
    download = conformed(source, source.parse(files))
    if len(files) == len(given):
        assert same(download, release)
        return
    # A dataset of a file per year: a download goes to the running year, the release does not.
    for name, frame in release.tables.items():
        both = frame.join(download.tables[name], on=frame.columns, how="semi", nulls_equal=True)
        assert both.height == frame.height
