"""HTML made of values: an element escapes whatever it is given, so that no page has to.

There is no way to get text into a page but through `el`; ids, names and reasons are the
text of strangers. What is neither text nor HTML does not pass the type checker.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

import attrs

VOID = frozenset({"br", "input", "link", "meta"})
"""Elements that have no end."""


@attrs.frozen
class Html:
    """Text that is HTML already. Only this module, and constants, make any."""

    text: str


Content: TypeAlias = "Html | str | int | Iterable[Content] | None"
"""What stands in an element: text is escaped, None is nothing, several follow each other."""
Value: TypeAlias = str | int | float | bool | None
"""What an attribute may be: True is the bare name, None and False leave it out."""


def el(tag: str, *content: Content, **attributes: Value) -> Html:
    """Make an element; `class_` is the attribute class, `aria_label` is aria-label.

    >>> el("a", "<b> & co", href='/?q="x"', class_="name").text
    '<a href="/?q=&quot;x&quot;" class="name">&lt;b&gt; &amp; co</a>'
    >>> el("input", disabled=True, name="q", size=None).text
    '<input disabled name="q">'
    """
    head = tag + "".join(_attribute(name, value) for name, value in attributes.items())
    return Html(f"<{head}>" if tag in VOID else f"<{head}>{flat(content)}</{tag}>")


def flat(content: Content) -> str:
    """Write content as HTML.

    >>> flat(["1 < 2", None, el("br"), 7])
    '1 &lt; 2<br>7'
    """
    if content is None:
        return ""
    if isinstance(content, Html):
        return content.text
    if isinstance(content, str):
        return escape(content)
    return str(content) if isinstance(content, int) else "".join(map(flat, content))


def _attribute(name: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def joined(parts: Iterable[Content], between: str) -> list[Content]:
    """Put text between parts.

    >>> flat(joined(["a", "b"], " & "))
    'a &amp; b'
    """
    found: list[Content] = []
    for part in parts:
        found += [between, part] if found else [part]
    return found
