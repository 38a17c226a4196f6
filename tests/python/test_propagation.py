"""cleat.wrap() and cleat.propagate(): the context into callbacks, threads, thread pools and process pools."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import inspect
import multiprocessing
import pickle
import threading
import weakref
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

import cleat
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars, get_contextvars

plain_variable: contextvars.ContextVar[str] = contextvars.ContextVar("plain_variable", default="")


def bind_and_get(**fields):
    """Bind more, and return all that is bound then."""
    bind_contextvars(**fields)
    return dict(get_contextvars())


def in_thread(fn, *args):
    """What fn returns in a thread of its own."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(fn, *args).result()


class TestWrap:
    def test_context_is_that_of_the_wrap_not_of_the_call(self):
        with bound_contextvars(request_id="r-1"):
            wrapped = cleat.wrap(get_contextvars)
        with bound_contextvars(request_id="r-2"):
            assert wrapped() == {"request_id": "r-1"}
            assert in_thread(wrapped) == {"request_id": "r-1"}
            assert get_contextvars() == {"request_id": "r-2"}

    def test_other_context_variables_come_along(self):
        token = plain_variable.set("mine")
        wrapped = cleat.wrap(plain_variable.get)
        plain_variable.reset(token)
        assert wrapped() == "mine"

    def test_k6_what_a_call_binds_is_gone_after_it(self):
        bind_contextvars(request_id="r-1")
        wrapped = cleat.wrap(bind_and_get)
        assert wrapped(attempt=1) == {"request_id": "r-1", "attempt": 1}
        assert wrapped(try_=2) == {"request_id": "r-1", "try_": 2}
        assert get_contextvars() == {"request_id": "r-1"}

    def test_k6_calls_may_overlap_and_nest(self):
        bind_contextvars(request_id="r-1")
        both_are_in = threading.Barrier(2, timeout=60)

        def overlap(name):
            bind_contextvars(name=name)
            both_are_in.wait()
            return dict(get_contextvars())

        wrapped = cleat.wrap(overlap)
        with ThreadPoolExecutor(2) as pool:
            found = [future.result() for future in [pool.submit(wrapped, name) for name in "ab"]]
        assert found == [{"request_id": "r-1", "name": name} for name in "ab"]

        wrapped_twice = cleat.wrap(lambda depth: wrapped_twice(depth - 1) if depth else dict(get_contextvars()))
        assert wrapped_twice(3) == {"request_id": "r-1"}

    def test_arguments_result_and_exceptions_pass(self):
        def divide(a, /, b, *, c=1):
            """Divides."""
            return a / b / c

        wrapped = cleat.wrap(divide)
        assert wrapped(12, b=3, c=2) == 2
        with pytest.raises(ZeroDivisionError):
            wrapped(1, 0)
        assert (wrapped.__name__, wrapped.__doc__, inspect.signature(wrapped)) == (
            "divide",
            "Divides.",
            inspect.signature(divide),
        )

    @pytest.mark.parametrize(
        "fn", [functools.partial(bind_and_get, a=1), type("Called", (), {"__call__": lambda self: bind_and_get(a=1)})()]
    )
    def test_whatever_can_be_called(self, fn):
        assert cleat.wrap(fn)() == {"a": 1}
        assert get_contextvars() == {}

    @pytest.mark.parametrize("no_function", [None, 1, "x"])
    def test_what_cannot_be_called_is_refused(self, no_function):
        with pytest.raises(TypeError, match="wrap.*called"):
            cleat.wrap(no_function)

    def test_a_thread_s_target(self):
        found = []
        with bound_contextvars(request_id="r-1"):
            thread = threading.Thread(target=cleat.wrap(lambda: found.append(dict(get_contextvars()))))
        thread.start()
        thread.join()
        assert found == [{"request_id": "r-1"}]

    def test_a_done_callback_of_a_future(self):
        found = []
        go = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(go.wait, 60)
            with bound_contextvars(request_id="r-1"):
                future.add_done_callback(cleat.wrap(lambda _: found.append(dict(get_contextvars()))))
            go.set()
        assert found == [{"request_id": "r-1"}]


