"""Hosts on loopback: what Keras, scikit-learn and kagglehub ask for over HTTPS, answered here.

The clients are as they are and ask their real addresses. A proxy (`https_proxy`) leads them here, and a certificate
that was made for the test speaks for the hosts (`SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`).
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

NAMES = ("storage.googleapis.com", "www.openml.org", "api.openml.org", "openml.org", "api.kaggle.com")


@dataclass
class Answer:
    """What a host sends: `cut` leaves the last half of the body out and ends the connection."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    cut: bool = False


@dataclass
class Hosts:
    """The answers by address, `www.openml.org/api/v1/json/data/554`, and what was asked for."""

    answers: dict[str, Answer | Callable[[], Answer]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hosts: Hosts
    context: ssl.SSLContext
    name = ""

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.name = self.path.partition(":")[0]
        self.send_response(200, "Connection established")
        self.end_headers()
        self.rfile.close()
        self.wfile.close()
        self.connection = self.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = f"{self.name}{self.path}"
        self.hosts.asked.append(address)
        answer = self.hosts.answers.get(address, Answer(b"not here", status=404))
        answer = answer() if callable(answer) else answer
        self.send_response(answer.status)
        for header, value in answer.headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) // 2] if answer.cut else answer.body)
        self.close_connection = answer.cut or self.close_connection

    def do_POST(self) -> None:
        self.do_GET()


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for all hosts, and its key, in `folder`."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI"):
            pytest.fail("openssl is missing: CI must install it")
        pytest.skip("openssl is not installed")
    key, made = folder / "key.pem", folder / "certificate.pem"
    names = ",".join(f"DNS:{name}" for name in NAMES)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=loopback",
         "-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key


@contextmanager
def serve(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    """Answer for all hosts, and let every process that is started from here ask us."""
    made, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    hosts = Hosts()
    handler = type("Bound", (Handler,), {"hosts": hosts, "context": context})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    for name in ("https_proxy", "HTTPS_PROXY"):
        patch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        patch.setenv(name, str(made))
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        patch.delenv(name, raising=False)
    urllib.request.install_opener(None)  # it remembers the proxy of the first request
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hosts
    finally:
        urllib.request.install_opener(None)
        server.shutdown()
        server.server_close()
