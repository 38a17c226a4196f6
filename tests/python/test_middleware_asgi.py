"""The ASGI middleware, on uvicorn, with Starlette, FastAPI and plain applications."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import fastapi
import pytest
import starlette.applications
import starlette.background
import starlette.responses
import starlette.routing
import websockets.sync.client
from log_lines import PATIENCE, json_lines
from servers import fetch, fetch_many, uvicorn_serving

import cleat
from cleat.middleware.asgi import ContextMiddleware
from cleat.structlog import get_logger
from cleat.structlog.contextvars import bind_contextvars, get_contextvars
from cleat.traceparent import inject_traceparent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
MADE = re.compile(r"[0-9a-f]{32}")
UNFIT = ["", " ", "a b", "x" * 65, 'q"', "\xff", "a,b", "a%0a", "{}", "a;b", "é"]


@pytest.fixture
def log():
    with json_lines() as lines:
        yield lines


def answer_with(text="ok", status=200, headers=()):
    """A plain ASGI application that logs, and answers."""

    async def app(scope, receive, send):
        get_logger().info("handling", number=scope["path"])
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": text.encode()})

    return app


class TestRequestId:
    def test_given_one_is_bound_and_returned(self, log):
        with uvicorn_serving(ContextMiddleware(answer_with())) as port:
            answer = fetch(port, "/a/b", X_Request_ID="r-1.A_b")
        assert answer.headers["x-request-id"] == "r-1.A_b"
        (line,) = log.lines()
        assert re.fullmatch(r"127\.0\.0\.1:\d+", line.pop("client"))
        assert line == {
            "event": "handling",
            "number": "/a/b",
            "request_id": "r-1.A_b",
            "method": "GET",
            "path": "/a/b",
            "level": "info",
        }

    def test_without_one_it_is_made(self, log):
        with uvicorn_serving(ContextMiddleware(answer_with())) as port:
            ids = {fetch(port).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3 and all(MADE.fullmatch(request_id) for request_id in ids)
        assert {line["request_id"] for line in log.lines()} == ids

    @pytest.mark.parametrize("unfit", UNFIT)
    def test_k15_an_unfit_one_is_replaced(self, log, unfit):
        scope = http_scope([(b"x-request-id", unfit.encode("latin-1"))])
        messages = call(ContextMiddleware(answer_with()), scope)
        ((name, value),) = messages[0]["headers"]
        assert name == b"x-request-id" and MADE.fullmatch(value.decode())
        assert [line["request_id"] for line in log.lines()] == [value.decode()]

    @pytest.mark.parametrize("forged", [b"a\r\nset-cookie: x", b"a\n", b"a\x00", b'a"}\n{"event":"forged'])
    def test_k15_neither_line_nor_header_can_be_forged(self, log, forged):
        messages = call(ContextMiddleware(answer_with()), http_scope([(b"x-request-id", forged)]))
        assert all(MADE.fullmatch(value.decode()) for _, value in messages[0]["headers"])
        assert len(log.lines()) == 1

    def test_one_that_comes_twice_is_replaced(self, log):
        scope = http_scope([(b"x-request-id", b"a"), (b"x-request-id", b"b")])
        messages = call(ContextMiddleware(answer_with()), scope)
        assert MADE.fullmatch(messages[0]["headers"][0][1].decode())

    def test_the_application_s_own_header_stays(self, log):
        app = ContextMiddleware(answer_with(headers=[(b"X-Request-Id", b"own")]))
        with uvicorn_serving(app) as port:
            assert fetch(port, X_Request_ID="r-1").headers["x-request-id"] == "own"

    def test_header_and_maker_are_options(self, log):
        app = ContextMiddleware(answer_with(), header="X-Correlation-ID", make_id=lambda: "made-here")
        with uvicorn_serving(app) as port:
            assert fetch(port, X_Correlation_ID="c-1").headers["x-correlation-id"] == "c-1"
            assert fetch(port, X_Request_ID="r-1").headers["x-correlation-id"] == "made-here"

    def test_the_application_finds_it_in_the_scope(self, log):
        found = []

        async def app(scope, receive, send):
            found.append(scope["cleat.request_id"])
            await answer_with()(scope, receive, send)

        call(ContextMiddleware(app), http_scope([(b"x-request-id", b"r-1")]))
        assert found == ["r-1"]

    def test_of_two_middlewares_the_outer_one_counts(self, log):
        app = ContextMiddleware(ContextMiddleware(answer_with(), make_id=lambda: "inner"), make_id=lambda: "outer")
        messages = call(app, http_scope())
        assert messages[0]["headers"] == [(b"x-request-id", b"outer")]
        assert [line["request_id"] for line in log.lines()] == ["outer"]


class TestTrace:
    def test_a_trace_is_carried_on(self, log):
        outgoing = []

        async def app(scope, receive, send):
            outgoing.append(inject_traceparent())
            await answer_with()(scope, receive, send)

        with uvicorn_serving(ContextMiddleware(app)) as port:
            fetch(port, traceparent=f"00-{TRACE_ID}-b7ad6b7169203331-01")
        (line,) = log.lines(trace_id=TRACE_ID, parent_span_id="b7ad6b7169203331", trace_flags=1)
        assert re.fullmatch(r"[0-9a-f]{16}", line["span_id"]) and line["span_id"] != line["parent_span_id"]
        assert outgoing == [f"00-{TRACE_ID}-{line['span_id']}-01"]

    @pytest.mark.parametrize("bad", ["", "00-zz-01", f"ff-{TRACE_ID}-b7ad6b7169203331-01"])
    def test_a_bad_one_is_as_none(self, log, bad):
        call(ContextMiddleware(answer_with()), http_scope([(b"traceparent", bad.encode())]))
        (line,) = log.lines()
        assert "trace_id" not in line and "span_id" not in line


class TestClearing:
    def outside(self, log, app, *, expect=None):
        """Runs a request in a context that has a field already, as a reused one may; returns what it left behind."""

        async def main():
            bind_contextvars(leftover="of another request")
            try:
                await app(http_scope(), never, ignore)
            except (ZeroDivisionError, asyncio.CancelledError) as error:
                assert isinstance(error, expect or ())
            return dict(get_contextvars())

        return asyncio.run(main())

    def test_k8_after_an_answer(self, log):
        assert self.outside(log, ContextMiddleware(answer_with())) == {}
        assert "leftover" not in log.lines()[0]

    @pytest.mark.parametrize("error", [ZeroDivisionError, asyncio.CancelledError])
    def test_k8_after_an_exception(self, log, error):
        async def app(scope, receive, send):
            bind_contextvars(more="of the application")
            raise error

        assert self.outside(log, ContextMiddleware(app), expect=error) == {}

    def test_k8_after_an_answer_that_could_not_be_sent(self, log):
        async def send(message):
            raise ZeroDivisionError

        async def main():
            with pytest.raises(ZeroDivisionError):
                await ContextMiddleware(answer_with())(http_scope(), never, send)
            return dict(get_contextvars())

        assert asyncio.run(main()) == {}

    def test_k8_when_its_task_is_dropped_in_mid_request(self, log):
        async def app(scope, receive, send):
            await asyncio.get_running_loop().create_future()

        async def main():
            coroutine = ContextMiddleware(app)(http_scope(), never, ignore)
            coroutine.send(None)
            assert "request_id" in get_contextvars()
            coroutine.close()
            return dict(get_contextvars())

        assert asyncio.run(main()) == {}

    def test_k6_pipelined_requests_do_not_inherit(self, log):
        """uvicorn begins the next request of a connection inside of the send() of the one before."""
        app = ContextMiddleware(answer_with())
        with uvicorn_serving(app) as port, socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            headers = f"Host: x\r\ntraceparent: 00-{TRACE_ID}-b7ad6b7169203331-01\r\nX-Request-Id: r-1\r\n"
            both = f"GET /1 HTTP/1.1\r\n{headers}\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            connection.sendall(both.encode())
            while connection.recv(65536):
                pass
        first, second = log.wait_for(path="/1"), log.wait_for(path="/2")
        assert first["request_id"] == "r-1" and first["trace_id"] == TRACE_ID
        assert MADE.fullmatch(second["request_id"]) and "trace_id" not in second

    def test_what_a_request_leaves_behind_keeps_its_fields(self, log):
        finish = None

        async def later():
            await finish.wait()
            get_logger().info("later")

        async def app(scope, receive, send):
            nonlocal finish
            finish = asyncio.Event()
            scope["tasks"].append(asyncio.create_task(later()))
            await answer_with()(scope, receive, send)

        async def main():
            scope = http_scope([(b"x-request-id", b"r-1")])
            scope["tasks"] = []
            await ContextMiddleware(app)(scope, never, ignore)
            assert get_contextvars() == {}
            finish.set()
            await asyncio.gather(*scope["tasks"])

        asyncio.run(main())
        assert log.lines(event="later", request_id="r-1", path="/")


class TestAccessLine:
    def app(self, app, **options):
        return ContextMiddleware(app, access_log=get_logger("access"), **options)

    def test_completed(self, log):
        with uvicorn_serving(self.app(answer_with(status=404))) as port:
            fetch(port, "/a%20b?q=1&x", X_Request_ID="r-1")
        line = log.wait_for(event="request completed")
        assert line["request_id"] == "r-1" and line["level"] == "info" and line["path"] == "/a b"
        assert (line["target"], line["status"]) == ("/a%20b?q=1&x", 404)
        assert 0 < line["duration"] < PATIENCE

    def test_failed(self, log):
        async def app(scope, receive, send):
            raise ZeroDivisionError("no")

        with pytest.raises(ZeroDivisionError):
            call(self.app(app), http_scope([(b"x-request-id", b"r-1")]))
        (line,) = log.lines()
        assert (line["event"], line["level"], line["status"]) == ("request failed", "error", 500)
        assert (line["error"], line["request_id"]) == ("ZeroDivisionError('no')", "r-1")

    @pytest.mark.parametrize("ends", ["cancelled", "silent"])
    def test_aborted(self, log, ends):
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"part", "more_body": True})
            if ends == "cancelled":
                raise asyncio.CancelledError

        try:
            call(self.app(app), http_scope())
        except asyncio.CancelledError:
            assert ends == "cancelled"
        (line,) = log.lines()
        assert (line["event"], line["level"], line["status"]) == ("request aborted", "warning", 200)

    def test_it_comes_with_the_end_of_a_stream_and_once(self, log):
        async def app(scope, receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for number in range(3):
                get_logger().info("chunk", number=number)
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            get_logger().info("after the end")

        with uvicorn_serving(self.app(app)) as port:
            assert fetch(port, X_Request_ID="r-1").body == b"xxx"
            log.wait_for(event="after the end")
        events = ["chunk", "chunk", "chunk", "request completed", "after the end"]
        assert [line["event"] for line in log.lines(request_id="r-1")] == events

    def test_none_is_the_default(self, log):
        call(ContextMiddleware(answer_with()), http_scope())
        assert [line["event"] for line in log.lines()] == ["handling"]


class TestOtherProtocols:
    def test_lifespan_passes(self, log):
        seen = []

        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                seen.append((await receive())["type"])
                bind_contextvars(lifespan="a field")
                scope["state"]["made at"] = "startup"
                await send({"type": "lifespan.startup.complete"})
                seen.append((await receive())["type"])
                seen.append(dict(get_contextvars()))
                await send({"type": "lifespan.shutdown.complete"})
            else:
                seen.append(scope["state"])
                await answer_with()(scope, receive, send)

        with uvicorn_serving(ContextMiddleware(app), lifespan="on") as port:
            assert fetch(port).status == 200
        assert seen == [
            "lifespan.startup",
            {"made at": "startup"},
            "lifespan.shutdown",
            {"lifespan": "a field"},
        ]
        assert "lifespan" not in log.lines()[0]

    def test_websocket(self, log):
        async def echo(websocket):
            await websocket.accept()
            get_logger().info("accepted")
            text = await websocket.receive_text()
            get_logger().info("received", text=text)
            await websocket.send_text(text)
            await websocket.close()

        app = starlette.applications.Starlette(routes=[starlette.routing.WebSocketRoute("/echo", echo)])
        app = ContextMiddleware(app, access_log=get_logger())
        with uvicorn_serving(app) as port:
            url, headers = f"ws://127.0.0.1:{port}/echo?n=1", {"X-Request-ID": "w-1"}
            with websockets.sync.client.connect(url, additional_headers=headers) as client:
                assert client.response.headers["X-Request-ID"] == "w-1"
                client.send("hello")
                assert client.recv(timeout=PATIENCE) == "hello"
            log.wait_for(event="websocket closed", target="/echo?n=1")
        lines = log.lines(request_id="w-1", path="/echo", level="info")
        assert [line["event"] for line in lines] == ["accepted", "received", "websocket closed"]
        assert not any("method" in line for line in lines)

    def test_websocket_that_is_refused(self, log):
        async def app(scope, receive, send):
            await receive()
            await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"no"})

        with uvicorn_serving(ContextMiddleware(app, access_log=get_logger())) as port:
            with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
                websockets.sync.client.connect(f"ws://127.0.0.1:{port}/", additional_headers={"X-Request-ID": "w-2"})
            assert refused.value.response.headers["X-Request-ID"] == "w-2"
            assert log.wait_for(request_id="w-2", event="request completed")["status"] == 403

    def test_unix_socket_has_no_client(self, log):
        call(ContextMiddleware(answer_with()), {**http_scope(), "client": None})
        assert "client" not in log.lines()[0]

    def test_ipv6_client(self, log):
        call(ContextMiddleware(answer_with()), {**http_scope(), "client": ("::1", 80)})
        assert log.lines()[0]["client"] == "[::1]:80"


class TestFrameworks:
    @pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
    def test_k6_starlette_with_requests_that_overlap(self, log, loop):
        count = 20
        pool = cleat.propagate(ThreadPoolExecutor(4))
        arrived = threading.Semaphore(0)
        all_arrived = threading.Event()

        def note(event):
            get_logger().info(event)

        async def child(number):
            await asyncio.sleep(0)
            get_logger().info("child", number=number)

        async def background(number):
            get_logger().info("background", number=number)

        async def overlapping(request):
            number = request.path_params["number"]
            get_logger().info("begun", number=number)
            arrived.release()
            await asyncio.to_thread(all_arrived.wait, PATIENCE)
            await asyncio.gather(child(number), child(number))
            await asyncio.to_thread(note, "to_thread")
            await asyncio.get_running_loop().run_in_executor(pool, note, "executor")
            task = starlette.background.BackgroundTask(background, number)
            return starlette.responses.PlainTextResponse(number, background=task)

        def in_threadpool(request):
            get_logger().info("sync", number=request.path_params["number"])
            return starlette.responses.PlainTextResponse("sync")

        routes = [
            starlette.routing.Route("/o/{number}", overlapping),
            starlette.routing.Route("/s/{number}", in_threadpool),
        ]
        app = starlette.applications.Starlette(routes=routes)
        app.add_middleware(ContextMiddleware, access_log=get_logger())

        def release():
            for _ in range(count // 2):
                assert arrived.acquire(timeout=PATIENCE)
            all_arrived.set()

        releaser = threading.Thread(target=release)
        releaser.start()
        with uvicorn_serving(app, loop=loop) as port:
            paths = [f"/{'os'[number % 2]}/{number}" for number in range(count)]
            answers = fetch_many(port, paths)
            for number in range(0, count, 2):
                log.wait_for(event="background", request_id=f"r-{number}")
        releaser.join()
        pool.shutdown()
        for number, (path, answer) in enumerate(zip(paths, answers)):
            assert answer.headers["x-request-id"] == f"r-{number}"
            lines = log.lines(request_id=f"r-{number}")
            assert {line["path"] for line in lines} == {path}
            assert {line["number"] for line in lines if "number" in line} == {str(number)}
            events = ["begun", "child", "child", "to_thread", "executor", "request completed", "background"]
            assert [line["event"] for line in lines] == (["sync", "request completed"] if number % 2 else events)

    def test_starlette_s_stream_and_exception(self, log):
        async def stream(request):
            async def chunks():
                for number in range(2):
                    get_logger().info("chunk", number=number)
                    yield b"x"

            return starlette.responses.StreamingResponse(chunks())

        async def fail(request):
            raise ZeroDivisionError("no")

        routes = [starlette.routing.Route("/stream", stream), starlette.routing.Route("/fail", fail)]
        app = ContextMiddleware(starlette.applications.Starlette(routes=routes), access_log=get_logger())
        logging.getLogger("uvicorn.error").addHandler(handler := Raised())
        with uvicorn_serving(app) as port:
            assert fetch(port, "/stream", X_Request_ID="s-1").body == b"xx"
            failed = fetch(port, "/fail", X_Request_ID="f-1")
            assert (failed.status, failed.headers["x-request-id"]) == (500, "f-1")
            log.wait_for(request_id="f-1", event="request completed", status=500)
            assert handler.seen.acquire(timeout=PATIENCE)
        logging.getLogger("uvicorn.error").removeHandler(handler)
        assert [line["event"] for line in log.lines(request_id="s-1")] == ["chunk", "chunk", "request completed"]

    def test_fastapi(self, log):
        app = fastapi.FastAPI()
        app.add_middleware(ContextMiddleware)

        async def tenant():
            bind_contextvars(tenant="acme")
            try:
                yield
            finally:
                get_logger().info("tenant done")

        @app.get("/items/{number}", dependencies=[fastapi.Depends(tenant)])
        async def item(number: int, tasks: fastapi.BackgroundTasks):
            get_logger().info("item", number=number)
            tasks.add_task(get_logger().info, "background")
            return {"number": number}

        @app.get("/sync")
        def sync():
            get_logger().info("sync")

        with uvicorn_serving(app) as port:
            assert fetch(port, "/items/7", X_Request_ID="r-7").body == b'{"number":7}'
            assert fetch(port, "/sync", X_Request_ID="r-8").status == 200
            log.wait_for(event="background")
            log.wait_for(event="tenant done")
        assert all(line["tenant"] == "acme" for line in log.lines(request_id="r-7"))
        assert {line["event"] for line in log.lines(request_id="r-7")} == {"item", "background", "tenant done"}
        assert [line["event"] for line in log.lines(request_id="r-8")] == ["sync"]
        assert "tenant" not in log.lines(request_id="r-8")[0]


class Raised(logging.Handler):
    """Notes that uvicorn saw the application's exception."""

    def __init__(self):
        super().__init__()
        self.seen = threading.Semaphore(0)

    def emit(self, record):
        if record.exc_info and issubclass(record.exc_info[0], ZeroDivisionError):
            self.seen.release()


def http_scope(headers=()):
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": list(headers),
        "client": ("127.0.0.1", 50000),
    }


async def never():
    await asyncio.get_running_loop().create_future()


async def ignore(message):
    pass


def call(app, scope):
    """Runs one request without a server, for what no client library sends; returns the messages."""
    messages = []

    async def send(message):
        messages.append(message)

    asyncio.run(app(scope, never, send))
    return messages