class TestWrapCoroutineFunction:
    def test_every_step_runs_in_the_context(self):
        async def work(event):
            before = dict(get_contextvars())
            await event.wait()
            bind_contextvars(step=2)
            await asyncio.sleep(0)
            return before, dict(get_contextvars())

        with bound_contextvars(request_id="r-1"):
            wrapped = cleat.wrap(work)
        assert inspect.iscoroutinefunction(wrapped)

        async def main():
            bind_contextvars(request_id="main")
            event = asyncio.Event()
            asyncio.get_running_loop().call_soon(event.set)
            found = await wrapped(event)
            return found, dict(get_contextvars())

        assert asyncio.run(main()) == (
            ({"request_id": "r-1"}, {"request_id": "r-1", "step": 2}),
            {"request_id": "main"},
        )

    def test_it_stays_in_the_task_that_awaits_it(self):
        @cleat.wrap
        async def current():
            await asyncio.sleep(0)
            return asyncio.current_task()

        async def main():
            assert await current() is asyncio.current_task()

        asyncio.run(main())

    def test_cancellation_and_exceptions_go_through(self):
        seen = []

        @cleat.wrap
        async def stubborn():
            bind_contextvars(inner=True)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append(dict(get_contextvars()))
                raise KeyError("told otherwise") from None

        async def main():
            task = asyncio.create_task(stubborn())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(KeyError, match="told otherwise"):
                await task

        asyncio.run(main())
        assert seen == [{"inner": True}]

    def test_an_exception_thrown_in_does_not_keep_itself_alive(self):
        class Thrown(Exception):
            pass

        @cleat.wrap
        async def wait():
            await asyncio.get_running_loop().create_future()

        async def main():
            coroutine = wait()
            coroutine.send(None)
            try:
                coroutine.throw(Thrown())
            except Thrown as error:
                return weakref.ref(error)

        gc.disable()
        try:
            assert asyncio.run(main())() is None
        finally:
            gc.enable()

    def test_closing_it_closes_the_inner_one_in_its_context(self):
        seen = []

        async def work():
            try:
                await asyncio.Future()
            finally:
                seen.append(dict(get_contextvars()))

        async def main():
            with bound_contextvars(request_id="r-1"):
                coroutine = cleat.wrap(work)()
            coroutine.send(None)
            coroutine.close()

        asyncio.run(main())
        assert seen == [{"request_id": "r-1"}]

    def test_partials_and_objects(self):
        class Called:
            async def __call__(self, a):
                await asyncio.sleep(0)
                return bind_and_get(a=a)

        for fn in (functools.partial(Called().__call__, 1), functools.partial(Called(), 1), Called()):
            wrapped = cleat.wrap(fn)
            arguments = [1] if isinstance(fn, Called) else []
            assert asyncio.run(_await(wrapped(*arguments))) == {"a": 1}
        assert get_contextvars() == {}


async def _await(awaitable):
    return await awaitable


