"""Canonical events belong to the execution context; samplers keep what is remarkable."""

from __future__ import annotations

import asyncio
import gc
import threading
from contextvars import copy_context

import pytest

import cleat
from cleat.logust.contrib import (
    TailSampler,
    add_event_fields,
    canonical_event,
    clear_event_fields,
    get_current_event,
    get_event_fields,
)


class TestCanonicalEvent:
    def test_outside_of_one_nothing_is_kept(self):
        assert get_current_event() is None
        assert get_event_fields() == {}
        assert add_event_fields(a=1) is False
        assert clear_event_fields() is False
        assert get_event_fields() == {}

    def test_fields_are_added_and_cleared(self):
        with canonical_event({"a": 1}) as event:
            assert add_event_fields({"b.c": 2, "a": 3}, b=4, a=5) is True
            assert get_current_event() is event
            assert list(event.items()) == [("a", 5), ("b.c", 2), ("b", 4)]
            assert clear_event_fields() is True
            assert event == {} and get_current_event() is event

    def test_what_it_begins_with_is_copied_and_what_it_gives(self):
        first = {"a": 1}
        with canonical_event(first) as event:
            add_event_fields(b=2)
            get_event_fields()["c"] = 3
            assert event == {"a": 1, "b": 2}
        assert first == {"a": 1}

    def test_k8_inner_ones_hide_outer_ones_whatever_happens(self):
        with canonical_event() as outer:
            with pytest.raises(KeyError):
                with canonical_event():
                    add_event_fields(inner=True)
                    raise KeyError
            add_event_fields(outer=True)
        assert outer == {"outer": True}
        assert get_current_event() is None

    def test_it_decorates_functions(self):
        @canonical_event({"job": 7})
        def job():
            add_event_fields(n=1)
            return get_event_fields()

        assert job() == job() == {"job": 7, "n": 1}

    def test_k8_a_generator_that_is_closed_from_elsewhere(self):
        def work():
            with canonical_event({"a": 1}):
                yield

        steps = work()
        copy_context().run(next, steps)
        steps.close()
        assert get_current_event() is None


class TestWhereItGoes:
    def test_k6_overlapping_tasks_have_their_own(self):
        async def request(number, started, go):
            with canonical_event({"number": number}) as event:
                started.release()
                await go.wait()
                await asyncio.gather(*(helper(number, i) for i in range(3)))
                return event

        async def helper(number, i):
            await asyncio.sleep(0)
            add_event_fields({f"part{i}": number})

        async def main():
            started, go = asyncio.Semaphore(0), asyncio.Event()
            tasks = [asyncio.ensure_future(request(n, started, go)) for n in range(50)]
            for _ in tasks:
                await started.acquire()
            go.set()
            return await asyncio.gather(*tasks)

        for number, event in enumerate(asyncio.run(main())):
            assert event == {"number": number, "part0": number, "part1": number, "part2": number}

    def test_threads(self):
        async def main():
            with canonical_event() as event:
                assert await asyncio.to_thread(add_event_fields, inside=True) is True
            return event

        assert asyncio.run(main()) == {"inside": True}

    def test_k6_a_thread_of_its_own_has_none_unless_it_is_taken_along(self):
        results = []
        with canonical_event() as event:
            for function in (add_event_fields, cleat.wrap(add_event_fields)):
                thread = threading.Thread(target=lambda function=function: results.append(function(n=len(results))))
                thread.start()
                thread.join()
        assert results == [False, True]
        assert event == {"n": 1}

    def test_nothing_of_it_is_left(self):
        with canonical_event({"held": (marker := Marker())}):
            pass
        freed = marker.freed
        del marker
        gc.collect()
        assert freed == [True]


class Marker:
    def __init__(self):
        self.freed = []

    def __del__(self):
        self.freed.append(True)


class TestTailSampler:
    @pytest.mark.parametrize(
        "event",
        [
            {"status_code": 500},
            {"status_code": "503"},
            {"outcome": "error"},
            {"error.type": "KeyError"},
            {"duration_ms": 100},
            {"duration_ms": 100.5},
            {"duration_ms": "250"},
            {"tenant": "big"},
        ],
    )
    def test_what_is_remarkable_is_kept(self, event):
        sampler = TailSampler(rate=0.0, slow_ms=100, keep_if=lambda event: event.get("tenant") == "big")
        assert sampler.should_keep({"status_code": 200, "duration_ms": 1, "outcome": "success", **event}) is True

    @pytest.mark.parametrize(
        "event",
        [{}, {"status_code": 499}, {"status_code": "five"}, {"status_code": None}, {"duration_ms": 99.9},
         {"duration_ms": "long"}, {"duration_ms": float("nan")}, {"status_code": 10**400}],
    )
    def test_what_is_not_is_dropped_at_rate_0(self, event):
        assert TailSampler(rate=0.0, slow_ms=100).should_keep(event) is False

    def test_errors_are_not_special_if_so_wanted(self):
        assert TailSampler(rate=0.0, always_keep_errors=False).should_keep({"status_code": 500}) is False

    def test_the_share_of_the_others(self):
        numbers = iter([0.0, 0.24, 0.25, 0.99])
        sampler = TailSampler(rate=0.25, random_fn=lambda: next(numbers))
        assert [sampler.should_keep({}) for _ in range(4)] == [True, True, False, False]

    def test_at_rate_1_no_number_is_drawn(self):
        assert TailSampler(random_fn=lambda: 1 / 0).should_keep({}) is True

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ({"rate": -0.1}, ValueError),
            ({"rate": 1.1}, ValueError),
            ({"rate": float("nan")}, ValueError),
            ({"slow_ms": -1}, ValueError),
            ({"slow_ms": float("nan")}, ValueError),
            ({"keep_if": 3}, TypeError),
            ({"random_fn": None}, TypeError),
        ],
    )
    def test_wrong_options_name_themselves(self, options, error):
        (name,) = options
        with pytest.raises(error, match=name):
            TailSampler(**options)
