"""Addresses that may be contacted: declared hosts, https, public networks; checked at every hop."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

import httpx

from fcm_migration.errors import FetchError

_DEFAULT_PORTS = {"https": 443, "http": 80}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# IPv6 networks whose addresses name an IPv4 address, and how many bits stand after it: mapped,
# translated and compatible addresses (RFC 4291, 2765), NAT64 (RFC 6052), 6to4 (RFC 3056)
_PASSED_ON = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),
    (ipaddress.IPv6Network("::/96"), 0),
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),
    (ipaddress.IPv6Network("2002::/16"), 80),
)
_ISATAP = 0x00005EFE  # the third quarter of such an address, but for one bit (RFC 5214)
_PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
# Networks of special use that the standard library, in some versions, takes for public ones
_SPECIAL: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of a provider
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "240.0.0.0/4",
        "2001::/23",  # Teredo and other protocols' own
        "2001:db8::/32",
        "3fff::/20",
    )
)


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
        final = address if address.is_loopback else _embedded(address) or address
        if not (final.is_loopback and allow_loopback) and not _is_public(final):
            raise _refused("a host inside a private network", url, got=text)


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to an IPv6 address are passed on to, if it names one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    bits = int(address)
    for network, below in _PASSED_ON:
        if address in network:
            return ipaddress.IPv4Address(bits >> below & 0xFFFFFFFF)
    if bits >> 32 & 0xFDFFFFFF == _ISATAP:
        return ipaddress.IPv4Address(bits & 0xFFFFFFFF)
    return None


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_IPV6:
        return False
    return not any(address in network for network in _SPECIAL if network.version == address.version)


def _refused(what: str, url: str, **context: Any) -> FetchError:
    return FetchError(what, outcome="redirect_refused", where=url, **context)
