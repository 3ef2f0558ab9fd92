"""Many readers through many publications: every answer must be of one complete edition.

Two editions of one table take turns at the published path. In one every row holds 1, in the other
every row holds 2, so a torn read shows as a mixture, or as an edition with the other's rows. Each
is published twice running, since an unchanged refresh replaces the file as well. A reader opens,
asks, closes, and never sees a publication older than its last.

Example:
    python -m tests.torture.readers --readers 20 --publishes 10
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from fcm_migration.config import Home
from fcm_migration.errors import FcmError
from fcm_migration.publish import Edition
from fcm_migration.publish.query import connect
from tests.small import publish_counts
from tests.torture.campaigns import READERS, Record, record_if_full

ROWS = 50_000
KINDS = (1, 2)
QUESTION = """
    SELECT edition_id, sequence, (SELECT count(*) FROM mart.counts) AS n,
           (SELECT min(counted_persons) FROM mart.counts) AS low,
           (SELECT max(counted_persons) FROM mart.counts) AS high
    FROM meta.edition
"""


def publish(home: Path, kind: int, rows: int) -> Edition:
    """Publish the edition in which every row holds ``kind``."""
    return publish_counts(Home(home).published_dir, [kind] * rows)


def read_on(home: Path, stop: Path, most: int = sys.maxsize) -> dict[str, int]:
    """Open, ask and close until told to stop, or ``most`` times; return what was met."""
    met: Counter[str] = Counter(opens=0, errors=0, torn=0, went_back=0, editions=0)
    last, kinds = 0, dict[str, int]()
    rows = 0
    while not stop.exists() and met["opens"] < most:
        met["opens"] += 1
        try:
            with connect(home) as connection:
                edition, sequence, count, low, high = connection.sql(QUESTION).row(0)
        except FcmError as error:
            met["errors"] += 1
            sys.stderr.write(f"{error}\n")
            continue
        rows = rows or count
        torn = low != high or count != rows or kinds.setdefault(edition, low) != low
        met["torn"] += torn
        met["went_back"] += sequence < last
        met["editions"] += sequence != last
        last = sequence
    return dict(met)


def campaign(home: Path, readers: int, publishes: int, rows: int = ROWS) -> dict[str, float]:
    """Run the campaign; return its figures, summed over readers."""
    stop = home / "stop"
    first = publish(home, KINDS[0], rows)
    command = [sys.executable, "-m", "tests.torture.readers", "--read", str(home), str(stop)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(readers)
    ]
    begun = time.monotonic()
    last = first
    for number in range(1, publishes + 1):
        last = publish(home, KINDS[number // 2 % 2], rows)
    seconds = time.monotonic() - begun
    stop.touch()
    total: Counter[str] = Counter()
    for process in running:
        out, errors = process.communicate(timeout=300)
        if process.returncode != 0:
            raise SystemExit(f"a reader died: {errors[-2000:]}")
        total.update(json.loads(out))
        sys.stderr.write(errors)
    return {
        "readers": readers,
        "publications": last.sequence - first.sequence,
        "seconds": round(seconds, 1),
        **{k: total[k] for k in ("opens", "errors", "torn", "went_back", "editions")},
    }


def as_record(figures: Mapping[str, float]) -> Record:
    """Return the counts of a run; an attempt is one reader's opening of the file."""
    failed = int(figures["errors"] + figures["torn"] + figures["went_back"])
    opens = int(figures["opens"])
    counted = {name: value for name, value in figures.items() if name not in ("seconds", "opens")}
    return Record(READERS.name, opens, failed, opens - failed, 0, figures["seconds"], counted)


def main() -> None:
    """Parse the arguments and run; exit 1 if a reader met anything but whole editions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=20)
    parser.add_argument("--publishes", type=int, default=10)
    parser.add_argument("--read", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help="folder of the record, of a short run too")
    given = parser.parse_args()
    if given.read:
        json.dump(read_on(*given.read), sys.stdout)
        return
    with tempfile.TemporaryDirectory() as folder:
        figures = campaign(Path(folder), given.readers, given.publishes)
    print(figures)  # noqa: T201
    is_full = given.readers >= 20 and given.publishes >= 10
    record_if_full(as_record(figures), given.out, is_full=is_full)
    if figures["errors"] or figures["torn"] or figures["went_back"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
