"""K11, K14, K15 in Python: the lines themselves, standard output that is replaced, clocks that are frozen."""

from __future__ import annotations

import contextlib
import datetime
import functools
import io
import json
import os
import sys

import freezegun
import pytest
import time_machine

from cleat import structlog
from cleat.structlog.contextvars import bind_contextvars

HOSTILE = [
    'quote " and \\ backslash',
    "line\nbreak\r\n",
    "\x00\x01\x1b[31m\x7f",
    "\u2028\u2029\x85",
    "\ud800 alone",
    "\U0001f600",
    '"}\n{"event":"forged"}',
    "x" * 100_000,
]


def json_logger(file=None, **options):
    processors = [structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer(**options)]
    structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(file))
    return structlog.get_logger()


class TestK14OneWrite:
    @pytest.mark.skipif(not hasattr(os, "O_DIRECT"), reason="pipes have no packets here")
    def test_k14_a_line_is_one_write(self):
        """A pipe in packet mode gives each write by itself."""
        reader, writer = os.pipe2(os.O_DIRECT)
        with open(writer, "w") as file:
            logger = json_logger(file)
            for number in range(3):
                logger.bind(number=number).info("x" * 3000)
            packets = [os.read(reader, 65536) for _ in range(3)]
        os.close(reader)
        assert [json.loads(packet)["number"] for packet in packets] == [0, 1, 2]
        assert all(packet.endswith(b"}\n") and packet.count(b"\n") == 1 for packet in packets)

    def test_k14_what_others_have_printed_stays_in_order(self, tmp_path):
        with open(tmp_path / "log", "w") as file:
            logger = json_logger(file)
            print("one", file=file)
            logger.info("two")
            file.write("three\n")
            logger.info("four")
        assert (tmp_path / "log").read_text() == 'one\n{"event": "two"}\nthree\n{"event": "four"}\n'


class TestK15Json:
    @pytest.mark.parametrize("text", HOSTILE, ids=ascii)
    @pytest.mark.parametrize("where", ["event", "value", "key", "context", "nested"])
    def test_k15_whatever_the_input(self, text, where, tmp_path):
        path = tmp_path / "log"
        with open(path, "w", encoding="utf-8") as file:
            logger = json_logger(file)
            fields = {"value": {"v": text}, "key": {text: 1}, "nested": {"v": [{text: [text]}]}}.get(where, {})
            if where == "context":
                bind_contextvars(v=text)
            logger.info(text if where == "event" else "e", **fields)
        data = path.read_bytes()
        assert data.count(b"\n") == 1 and data.endswith(b"}\n")
        line = json.loads(data.decode("utf-8", "strict"))
        expected = {"event": text if where == "event" else "e", **({"v": text} if where == "context" else fields)}
        assert line == expected

    @pytest.mark.parametrize("renderer", ["KeyValueRenderer", "LogfmtRenderer"])
    def test_k15_a_value_cannot_begin_a_line(self, renderer):
        file = io.StringIO()
        processors = [getattr(structlog.processors, renderer)()]
        structlog.configure(processors=processors, logger_factory=structlog.PrintLoggerFactory(file))
        structlog.get_logger().info("e", a='b\nevent=forged c="d"')
        assert file.getvalue().count("\n") == 1


class TestStandardOutput:
    def test_what_it_is_at_the_call_is_written_to(self):
        logger = json_logger()
        first, second = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(first):
            logger.info("one")
            bound = logger.bind(b=1)
            bound.info("two")
        with contextlib.redirect_stdout(second):
            logger.info("three")
            bound.info("four")
        assert first.getvalue() == '{"event": "one"}\n{"b": 1, "event": "two"}\n'
        assert second.getvalue() == '{"event": "three"}\n{"b": 1, "event": "four"}\n'

    def test_pytest_s_capture_of_the_object(self, capsys):
        json_logger().info("said")
        assert capsys.readouterr().out == '{"event": "said"}\n'

    def test_pytest_s_capture_of_the_descriptor(self, capfd):
        json_logger().info("said")
        assert capfd.readouterr().out == '{"event": "said"}\n'

    def test_a_file_in_another_encoding(self, tmp_path):
        with open(tmp_path / "log", "w", encoding="utf-16") as file:
            json_logger(file, ensure_ascii=False).info("é")
        assert json.loads((tmp_path / "log").read_text("utf-16")) == {"event": "é"}

    def test_a_file_that_is_closed_says_so(self, tmp_path):
        with open(tmp_path / "log", "w") as file:
            logger = json_logger(file).bind()
        with pytest.raises(ValueError, match="closed"):
            logger.info("e")

    def test_a_file_descriptor_that_is_replaced(self, tmp_path):
        """What dup2() put in the place of the file is written to, as with any Python file."""
        with open(tmp_path / "old", "w") as file, open(tmp_path / "new", "w") as other:
            logger = json_logger(file).bind()
            logger.info("one")
            os.dup2(other.fileno(), file.fileno())
            logger.info("two")
        assert (tmp_path / "old").read_text() == '{"event": "one"}\n'
        assert (tmp_path / "new").read_text() == '{"event": "two"}\n'

    def test_standard_output_of_a_program_without_one(self):
        kept, sys.stdout = sys.stdout, None
        try:
            structlog.configure(processors=[structlog.processors.JSONRenderer()])
            with contextlib.suppress(AttributeError):
                structlog.get_logger().info("e")
        finally:
            sys.stdout = kept


def timestamps(count=1, **options):
    file = io.StringIO()
    processors = [structlog.processors.TimeStamper(**options), structlog.processors.JSONRenderer()]
    logger = structlog.wrap_logger(structlog.PrintLogger(file), processors=processors)
    for _ in range(count):
        logger.info("e")
    return [json.loads(line)["timestamp"] for line in file.getvalue().splitlines()]


class TestFrozenTime:
    MOMENT = datetime.datetime(2020, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.timezone.utc)

    @pytest.mark.parametrize(
        "freeze",
        [freezegun.freeze_time, functools.partial(time_machine.travel, tick=False)],
        ids=["freezegun", "time-machine"],
    )
    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"fmt": "iso"}, "2020-02-29T12:30:15.123456Z"),
            ({"fmt": "%Y %H:%M:%S"}, "2020 12:30:15"),
            ({}, MOMENT.timestamp()),
        ],
        ids=["iso", "format", "number"],
    )
    def test_a_timestamp_follows_it(self, freeze, options, expected):
        timestamps(**options)  # the clock has been read before, unfrozen
        with freeze(self.MOMENT):
            assert timestamps(2, **options) == [expected] * 2
        assert timestamps(**options) != [expected]

    def test_a_clock_that_is_moved(self):
        with time_machine.travel(self.MOMENT, tick=False) as traveller:
            before = timestamps(fmt="iso")
            traveller.shift(datetime.timedelta(seconds=1))
            after = timestamps(fmt="iso")
        assert (before, after) == (["2020-02-29T12:30:15.123456Z"], ["2020-02-29T12:30:16.123456Z"])

    def test_a_clock_that_is_patched_by_hand(self, monkeypatch):
        monkeypatch.setattr("time.time", lambda: 1.5)
        assert timestamps(utc=True) == [1.5]
