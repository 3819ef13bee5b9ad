"""What holds on every page: it stands on both widths, and a tab asks nobody but its own server."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
PAGES = {"": "Digits Lab", "dataset": "Dataset", "train": "Train", "compare": "Compare", "duel": "Duel",
         "embeddings": "Embeddings", "draw": "Draw"}  # fmt: skip


def asked(page: Page) -> list[str]:
    """The hosts other than the server's that the tab will ask, from now on."""
    hosts: list[str] = []

    def note(url: str) -> None:
        host = urlsplit(url)
        if host.scheme not in ("data", "blob") and host.hostname != "127.0.0.1":
            hosts.append(url)

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    return hosts


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_stands_on_its_own_address_and_asks_no_other_host(furnished: Path, page: Page, width: int) -> None:
    hosts = asked(page)
    page.set_viewport_size({"width": width, "height": 900})
    for path, title in PAGES.items():
        page.goto(f"/{path}")
        expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible()
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
        expect(page.get_by_test_id("stException")).to_have_count(0)
        wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        assert wide <= width, f"{title} is {wide} pixels wide"
    assert hosts == []


def test_the_overview_says_what_the_lab_knows_and_leads_on(furnished: Path, page: Page) -> None:
    page.reload()
    for framework in ("PyTorch", "TensorFlow"):
        expect(page.get_by_text(f"{framework}, best on its test images")).to_be_visible()
    expect(page.get_by_text("Verdict.")).to_be_visible()
    expect(page.get_by_text("exact McNemar test")).to_be_visible()
    page.get_by_role("link", name="starter · 1,797 images").click()
    expect(page.get_by_role("heading", name="Dataset", level=1)).to_be_visible()
    expect(page.get_by_text("1,797 images").first).to_be_visible()
