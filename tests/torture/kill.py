"""Kill refreshes of the toy home; the published file must hold one whole edition every time.

Half of the kills and more strike at the n-th file operation (see faults.c), the others at a random
moment. After each, every byte of the published editions is read; then a refresh must succeed with
no manual step, give the edition that an undisturbed one gives, and leave no file of the killed run.

Example:
    python -m tests.torture.kill --kills 500
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

from fcm_migration.config import Home
from tests.torture import warm
from tests.torture.campaigns import KILLS, Record, record_if_full

DERIVED_AGAIN = "everything derived is made again"
DERIVED = ("core", "history", "mart", "meta")
LATER = "2024-02-15"  # day of the release that arrives


@dataclass(frozen=True)
class Scene:
    """What a refresh that is killed has to do.

    Attributes:
        name: for counts and messages.
        start: folder of the toy home it begins with.
        prepare: what is done to a copy of that home before.
        editions: the edition published before, and the one an undisturbed refresh publishes.
        operations: how many file operations that refresh has; 0 where none are counted.
        seconds: how long it takes.
    """

    name: str
    start: Path
    prepare: Callable[[Path], None]
    editions: tuple[str, str]
    operations: int
    seconds: float


@dataclass(frozen=True)
class Blow:
    """One kill: at the n-th file operation, or so many seconds after the start."""

    scene: Scene
    operation: int = 0
    after: float = 0.0


# Share of the kills at file operations, and at random moments, by scene.
SHARES = {
    DERIVED_AGAIN: (0.40, 0.10),
    "a new edition is published": (0.30, 0.06),
    "a new release arrives": (0.06, 0.08),
}


def forget(root: Path) -> None:
    """Remove what a refresh makes again of the archive."""
    for name in DERIVED:
        shutil.rmtree(root / "home" / name, ignore_errors=True)


def arrive(root: Path) -> None:
    """Put a new release into the inbox."""
    from tests.toy import write_release
    from tests.toy_home import rows

    write_release(root / "home" / "inbox" / "toy", LATER, rows("1"))


def nothing(_root: Path) -> None:
    """Prepare nothing."""


def stop_before_publishing(root: Path) -> None:
    """Refresh until all is made and checked, and end there. Call it in a child."""
    from fcm_migration.refresh import publishing

    with mock.patch.object(publishing, "publish_edition", side_effect=SystemExit(0)):
        warm.refresh(root)


def scenes(home: Path, folder: Path, names: Sequence[str], *, is_counted: bool) -> list[Scene]:
    """Return the scenes of these names, each played once to its end."""
    kinds: dict[str, tuple[Path, Callable[[Path], None]]] = {
        DERIVED_AGAIN: (home, forget),
        "a new edition is published": (folder / "made", nothing),
        "a new release arrives": (home, arrive),
    }
    if "a new edition is published" in names:
        warm.copied(home, folder / "made")
        arrive(folder / "made")
        warm.in_child(lambda: stop_before_publishing(folder / "made"))
    return [_played(name, *kinds[name], folder / "played", is_counted) for name in names]


def _played(
    name: str, start: Path, prepare: Callable[[Path], None], root: Path, is_counted: bool
) -> Scene:
    warm.copied(start, root)
    prepare(root)
    before = warm.in_child(lambda: warm.whole_edition(root))

    def play() -> tuple[str, int]:
        if is_counted:
            warm.arm(root / "home", 0)
        return warm.refresh(root), warm.counted() if is_counted else 0

    begun = time.monotonic()
    after, operations = warm.in_child(play)
    return Scene(name, start, prepare, (before, after), operations, time.monotonic() - begun)


def blows(found: Sequence[Scene], kills: int, chance: random.Random) -> list[Blow]:
    """Return the kills of a campaign, in random order.

    Those at file operations lie evenly from the first to the last operation of each scene; where
    there are as many as operations, every one is struck.
    """
    given: list[Blow] = []
    total = sum(sum(SHARES[scene.name]) for scene in found)
    for scene in found:
        at_operations, at_random = SHARES[scene.name]
        if not scene.operations:
            at_operations, at_random = 0.0, at_operations + at_random
        many = min(round(kills * at_operations / total), scene.operations)
        step = scene.operations / max(many, 1)
        given += [Blow(scene, int(n * step + chance.random() * step) + 1) for n in range(many)]
        moments = round(kills * at_random / total)
        given += [Blow(scene, after=chance.uniform(0, scene.seconds)) for _ in range(moments)]
    chance.shuffle(given)
    while len(given) < kills:  # what rounding left over
        given.append(Blow(found[0], after=chance.uniform(0, found[0].seconds)))
    return given[:kills]


def strike(blow: Blow, root: Path) -> Counter[str]:
    """Kill one refresh, look at what it left, and refresh to the end; return what happened."""
    scene = blow.scene
    warm.copied(scene.start, root)
    scene.prepare(root)

    def killed() -> None:
        if blow.operation:
            warm.arm(root / "home", blow.operation)
        warm.refresh(root)

    pid, pipe = warm.forked(killed)
    if blow.after:
        time.sleep(blow.after)
        os.kill(pid, signal.SIGKILL)
    status, said = warm.ended(pid, pipe)
    if status == 0:
        return Counter({"ended before": 1})
    if status != -signal.SIGKILL:
        return Counter({"killed": 1, f"died otherwise: {said}": 1})
    met = Counter({"killed": 1, "at a file operation": bool(blow.operation)})
    met.update(_after(blow, root))
    return met


def _after(blow: Blow, root: Path) -> Counter[str]:
    before, after = blow.scene.editions
    where = f"{blow.scene.name}, operation {blow.operation or None}, after {blow.after:.2f} s"

    def read() -> str:
        return warm.whole_edition(root)

    def mend() -> str:
        warm.refresh(root)
        return warm.whole_edition(root)

    met: Counter[str] = Counter()
    for word, look, expected in (("unreadable", read, (before, after)), ("manual", mend, (after,))):
        status, said = warm.ended(*warm.forked(look))
        if status != 0:
            met[word] += 1
        elif said not in expected:
            met["another edition"] += 1
        if status != 0 or said not in expected:
            sys.stderr.write(f"{where}: {word} (ended with {status}): {said}\n")
    left = warm.litter(root / "home") + _waiting(Home(root / "home"))
    if left:
        met["files left"] += 1
        sys.stderr.write(f"{where}: left: {left}\n")
    met["failed"] = bool(met)
    return met


def _waiting(home: Home) -> list[str]:
    return [str(path) for path in (home.inbox / "toy").glob("*")]


def campaign(
    home: Path,
    kills: int,
    seed: int,
    *,
    is_counted: bool,
    names: Sequence[str] = tuple(SHARES),
    processes: int = 1,
) -> Record:
    """Kill that many refreshes, each of a copy of the toy home below ``home``."""
    begun = time.monotonic()
    met: Counter[str] = Counter()
    chance = random.Random(seed)  # noqa: S311
    with warm.scratch() as folder:
        found = scenes(home, folder, names, is_counted=is_counted)
        while (missing := kills - met["killed"]) > 0:
            given = blows(found, missing, chance)
            parts = [given[n::processes] for n in range(processes)]
            running = [
                warm.forked(partial(_all, part, folder / f"run{n}"), most=0)
                for n, part in enumerate(parts)
            ]
            for status, part in [warm.ended(*child) for child in running]:
                if status != 0:
                    raise RuntimeError(part)
                met.update(part)
    return _record(met, found, time.monotonic() - begun)


def _all(given: Sequence[Blow], root: Path) -> Counter[str]:
    met: Counter[str] = Counter()
    for blow in given:
        met.update(strike(blow, root))
    return met


def _record(met: Counter[str], found: Sequence[Scene], seconds: float) -> Record:
    counts: dict[str, int | float | str] = {
        "at a file operation": met["at a file operation"],
        "at a random moment": met["killed"] - met["at a file operation"],
        "ended before the blow": met["ended before"],
        **{f"file operations where {scene.name}": scene.operations for scene in found},
        **{name: met[name] for name in ("unreadable", "another edition", "files left")},
    }
    odd = tuple(name for name in met if name.startswith("died otherwise"))
    return Record(
        KILLS.name,
        tried=met["killed"],
        failed=met["failed"] + len(odd),
        healed=met["killed"] - met["manual"],
        manual=met["manual"],
        seconds=round(seconds, 1),
        counts=counts,
        notes=(
            *odd,
            "A killed process loses nothing that it handed to the kernel; a loss of power is not "
            "tried.",
        ),
    )


def main() -> None:
    """Parse the arguments, run, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20230628)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="folder of the record, of a short run too")
    given = parser.parse_args()
    is_counted = warm.start_again_with_shim("tests.torture.kill")
    warm.load()
    with warm.scratch() as folder:
        warm.made_home(folder)
        found = campaign(
            folder, given.kills, given.seed, is_counted=is_counted, processes=given.processes
        )
    sys.stdout.write(f"{found}\n")
    record_if_full(found, given.out, is_full=given.kills >= 500)
    if found.failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
