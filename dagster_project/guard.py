"""The guard in front of Dagster's webserver: only the UI's own pages may drive it.

Dagster's webserver has no login, and does not ask which page a request comes from: any page open
in a browser on this machine could start runs. This ASGI application lets through what the UI
itself sends and refuses the rest, over HTTP and over websockets. It knows nothing of Dagster but
the paths of its webserver, and it holds only where every request passes through it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fcm_migration.errors import UsageError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
DEFAULT_PORTS = {"http": 80, "https": 443}
PUBLIC_NAME = re.compile(
    r"(?:(?P<scheme>https?)://)?(?P<name>[a-z0-9][a-z0-9.-]*|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
)
GRAPHQL = "/graphql"
# Dagster's own events by POST, which nothing here uses, and files of notebooks, which read any path
CLOSED = ("/report_asset_", "/notebook", "/dagit/notebook")
POLICY_VIOLATION = 1008  # RFC 6455, 7.4.1

# In every answer; a policy of Dagster's own stays beside this one, and a browser keeps to both.
POLICY = (
    "frame-ancestors 'none'; form-action 'self'; connect-src 'self' blob: data:; "
    "img-src 'self' blob: data:"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
REPLACED = {name for name, _ in HEADERS[1:]}


class Refusal(NamedTuple):
    """Why a request is refused: the status of HTTP, and a sentence for a person."""

    status: int
    words: str


@dataclass(frozen=True)
class Guard:
    """An ASGI application that passes on only what the UI's own pages may send.

    Args:
        app: the application behind it.
        origins: each Host under which it is served, with the origin of the pages served there.
    """

    app: App
    origins: Mapping[str, str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request or websocket, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = refuse(scope, self.origins)
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        guarded = _with_headers(send)
        if refusal is None:
            await self.app(scope, receive, guarded)
        else:
            await _answer(refusal, guarded)


def served_origins(port: int, public: Iterable[str] = ()) -> dict[str, str]:
    """Return the Hosts that may be asked for, each with the origin of its pages.

    A page may only drive the server under the name that it was itself loaded from.

    Args:
        port: port that the server listens on; the names of this machine are served there.
        public: names that a proxy stands for, ``fcm.example.org`` or with scheme and port
            (``http://fcm.example.org:8080``); without a scheme ``https``.

    Raises:
        UsageError: a name is no host name with an optional scheme and port.
    """
    origins: dict[str, str] = {}
    for name in LOOPBACK:
        origins |= _hosts("http", name, port)
    for told in public:
        origins |= _hosts(*_public(told))
    return origins


def refuse(scope: Scope, origins: Mapping[str, str]) -> Refusal | None:
    """Return why a request or websocket is refused; None where it may pass."""
    host, origin = _only(scope, b"host"), _only(scope, b"origin")
    if host not in origins:
        shown = ", ".join(sorted(set(origins.values())))
        return Refusal(
            421,
            f"This server does not answer under that host name. It is served at {shown}; "
            "`--behind-proxy NAME` adds the name that a proxy stands for.",
        )
    if origin not in ("", origins[host]):
        return Refusal(403, f"Under this host name only pages of {origins[host]} may use it.")
    if _only(scope, b"sec-fetch-site") not in ("", "same-origin", "none") and not _is_link(scope):
        return Refusal(403, "Another page may link to this server, and nothing else.")
    return _refuse_route(scope)


def _refuse_route(scope: Scope) -> Refusal | None:
    """Return why a request to a path is refused; only one path may change anything."""
    path: str = scope["path"]
    if scope["type"] == "websocket":
        return None if path == GRAPHQL else Refusal(404, "There is no websocket here.")
    if path.startswith(CLOSED):
        return Refusal(404, "This path is closed: nothing in this project uses it.")
    if path == GRAPHQL and scope["method"] == "POST":
        if _only(scope, b"content-type").partition(";")[0].strip() == "application/json":
            return None
        return Refusal(415, "GraphQL is asked by POST with Content-Type: application/json.")
    if scope["method"] not in ("GET", "HEAD"):
        return Refusal(405, "Only /graphql takes anything but GET, and that only POST.")
    if path == GRAPHQL and (scope["method"] == "HEAD" or scope["query_string"]):
        return Refusal(405, "GraphQL is asked by POST with Content-Type: application/json.")
    return None


def _only(scope: Scope, name: bytes) -> str:
    """Return a header in lower case; empty where it is absent, and no valid value where twice."""
    values = [value for key, value in scope["headers"] if key.lower() == name]
    if not values:
        return ""
    return values[0].decode("latin-1").strip().lower() if len(values) == 1 else "given twice"


def _is_link(scope: Scope) -> bool:
    """Whether somebody followed a link of another page, or a login that ends here."""
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and _only(scope, b"sec-fetch-mode") == "navigate"
        and _only(scope, b"sec-fetch-dest") == "document"
    )


def _public(told: str) -> tuple[str, str, int]:
    """Return scheme, name and port of a name that a proxy stands for."""
    found = PUBLIC_NAME.fullmatch(told.lower())
    if found is None:
        raise UsageError(
            "no host name that a proxy can stand for",
            where="--behind-proxy",
            expected="a name such as fcm.example.org or http://fcm.example.org:8080",
            got=told,
        )
    scheme, name, port = found["scheme"] or "https", found["name"], found["port"]
    return scheme, name, int(port) if port else DEFAULT_PORTS[scheme]


def _hosts(scheme: str, name: str, port: int) -> dict[str, str]:
    """Return the values of Host for an address, with its origin: browsers leave out usual ports."""
    if port == DEFAULT_PORTS[scheme]:
        return dict.fromkeys((name, f"{name}:{port}"), f"{scheme}://{name}")
    return {f"{name}:{port}": f"{scheme}://{name}:{port}"}


def _with_headers(send: Send) -> Send:
    """Return a ``send`` that adds :data:`HEADERS` to the answer."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            told = [h for h in message.get("headers", ()) if h[0].lower() not in REPLACED]
            message = {**message, "headers": [*told, *HEADERS]}
        await send(message)

    return sending


async def _answer(refusal: Refusal, send: Send) -> None:
    body = f"{refusal.words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),  # the body of what is refused is not read
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
