"""Hostile payloads in place of a file of every kind that any source takes, as found in the inbox.

Every source's good release is taken, one of its files is replaced by a payload, and the release is
brought as a person brings it; a source that asks its publisher also gets payloads as the first page
that the publisher sends. Whatever the bytes are, the refresh gets a typed refusal within the
limits of the source, its own memory does not grow, and the next look at the home reads nothing
again and takes a good release.

Example:
    python -m tests.torture.hostile
    python -m tests.torture.hostile --source frontex_ibc
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import polars as pl

from fcm_migration import limited
from fcm_migration.archive.releases import readable_releases
from fcm_migration.config import Home
from fcm_migration.errors import FetchError, SourceError
from fcm_migration.http import Request, Response
from fcm_migration.http.body import check_body
from fcm_migration.limited import reading
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile, Source
from tests.torture.campaigns import HOSTILE, Record, record
from tests.torture.mutate import OTHER_LAYOUTS
from tests.torture.payloads import DERIVED, PAYLOADS, for_answers, for_kind

MOST_GROWTH = 150_000_000  # bytes; the parent copies a file of 20 MB and reads an answer
GRACE = 1.3  # what a child may be beyond its memory before it is seen
CLOCK = 120.0  # seconds on a busy machine


@dataclass(frozen=True)
class Kind:
    """One layout of a source's releases: its files, one of which is replaced by payloads."""

    source: Source
    layout: str
    paths: tuple[Path, ...]
    victim: Path


@dataclass(frozen=True)
class Case:
    """One attempt and what it took; ``broken`` says which promise was broken, if one was."""

    source_id: str
    kind: str
    payload: str
    way: str
    outcome: str
    broken: str
    seconds: float
    child_bytes: int
    growth: int


def kinds(folder: Path, source_ids: Sequence[str] = ()) -> Iterator[Kind]:
    """Yield every layout of every source, and within it every kind of file."""
    for source in SOURCES:
        if source_ids and source.source_id not in source_ids:
            continue
        wire = import_module(f"tests.wire.{source.source_id}")
        (folder / source.source_id).mkdir()
        made = {"as fetched": wire.release(folder / source.source_id)}
        for layout, write in OTHER_LAYOUTS.get(source.source_id, {}).items():
            (folder / source.source_id / layout).mkdir()
            made[layout] = write(source, folder / source.source_id / layout)
        for layout, paths in made.items():
            for victim in {path.suffix.lower(): path for path in reversed(paths)}.values():
                yield Kind(source, layout, tuple(paths), victim)


def home_of(kind: Kind, root: Path) -> Context:
    """Return an empty home for one source, in which nothing is bundled."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Context(
        Home(root / "home"), now, (kind.source,), offline=True, bundled_dir=root / "none"
    )


def memory() -> tuple[int, int]:
    """Return this process's peak since the last call, and its resident memory now, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak, now = (int(status.partition(f"{name}:")[2].split()[0]) for name in ("VmHWM", "VmRSS"))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak * 1024, now * 1024


def brought(kind: Kind, payload: Path, root: Path) -> str:
    """Bring a release with one file replaced; return the outcome."""
    context = home_of(kind, root)
    given = root / "given"
    given.mkdir(parents=True)
    for path in kind.paths:
        shutil.copyfile(payload if path == kind.victim else path, given / path.name)
    try:
        outcome = ingest(context, kind.source, [given / path.name for path in kind.paths]).outcome
    except SourceError as error:
        outcome = error.outcome
    return outcome


