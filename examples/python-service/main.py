#!/usr/bin/env python3
"""main.py - a small shop over HTTP, and a model of how to use Cleat in a service with an event loop and threads.

The way of a request: application.py binds its fields, orders.py, charges.py and the others just log. None of them is
handed a logger or a request id.
"""

from __future__ import annotations

import argparse
import signal
import socket

import logs
import uvicorn
from application import make_application

from cleat import structlog


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1", help="IPv4 address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8080, help="0: any that is free (8080)")
    parser.add_argument("--log", metavar="FILE", help="appended to (standard error)")
    parser.add_argument("--log-format", choices=["json", "console"], help="console on a terminal, else json")
    parser.add_argument("--no-log", action="store_true", help="log nothing")
    return parser.parse_args()


class Server(uvicorn.Server):
    """uvicorn, which says where it listens once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for server in self.servers:
            host, port = server.sockets[0].getsockname()
            structlog.get_logger().info("listening", host=host, port=port)
            print(f"listening on http://{host}:{port}", flush=True)


def main() -> None:
    options = read_options()
    logs.configure(path=options.log, form=options.log_format, off=options.no_log)
    # uvicorn ends well at a signal, then raises it anew; by then there is nothing left to end.
    signal.signal(signal.SIGTERM, lambda number, frame: None)
    config = uvicorn.Config(
        make_application(), host=options.host, port=options.port, log_config=None, access_log=False, lifespan="on"
    )
    try:
        Server(config).run()
    except KeyboardInterrupt:
        pass
    structlog.get_logger().info("stopped")


if __name__ == "__main__":
    main()
