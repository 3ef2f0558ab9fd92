"""Links of a landing page, for sources whose file has a new address with each release."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import urldefrag, urljoin, urlsplit

# html.parser is not used: 60 kB of unfinished tags hold it for over a minute (measured on CPython
# 3.11). Here every repeat is possessive or bounded, so that time grows with the page only.
_TAG = re.compile(
    r"""<(/?)(a|base)(?=[\s/>])((?>[^<>"']+|"[^"]{0,4000}"|'[^']{0,4000}'){0,100}+)>""",
    re.IGNORECASE,
)
_HREF = re.compile(
    r"""(?:^|[\s"'/])href\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_ADDRESS = re.compile(r"""https?://[^\s<>"'\]\[]{1,2000}""", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
# Parts whose content is no page text: what opens them and what ends them.
_HIDDEN = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))


@dataclass(frozen=True)
class Link:
    """One link of a page: its text (white space collapsed) and its absolute address."""

    text: str
    href: str


def resolve_links(html: str, base_url: str) -> list[Link]:
    """Return the http(s) links of a page in order; ``<base href>`` is honoured, fragments are cut.

    The addresses come from the page: the client still checks them against the allowed hosts.
    """
    page = html
    for opening, closing in _HIDDEN:
        page = _without(page, opening, closing)
    links: list[Link] = []
    tags = list(_TAG.finditer(page))
    for number, tag in enumerate(tags):
        closing_tag, name, attributes = tag.groups()
        href = "" if closing_tag else _href(attributes)
        if not href:
            continue
        if name.lower() == "base":
            base_url = _absolute(base_url, href) or base_url
            continue
        end = tags[number + 1].start() if number + 1 < len(tags) else len(page)
        text = " ".join(unescape(_ANY_TAG.sub("", page[tag.end() : end])).split())
        if address := _absolute(base_url, href):
            links.append(Link(text, address))
    return links


def feed_addresses(text: str) -> list[str]:
    """Return every http(s) address a feed (RSS or Atom) holds, in order, each once."""
    found = (unescape(address) for address in _ADDRESS.findall(text))
    return list(dict.fromkeys(a for address in found if (a := _absolute("", address))))


def _without(page: str, opening: str, closing: str) -> str:
    """Return the text without everything from each opening to its closing, or to the end."""
    lowered = page.lower()
    # A few letters change length in lower case ("İ"); positions hold only if none of them is met.
    if len(lowered) != len(page):
        lowered = page
    kept, at = [], 0
    while (start := lowered.find(opening, at)) >= 0:
        kept.append(page[at:start])
        end = lowered.find(closing, start)
        if end < 0:
            return "".join(kept)
        at = end + len(closing)
    return "".join([*kept, page[at:]])


def _href(attributes: str) -> str:
    found = _HREF.search(attributes)
    return unescape(next(filter(None, found.groups()), "")).strip() if found else ""


def _absolute(base_url: str, href: str) -> str | None:
    """Return the absolute http(s) address without its fragment; None for anything else."""
    try:
        address = urldefrag(urljoin(base_url, href)).url
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:  # not an address at all, e.g. an unclosed IPv6 bracket
        return None
