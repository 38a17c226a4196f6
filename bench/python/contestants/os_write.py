"""What a program can do without a logger: each line is made by an f-string, from text that never changes, and given to
os.write().
"""

from __future__ import annotations

import os

from protocol import NOWHERE, Scenario, Work, serve

TEXT = "2026-01-31 23:59:59.123 | INFO     | __main__:work:29 - "
JSON = '{"time":"2026-01-31T23:59:59.123456+00:00","level":"INFO","function":"work",%s"message":"'
BOUND = JSON % '"extra":{"user_id":123,"session":"abc"},'


def lines(before: str, after: str) -> Scenario:
    def prepare(path: str) -> Work:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        write = os.write

        def work(count: int) -> None:
            for number in range(count):
                write(file, f"{before}request {number} received{after}".encode())
        return work
    return prepare


def formatted(path: str) -> Work:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    write = os.write

    def work(count: int) -> None:
        for number in range(count):
            write(file, f"{TEXT}user_12345 has done login (attempt {number})\n".encode())
    return work


def to_callable(path: str) -> Work:
    if path == NOWHERE:
        def sink(_message: str) -> None:
            pass
    else:
        file = open(path, "a", encoding="utf-8")

        def sink(message: str) -> None:
            print(message, file=file, flush=True)

    def work(count: int) -> None:
        for number in range(count):
            sink(f"request {number} received")
    return work


text, json = lines(TEXT, "\n"), lines(JSON % "", '"}\n')
serve("os.write", None, {"text": text, "formatted": formatted, "json": json, "bound": text,
                         "bound_json": lines(BOUND, '"}\n'), "callable": to_callable, "text_null": text,
                         "json_null": json})
