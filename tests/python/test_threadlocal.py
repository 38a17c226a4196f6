"""The deprecated thread-local family (K12), which knows nothing of context variables (K13)."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cleat import structlog
from cleat.structlog.contextvars import bound_contextvars, merge_contextvars
from cleat.structlog.threadlocal import (
    as_immutable,
    bind_threadlocal,
    bound_threadlocal,
    clear_threadlocal,
    get_merged_threadlocal,
    get_threadlocal,
    merge_threadlocal,
    tmp_bind,
    unbind_threadlocal,
    wrap_dict,
)

pytestmark = pytest.mark.filterwarnings("ignore:`structlog.threadlocal`:DeprecationWarning")


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    clear_threadlocal()
    yield
    clear_threadlocal()


def in_thread(function: Callable[[], Any]) -> Any:
    """Return what *function* returns in a thread of its own."""
    returned: list[Any] = []
    thread = threading.Thread(target=lambda: returned.append(function()))
    thread.start()
    thread.join()
    return returned[0]


def make_logger(context_class: Any = dict) -> Any:
    return structlog.wrap_logger(structlog.ReturnLogger(), processors=[], context_class=context_class).bind()


def test_k12_bind_unbind_get_clear() -> None:
    bind_threadlocal(a=1, b=2)
    bind_threadlocal(c=3, a=4)
    assert list(get_threadlocal().items()) == [("a", 4), ("b", 2), ("c", 3)]
    unbind_threadlocal("b", "never bound")
    assert get_threadlocal() == {"a": 4, "c": 3}
    clear_threadlocal()
    assert get_threadlocal() == {}


def test_k12_what_get_returns_is_a_copy() -> None:
    bind_threadlocal(a=1)
    get_threadlocal()["a"] = 2
    assert get_threadlocal() == {"a": 1}


def test_k12_merge_fills_in_and_leaves_the_event_alone() -> None:
    bind_threadlocal(a=1, b=1)
    event = {"b": 2, "event": "x"}
    assert merge_threadlocal(None, "info", event) == {"a": 1, "b": 2, "event": "x"}
    assert event == {"b": 2, "event": "x"}


def test_k12_merged_with_what_a_logger_carries() -> None:
    bind_threadlocal(a=1, b=1)
    assert get_merged_threadlocal(make_logger().bind(b=2, c=2)) == {"a": 1, "b": 2, "c": 2}


def test_k12_threads_have_stores_of_their_own() -> None:
    bind_threadlocal(a=1)

    def other() -> dict[Any, Any]:
        bind_threadlocal(b=2)
        return get_threadlocal()

    assert in_thread(other) == {"b": 2}
    assert get_threadlocal() == {"a": 1}


def test_k12_bound_restores_its_keys_and_no_others() -> None:
    bind_threadlocal(a=1, z=0)
    with pytest.raises(ZeroDivisionError), bound_threadlocal(a=2, b=2):
        bind_threadlocal(b=3, c=3)
        unbind_threadlocal("z")
        raise ZeroDivisionError
    assert get_threadlocal() == {"a": 1, "c": 3}


def test_k12_bound_as_decorator_binds_at_each_call() -> None:
    @bound_threadlocal(a=1)
    def get() -> dict[Any, Any]:
        return get_threadlocal()

    assert (get(), get(), get_threadlocal()) == ({"a": 1}, {"a": 1}, {})


def test_k12_every_function_warns_in_the_name_of_its_caller() -> None:
    wrapped = make_logger(wrap_dict(dict))
    decorated = bound_threadlocal(a=1)(dict[str, int])
    log = structlog.wrap_logger(structlog.ReturnLogger(), processors=[merge_threadlocal])
    calls: list[Callable[[], Any]] = [
        lambda: bind_threadlocal(a=1),
        lambda: unbind_threadlocal("a"),
        lambda: bound_threadlocal(a=1).__enter__(),
        lambda: decorated(),
        lambda: get_threadlocal(),
        lambda: get_merged_threadlocal(wrapped),
        lambda: merge_threadlocal(None, "info", {}),
        lambda: log.info("x"),
        lambda: clear_threadlocal(),
        lambda: wrap_dict(dict),
        lambda: tmp_bind(wrapped, a=1).__enter__(),
        lambda: as_immutable(wrapped),
    ]
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        where = [(warning.category, warning.filename, warning.lineno) for warning in caught]
        assert where == [(DeprecationWarning, __file__, call.__code__.co_firstlineno)]


def test_k12_wrapped_dictionaries_of_one_class_are_one() -> None:
    one_class, other_class = wrap_dict(dict), wrap_dict(dict)
    one, same, other = one_class(a=1), one_class(b=2), other_class(a=1, b=2)
    assert one == same
    assert one != other
    assert dict(one) == dict(same) == {"a": 1, "b": 2}
    assert one_class(one, c=3) == one
    assert "c" in same and same["c"] == 3
    del same["c"]
    assert list(one) == ["a", "b"]
    assert len(one) == 2


def test_k12_wrapped_dictionary_is_another_in_each_thread() -> None:
    wrapped = wrap_dict(dict)
    here = wrapped(a=1)

    def other() -> dict[Any, Any]:
        return dict(wrapped(b=2))

    assert in_thread(other) == {"b": 2}
    assert dict(here) == {"a": 1}


def test_k12_loggers_of_one_thread_share_a_wrapped_context_until_new() -> None:
    one = make_logger(wrap_dict(dict))
    one.bind(a=1)
    assert one.info("x") == ((), {"a": 1, "event": "x"})
    assert one.new(b=2).info("x") == one.info("x") == ((), {"b": 2, "event": "x"})


def test_k12_tmp_bind_rewinds_the_whole_context() -> None:
    log = make_logger(wrap_dict(dict)).bind(a=1)
    with pytest.raises(ZeroDivisionError), tmp_bind(log, a=2, b=2) as tmp:
        log.bind(c=3)
        assert dict(tmp._context) == dict(log._context) == {"a": 2, "b": 2, "c": 3}
        raise ZeroDivisionError
    assert dict(log._context) == {"a": 1}


def test_k12_tmp_bind_leaves_an_ordinary_logger_alone() -> None:
    log = make_logger().bind(a=1)
    with tmp_bind(log, b=2) as tmp:
        assert tmp._context == {"a": 1, "b": 2}
    assert log._context == {"a": 1}


def test_k12_as_immutable_takes_the_context_out_of_the_thread() -> None:
    log = make_logger(wrap_dict(dict)).bind(a=1)
    immutable = as_immutable(log)
    assert type(immutable._context) is dict
    assert immutable.bind(b=2)._context == {"a": 1, "b": 2}
    assert dict(log._context) == immutable._context == {"a": 1}
    assert as_immutable(immutable) is immutable


def test_k12_as_immutable_in_a_thread_that_has_bound_nothing() -> None:
    log = make_logger(wrap_dict(dict)).bind(a=1)
    assert in_thread(lambda: type(as_immutable(log)._context)) is dict


def test_k13_the_two_stores_do_not_see_each_other() -> None:
    bind_threadlocal(thread=1)
    with bound_contextvars(variable=2):
        assert merge_threadlocal(None, "info", {}) == {"thread": 1}
        assert merge_contextvars(None, "info", {}) == {"variable": 2}
