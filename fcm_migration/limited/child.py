"""The child that carries out one task under its limits; it is forked for it and ends with it."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from fcm_migration import machine
from fcm_migration.errors import FcmError, UnsafeFileError
from fcm_migration.http import Request, Response
from fcm_migration.limited import wire, work
from fcm_migration.sources.base import ReleaseFile, Source

ANSWER = "answer.json"
EXIT_DISK = 28  # the exit status of a child that cannot even write its answer: the disk is full
# Faults of the machine, never of a file.
_OF_THE_MACHINE = (errno.EIO, errno.EMFILE, errno.ENFILE)
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS of prctl(2)


def carry_out(folder: Path, order: dict[str, Any], channel: socket.socket) -> None:
    """Carry out a task and write the answer into the folder."""
    source: Source = getattr(import_module(order["module"]), order["name"])
    files = [ReleaseFile(name, Path(path)) for name, path in order["files"]]
    where = work.named(source, files)
    tempfile.tempdir = str(folder)
    confine(order["limits"])
    try:
        answer = _DO[order["task"]](source, files, folder, channel)
    except FcmError as error:
        answer = {"error": wire.error_to_json(error)}
    except BaseException as error:
        answer = {"error": wire.error_to_json(_as_typed(error, where))}
    try:
        (folder / ANSWER).write_text(json.dumps(answer), encoding="utf-8")
    except OSError as error:
        if machine.disk_number(error) is not None:
            os._exit(EXIT_DISK)
        answer = {"error": wire.error_to_json(_as_typed(error, where))}
        (folder / ANSWER).write_text(json.dumps(answer), encoding="utf-8")


def _as_typed(error: BaseException, where: str) -> FcmError:
    """Return the typed error that an unforeseen one amounts to."""
    if (number := machine.disk_number(error)) is not None:
        return machine.told(number, None, Path(tempfile.gettempdir()))
    got = f"{type(error).__name__}: {error}"[:500]
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        return FcmError(
            "this machine kept a file from being read",
            where=where,
            got=got,
            remedy="mend what the message names (space, permissions, open files), then run again",
        )
    return UnsafeFileError("reading it failed in an unforeseen way", where=where, got=got)


def confine(limits: dict[str, int]) -> None:
    """Limit this process's processor time, address space and files, and disable core dumps.

    Memory is watched from outside, because what counts is what is resident; the address space,
    of which libraries reserve a gigabyte that they never touch, is limited as a backstop only.
    """
    if sys.platform == "win32":
        return
    import resource

    for kind, soft, most in (
        (resource.RLIMIT_AS, limits["address_space"], limits["address_space"]),
        # SIGXCPU at the first, which tells the reason, and SIGKILL at the second
        (resource.RLIMIT_CPU, limits["seconds"], limits["seconds"] + 1),
        (resource.RLIMIT_FSIZE, limits["written_bytes"], limits["written_bytes"]),
        (resource.RLIMIT_NOFILE, 256, 256),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (min(soft, ceiling), ceiling))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _fetch(
    source: Source, _files: list[ReleaseFile], _folder: Path, channel: socket.socket
) -> dict[str, Any]:
    asked = _Asking(channel)
    fetched = work.fetch(source, asked.get)
    return wire.fetched_to_json(fetched, asked.responses)


class _Asking:
    """The ``get`` of a fetch: each request goes to the process of the refresh, which downloads."""

    def __init__(self, channel: socket.socket) -> None:
        self.responses: list[Response] = []
        self._stream = channel.makefile("rwb")

    def get(self, request: Request) -> Response:
        """Return the response, or raise the error of the download."""
        self._stream.write(wire.encode(wire.request_to_json(request)))
        self._stream.flush()
        line = self._stream.readline()
        if not line:
            os._exit(1)  # nobody waits for the answer any more
        answer = json.loads(line)
        if "error" in answer:
            raise wire.error_from_json(answer["error"])
        self.responses.append(wire.response_from_json(answer))
        return self.responses[-1]


def _look(
    source: Source, files: list[ReleaseFile], _folder: Path, _channel: socket.socket
) -> dict[str, Any]:
    return wire.look_to_json(work.look(source, files))


def _read(
    source: Source, files: list[ReleaseFile], folder: Path, _channel: socket.socket
) -> dict[str, Any]:
    return wire.reading_to_json(work.read(source, files), folder)


_DO: dict[str, Callable[..., dict[str, Any]]] = {"fetch": _fetch, "look": _look, "read": _read}
