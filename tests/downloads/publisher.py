"""A publisher on this machine that answers as a source's own does, but for one faulty answer.

The good release of each source is obtained once; every trial begins with a copy of that home.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import certifi

from fcm_migration.config import Home
from fcm_migration.http import Client, Request, Response
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import Outcome, obtain
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source
from tests.fault_server import MODES, Exchange, FaultServer

FETCHED = {source.source_id: source for source in SOURCES if source.fetch is not None}
# Today, because IOM's publisher answers with an incident of this week.
DAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
HOSTS = frozenset({"127.0.0.1", "10.0.0.1"})
Answer = Callable[[Request], bytes | None]


@cache
def answerer(source_id: str) -> Answer:
    """The source's publisher that works; each answer is made once."""
    made: dict[Request, bytes | None] = {}
    answer: Answer = import_module(f"tests.wire.{source_id}").answer

    def remembered(request: Request) -> bytes | None:
        if request not in made:
            made[request] = answer(request)
        return made[request]

    return remembered


@cache
def one_certificate() -> Path:
    """One trusted certificate instead of all: reading all takes longer than a whole trial."""
    first = Path(certifi.where()).read_text(encoding="utf-8").split("-----END CERTIFICATE-----")[0]
    path = Path(tempfile.mkdtemp(prefix="fcm-test-")) / "one.pem"
    atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    path.write_text(f"{first}-----END CERTIFICATE-----\n", encoding="utf-8")
    return path


class Publisher(FaultServer):
    """Answers the requests of one source; ``faults`` names the mode of an answer by its number.

    ``bodies`` holds what is sent instead of the right answer. 0 is the first request.
    """

    def __init__(self, source_id: str, answer: Answer | None = None) -> None:
        super().__init__()
        self.answer = answer or answerer(source_id)
        self.asking: list[Request] = []
        self.faults: dict[int, str] = {}
        self.bodies: dict[int, bytes] = {}

    def _answer(self, exchange: Exchange) -> None:
        number = int(exchange.path.removeprefix("/"))
        self.asked[exchange.path] += 1
        body = self.bodies.get(number, self.answer(self.asking[number]))
        if body is None:
            exchange.send(404)
        else:
            MODES[self.faults.get(number, "ok")](exchange, body)


class RoutedClient(Client):
    """The real client, each address played by the local publisher under the request's number."""

    def __init__(self, publisher: Publisher, **settings: Any) -> None:
        super().__init__(**settings)
        self._publisher = publisher

    def get(self, request: Request) -> Response:
        """Ask the local publisher; the response bears the publisher's own address."""
        asking = self._publisher.asking
        asking.append(request)
        local = self._publisher.url(f"/{len(asking) - 1}")
        response = super().get(replace(request, url=local, params=()))
        return replace(response, url=request.url, final_url=request.url)


@contextmanager
def routed(publisher: Publisher, downloads: Path, **settings: float) -> Iterator[RoutedClient]:
    """A quick client of a publisher that runs."""
    quick: dict[str, Any] = {
        "read_seconds": 5.0,
        "total_seconds": 20.0,
        "attempts": 2,
        "min_interval_seconds": 0.0,
        "backoff_seconds": 0.001,
        "allowed_hosts": HOSTS,
        "allow_loopback": True,
        "ca_file": one_certificate(),
    }
    with (
        publisher,
        RoutedClient(publisher, download_dir=downloads, **(quick | settings)) as client,
    ):
        yield client


def home_context(root: Path, source: Source, days: int = 0) -> Context:
    """A home below ``root`` on the day of the good release or some days later; nothing bundled."""
    return Context(
        Home(root / "home"),
        DAY + timedelta(days=days),
        (source,),
        bundled_dir=root / "bundled",
        workers=1,
    )


@dataclass(frozen=True)
class Good:
    """A source's home with one good release, what gave it, and the requests it took."""

    source: Source
    context: Context
    outcome: Outcome
    requests: tuple[Request, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """Number of the first request and of the last."""
        return tuple(sorted({0, len(self.requests) - 1}))

    @property
    def is_dated(self) -> bool:
        """Whether the release itself says of which day it is."""
        return self.context.archive.snapshots(self.source.source_id)[0].as_of_basis == "publisher"

    def copy(self, root: Path, days: int = 1) -> Context:
        """The home some days later, to be spoilt."""
        context = home_context(root, self.source, days)
        shutil.copytree(self.context.home.root, context.home.root)
        return context


def good_home(root: Path, source_id: str) -> Good:
    """Obtain the good release as a refresh does."""
    source = FETCHED[source_id]
    context = home_context(root, source)
    publisher = Publisher(source_id)
    with routed(publisher, context.home.downloads) as client:
        outcome = obtain(context, source, client)
    return Good(source, context, outcome, tuple(publisher.asking))
