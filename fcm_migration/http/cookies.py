"""Cookies of one client: some walls want theirs back after a redirect; no other host gets them."""

from __future__ import annotations

from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from urllib.parse import urlsplit
from urllib.request import Request


class _HostOnly(DefaultCookiePolicy):
    """Take a cookie for the host that sent it alone, whatever domain it names."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        if not super().set_ok(cookie, request):
            return False
        host = _host(request)
        cookie.domain, cookie.domain_specified, cookie.domain_initial_dot = host, False, False
        return True

    def return_ok_domain(self, cookie: Cookie, request: Request) -> bool:
        return cookie.domain == _host(request)


def _host(request: Request) -> str:
    """Return the host as the jar writes it: one without a dot gets the ending ``.local``."""
    host = (urlsplit(request.full_url).hostname or "").lower()
    return host if "." in host or ":" in host else f"{host}.local"


def host_only_cookies() -> CookieJar:
    """Return an empty jar in memory whose cookies go back to the very host that set them."""
    return CookieJar(policy=_HostOnly())
