"""What stands around every page: the head, the trail back, the refresh, the policy of the browser."""

from __future__ import annotations

from starlette.responses import HTMLResponse

from adapters.pages.drawing import ICON, LOGO, PATTERNS
from adapters.pages.markup import Content, Html, el, flat
from adapters.pages.style import POLICY, STYLE
from adapters.pages.visit import Visit
from adapters.wording import visible

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
EVERY = 10
"""Seconds between refreshes where a reader wants them."""
LOOKS = Html(f"<style>{STYLE}</style>")

Trail = tuple[Content, str]
"""What leads back: the words and the address."""


def document(
    title: str, content: Content, *, top: Content = None, end: Content = None, refresh: int | None = None
) -> str:
    """Write a whole page."""
    again = None if refresh is None else el("meta", http_equiv="refresh", content=refresh)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="robots", content="noindex"),
        again,
        el("title", f"{visible(title)} · distribution"),
        el("link", rel="icon", href=ICON),
        LOOKS,
    )
    body = el(
        "body",
        PATTERNS,
        el("a", "To the content", href="#content", class_="skip-link"),
        el("header", top, class_="top"),
        el("main", content, id="content"),
        el("footer", "All instants are UTC.", end),
    )
    return "<!doctype html>" + flat(el("html", head, body, lang="en"))


def page(visit: Visit, title: str, content: Content, *, trail: tuple[Trail, ...] = ()) -> HTMLResponse:
    """Answer with a page."""
    seconds = visit.refresh
    steps = [el("li", el("a", words, href=address)) for words, address in trail]
    back = el("nav", el("ol", steps, class_="trail"), aria_label="Where you are") if steps else None
    top = (_brand(visit.to("")), back, _again(visit, seconds))
    return HTMLResponse(
        document(title, content, top=top, end=_leave(visit), refresh=seconds), headers=HEADERS
    )


def _brand(address: str) -> Html:
    return el("a", LOGO, "distribution", href=address, class_="brand")


def _again(visit: Visit, seconds: int | None) -> Html:
    """Let a reader have the page loaded again and again, or no more."""
    if seconds is None:
        return el("a", f"Refresh every {EVERY} s", href=visit.here(refresh=EVERY), class_="again")
    stop = el("a", "stop", href=visit.here(refresh=None))
    return el("span", f"Refreshed every {seconds} s, ", stop, class_="again")


def _leave(visit: Visit) -> Html | None:
    """Let a reader go, where there is a door: the device may be somebody else's next."""
    if visit.leave is None:
        return None
    return el("form", el("button", "Leave"), method="post", action=visit.to(visit.leave))


def problem(
    address: str, status: int, title: str, words: str, headers: dict[str, str] | None = None
) -> HTMLResponse:
    """Answer in words why there is no page, with the way back."""
    content = el(
        "section",
        el("h1", title),
        el("p", words),
        el("p", el("a", "Back to all tasks", href=address)),
        class_="card",
    )
    made = document(title, content, top=_brand(address))
    return HTMLResponse(made, status, headers={**(headers or {}), **HEADERS})
