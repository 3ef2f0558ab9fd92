"""Child processes that never outlive their parent, and processes that end soon when asked to.

Every child that this package starts ends with its parent, however the parent ends: SIGKILL and a
crash included. Linux's kernel sees to that; elsewhere the child looks once a second whether its
parent is still there. A program is started through this file as a script (:func:`launched`), so
it imports nothing of this package.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
LOOK_SECONDS = 1.0
GRACE_SECONDS = 4.0  # from a signal to the end of a process that is busy in a library


def end_with_parent(parent: int, how: int = signal.SIGTERM) -> None:
    """End this process by a signal as soon as its parent has ended, or at once if it has already.

    On Linux the kernel counts the *thread* that started this process as its parent, so a child
    that lasts is started by a thread that lasts.

    Args:
        parent: process id of the parent, as the parent itself knows it.
        how: the signal; a process that ignores it goes on.
    """
    if not _kernel_ends_with_parent(how):
        threading.Thread(target=_look_after_parent, args=(parent, how), daemon=True).start()
    if os.getppid() != parent:  # it ended before the kernel was asked
        os.kill(os.getpid(), how)


def _kernel_ends_with_parent(how: int) -> bool:
    """Ask Linux for a signal at the parent's death; return whether it promised one."""
    if sys.platform != "linux":
        return False
    import ctypes

    try:
        return bool(ctypes.CDLL(None).prctl(PARENT_DEATH, int(how), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _look_after_parent(parent: int, how: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), how)


def launched(
    script: Sequence[str], *, isolated: bool = False, how: int = signal.SIGTERM
) -> list[str]:
    """Return the command that runs a Python script as a child that ends with this process.

    Args:
        script: path of the script, or ``-m`` and a module, and its arguments.
        isolated: neither the environment's nor the user's Python settings count (``-I``).
        how: the signal that ends it when this process is gone.
    """
    flags = ["-I"] if isolated else []
    return [sys.executable, *flags, __file__, str(os.getpid()), str(int(how)), *script]


def _launch(arguments: list[str]) -> None:
    """Run a script in this process, which ends with its parent."""
    import runpy

    parent, how, script, *rest = arguments
    end_with_parent(int(parent), int(how))
    first = os.getcwd() if script == "-m" else os.path.dirname(script)  # noqa: PTH109, PTH120
    sys.path[0:1] = [] if sys.flags.safe_path else [first]
    if script == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [script, *rest]
        runpy.run_path(script, run_name="__main__")


def in_processes(do: Callable[[T], R], tasks: Iterable[T], workers: int) -> list[R]:
    """Return the result of every task in order, made by that many processes of this machine.

    Where an error or a signal ends this call, the processes are killed in the middle of a task.

    Args:
        do: a function of a module, from a task to its result; both are pickled.
        tasks: what to do.
        workers: number of processes, which are started for this call.
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.context import SpawnContext, SpawnProcess

    started: list[SpawnProcess] = []

    class Spawned(SpawnContext):
        def Process(self, *given: Any, **named: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
            started.append(SpawnProcess(*given, **named))
            return started[-1]

    # spawn: a child forked from a process that runs Polars' threads can hang
    executor = ProcessPoolExecutor(
        workers, Spawned(), initializer=end_with_parent, initargs=(os.getpid(), signal.SIGKILL)
    )
    try:
        with _without_interrupts():  # Ctrl-C reaches all processes; this one decides for them
            results = executor.map(do, tasks)
        return list(results)
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in started:
            process.kill()
        raise
    finally:
        executor.shutdown()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes that never see Ctrl-C: a blocked signal stays blocked in a child."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Ended(BaseException):
    """Somebody asked this process to end; like KeyboardInterrupt, nothing catches it in passing."""

    def __init__(self, number: int) -> None:
        self.number, self.exit_code = number, 128 + number
        super().__init__(number)


def sentence(number: int) -> str:
    """Return the line for a person whose command a signal ended."""
    word = "interrupted" if number == signal.SIGINT else f"ended by {signal.Signals(number).name}"
    return f"fcm: {word}; nothing half done stays, and the last edition is as it was"


@contextmanager
def ending_soon(last_words: Callable[[int], None]) -> Iterator[None]:
    """Raise :class:`Ended` in the block at SIGINT or SIGTERM, and see that the process ends.

    Python handles a signal between two of its own instructions; a library that computes for a
    minute would hold it up that long. A thread hears of the signal at once, and if the block has
    not ended :data:`GRACE_SECONDS` later, it ends the process then and there: what is on disk is
    as after a crash, from which the next refresh needs no help. Outside the main thread, where
    signals cannot be handled, nothing is changed.

    Args:
        last_words: called with the signal's number before the process is ended that way.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    # what was ignored when this process started (nohup, a shell's background job) stays so
    heard = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    hear, tell = os.pipe()
    os.set_blocking(tell, False)
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(hear, over, last_words), daemon=True)
    before = {number: signal.signal(number, _raise_ended) for number in heard}
    waker = signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    watch.start()
    try:
        yield
    finally:
        over.set()
        signal.set_wakeup_fd(waker)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(tell)  # the thread reads the end and leaves


def _raise_ended(number: int, _frame: object) -> None:
    for again in (signal.SIGINT, signal.SIGTERM):  # a second one must not cut the end short
        signal.signal(again, signal.SIG_IGN)
    raise Ended(number)


def _watch(hear: int, over: threading.Event, last_words: Callable[[int], None]) -> None:
    """Wait for a signal, then for the block's end, and end the process where that takes long."""
    try:
        while True:
            told = os.read(hear, 1)
            if not told:
                return
            if told[0] in (signal.SIGINT, signal.SIGTERM):
                break
    finally:
        os.close(hear)
    if not over.wait(GRACE_SECONDS):
        last_words(told[0])
        os._exit(128 + told[0])


def with_utf8() -> None:
    """Start this process anew in Python's UTF-8 mode where the locale knows ASCII alone.

    In the locale C names of files would not be texts, and no letter but ASCII could be printed.
    Call it first of all: whatever was done before is done again.
    """
    if sys.flags.utf8_mode or sys.getfilesystemencoding().lower() in ("utf-8", "utf8"):
        return
    os.environ["PYTHONUTF8"] = "1"  # for child processes too
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


if __name__ == "__main__":
    _launch(sys.argv[1:])
