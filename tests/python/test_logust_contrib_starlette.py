"""RequestLoggerMiddleware, on real servers and on its own: lines, canonical events, what no stranger can do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import fastapi
import pytest
import websockets.sync.client
from log_lines import PATIENCE
from logust_records import Records, fields_of, kept_records
from servers import fetch, fetch_many, uvicorn_serving
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from cleat.logust import logger
from cleat.logust.contrib import (
    RequestLoggerMiddleware,
    TailSampler,
    add_event_fields,
    get_current_event,
    get_request_id,
    setup_fastapi,
)

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TIMED = re.compile(r" time=\d+\.\d{4}s")


@pytest.fixture(autouse=True)
def records() -> Iterator[Records]:
    with kept_records() as kept:
        yield kept


# -- applications and requests --


async def hello(request):
    logger.info("handling")
    return PlainTextResponse("hello", status_code=int(request.query_params.get("status", 200)))


async def echo(request):
    return PlainTextResponse(await request.body())


async def fail(request):
    raise ZeroDivisionError("by zero")


def application(*routes: Route, **options: Any) -> Starlette:
    """One that has the middleware."""
    app = Starlette(
        routes=[
            *routes,
            Route("/hello", hello),
            Route("/echo", echo, methods=["POST", "GET", "DELETE"]),
            Route("/fail", fail),
            Route("/users/{number}", hello),
        ]
    )
    app.add_middleware(RequestLoggerMiddleware, **options)
    return app


def scope_of(path: str = "/hello", method: str = "GET", query: str = "", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("192.0.2.7", 4711),
        "server": ("server", 80),
        "scheme": "http",
        "root_path": "",
    }


def ask(app: Any, scope: dict[str, Any], *parts: bytes, then: Any = None) -> list[dict[str, Any]]:
    """Calls an application without a server; gives what it sends. *then*: what `receive` waits for behind the body."""
    return asyncio.run(asked(app, scope, *parts, then=then))


async def asked(app: Any, scope: dict[str, Any], *parts: bytes, then: Any = None) -> list[dict[str, Any]]:
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts or (b"",), 1)
    ]
    sent = []

    async def receive():
        if waiting:
            return waiting.pop(0)
        await (then() if then else asyncio.get_running_loop().create_future())
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent


def body_of(sent: list[dict[str, Any]]) -> bytes:
    return b"".join(message.get("body", b"") for message in sent)


def timeless(records: Records) -> list[str]:
    return [TIMED.sub("", message) for message in records.messages()]


def events(records: Records) -> list[dict[str, Any]]:
    return [fields_of(record) for record in records if record["message"] == "http.request"]


class TestLines:
    def test_one_when_it_begins_and_one_when_it_is_answered(self, records):
        with uvicorn_serving(application()) as port:
            assert fetch(port, "/hello", X_Request_ID="r-1").body == b"hello"
        assert timeless(records) == [
            "Request started: GET /hello ip=127.0.0.1",
            "handling",
            "Request successful: GET /hello status=200 ip=127.0.0.1",
        ]
        assert all(TIMED.search(message) for message in records.messages()[2:])
        assert all(fields_of(record) == {"request_id": "r-1", "path": "/hello"} for record in records)

    @pytest.mark.parametrize(
        ("status", "level", "result"),
        [
            (204, "INFO", "successful"),
            (304, "INFO", "successful"),
            (404, "WARNING", "failed"),
            (503, "ERROR", "failed"),
        ],
    )
    def test_level_and_word_follow_the_status(self, records, status, level, result):
        ask(application(), scope_of(query=f"status={status}"))
        assert records[-1]["level"] == level
        assert records[-1]["message"].startswith(f"Request {result}: GET /hello status={status} time=")

    def test_a_handler_that_raises(self, records):
        with pytest.raises(ZeroDivisionError):
            ask(application(), scope_of("/fail", x_request_id="r-1"))
        assert timeless(records)[1:] == ["Request failed: GET /fail error=ZeroDivisionError ip=192.0.2.7"]
        assert records[-1]["level"] == "ERROR"
        assert fields_of(records[-1])["request_id"] == "r-1"

    def test_a_stream_that_fails_when_it_has_begun_is_no_success(self, records):
        async def parts():
            yield b"a"
            raise ValueError

        async def stream(request):
            return StreamingResponse(parts())

        with pytest.raises(ValueError):
            ask(application(Route("/stream", stream)), scope_of("/stream", x_request_id="r-1"))
        assert timeless(records)[1:] == [
            "Request successful: GET /stream status=200 ip=192.0.2.7",
            "Request failed: GET /stream error=ValueError ip=192.0.2.7",
        ]
        assert fields_of(records[-1])["request_id"] == "r-1"

    def test_a_client_that_goes_away(self, records):
        async def main():
            task = asyncio.ensure_future(asked(application(Route("/stream", endless)), scope_of("/stream")))
            while len(records) < 3:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        assert timeless(records)[-1] == "Request aborted: GET /stream ip=192.0.2.7"
        assert records[-1]["level"] == "WARNING"

    def test_query(self, records):
        ask(application(), scope_of(query="page=1&tag=a&tag=b&access_token=xyz&tag=c&empty="))
        assert records.messages()[0] == (
            "Request started: GET /hello ip=192.0.2.7 "
            "query={'page': '1', 'tag': ['a', 'b', 'c'], 'access_token': '***', 'empty': ''}"
        )

    @pytest.mark.parametrize("path", ["/health", "/health/deep", "/healthy", "/docs/x", "/v1/private"])
    def test_what_is_skipped(self, records, path):
        async def quiet(request):
            assert get_request_id() == ""
            return PlainTextResponse("quiet")

        app = application(
            Route(path, quiet), skip_routes=["/health"], skip_regexes=["/docs/.*", r"^/v\d+/private$"], canonical=True
        )
        assert body_of(ask(app, scope_of(path))) == b"quiet"
        assert records == []
        ask(app, scope_of("/hello"))
        assert len(records) == 2

    def test_a_logger_of_one_s_own(self, records):
        ask(application(logger=logger.bind(service="shop")), scope_of(x_request_id="r-1"))
        assert fields_of(records[0]) == {"service": "shop", "request_id": "r-1", "path": "/hello"}

    def test_websockets_and_lifespans_pass_untouched(self, records):
        started = []

        @contextlib.asynccontextmanager
        async def lifespan(app):
            started.append("up")
            yield
            started.append("down")

        async def talk(websocket):
            await websocket.accept()
            await websocket.send_text(f"{await websocket.receive_text()}, {get_request_id()!r}")
            await websocket.close()

        app = application(WebSocketRoute("/ws", talk))
        app.router.lifespan_context = lifespan
        with uvicorn_serving(app, lifespan="on") as port:
            with websockets.sync.client.connect(f"ws://127.0.0.1:{port}/ws") as client:
                client.send("hi")
                assert client.recv(PATIENCE) == "hi, ''"
        assert started == ["up", "down"]
        assert records == []


async def endless(request):
    async def parts():
        logger.info("streaming")
        while True:
            yield b"a"
            await asyncio.sleep(0)

    return StreamingResponse(parts())


class TestRequestId:
    @pytest.mark.parametrize("given", ["", " ", "\t", "\xff\xfe", "\x00"])
    def test_without_one_that_is_left_it_is_made(self, records, given):
        ask(application(), scope_of(x_request_id=given))
        assert re.fullmatch(r"[0-9a-f]{8}", fields_of(records[0])["request_id"])

    def test_k15_a_forged_one_is_made_harmless(self, records):
        ask(application(), scope_of(x_request_id="a\r\n2026 | ERROR | forged \x1b[31m" + "x" * 500))
        request_id = fields_of(records[0])["request_id"]
        assert request_id == ("a2026|ERROR|forged[31m" + "x" * 500)[:128]

    def test_it_is_there_for_all_that_the_request_does(self, records):
        seen = []

        async def work(request):
            seen.append(get_request_id())
            seen.append(await asyncio.to_thread(get_request_id))
            return PlainTextResponse("", background=BackgroundTask(lambda: seen.append(get_request_id())))

        ask(application(Route("/work", work)), scope_of("/work", x_request_id="r-1"))
        assert seen == ["r-1"] * 3
        assert get_request_id() == ""

    def test_k6_overlapping_requests_have_their_own(self, records):
        meeting = threading.Barrier(16)

        def meet(number: int) -> str:
            meeting.wait(PATIENCE)
            logger.info("met")
            add_event_fields(seen=get_request_id())
            return get_request_id()

        app = fastapi.FastAPI()
        app.get("/meet/{number}", response_class=PlainTextResponse)(meet)
        app.add_middleware(RequestLoggerMiddleware, canonical=True)
        with uvicorn_serving(app) as port:
            answers = fetch_many(port, [f"/meet/{number}" for number in range(16)])
        assert [answer.body.decode() for answer in answers] == [f"r-{number}" for number in range(16)]
        met = [fields_of(record) for record in records if record["message"] == "met"]
        assert sorted(fields["request_id"] for fields in met) == sorted(f"r-{number}" for number in range(16))
        for fields in met + events(records):
            assert fields["path"] == f"/meet/{fields['request_id'].removeprefix('r-')}"
        for event in events(records):
            assert event["seen"] == event["request_id"] and event["route"] == "/meet/{number}"
        assert len(met) == len(events(records)) == 16


class TestClientAddress:
    @pytest.mark.parametrize(
        ("headers", "shown"),
        [
            ({}, "192.0.2.7"),
            ({"x_forwarded_for": "203.0.113.9, 10.0.0.1"}, "203.0.113.9"),
            ({"x_forwarded_for": "[2001:db8::1]:443"}, "[2001:db8::1]:443"),
            ({"x_real_ip": "203.0.113.9"}, "203.0.113.9"),
            ({"x_forwarded_for": "1.1.1.1 status=200", "x_real_ip": "203.0.113.9"}, "203.0.113.9"),
            ({"x_forwarded_for": "a\nb", "x_real_ip": "x" * 100}, "192.0.2.7"),
            ({"x_forwarded_for": ", 10.0.0.1"}, "192.0.2.7"),
        ],
    )
    def test_a_header_counts_if_it_looks_like_an_address(self, records, headers, shown):
        ask(application(), scope_of(**headers))
        assert records.messages()[0] == f"Request started: GET /hello ip={shown}"

    def test_of_a_server_without_one(self, records):
        ask(application(), scope_of() | {"client": None})
        assert records.messages()[0] == "Request started: GET /hello ip=unknown"


class TestForging:
    def test_k15_a_path_is_one_word_of_a_line(self, records):
        ask(application(), scope_of("/a\n2026 | ERROR status=200 ip=1.1.1.1\x1b[31m"))
        assert timeless(records)[-1] == (
            "Request failed: GET /a%0A2026%20%7C%20ERROR%20status=200%20ip=1.1.1.1%1B%5B31m status=404 ip=192.0.2.7"
        )

    def test_k15_no_header_breaks_a_line_of_a_file(self, records, tmp_path):
        path = tmp_path / "app.log"
        number = logger.add(path, format="{level} {message} {extra}")
        forged = "x\r\nERROR forged\x1b[2J"
        ask(
            application(canonical=True),
            scope_of("/a\nb", query="q=%0AERROR", user_agent=forged, x_forwarded_for=forged, traceparent=forged),
        )
        logger.remove(number)
        (line,) = path.read_text().splitlines()
        assert line.startswith("WARNING http.request ") and "\x1b" not in line

    @pytest.mark.parametrize("header", ["", "00-xyz", TRACE.upper(), TRACE.replace("0af7", "<b>o"), "00-" + "0" * 32])
    def test_a_trace_that_is_none_is_left_out(self, records, header):
        ask(application(canonical=True), scope_of(traceparent=header))
        (event,) = events(records)
        assert "trace_id" not in event and "span_id" not in event

    def test_a_long_user_agent_is_cut(self, records):
        ask(application(canonical=True), scope_of(user_agent="x" * 5000))
        assert events(records)[0]["user_agent"] == "x" * 512


class TestBodies:
    def body(self, records, sent, content_type="application/json", *, headers=None, **options):
        """What is logged of a body; the application gets all of it."""
        parts = sent if isinstance(sent, list) else [sent]
        given = headers or {"content_length": str(len(b"".join(parts))), "content_type": content_type}
        app = application(include_request_body=True, **options)
        assert body_of(ask(app, scope_of("/echo", "POST", **given), *parts)) == b"".join(parts)
        return records.messages()[0].partition(" body=")[2]

    def test_json_is_masked_at_any_depth(self, records):
        sent = {"user": "ann", "password": "p1", "cards": [{"API-Key": {"a": "p2"}, "n": 1}], "Session_ID": ["p3"]}
        assert json.loads(self.body(records, json.dumps(sent).encode())) == {
            "user": "ann",
            "password": "***",
            "cards": [{"API-Key": "***", "n": 1}],
            "Session_ID": "***",
        }

    def test_keys_that_are_written_as_escapes_are_masked_too(self, records):
        assert self.body(records, b'{"p\\u0061ssword": "p1"}') == '{"password": "***"}'

    def test_forms_are_masked(self, records):
        logged = self.body(records, b"user=ann&password=p%201&x=", "application/x-www-form-urlencoded; charset=utf-8")
        assert logged == "user=ann&password=***&x="

    @pytest.mark.parametrize(
        ("sent", "content_type"),
        [
            (b'{"password": "p1"', "application/json"),
            (b"my password is p1", "text/plain"),
            (b"password=p1", "text/plain"),
            (b'"password=p1"', "application/json"),
            (b"<Password>p1</Password>", "application/xml"),
        ],
    )
    def test_what_cannot_be_masked_and_may_be_a_secret_is_withheld(self, records, sent, content_type):
        assert self.body(records, sent, content_type) == f"<withheld: {len(sent)} characters>"

    def test_other_text_is_logged(self, records):
        assert self.body(records, "héllo".encode(), "text/plain") == "héllo"

    def test_it_is_cut_when_it_is_masked(self, records):
        sent = json.dumps({"password": "p1", "padding": "x" * 100}).encode()
        assert self.body(records, sent, max_body_size=30) == '{"password": "***", "padding":...'

    def test_masking_may_be_left(self, records):
        assert self.body(records, b'{"password": "p1"}', mask_sensitive_data=False) == '{"password": "p1"}'

    def test_too_deep_for_json(self, records):
        assert self.body(records, b"[" * 50_000) == "<body_error>"

    def test_multipart_is_not_read(self, records):
        assert self.body(records, b"--x--", "multipart/form-data; boundary=x") == "<multipart: size=5>"

    def test_a_large_one_is_not_read(self, records):
        """Nor kept in memory: the application may take it in parts."""
        size = (1 << 20) + 1
        assert self.body(records, [b"x" * (size - 1), b"x"]) == f"<body: size={size}>"

    @pytest.mark.parametrize("headers", [{"transfer_encoding": "chunked"}, {"transfer_encoding": "chunked", "x": "y"}])
    def test_a_stream_is_not_read(self, records, headers):
        assert self.body(records, [b"a", b"b"], headers=headers) == "<stream>"

    def test_a_stream_may_wait_for_its_answer(self, records):
        """The client sends the second part when it has got the answer to the first."""
        got = []

        async def converse(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            more = True
            while more:
                message = await receive()
                got.append(message["body"])
                more = message["more_body"]
                await send({"type": "http.response.body", "body": message["body"], "more_body": more})

        async def main():
            answered = asyncio.Event()
            waiting = [b"one", b"two"]

            async def receive():
                if len(waiting) == 1:
                    await answered.wait()
                return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

            async def send(message):
                if message.get("body"):
                    answered.set()

            app = RequestLoggerMiddleware(converse, include_request_body=True)
            await asyncio.wait_for(app(scope_of("/", "POST", transfer_encoding="chunked"), receive, send), PATIENCE)

        asyncio.run(main())
        assert got == [b"one", b"two"]

    def test_http2_without_a_length(self, records):
        app = application(include_request_body=True)
        sent = ask(app, scope_of("/echo", "POST") | {"http_version": "2"}, b"a", b"b")
        assert body_of(sent) == b"ab" and records.messages()[0].endswith(" body=<stream>")

    def test_there_is_none(self, records):
        app = application(include_request_body=True)
        ask(app, scope_of("/echo", "DELETE"))
        ask(app, scope_of("/echo", "GET", content_length="1"), b"x")
        ask(application(), scope_of("/echo", "POST", content_length="1"), b"x")
        assert not any(" body=" in message for message in records.messages())


class TestCanonicalEvents:
    def test_all_that_is_known(self, records):
        with uvicorn_serving(application(canonical=True, include_request_body=True)) as port:
            fetch(
                port,
                "/echo?page=1&token=x",
                "POST",
                b'{"jwt": "p1"}',
                X_Request_ID="r-1",
                User_Agent="tests",
                traceparent=TRACE,
                Content_Type="application/json",
            )
        record = records.only()
        event = fields_of(record)
        assert isinstance(event.pop("duration_ms"), float)
        assert event == {
            "event": "http.request",
            "request_id": "r-1",
            "method": "POST",
            "path": "/echo",
            "route": "/echo",
            "client_ip": "127.0.0.1",
            "user_agent": "tests",
            "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "span_id": "b7ad6b7169203331",
            "query": {"page": "1", "token": "***"},
            "request_body": '{"jwt": "***"}',
            "status_code": 200,
            "outcome": "success",
        }
        assert (record["level"], record["message"]) == ("INFO", "http.request")

    @pytest.mark.parametrize(
        ("status", "level", "outcome"),
        [(200, "INFO", "success"), (404, "WARNING", "client_error"), (500, "ERROR", "error")],
    )
    def test_outcome_and_level_follow_the_status(self, records, status, level, outcome):
        ask(application(canonical=True), scope_of(query=f"status={status}"))
        record = records[-1]
        assert record["level"] == level
        assert (fields_of(record)["status_code"], fields_of(record)["outcome"]) == (status, outcome)

    def test_what_the_application_adds_also_in_threads_and_after_the_answer(self, records):
        def later():
            add_event_fields(after=True)

        def work(request):
            add_event_fields({"user.id": 7, "message": "m", "exception": "e", 5: "five"}, _depth=3)
            return PlainTextResponse("", background=BackgroundTask(later))

        ask(application(Route("/work", work), canonical=True), scope_of("/work"))
        event = events(records)[0]
        assert event["user.id"] == 7 and event["after"] is True and event["5"] == "five"
        assert (event["event.message"], event["event.exception"], event["event._depth"]) == ("m", "e", 3)
        assert records.only()["exception"] is None
        assert get_current_event() is None

    def test_a_handler_that_raises(self, records):
        with pytest.raises(ZeroDivisionError):
            ask(application(canonical=True), scope_of("/fail"))
        event = fields_of(records.only())
        assert (event["status_code"], event["outcome"]) == (500, "error")
        assert (event["error.type"], event["error.message"]) == ("ZeroDivisionError", "by zero")
        assert records.only()["level"] == "ERROR"

    def test_an_exception_without_a_text(self, records):
        class Mute(Exception):
            def __str__(self):
                raise ValueError

        async def fail(request):
            raise Mute

        with pytest.raises(Mute):
            ask(application(Route("/mute", fail), canonical=True), scope_of("/mute"))
        assert fields_of(records.only())["error.message"] == "<unprintable>"

    def test_a_stream_counts_to_its_end(self, records):
        async def parts():
            for part in (b"a", b"b"):
                assert records == []
                add_event_fields(last=part)
                yield part

        async def stream(request):
            return StreamingResponse(parts())

        sent = ask(application(Route("/stream", stream), canonical=True), scope_of("/stream"))
        assert body_of(sent) == b"ab"
        assert fields_of(records.only())["last"] == b"b"

    def test_a_stream_that_fails_has_the_status_that_was_sent(self, records):
        async def parts():
            yield b"a"
            raise ValueError("torn")

        async def stream(request):
            return StreamingResponse(parts())

        with pytest.raises(ValueError):
            ask(application(Route("/stream", stream), canonical=True), scope_of("/stream"))
        event = fields_of(records.only())
        assert (event["status_code"], event["outcome"], event["error.message"]) == (200, "error", "torn")

    def test_a_background_task_that_fails(self, records):
        async def work(request):
            return PlainTextResponse("", background=BackgroundTask(int, "x"))

        with pytest.raises(ValueError):
            ask(application(Route("/work", work), canonical=True), scope_of("/work"))
        event = fields_of(records.only())
        assert (event["status_code"], event["outcome"], event["error.type"]) == (200, "error", "ValueError")

    def test_a_client_that_goes_away(self, records):
        """The server says so; what Starlette then stops is no success."""

        async def main():
            async def until_streaming():
                while not records:
                    await asyncio.sleep(0)

            app = application(Route("/stream", endless), canonical=True)
            await asked(app, scope_of("/stream"), then=until_streaming)

        asyncio.run(main())
        assert records.messages() == ["streaming", "http.request"]
        event = fields_of(records[-1])
        assert (event["status_code"], event["outcome"]) == (200, "aborted")
        assert records[-1]["level"] == "WARNING"

    def test_a_client_that_hangs_up(self, records):
        with uvicorn_serving(application(Route("/stream", endless), canonical=True)) as port:
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
                connection.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(1000)
            deadline = time.monotonic() + PATIENCE
            while not events(records) and time.monotonic() < deadline:
                time.sleep(0.01)
        (event,) = events(records)
        assert (event["status_code"], event["outcome"]) == (200, "aborted")

    def test_a_server_that_cancels_before_the_answer(self, records):
        async def wait(request):
            logger.info("waiting")
            await asyncio.get_running_loop().create_future()

        async def main():
            task = asyncio.ensure_future(asked(application(Route("/wait", wait), canonical=True), scope_of("/wait")))
            while not records:
                await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(main())
        event = fields_of(records[-1])
        assert "status_code" not in event and event["outcome"] == "aborted"
        assert len(records) == 2

    def test_a_connection_that_ends_when_the_answer_has_is_no_loss(self, records):
        async def parts():
            yield b"a"

        async def stream(request):
            return StreamingResponse(parts())

        async def main():
            answered = asyncio.Event()

            async def receive():
                if "begun" in heard:
                    await answered.wait()
                    return {"type": "http.disconnect"}
                heard.append("begun")
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message):
                if message["type"] == "http.response.body" and not message["more_body"]:
                    answered.set()

            heard: list[str] = []
            await application(Route("/stream", stream), canonical=True)(scope_of("/stream"), receive, send)

        asyncio.run(main())
        assert fields_of(records.only())["outcome"] == "success"

    def test_the_duration_ends_with_the_answer(self, records, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr("cleat.logust.contrib.starlette.time", SimpleNamespace(perf_counter=lambda: now[0]))

        def pass_by(seconds):
            now[0] += seconds

        async def work(request):
            pass_by(0.25)
            return PlainTextResponse("", background=BackgroundTask(pass_by, 60))

        ask(application(Route("/work", work), canonical=True), scope_of("/work"))
        assert fields_of(records.only())["duration_ms"] == 250.0

    def test_dispatch_by_itself_closes_what_it_passes_on(self, records):
        closed = []

        async def parts():
            try:
                yield b"a"
                yield b"b"
            finally:
                closed.append(True)

        async def main():
            async def call_next(request):
                return StreamingResponse(parts())

            response = await RequestLoggerMiddleware(echo, canonical=True).dispatch(Request(scope_of()), call_next)
            assert await anext(response.body_iterator) == b"a"
            await response.body_iterator.aclose()
            assert closed == [True]

        asyncio.run(main())
        assert fields_of(records.only())["outcome"] == "aborted"

    def test_two_middlewares_have_an_event_each(self, records):
        app = application(canonical=True)
        app.add_middleware(RequestLoggerMiddleware, canonical=True, logger=logger.bind(outer=True))
        ask(app, scope_of())
        assert [event.get("outer", False) for event in events(records)] == [False, True]
        assert all(event["status_code"] == 200 for event in events(records))


STEPS = ["receive", "begin", "part", "part", "rest", "raise", "cancel", "wait"]


class Outcome(NamedTuple):
    error: type[BaseException] | None
    status: int | None
    body: bytes


def outcome_of(steps: list[str], middleware: Any = None) -> Outcome:
    """What comes of a request to an application that takes these steps, as far as they are allowed."""
    sent: list[dict[str, Any]] = []

    async def main():
        async def app(scope, receive, send):
            has_received = has_begun = has_ended = False
            for step in steps:
                if step == "receive" and not has_received:
                    has_received = True
                    await receive()
                elif step == "begin" and not has_begun:
                    has_begun = True
                    await send({"type": "http.response.start", "status": 202, "headers": []})
                elif step in ("part", "rest") and has_begun and not has_ended:
                    has_ended = step == "rest"
                    await send({"type": "http.response.body", "body": step.encode(), "more_body": not has_ended})
                elif step == "wait":
                    await asyncio.sleep(0)
                elif step == "raise":
                    raise KeyError
                elif step == "cancel":
                    request.cancel()
                    await asyncio.get_running_loop().create_future()

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        served = app if middleware is None else middleware(app)
        request = asyncio.ensure_future(served(scope_of(), receive, send))
        try:
            await request
        except (KeyError, RuntimeError, asyncio.CancelledError) as error:
            return type(error)

    error = asyncio.run(main())
    return Outcome(error, sent[0]["status"] if sent else None, body_of(sent))


def test_whatever_an_application_does_it_is_one_event_and_the_same_answer(records):
    """Random applications: answers in parts, that fail or are cancelled anywhere, or are never given."""
    chance = random.Random(5)
    for _ in range(400):
        steps = chance.choices(STEPS, k=chance.randrange(8))
        plain = outcome_of(steps)
        watched = outcome_of(steps, lambda app: RequestLoggerMiddleware(app, canonical=True))
        (event,) = [fields_of(record) for record in records]
        if watched.error is None:
            assert watched == plain, steps
            assert (event["outcome"], event["status_code"]) == ("success", 202), steps
        elif watched.error is asyncio.CancelledError:
            assert plain.error is watched.error
            assert event["outcome"] == "aborted" and event.get("status_code") in (202, None), steps
        else:
            # Starlette makes an error of an answer that is not given.
            assert watched.error is (plain.error or RuntimeError), steps
            assert (event["outcome"], event["error.type"]) == ("error", watched.error.__name__), steps
            assert event["status_code"] == (watched.status or 500), steps
        records.clear()


class TestSampling:
    def test_normal_ones_are_dropped_others_kept(self, records):
        app = application(canonical=True, sample_rate=0.0)
        ask(app, scope_of("/echo"))
        ask(app, scope_of("/hello", query="status=404"))
        ask(app, scope_of("/hello", query="status=503"))
        with pytest.raises(ZeroDivisionError):
            ask(app, scope_of("/fail"))
        assert [event["status_code"] for event in events(records)] == [503, 500]

    def test_slow_ones(self, records):
        ask(application(canonical=True, sample_rate=0.0, slow_ms=0), scope_of("/echo"))
        assert len(events(records)) == 1

    def test_errors_may_be_dropped(self, records):
        ask(application(canonical=True, sample_rate=0.0, always_keep_errors=False), scope_of(query="status=500"))
        assert events(records) == []

    @pytest.mark.parametrize(
        "sampler",
        [
            TailSampler(rate=0.0, always_keep_errors=False, keep_if=lambda event: event["path"] == "/keep"),
            lambda event: event["path"] == "/keep",
        ],
    )
    def test_a_sampler_of_one_s_own_takes_the_place_of_the_options(self, records, sampler):
        app = application(Route("/keep", echo), canonical=True, sample_rate=9, slow_ms=-1, sampler=sampler)
        ask(app, scope_of("/keep"))
        ask(app, scope_of("/hello", query="status=500"))
        assert [event["path"] for event in events(records)] == ["/keep"]

    def test_one_that_fails_is_reported_and_loses_nothing(self, records, capsys):
        ask(application(canonical=True, sampler=lambda event: event["none"]), scope_of("/echo"))
        assert len(events(records)) == 1
        reported = capsys.readouterr().err
        assert "sampler" in reported and "KeyError: 'none'" in reported


class TestSetup:
    @pytest.mark.parametrize(
        ("options", "error", "said"),
        [
            ({"sample_rate": 1.1}, ValueError, "rate"),
            ({"slow_ms": -1}, ValueError, "slow_ms"),
            ({"max_body_size": -1}, ValueError, "max_body_size"),
            ({"sampler": 3}, TypeError, "sampler"),
            ({"skip_regexes": ["("]}, ValueError, "skip_regexes"),
            ({"skip_routes": "/health"}, TypeError, "skip_routes"),
        ],
    )
    def test_wrong_options_name_themselves(self, options, error, said):
        with pytest.raises(error, match=said):
            RequestLoggerMiddleware(echo, **options)

    def test_setup_fastapi(self, records):
        app = fastapi.FastAPI()

        @app.get("/users/{number}")
        def user(number: int) -> dict[str, int]:
            logging.getLogger("library").warning("from a library")
            add_event_fields(user=number)
            return {"number": number}

        root = logging.getLogger()
        before = root.handlers, root.level
        try:
            setup_fastapi(app, canonical=True, skip_routes=["/health"], sample_rate=1.0)
            with uvicorn_serving(app) as port:
                assert fetch(port, "/users/7", X_Request_ID="r-1").body == b'{"number":7}'
        finally:
            root.handlers = before[0]
            root.setLevel(before[1])  # which makes loggers forget what they know of levels
        library = next(record for record in records if record["name"] == "library")
        assert fields_of(library) == {"request_id": "r-1", "path": "/users/7"}
        (event,) = events(records)
        assert (event["route"], event["user"]) == ("/users/{number}", 7)

    def test_setup_without_interception(self):
        root = logging.getLogger()
        before = list(root.handlers)
        setup_fastapi(fastapi.FastAPI(), intercept_logging=False)
        assert root.handlers == before

    def test_json_responses(self, records):
        async def order(request):
            return JSONResponse({"order": 7})

        assert body_of(ask(application(Route("/order", order)), scope_of("/order"))) == b'{"order":7}'


WITHOUT_STARLETTE = """
import sys
sys.modules["starlette"] = None
from cleat.logust import contrib
from cleat.logust.contrib import *
assert "RequestLoggerMiddleware" not in contrib.__all__ and "setup_fastapi" not in dir(contrib)
for name in ("RequestLoggerMiddleware", "get_request_id", "setup_fastapi"):
    try:
        getattr(contrib, name)
    except ImportError as error:
        assert "pip install starlette" in str(error), error
    else:
        raise AssertionError(name)
try:
    contrib.no_such_name
except AttributeError:
    pass
assert contrib.add_event_fields(a=1) is False
"""


def test_without_starlette_the_rest_is_there():
    subprocess.run([sys.executable, "-c", WITHOUT_STARLETTE], check=True, timeout=PATIENCE)


def test_starlette_is_imported_when_it_is_asked_for():
    program = "import sys, cleat.logust.contrib as it; assert 'starlette' not in sys.modules; it.setup_fastapi"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE)
