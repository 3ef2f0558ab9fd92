"""Addresses that may be contacted: declared hosts, https, public networks; checked at every hop."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

import httpx

from fcm_migration.errors import FetchError

_DEFAULT_PORTS = {"https": 443, "http": 80}


def check_url(url: str, *, allowed_hosts: frozenset[str], allow_loopback: bool) -> tuple[str, int]:
    """Return the host and port of an address that may be contacted; refuse every other.

    ``allow_loopback`` is for tests: it admits plain http and any port, on this machine only.
    """
    # By the parser that will also make the request: two parsers may see two hosts in one address.
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise _refused("not a valid address", url, got=str(error)) from None
    host, port = parts.host, parts.port
    schemes = {"https", "http"} if allow_loopback else {"https"}
    if parts.scheme not in schemes:
        raise _refused("an address that is not https", url, got=parts.scheme)
    if parts.userinfo:
        raise _refused("an address with credentials in it", url)
    if host not in {allowed.lower() for allowed in allowed_hosts}:
        raise _refused("a host this source may not touch", url, expected=sorted(allowed_hosts))
    default = _DEFAULT_PORTS[parts.scheme]
    if port not in (None, default) and not allow_loopback:
        raise _refused("an unusual port", url, got=port)
    return host, port or default


def resolve(url: str, host: str, port: int, *, seconds: float) -> list[str]:
    """Return the IP addresses of the host; ``unreachable`` when none is found within the time.

    In a thread, because the system's resolver has no deadline and may take half a minute to
    notice that there is no network.
    """
    answer: dict[str, Any] = {}

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer["addresses"] = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        except (OSError, UnicodeError) as error:
            answer["error"] = error

    thread = threading.Thread(target=look_up, name=f"resolve {host}", daemon=True)
    thread.start()
    thread.join(seconds)
    if addresses := answer.get("addresses"):
        return list(addresses)
    raise FetchError(
        "the host name cannot be resolved",
        outcome="unreachable",
        where=url,
        got=str(answer.get("error", f"no answer in {seconds:.0f} s")),
        remedy="check the network connection",
    )


def check_addresses(url: str, addresses: list[str], *, allow_loopback: bool) -> None:
    """Refuse addresses inside private networks: public files are never there."""
    for text in addresses:
        # A link-local IPv6 address may carry its interface ("fe80::1%eth0").
        address = ipaddress.ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if address.is_loopback and allow_loopback:
            continue
        if not address.is_global or address.is_multicast:
            raise _refused("a host inside a private network", url, got=text)


def _refused(what: str, url: str, **context: Any) -> FetchError:
    return FetchError(what, outcome="redirect_refused", where=url, **context)
