"""K6, K10, K13, K14 in Python: threads, greenlets, gevent."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from log_lines import PATIENCE

import cleat
from cleat import structlog
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars
from cleat.structlog.threadlocal import bind_threadlocal, clear_threadlocal, merge_threadlocal

greenlet = pytest.importorskip("greenlet")


pytestmark = pytest.mark.usefixtures("log")


def in_thread(fn):
    result = []
    thread = threading.Thread(target=lambda: result.append(fn()))
    thread.start()
    thread.join(PATIENCE)
    return result[0]


class TestThreads:
    def test_k6_a_new_thread_starts_empty(self):
        bind_contextvars(request_id="r-1")
        if not getattr(sys.flags, "thread_inherit_context", 0):
            assert in_thread(get_contextvars) == {}
        assert in_thread(cleat.wrap(get_contextvars)) == {"request_id": "r-1"}

    def test_k6_threads_that_alternate_do_not_see_each_other(self, log):
        together = threading.Barrier(4, timeout=PATIENCE)

        def work(number):
            clear_contextvars()
            bind_contextvars(request_id=number)
            for _ in range(20):
                together.wait()
                structlog.get_logger().info("step", number=number)
                with bound_contextvars(scope=number):
                    together.wait()
                    structlog.get_logger().info("in scope", number=number)

        threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(log.lines()) == 4 * 40
        assert all(line["request_id"] == line["number"] for line in log.lines())
        assert all(line["scope"] == line["number"] for line in log.lines(event="in scope"))
        assert get_contextvars() == {}

    def test_k6_a_worker_of_a_plain_pool_keeps_what_it_bound_and_propagate_does_not(self):
        """The mistake that the documents warn of, and the way out."""
        with ThreadPoolExecutor(1) as pool:
            pool.submit(bind_contextvars, leftover=1).result()
            assert pool.submit(get_contextvars).result() == {"leftover": 1}
            cleat.propagate(pool)
            assert pool.submit(get_contextvars).result() == {}

    def test_k6_a_thread_s_fields_go_with_it(self):
        class Field:
            gone = threading.Event()

            def __del__(self):
                self.gone.set()

        in_thread(lambda: bind_contextvars(field=Field()) and None)
        assert Field.gone.wait(PATIENCE)

    def test_k14_lines_of_several_threads_never_interleave(self, log):
        """LogLines complains of a line that is not whole."""
        together = threading.Barrier(4, timeout=PATIENCE)

        def work(number):
            together.wait()
            for count in range(300):
                structlog.get_logger().info("x" * 100, number=number, count=count)

        threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(4):
            assert [line["count"] for line in log.lines(number=number)] == list(range(300))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
class TestK13TwoStores:
    @pytest.fixture(autouse=True)
    def _clear(self):
        clear_threadlocal()
        yield
        clear_threadlocal()

    def test_k13_bound_in_one_and_merged_from_the_other_nothing_appears(self):
        bind_contextvars(a=1)
        assert merge_threadlocal(None, "info", {}) == {}
        bind_threadlocal(b=2)
        assert structlog.contextvars.merge_contextvars(None, "info", {}) == {"a": 1}
        assert merge_threadlocal(None, "info", {}) == {"b": 2}
        clear_contextvars()
        assert merge_threadlocal(None, "info", {}) == {"b": 2}


class TestGreenlets:
    def test_k6_a_greenlet_has_its_own_fields(self, log):
        def work(number):
            bind_contextvars(request_id=number)
            greenlet.getcurrent().parent.switch()
            structlog.get_logger().info("step", number=number)
            with bound_contextvars(scope=number):
                greenlet.getcurrent().parent.switch()
                structlog.get_logger().info("in scope", number=number)

        bind_contextvars(request_id="parent")
        children = [greenlet.greenlet(work) for _ in range(3)]
        for number, child in enumerate(children):
            child.switch(number)
        for _ in range(2):
            for child in children:
                child.switch()
        assert [line["request_id"] for line in log.lines(event="step")] == [0, 1, 2]
        assert [(line["request_id"], line["scope"]) for line in log.lines(event="in scope")] == [(0, 0), (1, 1), (2, 2)]
        assert get_contextvars() == {"request_id": "parent"}

    def test_k6_a_greenlet_that_is_dropped_in_a_scope_leaves_nothing(self):
        def work():
            with bound_contextvars(a=1):
                greenlet.getcurrent().parent.switch()

        child = greenlet.greenlet(work)
        child.switch()
        del child
        assert get_contextvars() == {}

    def test_k10_wrap_takes_the_context_into_a_greenlet(self):
        with bound_contextvars(request_id="r-1"):
            child = greenlet.greenlet(cleat.wrap(get_contextvars))
        assert child.switch() == {"request_id": "r-1"}


GEVENT_PROGRAM = """
    from gevent import monkey
    monkey.patch_all()

    import gevent
    from gevent.event import Event
    from gevent.pool import Pool
    import cleat
    from cleat import structlog
    from cleat.structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars, get_contextvars

    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()]
    )
    log = structlog.get_logger()
    arrived, all_arrived = [], Event()

    def request(number):
        clear_contextvars()
        bind_contextvars(request_id=number)
        arrived.append(number)
        if len(arrived) == 20:
            all_arrived.set()
        all_arrived.wait()
        log.info("begun", number=number)
        with bound_contextvars(scope=number):
            gevent.sleep(0)
            log.info("in scope", number=number)
        assert gevent.spawn(get_contextvars).get() == {}  # as with a thread
        gevent.spawn(cleat.wrap(log.info), "spawned", number=number).join()
        assert get_contextvars() == {"request_id": number}

    bind_contextvars(request_id="parent")
    pool = Pool(20)
    for greenlet in [pool.spawn(request, number) for number in range(20)]:
        greenlet.get()
    log.info("end", number="parent")
"""


def test_k6_gevent():
    pytest.importorskip("gevent")
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(GEVENT_PROGRAM)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == 20 * 3 + 1
    assert all(line["request_id"] == line["number"] for line in lines)
    assert all(line["scope"] == line["number"] for line in lines if line["event"] == "in scope")
