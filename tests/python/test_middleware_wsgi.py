"""The WSGI middleware, on waitress and gunicorn, with Flask, Django and plain applications."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from wsgiref.util import FileWrapper, setup_testing_defaults

import django.conf
import django.core.wsgi
import django.http
import django.urls
import pytest
from flask_application import flask_application
from log_lines import PATIENCE, json_lines
from servers import fetch, fetch_many, waitress_serving

from cleat.middleware.wsgi import ContextMiddleware
from cleat.structlog import get_logger
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars
from cleat.traceparent import inject_traceparent

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
MADE = re.compile(r"[0-9a-f]{32}")


@pytest.fixture
def log():
    with json_lines() as lines:
        yield lines


def answer_with(body=(b"ok",), status="200 OK", headers=()):
    """A plain WSGI application that logs, and answers."""

    def app(environ, start_response):
        get_logger().info("handling")
        start_response(status, list(headers))
        return body

    return app


def call(app, **environ):
    """Runs one request as a server does, but without one; returns status, headers and the body."""
    setup_testing_defaults(environ)
    started = []
    body = app(environ, lambda status, headers, exc_info=None: started.append((status, headers)))
    try:
        content = b"".join(body)
    finally:
        if hasattr(body, "close"):
            body.close()
    ((status, headers),) = started
    return status, headers, content


class TestRequestId:
    def test_given_one_is_bound_and_returned(self, log):
        with waitress_serving(ContextMiddleware(answer_with())) as port:
            answer = fetch(port, "/caf%C3%A9?q=1", X_Request_ID="r-1")
        assert answer.headers["x-request-id"] == "r-1"
        (line,) = log.lines()
        assert re.fullmatch(r"127\.0\.0\.1:\d+", line.pop("client"))
        assert line == {"event": "handling", "request_id": "r-1", "method": "GET", "path": "/café", "level": "info"}

    def test_without_one_it_is_made(self, log):
        with waitress_serving(ContextMiddleware(answer_with())) as port:
            ids = {fetch(port).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3 and all(MADE.fullmatch(request_id) for request_id in ids)
        assert {line["request_id"] for line in log.lines()} == ids

    @pytest.mark.parametrize("unfit", ["", "a b", "x" * 65, 'q"', "\xff", "a, b", "a\r\nset-cookie: x", "a\n", "\x00"])
    def test_k15_an_unfit_one_is_replaced(self, log, unfit):
        _, ((name, value),), _ = call(ContextMiddleware(answer_with()), HTTP_X_REQUEST_ID=unfit)
        assert name == "X-Request-ID" and MADE.fullmatch(value)
        assert [line["request_id"] for line in log.lines()] == [value]

    def test_the_application_s_own_header_stays(self, log):
        own = [("x-request-id", "own")]
        assert call(ContextMiddleware(answer_with(headers=own)), HTTP_X_REQUEST_ID="r-1")[1] == own

    def test_header_and_maker_are_options(self, log):
        app = ContextMiddleware(answer_with(), header="X-Correlation-ID", make_id=lambda: "made-here")
        assert call(app, HTTP_X_CORRELATION_ID="c-1")[1] == [("X-Correlation-ID", "c-1")]
        assert call(app, HTTP_X_REQUEST_ID="c-1")[1] == [("X-Correlation-ID", "made-here")]

    def test_of_two_middlewares_the_outer_one_counts(self, log):
        app = ContextMiddleware(ContextMiddleware(answer_with(), make_id=lambda: "inner"), make_id=lambda: "outer")
        assert call(app)[1] == [("X-Request-ID", "outer")]
        assert [line["request_id"] for line in log.lines()] == ["outer"]

    def test_a_trace_is_carried_on(self, log):
        outgoing = []

        def app(environ, start_response):
            outgoing.append(inject_traceparent())
            return answer_with()(environ, start_response)

        call(ContextMiddleware(app), HTTP_TRACEPARENT=f"00-{TRACE_ID}-b7ad6b7169203331-01")
        (line,) = log.lines(trace_id=TRACE_ID, parent_span_id="b7ad6b7169203331", trace_flags=1)
        assert outgoing == [f"00-{TRACE_ID}-{line['span_id']}-01"]
        call(ContextMiddleware(app), HTTP_TRACEPARENT="00-zz-01")
        assert outgoing[1] is None

    def test_mounted_path_and_missing_port(self, log):
        call(ContextMiddleware(answer_with()), SCRIPT_NAME="/api", PATH_INFO="/x", REMOTE_ADDR="::1")
        assert (log.lines()[0]["path"], log.lines()[0]["client"]) == ("/api/x", "[::1]")


class TestContextOfTheRequest:
    def test_k8_the_thread_s_own_context_is_as_before(self, log):
        def fail(environ, start_response):
            bind_contextvars(more=1)
            raise ZeroDivisionError

        bind_contextvars(outer="field")
        call(ContextMiddleware(answer_with()))
        assert get_contextvars() == {"outer": "field"}
        with pytest.raises(ZeroDivisionError):
            call(ContextMiddleware(fail))
        assert get_contextvars() == {"outer": "field"}
        assert "outer" not in log.lines()[0]

    def test_a_stream_runs_in_it_wherever_it_is_read(self, log):
        def app(environ, start_response):
            start_response("200 OK", [])
            bind_contextvars(step="begun")
            try:
                for number in range(2):
                    get_logger().info("chunk", number=number)
                    yield b"x"
            finally:
                get_logger().info("closed")

        environ = {"HTTP_X_REQUEST_ID": "r-1"}
        setup_testing_defaults(environ)
        body = ContextMiddleware(app)(environ, lambda status, headers: None)
        chunks = iter(body)
        with bound_contextvars(request_id="outside"):
            assert next(chunks) == b"x"
            assert get_contextvars() == {"request_id": "outside"}
            thread = threading.Thread(target=lambda: (next(chunks), body.close()))
            thread.start()
            thread.join()
        assert [(line["event"], line["request_id"], line["step"]) for line in log.lines()] == [
            ("chunk", "r-1", "begun"),
            ("chunk", "r-1", "begun"),
            ("closed", "r-1", "begun"),
        ]

    def test_two_streams_on_one_thread_in_turns(self, log):
        def app(environ, start_response):
            start_response("200 OK", [])
            for number in range(3):
                get_logger().info("chunk", number=number)
                yield b"x"

        bodies = []
        for name in ("a", "b"):
            environ = {"HTTP_X_REQUEST_ID": name}
            setup_testing_defaults(environ)
            bodies.append(iter(ContextMiddleware(app)(environ, lambda status, headers: None)))
        for _ in range(3):
            for body in bodies:
                next(body)
        assert [line["request_id"] for line in log.lines()] == ["a", "b"] * 3

    def test_what_the_server_treats_better_reaches_it_as_it_is(self, log, tmp_path):
        (tmp_path / "file").write_bytes(b"content")
        for body in ([b"a"], (b"a",)):
            environ = {}
            setup_testing_defaults(environ)
            assert ContextMiddleware(answer_with(body))(environ, lambda status, headers: None) is body
        with open(tmp_path / "file", "rb") as file:
            environ["wsgi.file_wrapper"] = FileWrapper
            environ.pop("cleat.request_id")
            body = ContextMiddleware(answer_with(FileWrapper(file)))(environ, lambda status, headers: None)
            assert type(body) is FileWrapper

    def test_files_on_waitress(self, log, tmp_path):
        (tmp_path / "file").write_bytes(b"content")

        def app(environ, start_response):
            start_response("200 OK", [])
            return environ["wsgi.file_wrapper"](open(tmp_path / "file", "rb"))

        with waitress_serving(ContextMiddleware(app, access_log=get_logger())) as port:
            assert fetch(port, X_Request_ID="r-1").body == b"content"
        assert log.lines(request_id="r-1", event="request completed", status=200)


class TestAccessLine:
    def test_completed(self, log):
        app = ContextMiddleware(answer_with(status="404 Not Found"), access_log=get_logger())
        with waitress_serving(app) as port:
            fetch(port, "/a%20b?q=1", X_Request_ID="r-1")
        line = log.wait_for(event="request completed")
        assert line["request_id"] == "r-1" and line["level"] == "info"
        assert (line["target"], line["status"]) == ("/a b?q=1", 404)
        assert 0 < line["duration"] < PATIENCE

    @pytest.mark.parametrize("when", ["at once", "in the stream", "at close"])
    def test_failed(self, log, when):
        class Stream:
            def __iter__(self):
                yield b"x"
                if when == "in the stream":
                    raise ZeroDivisionError("no")

            def close(self):
                if when == "at close":
                    raise ZeroDivisionError("no")

        def app(environ, start_response):
            if when == "at once":
                raise ZeroDivisionError("no")
            start_response("200 OK", [])
            return Stream()

        with pytest.raises(ZeroDivisionError):
            call(ContextMiddleware(app, access_log=get_logger()), HTTP_X_REQUEST_ID="r-1")
        (line,) = log.lines()
        assert (line["event"], line["level"], line["request_id"]) == ("request failed", "error", "r-1")
        assert (line["error"], line["status"]) == ("ZeroDivisionError('no')", 500 if when == "at once" else 200)

    def test_aborted(self, log):
        environ = {}
        setup_testing_defaults(environ)
        app = ContextMiddleware(answer_with(iter([b"a", b"b"])), access_log=get_logger())
        body = app(environ, lambda status, headers: None)
        next(iter(body))
        body.close()
        body.close()
        assert [line["event"] for line in log.lines()] == ["handling", "request aborted"]

    def test_head_is_complete_without_content(self, log):
        environ = {"REQUEST_METHOD": "HEAD"}
        setup_testing_defaults(environ)
        app = ContextMiddleware(answer_with(iter([b"a"])), access_log=get_logger())
        app(environ, lambda status, headers: None).close()
        assert [line["event"] for line in log.lines()] == ["handling", "request completed"]

    def test_a_stream_that_starts_its_answer_late(self, log):
        def app(environ, start_response):
            start_response("202 Accepted", [])
            yield b"x"

        with waitress_serving(ContextMiddleware(app, access_log=get_logger())) as port:
            assert fetch(port, X_Request_ID="r-1").headers["x-request-id"] == "r-1"
        assert log.wait_for(event="request completed")["status"] == 202


def events_of(lines):
    """Without Flask's teardowns: one or two of them, and before or behind a stream."""
    return [line["event"] for line in lines if line["event"] != "teardown"]


