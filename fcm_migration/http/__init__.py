"""Downloads from publishers, paced and checked; the only package that imports httpx.

:class:`Client` brings one complete, plausible body to disk or raises
:class:`~fcm_migration.errors.FetchError` with one of :data:`OUTCOMES`. Interpreting the body is
the task of the source's parser.

Conditional requests (ETag, If-Modified-Since) are not used: of the publishers measured, some send
neither validator, some answer 200 all the same, and some alternate validators for one body between
the servers of a pool. The content's sha256 alone decides whether a release is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.http.links import Link, feed_addresses, resolve_links
from fcm_migration.http.model import ABSENT, OUTCOMES, Request, Response
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.http.client import DEFAULT_USER_AGENT, Client
    from fcm_migration.http.pace import Contacts

__all__ = [
    "ABSENT",
    "DEFAULT_USER_AGENT",
    "OUTCOMES",
    "Client",
    "Contacts",
    "Link",
    "Request",
    "Response",
    "feed_addresses",
    "resolve_links",
]

# Every source module imports Request; only a refresh needs httpx, which takes 0.2 s to load.
__getattr__ = lazy(
    __name__, {"Client": "client", "Contacts": "pace", "DEFAULT_USER_AGENT": "client"}
)
