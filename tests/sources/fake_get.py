"""A ``get`` that answers from bytes and remembers what it was asked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.errors import FetchError
from fcm_migration.http import Client, Request, Response
from tests.fault_server import FaultServer

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Answer = Callable[[Request], bytes | None]


@dataclass
class FakeGet:
    """Answers requests out of ``answer``; None stands for 404."""

    folder: Path
    answer: Answer
    requests: list[Request] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        body = self.answer(request)
        if body is None:
            raise FetchError("status 404", outcome="gone", where=request.url)
        digest = hashlib.sha256(body).hexdigest()
        path = self.folder / digest
        path.write_bytes(body)
        return Response(
            request.url,
            request.url,
            200,
            datetime(2018, 3, 9, 12, tzinfo=UTC),
            {},
            path,
            digest,
            len(body),
        )


def through(client: Client, server: FaultServer) -> Callable[[Request], Response]:
    """The real client, with each publisher's host played by the local server."""

    def get(request: Request) -> Response:
        path = "/" + request.url.split("/", 3)[3]
        return client.get(replace(request, url=server.url(path)))

    return get