class TestFlaskOnWaitress:
    def test_k6_requests_that_overlap_on_few_threads(self, log):
        paths = [f"/{'stream' if number % 3 else 'orders'}/{number}" for number in range(30)]
        with waitress_serving(flask_application(), threads=3) as port:
            answers = fetch_many(port, paths)
            for number in range(30):
                log.wait_for(event="request completed", request_id=f"r-{number}")
        for number, answer in enumerate(answers):
            assert answer.headers["x-request-id"] == f"r-{number}"
            lines = log.lines(request_id=f"r-{number}")
            assert all(line["path"] == paths[number] for line in lines)
            assert all(line["number"] == number for line in lines if "number" in line)
            assert events_of(lines) == [*(["chunk"] * 3 if number % 3 else ["order shown"]), "request completed"]
            assert answer.body == (b"xxx" if number % 3 else b'{"order":%d}\n' % number)
            assert log.lines(request_id=f"r-{number}", event="teardown", failed=False)
        assert len(log.lines()) == sum(len(log.lines(request_id=f"r-{number}")) for number in range(30))

    def test_an_exception(self, log):
        app = flask_application()
        with waitress_serving(app) as port:
            answer = fetch(port, "/fail", X_Request_ID="f-1")
        assert (answer.status, answer.headers["x-request-id"]) == (500, "f-1")
        assert log.lines(event="teardown", request_id="f-1", failed=True)
        assert log.lines(event="request completed", request_id="f-1", status=500)

    def test_its_own_test_client(self, log):
        with flask_application().test_client() as client:
            answer = client.get("/orders/7", headers={"X-Request-ID": "c-1"})
            assert answer.json == {"order": 7} and answer.headers["X-Request-ID"] == "c-1"
        assert get_contextvars() == {}


