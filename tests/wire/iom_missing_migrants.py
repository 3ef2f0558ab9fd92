"""IOM: two years as JSON, and an answer for every year. Every incident is made up."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from fcm_migration.http import Request
from tests.sources.iom_files import FOLDER, records


def release(folder: Path) -> list[Path]:
    """Write the files of 2014 and 2015 under the names fetch() gives them."""
    return [Path(shutil.copy(FOLDER / f"{year}-json.json", folder)) for year in (2014, 2015)]


def answer(request: Request) -> bytes | None:
    """The year asked for; years without a fixture hold one incident, a fresh one this year."""
    found = re.fullmatch(
        r"https://missingmigrants\.iom\.int/global-figures/(\d{4})/json", request.url
    )
    if found is None:
        return None
    path = FOLDER / f"{found[1]}-json.json"
    if path.exists():
        return path.read_bytes()
    rows = records(2014)[:1]
    today = datetime.now(UTC).date()
    day = date(int(found[1]), 1, 6)
    if day.year == today.year:
        day = max(date(today.year, 1, 1), today - timedelta(days=5))
    rows[0] |= {"web_id": f"{found[1]}.MMP00001", "reported_date": day.isoformat()}
    return json.dumps(rows).encode()
