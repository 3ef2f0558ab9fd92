"""Damage files of a home at random; no damage may be published, and a refresh mends the rest.

After each blow a refresh runs, and what its errors say is done. Then every table of the published
file is compared with what it was before. Half of the blows also remove what stands between the
damaged file and the figures, so that the file is read again.

Example:
    python -m tests.torture.corrupt --tries 500 --record
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from fcm_migration.config import PUBLISHED_NAME
from fcm_migration.errors import FcmError
from fcm_migration.publish.editions import list_editions, rollback, verify
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.originals import damaged_originals
from fcm_migration.refresh.run import refresh
from tests.torture import two_sources
from tests.torture.campaigns import CORRUPTIONS, Record, record

# What a path is, by the first of these that it holds.
KINDS: Mapping[str, tuple[str, ...]] = {
    "archived bytes": ("home/archive/blobs/",),
    "archive notes": ("home/archive/snapshots/",),
    "attempts log": ("home/archive/attempts/",),
    "journal": ("home/refreshes.jsonl",),
    "ledger": ("/ledger/", "home/ledger"),
    "parsed releases": ("home/core/releases/",),
    "stamps": ("home/cache/steps/", "home/cache/judged/", "inputs.json", "home/core/revisions/"),
    "core": ("home/core/", "home/history/"),
    "mart": ("home/mart/",),
    "fits": ("home/cache/",),
    "forecasts and trends": ("home/forecast/", "home/trend/"),
    "metadata": ("home/meta/",),
    "check reports": ("home/checks/",),
    "facts of editions": (".json", ".spare"),
    "published file": (".duckdb",),
}
BUNDLED = "bundled edition"
ARCHIVE = ("archived bytes", "archive notes", "attempts log", "ledger", BUNDLED)
# What is removed so that a damaged file of a kind is read by the next refresh.
BETWEEN: Mapping[str, tuple[str, ...]] = {
    "archived bytes": ("core",),
    "archive notes": ("core",),
    BUNDLED: ("core", "archive/snapshots/second"),
    "parsed releases": ("core/*.inputs.json",),
    "core": ("mart/parts/*/inputs.json",),
    "mart": ("cache/steps",),
    "fits": ("cache/steps", "forecast/*.parquet"),
    "facts of editions": ("published/editions/*.duckdb",),
}
# Tables that a refresh changes although no figure has changed.
RESTLESS = ("meta.attempts", "meta.check_results", "meta.sources")
Truth = Mapping[str, str]


@dataclass(frozen=True)
class Blow:
    """What was done to which file, what came of it, and the errors met on the way.

    ``result`` is ``healed``, ``archive`` (said, with what to do, which worked), or a broken
    promise: ``wrong``, ``stopped``, ``left``.
    """

    kind: str
    way: str
    file: str
    forced: bool
    result: str
    detail: str = ""


def kind_of(path: str) -> str | None:
    """Return the kind of a file of a home by its path below the campaign's folder."""
    if path.startswith("bundled/"):
        return BUNDLED
    if not path.startswith("home/") or path.endswith((".lock", ".holder.json")):
        return None
    return next((kind for kind, marks in KINDS.items() if any(m in path for m in marks)), None)


