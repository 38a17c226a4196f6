"""A Flask application behind the middleware: run in the tests' process, and in gunicorn's."""

from __future__ import annotations

import flask

from cleat.middleware.wsgi import ContextMiddleware
from cleat.structlog import get_logger
from cleat.structlog.contextvars import bind_contextvars


def flask_application():
    app = flask.Flask("shop")

    @app.get("/orders/<int:number>")
    def order(number):
        bind_contextvars(order=number)
        get_logger().info("order shown", number=number)
        return {"order": number}

    @app.get("/stream/<int:number>")
    def stream(number):
        def chunks():
            for _ in range(3):
                get_logger().info("chunk", number=number)
                yield "x"

        return flask.Response(flask.stream_with_context(chunks()))

    @app.get("/fail")
    def fail():
        raise ZeroDivisionError("no")

    @app.teardown_request
    def teardown(error):
        get_logger().info("teardown", failed=error is not None)

    app.wsgi_app = ContextMiddleware(app.wsgi_app, access_log=get_logger("access"))
    return app
