"""Fits on the workers of a running Dask scheduler: the same bytes, or an error with the reason.

Only names of functions of this package and arrays of tasks are sent: no code, no file, no name of a
series. Before anything is fitted every worker must prove that it has the same code and that its
arithmetic gives the same bits; a worker that joins later is checked before its first fits. The fits
of a worker that dies are made again by the others.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from time import monotonic
from typing import Any

import numpy as np
import scipy.linalg

from fcm_migration import fingerprint
from fcm_migration.arrays import Floats
from fcm_migration.errors import ClusterError, UsageError
from fcm_migration.forecast.models.tasks import Task, Work, fit_each

CONNECT_S = 5.0  # to reach the scheduler
JOIN_S = 10.0  # for a first worker to join
ALONE_S = 60.0  # without any worker before giving up; a nanny restarts one in 5 s
ASK_S = 2.0  # between checks whether a worker is left
# a fit of a series takes about 20 ms, a message 1 ms: many fits per message, but no worker idle
CHUNK_TASKS, CHUNK_BYTES, CHUNKS_A_THREAD = 50, 2**18, 8
ONE_AT_A_TIME = Lock()  # fits are not thread-safe; a worker with several threads takes turns
SHOWN = 3  # workers named in an error


def fit_on_cluster(
    work: Sequence[Work], address: str, report: Callable[[str], None] | None = None
) -> list[Floats]:
    """Return the results of fits made on the workers of a scheduler, in the order of the work.

    Args:
        work: functions of this package with their tasks.
        address: of the scheduler, ``tcp://host:port`` or ``tls://host:port``.
        report: called with the number of worker threads.

    Raises:
        UsageError: Dask is not installed, or the address is invalid.
        ClusterError: the scheduler cannot be reached or is lost, there is no worker, a worker's
            code or arithmetic differs, or a fit has killed one worker after another.
    """
    with _client(address) as client:
        mine = identity()
        threads = _checked_threads(client, mine, address)
        if report:
            report(f"fitting on {threads} threads of workers at {address}")
        with _losses_explained(address):
            futures = [
                client.submit(fit_chunk, mine, chunk, pure=False) for chunk in chunks(work, threads)
            ]
            return [fit for future in futures for fit in _result(client, future, address)]


def fit_chunk(expected: tuple[str, str], chunk: Sequence[Work]) -> list[Floats]:
    """Return the results of several tasks, fitted on a worker like the client.

    Raises:
        ClusterError: the worker's code or arithmetic differs from the client's.
    """
    if identity() != expected:
        raise _otherwise(expected, {"a worker that joined late": identity()})
    with ONE_AT_A_TIME:
        return fit_each(chunk)


@cache
def identity() -> tuple[str, str]:
    """Return fingerprints of this process's forecasting code and of its arithmetic.

    Processes with equal fingerprints give equal results.
    """
    forecasting = fingerprint.code(
        "fcm_migration.forecast.backtesting.run", without=fingerprint.WITHOUT_EFFECT
    )
    both = hashlib.sha256(f"{forecasting} {fingerprint.own(__name__)}".encode())
    return both.hexdigest()[:12], arithmetic()


def arithmetic() -> str:
    """Return a fingerprint of this processor's arithmetic: results for fixed numbers.

    Processors of different kinds sum in a different order and round exponentials differently, with
    the same versions of every library.
    """
    rng = np.random.default_rng(20260101)
    arrays = rng.normal(size=(240, 30)), rng.normal(size=(64, 64))
    return hashlib.sha256(fit_each([(_probe, Task("probe", arrays, ()))])[0].tobytes()).hexdigest()[
        :12
    ]


def _probe(task: Task) -> Floats:
    wide, square = task.arrays
    parts = (
        wide.T @ wide,
        np.linalg.pinv(wide),
        scipy.linalg.solve(square, square[0]),
        np.exp(wide),
        np.log1p(np.abs(wide)),
        wide.sum(axis=0),
    )
    return np.concatenate([part.ravel() for part in parts])


def chunks(work: Sequence[Work], threads: int) -> Iterator[list[Work]]:
    """Yield the work cut into messages: many small tasks or one large one, several per thread."""
    most = min(CHUNK_TASKS, max(1, len(work) // (CHUNKS_A_THREAD * threads)))
    chunk: list[Work] = []
    size = 0
    for item in work:
        weight = sum(array.nbytes for array in item[1].arrays)
        if chunk and (len(chunk) == most or size + weight > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += weight
    if chunk:
        yield chunk


@contextmanager
def _client(address: str) -> Iterator[Any]:
    """Yield a connection to a running scheduler and close it."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError(
            "a scheduler is named but Dask is not installed",
            where="--scheduler",
            got=address,
            remedy="pip install 'fcm-migration[cluster]', or leave the scheduler out",
        ) from None
    try:
        # Dask's client would wait for ever for a server that does not answer
        with ThreadPoolExecutor(1) as apart:
            apart.submit(asyncio.run, _greet(address)).result()
        client = Client(address, timeout=CONNECT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError) as error:
        raise UsageError(
            f"no scheduler has such an address ({error})",
            where="--scheduler",
            expected="tcp://host:port, or tls://host:port with Dask's certificates configured",
            got=address,
        ) from error
    except OSError as error:
        raise ClusterError(
            "the scheduler cannot be reached",
            where=address,
            expected=f"an answer within {CONNECT_S:g} s",
            got=str(error) or type(error).__name__,
            remedy="start it (dask scheduler), or leave the scheduler out",
        ) from error
    with client:
        yield client


