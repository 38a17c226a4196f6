"""The functions of cleat.structlog.contextvars, argument by argument. What contexts promise is in test_contract_*.py."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import copy
import gc
import inspect
import random
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from cleat import structlog
from cleat.structlog.contextvars import (
    bind_contextvars,
    bound_contextvars,
    clear_contextvars,
    get_contextvars,
    get_merged_contextvars,
    merge_contextvars,
    reset_contextvars,
    unbind_contextvars,
)
from cleat.structlog.processors import JSONRenderer
from cleat.structlog.testing import ReturnLogger


class Thing:
    """Something that can be referred to weakly."""


def keys() -> list[str]:
    return list(get_contextvars())


# -- bind_contextvars --


def test_bind_takes_keywords_only() -> None:
    with pytest.raises(TypeError, match="keyword arguments only"):
        bind_contextvars({"a": 1})  # type: ignore[call-arg]


def test_bind_of_nothing_gives_an_empty_mapping() -> None:
    assert bind_contextvars() == {}
    assert get_contextvars() == {}


def test_any_text_may_be_a_key() -> None:
    fields = {"": 1, "a b": 2, "é": 3, "\udc80": 4, "nul\0": 5, "k" * 1000: 6, "self": 7, "kw": 8}
    bind_contextvars(**fields)
    assert get_contextvars() == fields


def test_a_key_of_a_subclass_of_str_becomes_a_str() -> None:
    class Key(str):
        pass

    bind_contextvars(**{Key("key"): 1})
    assert get_contextvars() == {"key": 1}
    assert type(keys()[0]) is str


def test_ellipsis_stands_for_nothing_as_in_structlog() -> None:
    bind_contextvars(a=1, b=...)
    assert get_contextvars() == {"a": 1}
    bind_contextvars(a=...)
    assert get_contextvars() == {}


def test_many_keys_one_by_one_and_all_again() -> None:
    expected = {f"key{i}": i for i in range(1000)}
    for key, value in expected.items():
        bind_contextvars(**{key: value})
    assert get_contextvars() == expected and keys() == list(expected)
    for key in expected:
        bind_contextvars(**{key: "again"})
    assert get_contextvars() == dict.fromkeys(expected, "again") and keys() == list(expected)


# -- tokens --


def test_tokens_are_a_mapping() -> None:
    tokens = bind_contextvars(a=1, b=2)
    assert isinstance(tokens, Mapping)
    assert len(tokens) == 2 and list(tokens) == ["a", "b"] and "a" in tokens and "c" not in tokens
    assert list(tokens.keys()) == ["a", "b"] and list(tokens.values()) == [tokens["a"], tokens["b"]]
    assert len({tokens["a"], tokens["a"], tokens["b"]}) == 2
    assert dict(tokens) == dict(tokens.items()) == {"a": tokens["a"], "b": tokens["b"]} == tokens
    assert tokens.get("a") == tokens["a"] and tokens.get("c") is None
    with pytest.raises(KeyError):
        tokens["c"]
    with pytest.raises(AttributeError):
        tokens.nothing  # type: ignore[attr-defined]
    assert "key='a'" in repr(tokens)


def test_one_token_of_several_resets_its_key_only() -> None:
    bind_contextvars(a=0)
    tokens = bind_contextvars(a=1, b=2)
    reset_contextvars(a=tokens["a"])
    assert get_contextvars() == {"a": 0, "b": 2}
    reset_contextvars(b=tokens["b"])
    assert get_contextvars() == {"a": 0}


def test_tokens_of_several_binds_may_be_reset_together() -> None:
    first = bind_contextvars(a=1)
    second = bind_contextvars(b=2)
    bind_contextvars(c=3)
    reset_contextvars(**first, **second)
    assert get_contextvars() == {"c": 3}


@pytest.mark.parametrize("wrong", ["used", "key", "type", "context"])
def test_a_wrong_token_among_right_ones_resets_none(wrong: str) -> None:
    used = bind_contextvars(used=1)
    reset_contextvars(**used)
    tokens = bind_contextvars(a=1, b=2)
    elsewhere = contextvars.Context().run(bind_contextvars, b=1)
    arguments: dict[str, Any] = {
        "used": {"used": used["used"]},
        "key": {"b": bind_contextvars(c=3)["c"]},
        "type": {"b": None},
        "context": {"b": elsewhere["b"]},
    }[wrong]
    error = {"used": RuntimeError, "type": TypeError}.get(wrong, ValueError)
    before = get_contextvars()
    with pytest.raises(error):
        reset_contextvars(a=tokens["a"], **arguments)
    assert get_contextvars() == before
    reset_contextvars(a=tokens["a"])


def test_a_token_in_a_copy_of_its_context_is_refused() -> None:
    tokens = bind_contextvars(a=1)
    with pytest.raises(ValueError, match="another context"):
        contextvars.copy_context().run(reset_contextvars, **tokens)
    reset_contextvars(**tokens)


def test_reset_takes_keywords_only() -> None:
    with pytest.raises(TypeError, match="keyword arguments only"):
        reset_contextvars(bind_contextvars(a=1))  # type: ignore[call-arg]


# -- unbind, clear --


def test_unbind_takes_any_keys_as_text() -> None:
    bind_contextvars(**{"1": 1, "a": 2, "b": 3})
    unbind_contextvars(1, "a", "a", "absent")  # type: ignore[arg-type]
    assert get_contextvars() == {"b": 3}
    unbind_contextvars()
    assert get_contextvars() == {"b": 3}


# -- get_merged_contextvars, merge_contextvars --


class HasContext:
    _context = {"b": "logger", "c": 3}


def test_merged_has_the_loggers_fields_over_those_of_the_context() -> None:
    bind_contextvars(a=1, b="context")
    for merged in (get_merged_contextvars(HasContext()), get_merged_contextvars(bound_logger=HasContext())):
        assert merged == {"a": 1, "b": "logger", "c": 3}
    with pytest.raises(AttributeError):
        get_merged_contextvars(object())


def test_merge_fills_in_and_returns_its_argument() -> None:
    bind_contextvars(a=1, b=2)
    for event in ({"b": "event"}, OrderedDict(b="event")):
        assert merge_contextvars(None, "info", event) is event
        assert list(event.items()) == [("b", "event"), ("a", 1)]
    event = {"b": "event"}
    assert merge_contextvars(logger=None, method_name="info", event_dict=event) is event and event["a"] == 1


def test_merge_goes_by_the_mappings_own_setdefault() -> None:
    class Upper(dict[str, Any]):
        def setdefault(self, key: str, default: Any = None) -> Any:
            return super().setdefault(key.upper(), default)

    bind_contextvars(a=1)
    assert merge_contextvars(None, "info", Upper()) == {"A": 1}


@pytest.mark.parametrize("arguments", [(), (None, "info"), (None, "info", {}, 1)])
def test_merge_wants_three_arguments(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="three arguments"):
        merge_contextvars(*arguments)


def test_merge_passes_errors_of_the_event_on() -> None:
    bind_contextvars(a=1)
    with pytest.raises(AttributeError):
        merge_contextvars(None, "info", object())


# -- bound_contextvars --


def test_scope_takes_keywords_only() -> None:
    with pytest.raises(TypeError, match="keyword arguments only"):
        bound_contextvars({"a": 1})  # type: ignore[call-arg]


def test_scope_may_be_entered_again_but_not_twice() -> None:
    scope = bound_contextvars(a=1)
    for _ in range(2):
        with scope:
            assert get_contextvars() == {"a": 1}
            with pytest.raises(RuntimeError, match="entered already"), scope:
                pass
        assert get_contextvars() == {}
    with pytest.raises(RuntimeError, match="not entered"):
        scope.__exit__(None, None, None)


def test_scope_of_nothing() -> None:
    with bound_contextvars():
        bind_contextvars(a=1)
    assert get_contextvars() == {"a": 1}


def test_scope_gives_none_to_as_and_hides_no_exception() -> None:
    with pytest.raises(KeyError), bound_contextvars(a=1) as nothing:
        assert nothing is None
        raise KeyError


def test_scope_works_in_an_exit_stack() -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(bound_contextvars(a=1))
        stack.enter_context(bound_contextvars(b=2))
        assert get_contextvars() == {"a": 1, "b": 2}
    assert get_contextvars() == {}


def test_scope_that_is_left_in_another_context_raises_nothing_and_binds_nothing_there() -> None:
    scope = bound_contextvars(a=1)
    contextvars.copy_context().run(scope.__enter__)
    bind_contextvars(a="here")
    scope.__exit__(None, None, None)
    assert get_contextvars() == {"a": "here"}


def test_decorated_functions_keep_name_docstring_and_signature() -> None:
    @bound_contextvars(a=1)
    def function(x: int, *, y: int = 2) -> tuple[int, dict[str, Any]]:
        """Has a docstring."""
        return x + y, get_contextvars()

    assert function(1) == (3, {"a": 1})
    assert get_contextvars() == {}
    assert function.__name__ == "function" and function.__doc__ == "Has a docstring."
    assert str(inspect.signature(function)).startswith("(x: ")


def test_decorated_coroutine_functions_stay_coroutine_functions() -> None:
    @bound_contextvars(a=1)
    async def function() -> dict[str, Any]:
        await asyncio.sleep(0)
        return get_contextvars()

    assert inspect.iscoroutinefunction(function)
    assert asyncio.run(function()) == {"a": 1}


# -- generators --


def test_contextmanager_functions_bind_for_their_block() -> None:
    @contextlib.contextmanager
    def request() -> Iterator[None]:
        with bound_contextvars(a=1):
            yield

    with request():
        bind_contextvars(b=2)
        assert get_contextvars() == {"a": 1, "b": 2}
    assert get_contextvars() == {"b": 2}


def test_a_generator_that_goes_in_another_thread_leaves_nothing_bound() -> None:
    def generate() -> Iterator[int]:
        with bound_contextvars(a=1):
            yield 1

    generator = generate()
    next(generator)
    assert get_contextvars() == {"a": 1}
    thread = threading.Thread(target=generator.close)  # type: ignore[attr-defined]
    thread.start()
    thread.join()
    assert get_contextvars() == {}
    bind_contextvars(b=2)
    assert get_contextvars() == {"b": 2}


async def numbers(key: str, count: int) -> AsyncIterator[int]:
    for i in range(count):
        with bound_contextvars(**{key: i}):
            yield i
            assert get_contextvars()[key] == i


def test_a_comprehension_is_a_consumer_too() -> None:
    async def main() -> None:
        seen = [(i, get_contextvars()) async for i in numbers("a", 3)]
        assert seen == [(0, {}), (1, {}), (2, {})]

    asyncio.run(main())


def test_nested_generators_each_see_their_own() -> None:
    async def main() -> None:
        bind_contextvars(outer=1)
        async for i in numbers("a", 3):
            async for j in numbers("b", 3):
                bind_contextvars(last=(i, j))
                assert get_contextvars() == {"outer": 1, "last": (i, j)}
        assert get_contextvars() == {"outer": 1, "last": (2, 2)}

    asyncio.run(main())


def test_a_generator_consumed_by_another_one_sees_its_consumers_fields() -> None:
    async def outer() -> AsyncIterator[dict[str, Any]]:
        with bound_contextvars(outer=1):
            async for _ in numbers("inner", 2):
                yield get_contextvars()

    async def main() -> None:
        assert [fields async for fields in outer()] == [{"outer": 1}, {"outer": 1}]
        assert get_contextvars() == {}

    asyncio.run(main())


def test_abandoned_generators_do_not_pile_up() -> None:
    async def main() -> None:
        for i in range(50):
            async for _ in numbers("a", 2):
                break
            await asyncio.sleep(0)
            bind_contextvars(b=i)
        for _ in range(5):
            await asyncio.sleep(0)
        bind_contextvars(b="last")
        assert get_contextvars() == {"b": "last"}
        surroundings = [o for o in gc.get_objects() if type(o).__name__ == "Guard"]
        assert len(surroundings) <= 2

    gc.collect()
    asyncio.run(main())


def test_generators_driven_by_hand_bind_for_whoever_drives_them() -> None:
    async def main() -> None:
        generator = numbers("a", 1)
        await anext(generator)
        assert get_contextvars() == {"a": 0}
        with pytest.raises(StopAsyncIteration):
            await anext(generator)
        assert get_contextvars() == {}

    asyncio.run(main())


# -- what is kept alive --


@pytest.mark.parametrize("way", ["unbind", "clear", "override", "reset", "scope"])
def test_a_value_that_is_no_longer_bound_is_let_go(way: str) -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    if way == "scope":
        with bound_contextvars(thing=thing):
            get_contextvars()
    else:
        tokens = bind_contextvars(thing=thing)
        get_contextvars()
        if way == "unbind":
            unbind_contextvars("thing")
        elif way == "clear":
            clear_contextvars()
        elif way == "override":
            bind_contextvars(other=1)
            bind_contextvars(thing=None)
        else:
            reset_contextvars(**tokens)
        del tokens
    del thing
    assert gone() is None


def test_a_circle_through_the_context_is_collected() -> None:
    def bind_circle() -> weakref.ref[Thing]:
        thing = Thing()
        bind_contextvars(thing=thing, scope=bound_contextvars(thing=thing), tokens=bind_contextvars(x=thing))
        thing.context = contextvars.copy_context()  # type: ignore[attr-defined]
        get_contextvars()
        return weakref.ref(thing)

    gone = contextvars.Context().run(bind_circle)
    gc.collect()
    assert gone() is None


def test_a_task_that_binds_itself_is_collected() -> None:
    async def work() -> None:
        bind_contextvars(task=asyncio.current_task())
        get_contextvars()

    async def main() -> weakref.ref[asyncio.Task[None]]:
        task = asyncio.create_task(work())
        await task
        return weakref.ref(task)

    gone = asyncio.run(main())
    gc.collect()
    assert gone() is None


# -- all together --


def test_random_programs_do_as_a_dict_would() -> None:
    """The functions against a plain model, in programs of 60 steps."""
    for seed in range(200):
        choose = random.Random(seed)
        contextvars.Context().run(run_program, choose, {}, 60)


def run_program(choose: random.Random, model: dict[str, Any], steps: int) -> None:
    tokens: list[tuple[Mapping[str, Any], dict[str, Any], list[str]]] = []
    for _ in range(steps):
        names = choose.sample("abcdef", choose.randint(0, 3))
        values = {name: choose.choice([1, "text", 2.5, None, [1]]) for name in names}
        step = choose.choice(["bind", "bind", "unbind", "reset", "clear", "scope", "copy"])
        if step == "bind":
            tokens.append((bind_contextvars(**values), dict(model), names))
            model.update(values)
        elif step == "unbind":
            unbind_contextvars(*names)
            restore(model, {}, names)
        elif step == "reset" and tokens:
            made, before, bound = tokens.pop(choose.randrange(len(tokens)))
            reset_contextvars(**made)
            restore(model, before, bound)
        elif step == "clear" and choose.random() < 0.3:
            clear_contextvars()
            model.clear()
        elif step == "scope" and steps > 5:
            before = dict(model)
            with bound_contextvars(**values):
                model.update(values)
                run_program(choose, model, steps // 3)
            restore(model, before, names)
        elif step == "copy" and steps > 5:
            contextvars.copy_context().run(run_program, choose, copy.copy(model), steps // 3)
        assert list(get_contextvars().items()) == list(model.items())


def restore(model: dict[str, Any], before: dict[str, Any], names: list[str]) -> None:
    for name in names:
        if name in before:
            model[name] = before[name]
        else:
            model.pop(name, None)


# -- where it does not work --


def test_a_sub_interpreter_is_refused_with_a_sentence() -> None:
    interpreters = pytest.importorskip("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")
    interpreter = interpreters.create()
    try:
        error = interpreters.run_string(
            interpreter,
            "try:\n    import cleat\nexcept ImportError as error:\n"
            "    assert 'interpreter' in str(error), error\nelse:\n    raise AssertionError('imported')",
        )
    finally:
        interpreters.destroy(interpreter)
    assert error is None
    bind_contextvars(a=1)
    assert get_contextvars() == {"a": 1}


def test_a_line_in_a_generator_whose_scope_binds_nothing() -> None:
    def generator() -> Iterator[None]:
        with bound_contextvars():
            bind_contextvars(a=1)
            unbind_contextvars("a")
            yield

    chain = [merge_contextvars, JSONRenderer()]
    log = structlog.make_filtering_bound_logger(0)(ReturnLogger(), chain, {})  # type: ignore[call-arg]
    for _ in generator():
        assert log.info("x") == '{"event": "x"}'