def django_order(request, number):
    get_logger().info("order shown", number=number)
    return django.http.JsonResponse({"order": number})


def django_stream(request, number):
    def chunks():
        for _ in range(3):
            get_logger().info("chunk", number=number)
            yield b"x"

    return django.http.StreamingHttpResponse(chunks())


def django_fail(request):
    raise ZeroDivisionError("no")


urlpatterns = [
    django.urls.path("orders/<int:number>", django_order),
    django.urls.path("stream/<int:number>", django_stream),
    django.urls.path("fail", django_fail),
]


@pytest.fixture(scope="module")
def django_application():
    if not django.conf.settings.configured:
        django.conf.settings.configure(
            ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="for tests", LOGGING_CONFIG=None, DEBUG=False
        )
    return ContextMiddleware(django.core.wsgi.get_wsgi_application())


class TestDjangoOnWaitress:
    def test_k6_requests_that_overlap_on_few_threads(self, log, django_application):
        paths = [f"/{'stream' if number % 2 else 'orders'}/{number}" for number in range(20)]
        with waitress_serving(django_application, threads=3) as port:
            answers = fetch_many(port, paths)
        for number, answer in enumerate(answers):
            assert (answer.status, answer.headers["x-request-id"]) == (200, f"r-{number}")
            lines = log.lines(request_id=f"r-{number}", path=paths[number], number=number)
            assert [line["event"] for line in lines] == (["chunk"] * 3 if number % 2 else ["order shown"])
        assert len(log.lines()) == 10 * 3 + 10

    def test_an_exception(self, log, django_application):
        with waitress_serving(django_application) as port:
            answer = fetch(port, "/fail", X_Request_ID="f-1")
        assert (answer.status, answer.headers["x-request-id"]) == (500, "f-1")