class Publisher:
    """A client whose publisher answers every request with one payload."""

    def __init__(self, payload: Path, folder: Path) -> None:
        self.payload, self.folder = payload, folder

    def get(self, request: Request) -> Response:
        """Return the payload, if the checks of a download let it pass."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "answer"
        shutil.copyfile(self.payload, path)
        if (size := path.stat().st_size) > request.max_bytes:
            raise FetchError("too large", outcome="too_large", where=request.url)
        check_body(path, request)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return Response(request.url, request.url, 200, datetime.now(UTC), {}, path, digest, size)


def downloaded(kind: Kind, payload: Path, root: Path) -> str:
    """Let the publisher answer every request with a payload; return the outcome."""
    from dataclasses import replace

    given = root / "given"  # what is read again where the payload is accepted
    given.mkdir(parents=True)
    for path in kind.paths:
        shutil.copyfile(payload, given / path.name)

    context = replace(home_of(kind, root), offline=False)
    client = Publisher(payload, context.home.downloads)
    return obtain(context, kind.source, client).outcome  # type: ignore[arg-type]


WAYS = {"brought": brought, "downloaded": downloaded}


def attempt(
    kind: Kind,
    payload: str,
    file: Path,
    way: str,
    root: Path,
    truth: Mapping[str, pl.DataFrame],
) -> Case:
    """Try one payload in one way, and look at the home again."""
    memory()
    before, begun = memory()[1], time.monotonic()
    reading.forget_usage()
    broken = outcome = ""
    try:
        outcome = WAYS[way](kind, file, root)
    except Exception as error:  # whatever is not typed breaks the promise
        broken = f"{type(error).__name__}: {error}"[:300]
    seconds, used = time.monotonic() - begun, reading.last_usage()
    growth = memory()[0] - before
    limits = kind.source.limits
    if outcome == "ok":
        paths = [root / "given" / path.name for path in kind.paths]
        same = all(f.equals(truth[n]) for n, f in _tables(kind, paths, root).items())
        broken = "" if same else "accepted with other figures"
    elif used.resident_bytes > limits.resident_bytes * GRACE:
        broken = f"{used.resident_bytes:,} bytes in the child"
    elif seconds > limits.seconds * 2 + CLOCK:
        broken = f"{seconds:.0f} s"
    elif growth > MOST_GROWTH:
        broken = f"{growth:,} bytes in the refresh"
    broken = broken or _again(kind, root, accepted=outcome == "ok")
    name = f"{kind.layout}, {kind.victim.suffix}"
    return Case(
        kind.source.source_id,
        name,
        payload,
        way,
        outcome,
        broken,
        seconds,
        used.resident_bytes,
        growth,
    )


def _again(kind: Kind, root: Path, *, accepted: bool) -> str:
    """Look at the home again; return what is wrong if something is read again, or left."""
    context = home_of(kind, root)
    reading.forget_usage()
    releases = readable_releases(context.home, context.archive, kind.source)
    if reading.last_usage().seconds:
        return "the next refresh reads it again"
    left = [str(path) for path in context.home.downloads.glob("read-*")]
    if left:
        return f"left behind: {left}"
    return "" if accepted or not releases else "a refused release is in use"


def _good_follows(kind: Kind, root: Path) -> str:
    """Bring the good release into the home of the last attempt; return what is wrong with it."""
    context = home_of(kind, root)
    try:
        outcome = ingest(context, kind.source, list(kind.paths)).outcome
    except SourceError as error:
        return f"the good release is refused: {error}"
    return "" if outcome in ("ok", "same_date", "unchanged") else f"the good release is {outcome}"


def campaign(source_ids: Sequence[str] = (), payloads: Sequence[str] = ()) -> list[Case]:
    """Try every payload in every kind of file of the sources."""
    found: list[Case] = []
    asked: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="fcm-hostile-") as folder:
        root = Path(folder)
        (root / "good").mkdir()
        for kind in kinds(root / "good", source_ids):
            truth = _tables(kind, list(kind.paths), root)
            for name, way in _trials(kind, payloads, asked):
                file = _made(name, kind, root)
                shutil.rmtree(root / "trial", ignore_errors=True)
                found.append(attempt(kind, name, file, way, root / "trial", truth))
                _shown(found)
            wrong = _good_follows(kind, root / "trial")
            if wrong:
                found.append(_wrong(kind, wrong))
    limited.end()
    return found


def _trials(kind: Kind, payloads: Sequence[str], asked: set[str]) -> list[tuple[str, str]]:
    """Return payloads and ways for a kind of file; each source's publisher is asked once."""
    trials = [(name, "brought") for name in payloads or for_kind(kind.victim.suffix.lower())]
    if kind.source.fetch is not None and kind.source.source_id not in asked:
        asked.add(kind.source.source_id)
        trials += [(name, "downloaded") for name in payloads or for_answers()]
    return trials


def _made(name: str, kind: Kind, root: Path) -> Path:
    """Return the file of a payload; one that is the same for all is made once."""
    file = root / ("payload" if name in DERIVED else f"payload {name}")
    if name in DERIVED or not file.exists():
        file.write_bytes(PAYLOADS[name](kind.victim.read_bytes(), root / "making"))
    return file


def _tables(kind: Kind, paths: Sequence[Path], root: Path) -> dict[str, pl.DataFrame]:
    files = [ReleaseFile(path.name, path) for path in paths]
    return limited.read_release(kind.source, files, root / "reading").parsed.tables


def _wrong(kind: Kind, what: str) -> Case:
    return Case(kind.source.source_id, kind.layout, "good release", "brought", "", what, 0.0, 0, 0)


def _shown(found: Sequence[Case]) -> None:
    last = found[-1]
    if last.broken:
        sys.stderr.write(f"\n{last}\n")
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{len(found)} tried, {last.source_id} {last.payload}\x1b[K")


def summed(found: Sequence[Case], seconds: float) -> Record:
    """Return the counts of a run."""
    broken = [case for case in found if case.broken]
    words = Counter(case.outcome or "no outcome" for case in found)
    counts = {
        "payloads": len({case.payload for case in found}),
        "kinds of files": len({(case.source_id, case.kind) for case in found}),
        "highest memory of a child (MB)": max(case.child_bytes for case in found) // 1_000_000,
        "highest growth of the refresh (MB)": max(case.growth for case in found) // 1_000_000,
        "longest attempt (s)": round(max(case.seconds for case in found), 1),
        **dict(words.most_common()),
    }
    healed = len(found) - len(broken)
    return Record(HOSTILE.name, len(found), len(broken), healed, 0, round(seconds), counts)


def main() -> None:
    """Parse the arguments, run, and record the counts of a full run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", action="append", default=[])
    parser.add_argument("--payload", action="append", default=[])
    given = parser.parse_args()
    begun = time.monotonic()
    cases = campaign(given.source, given.payload)
    found = summed(cases, time.monotonic() - begun)
    print(found)  # noqa: T201
    if not (given.source or given.payload):
        record(found)
    sys.exit(1 if found.failed else 0)


if __name__ == "__main__":
    main()