class TestWrapGeneratorFunctions:
    def test_generator(self):
        def count():
            bind_contextvars(inner=True)
            sent = yield 1
            try:
                yield sent, dict(get_contextvars())
            except KeyError:
                yield "thrown"
            return "end"

        with bound_contextvars(request_id="r-1"):
            generator = cleat.wrap(count)()
        assert next(generator) == 1
        assert get_contextvars() == {}
        assert generator.send("x") == ("x", {"request_id": "r-1", "inner": True})
        assert generator.throw(KeyError()) == "thrown"
        with pytest.raises(StopIteration) as end:
            next(generator)
        assert end.value.value == "end"

    def test_k8_scope_in_an_asynchronous_generator_is_not_seen_by_its_consumer(self):
        closed = []

        async def rows():
            with bound_contextvars(cursor=1):
                try:
                    sent = None
                    while True:
                        await asyncio.sleep(0)
                        sent = yield dict(get_contextvars()), sent
                finally:
                    closed.append(dict(get_contextvars()))

        async def main():
            bind_contextvars(request_id="r-1")
            generator = cleat.wrap(rows)()
            bind_contextvars(request_id="r-2")
            assert await generator.__anext__() == ({"request_id": "r-1", "cursor": 1}, None)
            assert get_contextvars() == {"request_id": "r-2"}
            assert (await generator.asend("x"))[1] == "x"
            with pytest.raises(KeyError):
                await generator.athrow(KeyError("stop"))
            assert [item async for item in generator] == []
            generator = cleat.wrap(rows)()
            await generator.__anext__()
            await asyncio.create_task(generator.aclose())
            assert get_contextvars() == {"request_id": "r-2"}

        asyncio.run(main())
        assert closed == [{"request_id": "r-1", "cursor": 1}, {"request_id": "r-2", "cursor": 1}]


class TestThreadPools:
    def test_k10_context_of_the_submitter(self):
        token = plain_variable.set("mine")
        with cleat.propagate(ThreadPoolExecutor(1)) as pool, bound_contextvars(request_id="r-1"):
            assert pool.submit(get_contextvars).result() == {"request_id": "r-1"}
            assert list(pool.map(lambda n: (n, get_contextvars()["request_id"]), [1, 2])) == [(1, "r-1"), (2, "r-1")]
            assert pool.submit(plain_variable.get).result() == "mine"
        plain_variable.reset(token)

    def test_k6_a_worker_keeps_nothing(self):
        with cleat.propagate(ThreadPoolExecutor(1)) as pool:
            with bound_contextvars(request_id="r-1"):
                assert pool.submit(bind_and_get, attempt=1).result() == {"request_id": "r-1", "attempt": 1}
                assert get_contextvars() == {"request_id": "r-1"}
            assert pool.submit(get_contextvars).result() == {}

    def test_k10_context_is_that_of_the_submit_not_of_the_run(self):
        go = threading.Event()
        with cleat.propagate(ThreadPoolExecutor(1)) as pool:
            pool.submit(go.wait, 60)
            with bound_contextvars(request_id="r-1"):
                future = pool.submit(get_contextvars)
            bind_contextvars(request_id="later")
            go.set()
            assert future.result() == {"request_id": "r-1"}

    def test_it_is_the_same_executor(self):
        class Own(ThreadPoolExecutor):
            """A user's own."""

        pool = Own(1)
        submitted_before = pool.submit(threading.get_ident).result()
        assert cleat.propagate(pool) is pool
        assert isinstance(pool, Own)
        assert type(pool).__name__ == "Own"
        once = type(pool)
        assert type(cleat.propagate(pool)) is once
        assert pool.submit(threading.get_ident).result() == submitted_before
        pool.shutdown()
        with pytest.raises(RuntimeError):
            pool.submit(print)

    def test_arguments_of_any_name(self):
        with cleat.propagate(ThreadPoolExecutor(1)) as pool:
            future = pool.submit(lambda *args, **kwargs: (args, kwargs), 1, fn=2, self=3, callable=4)
            assert future.result() == ((1,), {"fn": 2, "self": 3, "callable": 4})

    def test_an_executor_that_nobody_holds_is_collected(self):
        gone = weakref.ref(cleat.propagate(ThreadPoolExecutor(1)))
        assert gone() is None

    def test_run_in_executor(self):
        async def main():
            loop = asyncio.get_running_loop()
            loop.set_default_executor(cleat.propagate(ThreadPoolExecutor(2)))
            own_pool = cleat.propagate(ThreadPoolExecutor(2))

            async def request(number):
                bind_contextvars(request_id=number)
                return (
                    number,
                    await loop.run_in_executor(None, get_contextvars),
                    await loop.run_in_executor(own_pool, get_contextvars),
                )

            found = await asyncio.gather(*[request(number) for number in range(20)])
            own_pool.shutdown()
            return found

        for number, by_default, by_own in asyncio.run(main()):
            assert by_default == by_own == {"request_id": number}


