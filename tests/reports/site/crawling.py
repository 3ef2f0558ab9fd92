"""Following the links of a folder of pages."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from fcm_migration.outfolder import NOTE
from tests.reports.brief_html import ELSEWHERE, parsed


def assert_links_resolve(site: Path, start: str = "index.html") -> int:
    """Follow every link within the folder from its start page; return how many pages there are.

    A link leads to a file of the folder and, where it names one, to an element of it; every file
    but the folder's note is reached.
    """
    waiting, pages, reached = [start], set[str](), {start}
    while waiting:
        name = waiting.pop()
        pages.add(name)
        for link in parsed((site / name).read_text(encoding="utf-8")).every("a"):
            href = link.attributes["href"]
            if href.startswith(ELSEWHERE):
                continue
            parts = urlsplit(href)
            assert not parts.scheme, href
            path = ((site / name).parent / unquote(parts.path)).resolve()
            target = path.relative_to(site.resolve()).as_posix() if parts.path else name
            assert (site / target).is_file(), f"{name} links {href}"
            reached.add(target)
            if target.endswith(".html"):
                if parts.fragment:
                    root = parsed((site / target).read_text(encoding="utf-8"))
                    assert root.every(id=parts.fragment), f"{name} links {href}"
                if target not in pages | set(waiting):
                    waiting.append(target)
    there = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert there - reached == {NOTE}
    return len(pages)