async def _greet(address: str) -> None:
    """Shake hands with the server at an address, within CONNECT_S."""
    from distributed import connect
    from distributed.security import Security

    certificates = Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    greeting = connect(address, timeout=CONNECT_S, **certificates)  # type: ignore[no-untyped-call]
    comm = await asyncio.wait_for(greeting, CONNECT_S)
    comm.abort()


def _checked_threads(client: Any, mine: tuple[str, str], address: str) -> int:
    """Return the number of worker threads; raise if a worker's environment differs."""
    try:
        client.wait_for_workers(1, timeout=JOIN_S)
    except TimeoutError:
        raise _alone(address, JOIN_S) from None
    answers = client.run(identity, on_error="return")
    # a worker that has just left gives no answer
    there = {name: answer for name, answer in answers.items() if not isinstance(answer, OSError)}
    if any(answer != mine for answer in there.values()):
        raise _otherwise(mine, there)
    threads: int = sum(client.nthreads().values())
    return max(1, threads)


def _result(client: Any, future: Any, address: str) -> list[Floats]:
    """Return the result of one chunk; wait as long as there is a worker to make it."""
    last_seen = monotonic()
    while True:
        try:
            made: list[Floats] = future.result(timeout=ASK_S)
        except TimeoutError:
            if client.nthreads():
                last_seen = monotonic()
            elif monotonic() - last_seen > ALONE_S:
                raise _alone(address, ALONE_S) from None
        else:
            return made


@contextmanager
def _losses_explained(address: str) -> Iterator[None]:
    from distributed import KilledWorker

    try:
        yield
    except KilledWorker as error:
        raise ClusterError(
            "a fit ended one worker after another",
            where=address,
            got=str(error),
            remedy="look at the workers' logs (memory?); fits that were made are not kept",
        ) from error
    except (CancelledError, OSError) as error:
        raise ClusterError(
            "the scheduler was lost while fitting",
            where=address,
            got=str(error) or type(error).__name__,
            remedy="start it again and repeat, or leave the scheduler out",
        ) from error


def _alone(address: str, seconds: float) -> ClusterError:
    return ClusterError(
        "no worker is there",
        where=address,
        expected=f"one within {seconds:g} s",
        got="none",
        remedy=f"start one (dask worker {address} --nthreads 1), or leave the scheduler out",
    )


def _otherwise(mine: tuple[str, str], answers: dict[str, Any]) -> ClusterError:
    """Return the error for workers whose code or arithmetic differs."""
    other = {name: answer for name, answer in answers.items() if answer != mine}
    code = any(not isinstance(answer, tuple) or answer[0] != mine[0] for answer in other.values())
    named = [f"{name}: {_described(answer)}" for name, answer in sorted(other.items())[:SHOWN]]
    return ClusterError(
        f"{len(other)} of {len(answers)} workers "
        + ("do not have the same code" if code else "compute other results than this machine"),
        expected=_described(mine),
        got="; ".join(named),
        remedy="install the same version of this package and of its libraries on every machine"
        if code
        else "use machines of one kind of processor, or set the same OPENBLAS_CORETYPE and "
        "NPY_DISABLE_CPU_FEATURES on all of them and here",
    )


def _described(answer: Any) -> str:
    if isinstance(answer, tuple):
        return f"code {answer[0]}, arithmetic {answer[1]}"
    return f"{type(answer).__name__}: {answer}"