class Pickled:
    def __init__(self, name):
        self.name = name

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return hash(self.name)


class Unreadable:
    """Can be pickled, cannot be unpickled."""

    def __reduce__(self):
        return (_refuse, ())

    def __repr__(self):
        return "<unreadable>"


def _refuse():
    raise RuntimeError("not here")


class Unshowable:
    def __repr__(self):
        raise RuntimeError("not even shown")

    def __reduce__(self):
        raise RuntimeError("not pickled")


class TestProcessPools:
    @pytest.fixture(params=sorted(set(multiprocessing.get_all_start_methods()) & {"fork", "spawn"}))
    def pool(self, request):
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(request.param)) as pool:
            yield cleat.propagate(pool)

    def test_k10_fields_of_the_submitter(self, pool):
        with bound_contextvars(request_id="r-1", tags=["a"], thing=Pickled("x")):
            fields = {"request_id": "r-1", "tags": ["a"], "thing": Pickled("x")}
            assert pool.submit(get_contextvars).result() == fields
            assert pool.submit(bind_and_get, attempt=1).result() == {**fields, "attempt": 1}
            assert list(pool.map(bind_and_get_number, [1, 2], chunksize=2)) == [{**fields, "n": 1}, {**fields, "n": 2}]
        assert pool.submit(get_contextvars).result() == {}

    def test_k17_fields_that_cannot_travel_do_not_fail_the_work(self, pool):
        lock = threading.Lock()
        with bound_contextvars(lock=lock, unreadable=Unreadable(), unshowable=Unshowable(), last=1):
            assert pool.submit(bind_and_get).result() == {
                "lock": repr(lock),
                "unreadable": "<unreadable>",
                "unshowable": "<Unshowable>",
                "last": 1,
            }

    def test_run_in_executor(self, pool):
        async def main():
            bind_contextvars(request_id="r-1")
            return await asyncio.get_running_loop().run_in_executor(pool, get_contextvars)

        assert asyncio.run(main()) == {"request_id": "r-1"}


def bind_and_get_number(n):
    """A number of one call, as pool.map() hands it over; a chunk of calls shares its submitter's fields."""
    with bound_contextvars(n=n):
        return dict(get_contextvars())


class TestRefused:
    def test_other_executors(self):
        class Remote(Executor):
            pass

        for other in (Remote(), object(), None):
            with pytest.raises(TypeError, match="propagate.*not .*wrap"):
                cleat.propagate(other)

    def test_thread_pool_of_multiprocessing(self):
        from multiprocessing.pool import ThreadPool

        with ThreadPool(1) as pool:
            with pytest.raises(TypeError, match="ThreadPool; .*wrap"):
                cleat.propagate(pool)
            with bound_contextvars(request_id="r-1"):
                wrapped = cleat.wrap(get_contextvars)
            assert pool.apply(wrapped) == {"request_id": "r-1"}

    def test_an_executor_with_slots(self):
        class Slots(ThreadPoolExecutor):
            __slots__ = ("more",)

        with cleat.propagate(Slots(1)) as pool, bound_contextvars(a=1):
            assert pool.submit(get_contextvars).result() == {"a": 1}

    def test_other_interpreters(self):
        interpreter = pytest.importorskip("concurrent.futures.interpreter")
        with interpreter.InterpreterPoolExecutor(1) as pool, pytest.raises(TypeError, match="other interpreters"):
            cleat.propagate(pool)

    def test_wrapped_functions_are_not_pickled(self):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(cleat.wrap(get_contextvars))
