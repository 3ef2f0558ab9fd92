"""A page taken apart: what it says and shows, read by a parser that knows nothing of templates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = ("meta", "br", "img", "link", "input", "hr")


@dataclass
class Element:
    """An element with its attributes, its text and its children."""

    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text in the element, blanks run together."""
        return " ".join(" ".join(self.said).split())

    def every(self, tag: str | None = None, **wanted: str) -> list[Element]:
        """Return the elements below, in order, with this tag and these attributes."""
        found = []
        for child in self.children:
            has = all(child.attributes.get(k.replace("_", "-")) == v for k, v in wanted.items())
            if has and tag in (None, child.tag):
                found.append(child)
            found += child.every(tag, **wanted)
        return found

    def cells(self) -> list[str]:
        """Return the texts of a row's cells."""
        return [child.text for child in self.children if child.tag in ("th", "td")]


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.said.append(data)


def parsed(page: str) -> Element:
    """Return the page as elements; fail where tags are not closed in order."""
    builder = _Builder()
    builder.feed(page)
    builder.close()
    assert builder.open == [builder.root], [element.tag for element in builder.open]
    return builder.root


OWN_STYLE = "default-src 'none'; style-src 'unsafe-inline'"
ELSEWHERE = ("https://", "http://")


def assert_well_made(page: str, policy: str = OWN_STYLE, links: str = "") -> None:
    """Check what holds for every page: harmless, and to be found one's way in.

    Args:
        page: HTML.
        policy: that it must state.
        links: pattern of the links it may have beside those to publishers; empty for none.
    """
    root = parsed(page)
    stated = root.every("meta", http_equiv="Content-Security-Policy")
    assert [one.attributes["content"] for one in stated] == [policy]
    every = root.every()
    assert {one.tag for one in every}.isdisjoint(
        {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    )
    for one in every:
        assert not {name for name in one.attributes if name.startswith("on") or name == "src"}
        if "href" in one.attributes:
            assert one.tag == "a"
            href = one.attributes["href"]
            assert href.startswith(ELSEWHERE) or (links and re.fullmatch(links, href)), href
    (style,) = root.every("style")
    assert "url(" not in style.text
    assert "@import" not in style.text
    for drawing in root.every("svg"):
        assert drawing.attributes["role"] == "img"
        assert len(drawing.attributes["aria-label"]) > 20
    levels = [int(one.tag[1]) for one in every if one.tag in ("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [len(root.every(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    ids = {one.attributes["id"] for one in every if "id" in one.attributes}
    named = [one.attributes["aria-labelledby"] for one in root.every("section")]
    assert set(named) <= ids
    assert len(ids) == sum("id" in one.attributes for one in every)
    assert " now " not in f" {root.every('main')[0].text.lower()} "