def flip(body: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one bit changed."""
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ (1 << chance.randrange(8))]) + body[at + 1 :]


def cut(body: bytes, chance: random.Random) -> bytes:
    """Return the beginning of the bytes."""
    return body[: chance.randrange(len(body))]


def zero(body: bytes, chance: random.Random) -> bytes:
    """Return the bytes with a block of zeros in them."""
    size = min(len(body), 512)
    at = chance.randrange(len(body) - size + 1)
    return body[:at] + bytes(size) + body[at + size :]


def empty(_body: bytes, _chance: random.Random) -> bytes:
    """Return nothing."""
    return b""


def garbage(body: bytes, chance: random.Random) -> bytes:
    """Return as many random bytes."""
    return chance.randbytes(len(body))


WAYS: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    way.__name__: way for way in (flip, cut, zero, empty, garbage)
}
SWAP = "swap"
BROKEN = ("wrong", "stopped", "left")


def strike(root: Path, chance: random.Random) -> tuple[str, str, dict[Path, tuple[bytes, bytes]]]:
    """Damage a random file; return kind, way, and what files held before and hold now."""
    by_kind: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*")):
        kind = kind_of(path.relative_to(root).as_posix()) if path.is_file() else None
        if kind is not None and path.stat().st_size > 0:
            by_kind.setdefault(kind, []).append(path)
    kind = chance.choice(sorted(by_kind))
    path = chance.choice(by_kind[kind])
    way = chance.choice([*WAYS, "flip", SWAP])  # a bit that flipped is hardest to notice
    before = path.read_bytes()
    others = [p for p in by_kind[kind] if p.suffix == path.suffix and p.read_bytes() != before]
    if way == SWAP and others:
        other = chance.choice(others)
        told = other.read_bytes()
        changed = {path: (before, told), other: (told, before)}
    else:
        way = "flip" if way == SWAP else way
        after = WAYS[way](before, chance)
        changed = {path: (before, after)} if after != before else {}
    for target, (_, now) in changed.items():
        target.chmod(0o644)
        target.write_bytes(now)
    return kind, way, changed


def figures(context: Context) -> Truth:
    """Return the fingerprint of every published table of figures; `verify` compared the rows."""
    (current,) = [e for e in list_editions(context.home.published_dir) if e.is_current]
    return {name: found for name, (_, found) in current.tables.items() if name not in RESTLESS}


def _do(what: Callable[[], object]) -> str:
    """Return the error a call ends with; empty where it succeeds."""
    try:
        what()
    except FcmError as error:
        return str(error)
    except Exception as error:
        return f"UNTYPED {type(error).__name__}: {error}"
    return ""


def _mended(context: Context, what: Callable[[], object], met: list[str]) -> bool:
    """Do something and, where it fails, what its error says; return whether it then succeeds."""
    error = _do(what)
    if not error:
        return True
    met.append(error[:300])
    if "fcm rollback" in error:
        _do(lambda: rollback(context.home.published_dir))
    if "fcm refresh" in error:
        _do(lambda: refresh(context))
    again = _do(what)
    if again:
        met.append(f"AFTER ITS REMEDY {again[:300]}")
    return not again


def _said(context: Context, summary: object) -> str:
    from fcm_migration.refresh.report import print_summary

    with contextlib.redirect_stdout(io.StringIO()) as text:
        print_summary(context, summary)  # type: ignore[arg-type]
    return text.getvalue()


def attempt(pristine: Path, root: Path, seed: int, truth: Truth) -> Blow:
    """Copy the home, damage it, refresh, do what is said, and compare."""
    logging.disable(logging.CRITICAL)
    chance = random.Random(seed)  # noqa: S311
    _copy(pristine, root)
    context = two_sources.context_below(root)
    kind, way, changed = strike(root, chance)
    forced = chance.random() < 0.5 and kind in BETWEEN
    for pattern in BETWEEN[kind] if forced else ():
        for path in context.home.root.glob(pattern):
            if path not in changed and path.name != PUBLISHED_NAME:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    file = ", ".join(sorted(path.relative_to(root).as_posix() for path in changed))
    result, detail = _result(context, kind, changed, truth)
    return Blow(kind, way, file, forced, result, detail)


def _result(
    context: Context, kind: str, changed: Mapping[Path, tuple[bytes, bytes]], truth: Truth
) -> tuple[str, str]:
    met: list[str] = []
    said: list[str] = []
    with two_sources.quick():
        if not _mended(context, lambda: said.append(_said(context, refresh(context))), met):
            return "stopped", " | ".join(met)
        if not _mended(context, lambda: verify(context.home.published_dir), met):
            return "stopped", " | ".join(met)
        if any(text.startswith("UNTYPED") for text in met):
            return "stopped", " | ".join(met)
        same = figures(context) == truth
        if kind in ARCHIVE:
            return _archive(context, changed, truth, said)
        if not same:
            return "wrong", " | ".join(met)
    left = [p for p, (_, now) in changed.items() if p.exists() and p.read_bytes() == now]
    if left:
        return "left", str(left)
    return "healed", " | ".join(met)


def _archive(
    context: Context,
    changed: Mapping[Path, tuple[bytes, bytes]],
    truth: Truth,
    said: Sequence[str],
) -> tuple[str, str]:
    """Return the result where an original was damaged: restored, or named with what to do."""
    same = figures(context) == truth
    left = [p for p, (_, now) in changed.items() if p.exists() and p.read_bytes() == now]
    if not left:
        return ("healed", "") if same else ("wrong", "")
    named = "damaged" in "".join(said)
    listed = _listed(context)
    if not same and not named:
        return "wrong", "".join(said)[-300:]
    if any(path.name not in listed for path in left):
        return "left", f"not listed: {left}"
    for path in left:  # what the list says: put it back from a backup
        path.write_bytes(changed[path][0])
    error = _do(lambda: refresh(context))
    if error or figures(context) != truth:
        return "stopped", f"put back, and yet: {error}"
    return "archive", ""


def _listed(context: Context) -> str:
    """Return what `fcm verify --archive` lists."""
    return "\n".join(str(item) for item in damaged_originals(context))


def _copy(pristine: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(pristine, root)
    home = two_sources.context_below(root).home
    for edition in list_editions(pristine / "home" / "published"):
        if edition.is_current:
            home.published.unlink()
            home.published.hardlink_to(home.published_dir / "editions" / edition.path.name)


def campaign(folder: Path, tries: int, seed: int) -> Iterator[Blow]:
    """Strike so many times in a process of its own, which is replaced where a blow kills it."""
    pristine, root = folder / "pristine", folder / "struck"
    with two_sources.quick():
        truth = figures(two_sources.make(pristine))
    number = 0
    while number < tries:
        with ProcessPoolExecutor(1, get_context("spawn")) as executor:
            try:
                while number < tries:
                    number += 1
                    task = executor.submit(attempt, pristine, root, seed + number, truth)
                    yield task.result()
            except BrokenProcessPool:
                yield Blow("unknown", "unknown", "", False, "stopped", "it ended the process")


def summary(blows: Sequence[Blow], seconds: float) -> Record:
    """Return the counts of a campaign."""
    results = Counter(blow.result for blow in blows)
    kinds = Counter(blow.kind for blow in blows)
    return Record(
        CORRUPTIONS.name,
        tried=len(blows),
        failed=sum(results[name] for name in BROKEN),
        healed=results["healed"],
        manual=results["archive"],
        seconds=seconds,
        counts={
            "published silently wrong": results["wrong"],
            "stopped a refresh for good": results["stopped"],
            "left damaged unnamed": results["left"],
            **{f"{kind} (blows)": kinds[kind] for kind in sorted(kinds)},
        },
        notes=(
            "Manual: an original of the archive, or the bundled edition, which "
            "`fcm verify --archive` lists with what to do; that was then done, and worked.",
        ),
    )


def main() -> None:
    """Parse the arguments, run, print every blow, and record the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20230628)
    parser.add_argument("--record", action="store_true", help="Write the record of a full run.")
    given = parser.parse_args()
    begun, blows = time.monotonic(), list[Blow]()
    with tempfile.TemporaryDirectory() as folder:
        for blow in campaign(Path(folder), given.tries, given.seed):
            blows.append(blow)
            print(len(blows), blow, flush=True)  # noqa: T201
    found = summary(blows, time.monotonic() - begun)
    if given.record:
        record(found)
    print(found)  # noqa: T201
    sys.exit(found.failed > 0)


if __name__ == "__main__":
    main()