GUNICORN_APPLICATION = """
from cleat import structlog
from flask_application import flask_application

structlog.configure(
    processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
    logger_factory=structlog.PrintLoggerFactory(),
)
application = flask_application()
"""


@contextmanager
def gunicorn_serving(folder: pathlib.Path, *options: str):
    """A gunicorn of its own process, which logs to standard output; gives the port and a function for its lines."""
    (folder / "application.py").write_text(GUNICORN_APPLICATION)
    command = [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--no-control-socket", *options]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)])}
    with open(folder / "lines", "wb") as lines:
        process = subprocess.Popen(
            [*command, "application:application"],
            cwd=folder,
            env=environment,
            stdout=lines,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    try:
        port = _port_of_gunicorn(process)
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        yield port, lambda: [json.loads(line) for line in (folder / "lines").read_text().splitlines()]
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        reader.join()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        process.stderr.close()


def _port_of_gunicorn(process):
    said = ""
    while not (match := re.search(r"Listening at: http://127\.0\.0\.1:(\d+)", said)):
        line = process.stderr.readline()
        assert line, said
        said += line
    return int(match[1])


class TestFlaskOnGunicorn:
    @pytest.mark.parametrize(
        "options",
        [
            ["--workers=2", "--worker-class=gthread", "--threads=3"],
            ["--workers=1", "--worker-class=gevent"],
        ],
        ids=["gthread", "gevent"],
    )
    def test_k6_requests_that_overlap(self, tmp_path, options):
        paths = [f"/{'stream' if number % 2 else 'orders'}/{number}" for number in range(20)]
        with gunicorn_serving(tmp_path, *options) as (port, lines):
            answers = fetch_many(port, paths)
        # Gunicorn has ended: no line is still under way.
        found = lines()
        for number, answer in enumerate(answers):
            assert (answer.status, answer.headers["x-request-id"]) == (200, f"r-{number}")
            own = [line for line in found if line["request_id"] == f"r-{number}"]
            assert all(line["path"] == paths[number] for line in own)
            assert all(line["number"] == number for line in own if "number" in line)
            assert events_of(own) == [*(["chunk"] * 3 if number % 2 else ["order shown"]), "request completed"]
        assert {line["request_id"] for line in found} == {f"r-{number}" for number in range(20)}
