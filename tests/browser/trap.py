"""A tab in which nothing that a name says may happen: requests are noted, and scripts that should not run."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page

from tests.hostile import HOST

READ = """() => {
  const said = [], made = [];
  const walk = root => {
    for (const node of root.querySelectorAll('*')) {
      for (const {name, value} of node.attributes) {
        if (/^(aria-label|alt|title|value|placeholder)$/.test(name)) said.push(value);
        if (/^(href|src|action|data|xlink:href|srcset)$/.test(name) && /evil\\.example|^javascript:/i.test(value))
          made.push(`${node.nodeName} ${name}=${value}`);
        if (/^on/.test(name) || (name === 'style' && value.includes('evil.example')))
          made.push(`${node.nodeName} ${name}=${value}`);
      }
      if (/^(INPUT|TEXTAREA)$/.test(node.nodeName)) said.push(node.value);
      if (node.nodeName === 'SCRIPT' && node.textContent.includes('stolen')) made.push(node.outerHTML);
      if (node.shadowRoot) walk(node.shadowRoot);
      if (node.nodeName !== 'SCRIPT' && node.nodeName !== 'STYLE')
        for (const child of node.childNodes) if (child.nodeType === 3) said.push(child.data);
    }
  };
  walk(document);
  return [said.join('\\n'), made];
}"""
CHARTS = ", ".join(f"[data-testid={one}]" for one in ("stEChartsChart", "stBidiComponentRegular", "stDataFrame"))
WAIT_SECONDS = 15.0  # for what a page shows later than its title
ACROSS = (0.15, 0.4, 0.6, 0.9)  # of a chart's width: where the mouse rests on it


class Trap:
    """Watches `page`, opened from the server at `address`; `found` says what should not have happened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.found: list[str] = []
        self.said: set[str] = set()
        page.expose_function("stolen", lambda *_: self.found.append("a script ran"))
        page.on("dialog", self._dialog)
        page.on("websocket", lambda socket: self._note(socket.url))
        page.context.route("**/*", self._route)

    def open(self, path: str, *names: str, deep: bool = True) -> list[str]:
        """Open a page, if `deep` its tabs and folds, rest on its charts; return the `names` that it never showed."""
        self.said.clear()
        self.page.goto(path)
        self.page.get_by_role("heading", level=1).first.wait_for()
        end = time.monotonic() + WAIT_SECONDS  # a map is drawn, models read
        self.look()
        while self.missing(*names) and time.monotonic() < end:
            self.page.wait_for_timeout(200)
            self.look()
        for tab in self._each("[data-testid=stMain] [role=tab]") if deep else ():
            self._do(tab.click)
            self._unfold()
        if deep:
            self._unfold()
        else:
            self._hover()
        return self.missing(*names)

    def missing(self, *names: str) -> list[str]:
        """Return which of `names` the last page has not shown letter by letter."""
        return [name for name in names if not any(flat(name) in text for text in self.said)]

    def look(self) -> None:
        """Wait for the page, and read all of it."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        said, made = self.page.evaluate(READ)
        self.said.add(flat(said))
        self.found += [f"{self.page.url}: {one}" for one in made]
        self.found += [f"{self.page.url}: {one}" for one in self.page.get_by_test_id("stException").all_inner_texts()]

    def _unfold(self) -> None:
        for summary in self._each("[data-testid=stMain] details:not([open]) summary"):
            self._do(summary.click)
        for button in self._each("[data-testid=stMain] [data-testid=stPopoverButton]"):
            self._do(button.click)
            self._do(lambda: self.page.keyboard.press("Escape"))
        self._hover()

    def _each(self, selector: str) -> list[Locator]:
        return [one for one in self.page.locator(selector).all() if one.is_visible()]

    def _do(self, act: Any) -> None:
        try:
            act(timeout=3_000) if act.__name__ == "click" else act()
        except PlaywrightError:  # a live part of the page was drawn anew meanwhile
            return
        self.look()

    def _hover(self) -> None:
        for chart in self._each(CHARTS):
            self._hover_over(chart)

    def _hover_over(self, chart: Locator) -> None:
        try:
            chart.scroll_into_view_if_needed(timeout=3_000)
            box = chart.bounding_box()
        except PlaywrightError:
            return
        for share in ACROSS if box else ():
            self.page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
            self.page.wait_for_timeout(60)
        self.look()

    def _dialog(self, dialog: Any) -> None:
        self.found.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _route(self, route: Any) -> None:
        if self._note(route.request.url):
            route.abort()
        else:
            route.continue_()

    def _note(self, url: str) -> bool:
        """Note a request to another host than the server's."""
        host = urlsplit(url)
        strange = host.scheme not in ("data", "blob") and host.hostname != "127.0.0.1"
        if strange or HOST in url:
            self.found.append(f"a request: {url}")
        return strange


def flat(text: str) -> str:
    """Return `text` without what is not seen: word joiners, and how wide its spaces are."""
    return " ".join(text.replace("\u2060", "").split())
