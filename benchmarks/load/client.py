"""A session without a browser: it speaks Streamlit's own protocol, runs its timers, and notes what it is shown.

Sixty tabs of Chromium would take the two cores on which the server is to be measured. This client costs next to
nothing, and asks the server for the same: it opens the page, holds what the widgets hold, asks again as often as each
part of the page is to look, and clicks. What it cannot tell is how long a browser draws.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

PATIENCE_SECONDS = 120.0


class Session:
    """One tab on one page, from `open` to `close`."""

    def __init__(self, address: str, page: str, query: str = "") -> None:
        self._url = address.replace("http", "ws") + "/_stcore/stream"
        self._page, self._query = page, query
        self._script = ""  # as which the server knows the page; without it, one that redraws itself becomes the first
        self._socket: ClientConnection | None = None
        self._states: dict[str, WidgetState] = {}
        self.timers: dict[str, tuple[float, asyncio.Task[None]]] = {}  # by fragment: how often it looks again
        self._reader: asyncio.Task[None] | None = None
        self._ended, self._news = False, asyncio.Event()
        self.elements: dict[tuple[int, ...], Any] = {}  # by its place on the page
        self.fragments: dict[tuple[int, ...], str] = {}
        self.heard: list[str] = []  # what the charts say that were drawn
        self.paces: list[float] = []
        self.looks = 0

    async def open(self) -> float:
        """Connect and draw the page; return the seconds until it stood."""
        begun = time.perf_counter()
        self._socket = await connect(self._url, subprotocols=["streamlit"], max_size=None, ping_interval=None)  # type: ignore[list-item]
        self._reader = asyncio.create_task(self._read())
        self._reader.add_done_callback(lambda _: self._news.set())
        await self.ask()
        return time.perf_counter() - begun

    async def close(self) -> None:
        """Leave, as a closed tab does."""
        for _, timer in self.timers.values():
            timer.cancel()
        if self._reader:
            self._reader.cancel()
        if self._socket:
            await self._socket.close()

    async def ask(self, fragment: str = "", until: Callable[[], bool] | None = None) -> float:
        """Ask for the page or a part, and wait until it is drawn; return the seconds until then, or until `until`."""
        begun, seconds = time.perf_counter(), 0.0
        self._ended = False
        await self._send(fragment, timer=False)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (self._ended and seconds):
                self._news.clear()
                await self._news.wait()
                if self._reader and self._reader.done():
                    self._reader.result()
                    raise ConnectionError("the server has closed the session")
                if not seconds and (until() if until else self._ended):
                    seconds = time.perf_counter() - begun
        return seconds

    def put(self, id: str, **value: Any) -> None:
        """Let the widget `id` hold a value, as a field of `WidgetState`."""
        self._states[id] = WidgetState(id=id, **value)

    def find(self, kind: str, holds: Callable[[Any], bool]) -> tuple[Any, str]:
        """Return the newest element of that kind for which `holds`, and the fragment that it stands in, or ""."""
        for path, element in reversed(self.elements.items()):
            if element.WhichOneof("type") == kind and holds(getattr(element, kind)):
                return getattr(element, kind), self.fragments.get(path, "")
        raise LookupError(f"no {kind} on the page {self._page}")

    async def _send(self, fragment: str, *, timer: bool) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.page_name, state.query_string, state.page_script_hash = self._page, self._query, self._script
        state.fragment_id, state.is_auto_rerun = fragment, timer
        state.widget_states.widgets.extend(self._states.values())
        assert self._socket
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket
        async for data in self._socket:
            message = ForwardMsg()
            message.ParseFromString(data)  # type: ignore[arg-type]
            self._script = message.navigation.page_script_hash or self._script
            self._take(message)
            self._news.set()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message)
        elif kind == "auto_rerun":
            self._time(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for id in message.stop_auto_rerun.fragment_ids:
                self._stop(id)
        elif kind == "new_session" and not message.metadata.run.fragment_ids:
            for id in list(self.timers):  # the page that is drawn says anew what looks again
                self._stop(id)
        elif kind == "script_finished":
            self._ended = message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _draw(self, message: ForwardMsg) -> None:
        if message.delta.WhichOneof("type") != "new_element":
            return
        element, path = message.delta.new_element, tuple(message.metadata.delta_path)
        self.elements.pop(path, None)  # what was drawn last stands last
        self.elements[path], self.fragments[path] = element, message.delta.fragment_id
        if element.WhichOneof("type") == "echarts_chart":
            self.heard.append(element.echarts_chart.alt)

    def _time(self, fragment: str, interval: float) -> None:
        if fragment in self.timers and self.timers[fragment][0] == interval:
            return
        self._stop(fragment)
        self.paces.append(interval)
        self.timers[fragment] = (interval, asyncio.create_task(self._tick(fragment, interval)))

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self.looks += 1
            await self._send(fragment, timer=True)

    def _stop(self, fragment: str) -> None:
        found = self.timers.pop(fragment, None)
        if found:
            found[1].cancel()
