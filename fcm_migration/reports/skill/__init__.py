"""The page on the forecasts' skill: how good, against whom, where they fail.

Every figure is asked of the published file by SQL (:mod:`.facts`) or read from the benchmark's
record (:mod:`.rivals`); nothing is typed by hand.
"""

from __future__ import annotations

import os
from pathlib import Path

from fcm_migration.config import shipped
from fcm_migration.publish.query import Connection
from fcm_migration.reports.skill.benchmark import read_record
from fcm_migration.reports.skill.facts import Facts, gathered
from fcm_migration.reports.skill.page import skill_page

RECORD = shipped("records") / "forecast.json"

__all__ = ["RECORD", "Facts", "gathered", "skill_page", "write_skill"]


def write_skill(
    published: Path, page: Path, pictures: Path | None = None, record: Path = RECORD
) -> list[Path]:
    """Write the page and its pictures; return what was written.

    Args:
        published: the published file.
        page: Markdown file to write.
        pictures: folder of the pictures; by default ``pictures`` beside the page.
        record: figures written by ``python -m benchmarks.forecast --out``; may be absent.

    Raises:
        EditionError: nothing is published.
        UsageError: the edition has no scores, or the record is not the benchmark's.
    """
    from fcm_migration.reports.plots.skill import skill_pictures

    with Connection(published) as connection:
        facts = gathered(connection)
    drawn = skill_pictures(facts)
    folder = pictures or page.parent / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    for name, png in drawn.items():
        (folder / name).write_bytes(png)
    there = Path(os.path.relpath(folder, page.parent)).as_posix()
    page.write_text(skill_page(facts, read_record(record), there), encoding="utf-8")
    return [page, *(folder / name for name in drawn)]
