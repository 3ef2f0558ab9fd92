"""Text from outside made safe for a terminal: no character of it acts on the display."""

from __future__ import annotations

import json
import unicodedata

# Joiners and the soft hyphen stand in the labels of some scripts and move nothing.
_HARMLESS = frozenset("\n\t\u00ad\u200c\u200d")
# controls (escape sequences begin with one), marks that turn the direction of text and other
# invisible marks, halves of characters, separators of lines and paragraphs
_ACTING = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def printable(text: str) -> str:
    r"""Return the text with everything that could act on a terminal written out, as ``\u001b``.

    Letters of every script, spaces, tabs and line ends stay. In JSON the result means the same.
    """
    if text.isprintable():
        return text
    return "".join(_written_out(sign) if _acts(sign) else sign for sign in text)


def _acts(sign: str) -> bool:
    return sign not in _HARMLESS and unicodedata.category(sign) in _ACTING


def _written_out(sign: str) -> str:
    return json.dumps(sign)[1:-1] if sign > "\x7f" else f"\\u{ord(sign):04x}"
