"""Log files are read back: by a pattern, as JSON, and by a pattern over lines."""

from __future__ import annotations

import io
import json
import random
import re
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest

from cleat.logust._parse import find_all, parse, parse_json

LINE = r"(?P<level>\w+) \| (?P<message>.*)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "app.log"


class TestParse:
    def test_lines_that_begin_with_the_pattern_give_their_groups(self, path):
        path.write_text("INFO | one\nnothing of it\n  ERROR | indented\n\nERROR | two\n")
        assert list(parse(path, LINE)) == [
            {"level": "INFO", "message": "one"},
            {"level": "ERROR", "message": "two"},
        ]

    def test_a_file_may_be_a_str_a_path_or_open(self, path):
        path.write_text("INFO | one\n")
        expected = [{"level": "INFO", "message": "one"}]
        assert list(parse(str(path), LINE)) == expected
        with path.open() as opened:
            assert list(parse(opened, LINE)) == expected
            assert not opened.closed

    def test_a_pattern_may_be_compiled(self):
        (record,) = parse(io.StringIO("INFO one\n"), re.compile("info (?P<message>.*)", re.IGNORECASE))
        assert record == {"message": "one"}

    def test_groups_that_took_no_part_are_none_and_not_cast(self):
        (record,) = parse(io.StringIO("7"), r"(?P<a>\d)(?P<b>x)?", cast={"a": int, "b": int, "c": int})
        assert record == {"a": 7, "b": None}

    def test_what_a_cast_refuses_stays_text(self):
        records = parse(io.StringIO("7\nx\n"), r"(?P<n>\w)", cast={"n": int})
        assert [record["n"] for record in records] == [7, "x"]

    def test_any_other_error_of_a_cast_is_the_caller_s(self):
        with pytest.raises(ZeroDivisionError):
            list(parse(io.StringIO("0"), r"(?P<n>\d)", cast={"n": lambda text: 1 / int(text)}))

    def test_a_cast_may_be_one_function_of_all_groups(self):
        def double(groups):
            groups["n"] *= 2

        assert list(parse(io.StringIO("7\n"), r"(?P<n>\d)", cast=double)) == [{"n": "77"}]

    def test_line_endings_of_any_system_are_none_of_the_line(self, path):
        path.write_bytes(b"INFO | one\r\nINFO | two\n")
        assert [record["message"] for record in parse(path, LINE)] == ["one", "two"]

    def test_what_is_not_utf8_is_replaced(self, path):
        path.write_bytes(b"INFO | caf\xe9\n")
        assert [record["message"] for record in parse(path, LINE)] == ["caf\ufffd"]

    @pytest.mark.parametrize("size", [1, 2, 7, 1 << 20])
    def test_the_size_of_what_is_read_changes_nothing(self, path, size):
        path.write_text("INFO | one\nINFO | two\n")
        assert len(list(parse(path, LINE, chunk_size=size))) == 2

    def test_it_streams(self, path):
        """A file of megabytes is never in memory as a whole."""
        with path.open("w") as file:
            file.writelines(f"INFO | {'x' * 100} {i}\n" for i in range(50_000))
        tracemalloc.start()
        try:
            assert sum(1 for _ in parse(path, LINE)) == 50_000
            assert tracemalloc.get_traced_memory()[1] < path.stat().st_size / 10
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("arguments", "keywords", "error", "said"),
        [
            ((3, LINE), {}, TypeError, "file must be a path"),
            (("app.log", 3), {}, TypeError, "pattern must be"),
            (("app.log", "(?P<"), {}, ValueError, "not a regular expression"),
            (("app.log", LINE), {"cast": 3}, TypeError, "cast must be"),
            (("app.log", LINE), {"chunk_size": 0}, ValueError, "chunk_size must be above 0"),
        ],
    )
    def test_wrong_arguments_are_refused_at_once(self, arguments, keywords, error, said):
        with pytest.raises(error, match=re.escape(said)):
            parse(*arguments, **keywords)

    def test_a_file_that_is_not_there_is_an_error(self, path):
        with pytest.raises(FileNotFoundError):
            next(parse(path, LINE))


class TestParseJson:
    def test_objects_come_with_their_types(self):
        assert list(parse_json(io.StringIO('{"a":1,"b":[true,null,1.5]}\n\n  \n{"c":{}}'))) == [
            {"a": 1, "b": [True, None, 1.5]},
            {"c": {}},
        ]

    @pytest.mark.parametrize(
        "bad", ["{", "text", "7", "[1]", "null", '{"a":1} {"b":2}', "[" * 100_000, '{"n":' + "9" * 5000 + "}"]
    )
    def test_a_line_that_is_no_object_is_passed_over_or_refused(self, bad):
        text = f'{{"a":1}}\n{bad}\n{{"b":2}}\n'
        assert list(parse_json(io.StringIO(text))) == [{"a": 1}, {"b": 2}]
        records = parse_json(io.StringIO(text), strict=True)
        assert next(records) == {"a": 1}
        with pytest.raises(ValueError, match="Invalid JSON at line 2: "):
            next(records)

    def test_a_path_is_read(self, path):
        path.write_text(json.dumps({"message": "é"}, ensure_ascii=False), encoding="utf-8")
        assert list(parse_json(path, strict=True)) == [{"message": "é"}]

    def test_wrong_arguments_are_refused_at_once(self):
        with pytest.raises(TypeError, match="file must be"):
            parse_json(None)


class TestFindAll:
    def test_matches_over_several_lines_and_within_one(self):
        text = "a <one\ntwo> b <three> c"
        assert list(find_all(io.StringIO(text), r"<(?P<w>[^>]*)>")) == [{"w": "one\ntwo"}, {"w": "three"}]

    def test_bytes(self, path):
        path.write_bytes(b"\xff 1 \xfe 22")
        assert list(find_all(path, rb"(?P<n>\d+)", cast={"n": int})) == [{"n": 1}, {"n": 22}]

    def test_what_a_cast_refuses_is_the_caller_s(self):
        with pytest.raises(ValueError):
            list(find_all(io.StringIO("x"), r"(?P<n>\w)", cast={"n": int}))

    def test_a_cast_may_be_one_function_of_all_groups(self):
        def make_date(groups):
            groups["day"] = datetime.fromisoformat(groups["day"])

        assert list(find_all(io.StringIO("on 2026-11-22."), r"(?P<day>[\d-]{10})", cast=make_date)) == [
            {"day": datetime(2026, 11, 22)}
        ]

    @pytest.mark.parametrize(
        "pattern",
        ["|a", "(?<=a)b", "^a", "(?m:^a+b?)", "a*", r"a+|b\n", r"\bab", r"a[\s\S]*?b", "(?m:a$)", "(?=ab)", "b$"],
    )
    def test_chunks_of_any_size_give_what_one_gives(self, pattern):
        """Where a chunk ends cannot be told from the matches."""
        compiled = re.compile(f"(?P<all>{pattern})")
        chance = random.Random(pattern)
        for _ in range(300):
            text = "".join(chance.choices("ab\n ", k=chance.randrange(40)))
            expected = [match.groupdict() for match in compiled.finditer(text)]
            for chunk in (-1, 1, 2, 7):
                assert list(find_all(io.StringIO(text), compiled, chunk=chunk)) == expected, (text, chunk)

    def test_only_what_may_yet_match_is_kept(self):
        class Endless(io.StringIO):
            """Gives the same line for ever."""

            def read(self, size=-1):
                return "number 7\n" * 100

        matches = find_all(Endless(), r"number (?P<n>\d)", chunk=900)
        tracemalloc.start()
        try:
            for _ in range(20_000):
                next(matches)
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()
