"""How long a download may take, and what the downloads of one refresh share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

# A body that comes at least this fast is never too slow, however large: 39 MB may take 20 minutes.
LEAST_BYTES_PER_SECOND = 32_768
LONGEST_SECONDS = 3_600.0


class Deadline:
    """The time limit of one request: ``seconds`` after its start, later while its body arrives.

    Each :data:`LEAST_BYTES_PER_SECOND` received add a second, up to :data:`LONGEST_SECONDS` in all.
    """

    def __init__(self, seconds: float) -> None:
        self._begun = time.monotonic()
        self._seconds = seconds
        self._received = 0

    @property
    def at(self) -> float:
        """Return the moment, on the clock of time.monotonic()."""
        earned = self._received / LEAST_BYTES_PER_SECOND
        longest = max(self._seconds, LONGEST_SECONDS)
        return self._begun + min(self._seconds + earned, longest)

    @property
    def left(self) -> float:
        """Return the seconds left, below zero when it has passed."""
        return self.at - time.monotonic()

    @property
    def has_passed(self) -> bool:
        """Return whether it has passed."""
        return self.left <= 0

    def received(self, size: int) -> None:
        """Take note of the bytes of the running exchange received so far; a new one begins at 0."""
        self._received = size


class Watchdog:
    """Calls ``bite`` from another thread once the deadline has passed, unless cancelled before."""

    def __init__(self, deadline: Deadline, bite: Callable[[], None]) -> None:
        self._deadline, self._bite = deadline, bite
        self._cancelled = threading.Event()
        threading.Thread(target=self._watch, name="deadline", daemon=True).start()

    def cancel(self) -> None:
        """Cancel it."""
        self._cancelled.set()

    def _watch(self) -> None:
        while not self._cancelled.wait(max(0.001, self._deadline.left)):
            if self._deadline.has_passed:
                self._bite()
                return


@dataclass
class Contacts:
    """What the clients of one refresh share: when each host was contacted, and whether any answers.

    ``some_host_silent`` is True after a host was silent, until one answers: probably there is no
    network, and further sources should cost little.
    """

    last: dict[str, float] = field(default_factory=dict)
    some_host_silent: bool = False
