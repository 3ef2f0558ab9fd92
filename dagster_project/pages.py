"""The home's folder ``reports`` under ``/reports/``: briefs and site, to be read and nothing else.

An ASGI application before Dagster's, behind the same guard, so it asks for no more and no less than
the rest. A browser keeps these pages from Dagster: their policy puts each into an origin of its own
(``sandbox``), which can send nothing and load nothing, whatever a page may hold.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from dagster_project.guard import App, Receive, Scope, Send
from fcm_migration import folders
from fcm_migration.config import Home
from fcm_migration.errors import LinkError

PREFIX = "/reports/"
INDEX = "index.html"
MOST_PARTS, MOST_SIGNS = 8, 200  # of a path, and of each part of it
CHUNK = 1 << 20
# what a browser shows; everything else it saves
SHOWN = {
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
NO_PAGE = "There is no such page: briefs and site are written by a run, after each edition."
SAVED = "application/octet-stream"
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; "
    "sandbox allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox"
)


def link(home: Home, path: Path) -> str:
    """Return the address of a file below ``reports``, on the server that shows Dagster's page."""
    return f"{PREFIX}{path.relative_to(home.reports).as_posix()}"


def brief_link(home: Home) -> str:
    """Return the address of the brief of all countries."""
    from fcm_migration.reports.brief import default_name  # charts, only where needed

    return link(home, home.reports / default_name(None))


@dataclass(frozen=True)
class Pages:
    """An ASGI application that serves a folder below PREFIX and passes on everything else.

    Args:
        app: the application behind it.
        folder: what is served: regular files that are no links; no list of what there is.
    """

    app: App
    folder: Path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for a file, or pass it on."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(PREFIX):
            await self.app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await _refuse(405, "These pages can be read, and nothing else.", send)
        else:
            await self._answer(scope, send)

    async def _answer(self, scope: Scope, send: Send) -> None:
        parts = parts_of(scope["path"].removeprefix(PREFIX))
        with ExitStack() as stack:
            try:
                if parts is None:
                    raise FileNotFoundError
                # no link is followed on the way to it
                opened = folders.sole(self.folder.joinpath(*parts), self.folder)
                handle, found = stack.enter_context(opened)
            except (OSError, LinkError):
                await _refuse(404, NO_PAGE, send)
                return
            headers = [*_kind(parts[-1]), (b"content-length", b"%d" % found.size), *HEADERS]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            left = 0 if scope["method"] == "HEAD" else found.size
            while left > 0 and (body := await asyncio.to_thread(os.read, handle, min(left, CHUNK))):
                left -= len(body)
                await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def parts_of(path: str) -> list[str] | None:
    """Return the parts of a path below the folder; None where it is none that is served.

    A path that ends in a slash means the folder's first page.
    """
    parts = (f"{path}{INDEX}" if path.endswith("/") else path).split("/")
    if len(parts) > MOST_PARTS or not all(_is_plain(part) for part in parts):
        return None
    return parts


def _is_plain(part: str) -> bool:
    """Whether a name is one that reports have: no way up, no hidden file, no sign that acts."""
    return (
        0 < len(part) <= MOST_SIGNS
        and part[0] != "."
        and all(sign.isalnum() or sign in "-_. " for sign in part)
    )


def _kind(name: str) -> list[tuple[bytes, bytes]]:
    kind = SHOWN.get(Path(name).suffix)
    if kind is not None:
        return [(b"content-type", kind.encode())]
    return [(b"content-type", SAVED.encode()), (b"content-disposition", b"attachment")]


HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"cache-control", b"no-cache"),
    (b"referrer-policy", b"no-referrer"),
)


async def _refuse(status: int, words: str, send: Send) -> None:
    body = f"{words}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
