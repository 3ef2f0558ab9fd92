"""Tasks for the limited process: put, watched, and answered or refused with the figures."""

from __future__ import annotations

import errno
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from fcm_migration import machine
from fcm_migration.errors import FcmError, SourceError, UnsafeFileError
from fcm_migration.http import Response
from fcm_migration.limited import wire
from fcm_migration.limited.child import ANSWER, EXIT_DISK
from fcm_migration.limited.model import NOTHING, Death, Look, Reading, Usage
from fcm_migration.limited.server import ORDER
from fcm_migration.limited.watching import Gone, Serve, Server
from fcm_migration.limited.work import named
from fcm_migration.sources.base import Fetched, Get, Limits, ReleaseFile, Source

# Libraries reserve about a gigabyte that they never touch.
_ADDRESS_SPACE = 1_500_000_000
# Signals that come from outside: the system ran out of memory, or a person ended the process.
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_TRIES = 2


class _Running:
    """The server of this process: none until there is something to read."""

    def __init__(self) -> None:
        self.server: Server | None = None
        self.lock = Lock()

    def get(self) -> Server:
        if self.server is None:
            self.server = Server()
        return self.server

    def end(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None


_RUNNING = _Running()


def end() -> None:
    """End the process that waits for more to read; the next task starts another."""
    with _RUNNING.lock:
        _RUNNING.end()


def last_usage() -> Usage:
    """Return the usage of the last task; zeros if there was none since :func:`forget_usage`."""
    return _RUNNING.server.usage if _RUNNING.server else NOTHING


def forget_usage() -> None:
    """Forget the usage of the last task."""
    if _RUNNING.server:
        _RUNNING.server.usage = NOTHING


def fetch_release(source: Source, get: Get, folder: Path) -> Fetched:
    """Return the release that a source finds on its publisher's pages.

    Only the interpretation of the pages runs in the limited process; ``get`` is called here.

    Raises:
        SourceError: there is no release, or a page kills the process that reads it.
    """
    responses: list[Response] = []

    def begin() -> Serve:
        responses.clear()  # of a try that was ended from outside
        return serve

    def serve(asked: bytes) -> bytes:
        try:
            request = wire.request_from_json(json.loads(asked))
        except (LookupError, TypeError, ValueError) as error:
            raise UnsafeFileError(
                "the process that read the pages asked for what makes no sense",
                where=source.source_id,
                got=f"{type(error).__name__}: {error}"[:500],
            ) from error
        try:
            response = get(request)
        except SourceError as error:
            return wire.encode({"error": wire.error_to_json(error)})
        responses.append(response)
        return wire.encode(wire.response_to_json(response))

    with _task("fetch", source, (), folder, begin) as (answer, _):
        return wire.fetched_from_json(answer, responses)


def look_at(source: Source, files: Sequence[ReleaseFile], folder: Path) -> Look:
    """Return the dates that the files of a release state.

    Raises:
        SourceError: they cannot be read, or kill the process that reads them.
    """
    with _task("look", source, files, folder) as (answer, _):
        return wire.look_from_json(answer)


def read_release(source: Source, files: Sequence[ReleaseFile], folder: Path) -> Reading:
    """Return the tables of a release.

    Raises:
        SourceError: it does not parse, or kills the process that reads it.
    """
    with _task("read", source, files, folder) as (answer, place):
        return wire.reading_from_json(answer, source, place)


def _nothing_asked() -> Serve:
    error = wire.error_to_json(FcmError("nothing can be asked for here"))
    return lambda _asked: wire.encode({"error": error})


@contextmanager
def _task(
    task: str,
    source: Source,
    files: Sequence[ReleaseFile],
    folder: Path,
    begin: Callable[[], Serve] = _nothing_asked,
) -> Iterator[tuple[dict[str, Any], Path]]:
    """Carry out a task in a folder of its own; yield its answer and that folder.

    Raises:
        FcmError: the answer is an error, or there is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="read-", dir=folder) as made:
        place = Path(made).resolve()
        order = _order(task, source, files)
        (place / ORDER).write_text(json.dumps(order), encoding="utf-8")
        death = _carried_out(place, source, begin)
        if death is not None and death.status == EXIT_DISK:
            raise machine.told(errno.ENOSPC, None, folder)
        if death is not None:
            raise _killed(source, files, death)
        try:
            yield _answered(place, source, files), place
        except (ArithmeticError, LookupError, TypeError, ValueError, OSError) as error:
            if machine.disk_number(error) is not None:
                raise  # of the caller, who stores the answer
            raise UnsafeFileError(
                "the process that read it gave an answer that makes no sense",
                where=named(source, files),
                got=f"{type(error).__name__}: {error}"[:500],
            ) from error


def _order(task: str, source: Source, files: Sequence[ReleaseFile]) -> dict[str, Any]:
    return {
        "task": task,
        "module": source.module,
        "name": _declared_as(source),
        "files": [[file.name, str(file.path.resolve())] for file in files],
        "limits": {
            "address_space": _ADDRESS_SPACE + 2 * source.limits.resident_bytes,
            "seconds": source.limits.seconds,
            "written_bytes": source.limits.written_bytes,
        },
    }


def _declared_as(source: Source) -> str:
    """Return the name under which a source's module declares it."""
    for name, value in vars(sys.modules[source.module]).items():
        if value is source:
            return name
    raise FcmError(
        "a source that its module does not declare cannot be read in another process",
        where=source.source_id,
        expected=f"an object of the module {source.module}",
    )


def _carried_out(place: Path, source: Source, begin: Callable[[], Serve]) -> Death | None:
    """Carry out a task; after a failure from outside (a signal, a dead server) try once more.

    ``begin`` is called for each try, and gives what answers the child's requests.
    """
    with _RUNNING.lock:
        for left in reversed(range(_TRIES)):
            try:
                death = _RUNNING.get().run(place, source.limits, begin())
            except Gone:
                _RUNNING.end()
                if not left:
                    raise FcmError(
                        "the process that reads publishers' files was ended from outside",
                        where=source.source_id,
                        remedy="run the refresh again; if it recurs, see whether memory is short",
                    ) from None
                continue
            except BaseException:
                _RUNNING.end()
                raise
            if death is None or not _from_outside(death, source.limits):
                return death
    return death


def _from_outside(death: Death, limits: Limits) -> bool:
    spent = death.usage.processor_seconds >= limits.seconds
    return death.why is None and not spent and -death.status in _FROM_OUTSIDE


def _killed(source: Source, files: Sequence[ReleaseFile], death: Death) -> UnsafeFileError:
    """Return the error for files that killed their process, with figures and limits."""
    limits, used = source.limits, death.usage
    got = death.why or f"{_ending(death.status)} {death.said}".strip()
    return UnsafeFileError(
        "the process that read it died",
        where=named(source, files),
        expected=f"at most {limits.resident_bytes:,} bytes of memory and {limits.seconds} s of "
        "processor time",
        got=f"{got}; {used.processor_seconds:.1f} s of processor time and a peak of "
        f"{used.resident_bytes:,} bytes",
        remedy="look at the file; the last good release stays in use. If the file is good, the "
        "limits of the source are too narrow",
    )


def _ending(status: int) -> str:
    if status == -signal.SIGXCPU:
        return "too much processor time"
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _answered(place: Path, source: Source, files: Sequence[ReleaseFile]) -> dict[str, Any]:
    """Return the answer left in a folder.

    Raises:
        FcmError: the answer is an error.
    """
    path = place / ANSWER
    if not path.is_file():
        raise UnsafeFileError("the process that read it gave no answer", where=named(source, files))
    if (size := path.stat().st_size) > wire.LONGEST_ANSWER:
        raise UnsafeFileError(
            "its labels and marks are beyond all measure",
            where=named(source, files),
            expected=f"at most {wire.LONGEST_ANSWER:,} bytes",
            got=f"{size:,}",
        )
    answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "error" in answer:
        raise wire.error_from_json(answer["error"])
    return answer
