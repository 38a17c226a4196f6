"""Real servers on a port of their own, each in a thread of this process, and a client that says what it sends."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
import waitress
from log_lines import PATIENCE


class _Uvicorn(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_up = threading.Event()
        self.port = 0

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        if self.servers:
            self.port = self.servers[0].sockets[0].getsockname()[1]
        self.is_up.set()


@contextmanager
def uvicorn_serving(app: Any, *, lifespan: Any = "off", loop: Any = "asyncio") -> Iterator[int]:
    """Serves an ASGI application; gives the port."""
    server = _Uvicorn(uvicorn.Config(app, port=0, lifespan=lifespan, loop=loop, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.is_up.wait(PATIENCE)
        assert server.port, "uvicorn did not start"
        yield server.port
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        assert not thread.is_alive()


@contextmanager
def waitress_serving(app: Any, threads: int = 4) -> Iterator[int]:
    """Serves a WSGI application; gives the port."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=threads, map={})
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server.effective_port
    finally:
        server.trigger.pull_trigger(server.task_dispatcher.shutdown)
        server.trigger.pull_trigger(lambda: _close_all(server))
        thread.join(PATIENCE)
        assert not thread.is_alive()


def _close_all(server: Any) -> None:
    for channel in list(server._map.values()):
        channel.close()


class Answer:
    """Status, headers (their names in lower case; one that comes twice is an error) and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers: dict[str, str] = {}
        for name, value in response.getheaders():
            assert name.lower() not in self.headers, f"header {name} comes twice"
            self.headers[name.lower()] = value
        self.body = response.read()


def fetch(port: int, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """One request; header names with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def fetch_many(port: int, paths: list[str], **headers: str) -> list[Answer]:
    """All at once, each on a thread and connection of its own, with its number N as request id r-N."""
    answers: list[Any] = [None] * len(paths)

    def one(number: int) -> None:
        answers[number] = fetch(port, paths[number], X_Request_ID=f"r-{number}", **headers)

    threads = [threading.Thread(target=one, args=[number]) for number in range(len(paths))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


