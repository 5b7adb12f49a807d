"""The pages as a person sees them: a real Chromium, on a phone and on a desk, over loopback.

Where no browser is found these tests are skipped, and the run says so; with
DISTRIBUTION_REQUIRE_BROWSER=1 they fail instead. DISTRIBUTION_CHROMIUM names a browser,
DISTRIBUTION_ARTIFACTS the folder that keeps the screenshots; else they go with pytest's own.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Response, sync_playwright

from adapters.memory import MemoryStore
from adapters.pages.site import app
from adapters.pages.visit import part_of
from tests import scene
from tests.office import Office

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, DESK = (360, 740), (1280, 800)
SMALL = (320, 640)
"""The narrowest phone that is still about."""
PAGES = {
    "tasks": "/",
    "task": "/tasks/streets",
    "pairs": "/tasks/films",
    "islands": "/tasks/crops",
    "shared": "/tasks/contracts",
    "empty": "/tasks/birds",
    "people": "/tasks/streets/people",
    "history": "/tasks/streets/history",
    "items": "/tasks/streets/items",
    "item": f"/tasks/streets/items/{part_of('streets/cam2/frame-00414.jpg')}",
}

WIDER = """() => {
    const wide = document.documentElement.clientWidth;
    const boxed = (e) => e.parentElement !== null && (e.parentElement.closest('.scroll, pre, .skip-link, .defs') !== null);
    return [...document.body.querySelectorAll('*')]
        .filter((e) => !boxed(e) && !e.closest('.skip-link, .defs, svg *'))
        .filter((e) => { const r = e.getBoundingClientRect(); return r.right > wide + 0.5 || r.left < -0.5; })
        .map((e) => `${e.tagName} ${e.className} ${e.textContent.slice(0, 40)}`);
}"""
"""Names the elements that stand out of the screen, but for those in a box that scrolls by itself."""
CONTRAST = """() => {
    const number = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
        .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => {
        for (; e; e = e.parentElement) {
            const found = number(getComputedStyle(e).backgroundColor);
            if (found.length === 3 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    return [...document.body.querySelectorAll('*')]
        .filter((e) => !e.closest('svg') && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
        .map((e) => {
            const pair = [light(number(getComputedStyle(e).color)), light(ground(e))].sort((a, b) => b - a);
            return [(pair[0] + 0.05) / (pair[1] + 0.05), `${e.tagName}.${e.className} ${e.textContent.slice(0, 30)}`];
        })
        .filter(([ratio]) => ratio < 4.5);
}"""
"""Names the texts that are hard to read: with less than the contrast of WCAG 2.2, level AA."""


def chromium() -> str | None:
    """Find a browser."""
    named = os.environ.get("DISTRIBUTION_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None and os.environ.get("DISTRIBUTION_REQUIRE_BROWSER") == "1":
        pytest.fail("no browser was found, and DISTRIBUTION_REQUIRE_BROWSER=1 asks for one: install chromium")
    if path is None:
        pytest.skip(
            "no browser was found, so nobody looked at the pages: install chromium, or name one in DISTRIBUTION_CHROMIUM"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield started
        started.close()


@contextmanager
def served(office: Office) -> Iterator[str]:
    """Serve the pages on a free port of loopback, in a thread; give their address."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        # Who comes before the server is up waits for it.
        listening.listen()
        config = uvicorn.Config(app(office), log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="module")
def day() -> Iterator[str]:
    with scene.day(MemoryStore()) as office, served(office) as address:
        yield address


@pytest.fixture(scope="module")
def traps() -> Iterator[str]:
    with scene.traps(MemoryStore()) as office, served(office) as address:
        yield address


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Give the folder that keeps the screenshots."""
    folder = Path(os.environ.get("DISTRIBUTION_ARTIFACTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@attrs.define(slots=False)
class Eyes:
    """A person at a browser, who notes everything that goes wrong."""

    page: Page
    wrong: list[str] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("dialog", self._asked)
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        self.wrong.append(f"console: {message.text}")

    def _asked(self, dialog: Dialog) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _failed(self, request: Request) -> None:
        self.wrong.append(f"failed: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.wrong.append(f"{response.status}: {response.url}")

    def open(self, address: str) -> Page:
        """Open a page, and find nothing wrong with it."""
        self.page.goto(address)
        self.look()
        return self.page

    def follow(self, role: Literal["button", "link"], name: str, *, taps: bool = False) -> None:
        """Press what leads to another page, and be there."""
        pressed = self.page.get_by_role(role, name=name)
        with self.page.expect_navigation():
            pressed.tap() if taps else pressed.click()

    def look(self) -> None:
        """Find nothing wrong with the page that is open."""
        assert self.page.evaluate(WIDER) == [], self.page.url
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.page.url
        assert self.page.evaluate("window.owned") is None, self.page.url
        assert self.wrong == []


@contextmanager
def eyes(
    browser: Browser, size: tuple[int, int], scheme: Literal["light", "dark"] = "light", **settings: Any
) -> Iterator[Eyes]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, **settings
    )
    try:
        yield Eyes(context.new_page())
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("device", "size"), [("phone", PHONE), ("desk", DESK)])
def test_every_page_fits_the_screen_can_be_read_and_says_nothing_to_the_console(
    browser: Browser,
    day: str,
    pictures: Path,
    device: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    with eyes(browser, size, scheme) as person:
        for name, path in PAGES.items():
            page = person.open(day + path)
            assert page.evaluate(CONTRAST) == [], path
            picture = pictures / f"pages-{name}-{device}-{scheme}.png"
            page.screenshot(path=picture, full_page=True)
            assert picture.stat().st_size > 5000


def test_every_page_fits_the_narrowest_phone(browser: Browser, day: str) -> None:
    with eyes(browser, SMALL) as person:
        for path in PAGES.values():
            person.open(day + path)


@pytest.mark.parametrize("size", [SMALL, DESK])
def test_names_of_strangers_run_nothing_and_break_nothing(
    browser: Browser, traps: str, pictures: Path, size: tuple[int, int]
) -> None:
    with eyes(browser, size) as person:
        page = person.open(traps)
        page.screenshot(path=pictures / f"pages-traps-{size[0]}.png", full_page=True)
        for trap in scene.HOSTILE:
            task = f"{traps}/tasks/{part_of(trap)}"
            for rest in ("", "/people", "/history", "/items", f"/items/{part_of(trap)}"):
                page = person.open(task + rest)
                assert page.title().endswith("· distribution")
        assert page.locator("script, img, iframe").count() == 0


def test_no_script_runs_even_where_somebody_got_one_in(browser: Browser, day: str) -> None:
    with eyes(browser, DESK) as person:
        page = person.open(day)
        page.evaluate(
            "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.owned=9\">')"
        )
        page.wait_for_timeout(100)
        assert page.evaluate("window.owned") is None
        assert any("Content Security Policy" in wrong for wrong in person.wrong)


def test_a_person_finds_her_way_by_links_and_forms(browser: Browser, day: str) -> None:
    with eyes(browser, PHONE, has_touch=True) as person:
        page = person.open(day)
        page.get_by_label("Name holds").fill("street")
        person.follow("button", "Show")
        assert page.get_by_text("No task fits.").is_visible()
        page.get_by_label("Name holds").fill("Street")
        page.get_by_label("State").select_option("open")
        person.follow("button", "Show")
        person.look()
        person.follow("link", "Street scenes, city centre", taps=True)
        assert page.get_by_role("heading", level=1).inner_text() == "Street scenes, city centre"
        person.follow("link", "Bob Okafor")
        page.get_by_label("State").select_option("open")
        person.follow("button", "Show")
        person.look()
        person.follow("link", "streets/cam2/frame-00426.jpg")
        assert page.get_by_role("heading", name="What happened to it").is_visible()
        person.look()
        person.follow("link", "distribution")
        assert page.url == f"{day}/"


def test_what_is_not_there_is_said_with_the_way_back(browser: Browser, day: str, pictures: Path) -> None:
    with eyes(browser, PHONE) as person:
        person.page.goto(f"{day}/tasks/nowhere")
        person.page.screenshot(path=pictures / "pages-missing-phone.png")
        assert person.page.get_by_role("heading", name="Not here").is_visible()
        person.follow("link", "Back to all tasks")
        assert person.page.get_by_role("heading", name="Tasks", exact=True).is_visible()


def test_the_page_loads_itself_again_where_that_is_wanted(browser: Browser, day: str) -> None:
    with eyes(browser, PHONE) as person:
        page = person.open(f"{day}/?refresh=1")
        with page.expect_navigation(timeout=10_000):
            pass
        page.get_by_role("link", name="stop").click()
        page.wait_for_url(lambda url: "refresh" not in url, timeout=10_000)


def test_pictures_say_in_words_what_they_show(browser: Browser, day: str) -> None:
    with eyes(browser, DESK) as person:
        page = person.open(f"{day}/tasks/films")
        assert page.get_by_role("img", name="Progress: 275 done, 50 open, 115 waiting").is_visible()
        assert page.get_by_role("img", name="Who shares how many items with whom").is_visible()
        page.get_by_text("As a list").click()
        assert page.get_by_role("cell", name="reader-2").first.is_visible()


def test_on_paper_there_is_nothing_to_press(browser: Browser, day: str, pictures: Path) -> None:
    with eyes(browser, DESK) as person:
        page = person.open(f"{day}/tasks/films")
        page.emulate_media(media="print")
        for gone in (".again", ".jump"):
            assert not page.locator(gone).is_visible()
        paper = pictures / "pages-task.pdf"
        page.pdf(path=paper, format="A4", print_background=True)
        assert paper.read_bytes().startswith(b"%PDF")
