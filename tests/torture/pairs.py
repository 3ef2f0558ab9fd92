"""Start two refreshes of one home at the same moment: one works, the other says who does.

Both run the command line in processes that have everything loaded and begin together, so that they
meet at the lock; the one that has it begins its work when the other has ended, so that they meet on
a slow machine too. The one that finds the lock held must end with exit code 5 and name the other.
Before every second pair lies the note of a holder that was killed.

Example:
    python -m tests.torture.pairs --pairs 20
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import select
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest import mock

from fcm_migration.errors import BusyError
from tests.torture import warm
from tests.torture.campaigns import PAIRS, Record, record_if_full

if TYPE_CHECKING:  # loaded by warm.load otherwise
    from fcm_migration.refresh.context import Context
    from fcm_migration.refresh.run import Summary

NO_PROCESS = (1 << 22) + 1  # Linux gives no such number
MOST_SECONDS = 2.0  # for the one that finds the lock held
WAITED_SECONDS = 60.0  # for the other, which never takes as long


@dataclass(frozen=True)
class Run:
    """One refresh of a pair."""

    pid: int
    code: int
    seconds: float
    said: str


def command(root: Path, gate: int, other_ended: int) -> tuple[int, float, str]:
    """Run ``fcm refresh --offline`` once the gate opens; return code, seconds and errors.

    With the lock in hand it waits until there is something to read from ``other_ended``.
    """
    from fcm_migration.cli import main
    from fcm_migration.refresh import run
    from tests.toy_home import context_of

    work = run._refresh

    def wait_and_work(context: Context) -> Summary:
        select.select([other_ended], [], [], WAITED_SECONDS)
        return work(context)

    os.read(gate, 1)
    begun, said, code = time.monotonic(), io.StringIO(), 0
    with (
        contextlib.redirect_stderr(said),
        contextlib.redirect_stdout(io.StringIO()),
        mock.patch.object(run, "_refresh", wait_and_work),
    ):
        try:
            main(["refresh", "--offline"], given=context_of(root))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
    return code, time.monotonic() - begun, said.getvalue()


def pair(root: Path) -> list[Run]:
    """Start two refreshes at once and wait for both."""
    gate, opener = os.pipe()
    other_ended, end = os.pipe()
    started = [warm.forked(partial(command, root, gate, other_ended)) for _ in range(2)]
    os.write(opener, b"xx")
    select.select([pipe for _, pipe in started], [], [])
    os.write(end, b"x")
    found = []
    for pid, pipe in started:
        status, sent = warm.ended(pid, pipe)
        code, seconds, said = sent if status == 0 else (status, 0.0, str(sent))
        found.append(Run(pid, code, seconds, said))
    for pipe in (gate, opener, other_ended, end):
        os.close(pipe)
    return found


def leave_note(root: Path) -> None:
    """Leave the note that a killed holder of the lock leaves."""
    note = {"holder": "fcm refresh", "pid": NO_PROCESS, "since": "2024-01-01T00:00:00+00:00"}
    (root / "home" / "refresh.holder.json").write_text(json.dumps(note))


def judged(both: list[Run]) -> Counter[str]:
    """Return what was wrong with a pair; nothing where one worked and the other named it."""
    codes = sorted(run.code for run in both)
    if codes != [0, BusyError.exit_code]:
        return Counter({f"ended with {codes}": 1})
    worked, busy = sorted(both, key=lambda run: run.code)
    met: Counter[str] = Counter()
    named = re.search(r"got fcm refresh \(pid (\d+)\) since \S+; what to do: wait", busy.said)
    if named is None or int(named.group(1)) != worked.pid:
        met["did not name the other"] += 1
        sys.stderr.write(f"pid {worked.pid} worked: {busy.said}\n")
    met["took too long to say so"] += busy.seconds > MOST_SECONDS
    return +met


def campaign(home: Path, pairs: int) -> Record:
    """Start pairs of refreshes of a copy of the toy home below ``home``."""
    begun, met, slowest, failed, damaged = time.monotonic(), Counter[str](), 0.0, 0, 0
    with warm.scratch() as folder:
        root = folder / "run"
        warm.copied(home, root)
        good = warm.in_child(partial(warm.whole_edition, root))
        for number in range(pairs):
            if number % 2:
                leave_note(root)
            both = pair(root)
            wrong = judged(both)
            slowest = max([slowest, *(run.seconds for run in both if run.code)])
            status, said = warm.ended(*warm.forked(partial(warm.whole_edition, root)))
            is_whole = (status, said) == (0, good) and not warm.litter(root / "home")
            if not is_whole:
                wrong["not whole afterwards"] += 1
                damaged += 1
                warm.copied(home, root)
            failed += bool(wrong)
            met.update(wrong)
    return Record(
        PAIRS.name,
        tried=pairs,
        failed=failed,
        healed=pairs - damaged,
        manual=damaged,
        seconds=round(time.monotonic() - begun, 1),
        counts={"slowest to say so (milliseconds)": round(slowest * 1000), **met},
    )


def main() -> None:
    """Parse the arguments, run, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--out", type=Path, help="folder of the record, of a short run too")
    given = parser.parse_args()
    warm.start_again_with_shim("tests.torture.pairs", count_operations=False)
    warm.load()
    with warm.scratch() as folder:
        warm.made_home(folder)
        found = campaign(folder, given.pairs)
    sys.stdout.write(f"{found}\n")
    record_if_full(found, given.out, is_full=given.pairs >= 20)
    if found.failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
