"""K5 to K9 in Python, within one context: merging, tokens, scopes, unbinding, clearing."""

from __future__ import annotations

import contextvars
import functools
import inspect

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


pytestmark = pytest.mark.usefixtures("log")


class TestK5Merging:
    def test_k5_call_and_logger_win(self, log):
        bind_contextvars(a="context", b="context", c="context")
        structlog.get_logger().bind(a="logger", b="logger").info("e", a="call")
        assert log.lines(a="call", b="logger", c="context")

    def test_k5_event_and_level_of_the_context_do_not_win(self, log):
        bind_contextvars(event="mine", level="mine")
        structlog.get_logger().info("said")
        assert log.lines() == [{"event": "said", "level": "info"}]

    def test_k5_merging_changes_neither_context_nor_argument_s_values(self):
        bind_contextvars(a=1)
        merged = merge_contextvars(None, "info", {"b": 2})
        merged["a"] = "changed"
        assert get_contextvars() == {"a": 1}

    def test_k5_get_merged(self):
        bind_contextvars(a=1, b=1)
        merged = get_merged_contextvars(structlog.get_logger().bind(b=2, c=2))
        assert merged == {"a": 1, "b": 2, "c": 2}
        merged["a"] = "changed"
        assert get_contextvars() == {"a": 1, "b": 1}

    def test_k5_what_get_gives_is_a_copy(self):
        bind_contextvars(a=1)
        get_contextvars()["a"] = "changed"
        assert get_contextvars() == {"a": 1}

    def test_k5_values_are_the_very_objects(self):
        value = ["a list"]
        bind_contextvars(a=value)
        assert get_contextvars()["a"] is value

    def test_k5_a_bound_value_may_be_anything(self):
        values = {"none": None, "class": object, "function": len, "huge": 2**300, "bytes": b"", "text": "\ud800"}
        bind_contextvars(**values)
        assert get_contextvars() == values


class TestK6Copies:
    def test_k6_a_copied_context_starts_with_the_fields_and_keeps_its_own(self):
        bind_contextvars(a=1)
        copy = contextvars.copy_context()
        bind_contextvars(a=2)
        assert copy.run(get_contextvars) == {"a": 1}
        copy.run(bind_contextvars, b=3)
        assert copy.run(get_contextvars) == {"a": 1, "b": 3}
        assert get_contextvars() == {"a": 2}
        copy.run(clear_contextvars)
        assert get_contextvars() == {"a": 2}

    def test_k6_an_empty_context_is_empty(self):
        bind_contextvars(a=1)
        assert contextvars.Context().run(get_contextvars) == {}


class TestK7Tokens:
    def test_k7_former_value_and_former_absence(self):
        bind_contextvars(a=1)
        tokens = bind_contextvars(a=2, b=2)
        assert set(tokens) == {"a", "b"}
        reset_contextvars(**tokens)
        assert get_contextvars() == {"a": 1}

    def test_k7_siblings_keep_what_they_were_given_since(self):
        tokens = bind_contextvars(a=1)
        bind_contextvars(b=2)
        tokens_of_c = bind_contextvars(c=3, d=3)
        reset_contextvars(**tokens)
        assert get_contextvars() == {"b": 2, "c": 3, "d": 3}
        reset_contextvars(c=tokens_of_c["c"])
        assert get_contextvars() == {"b": 2, "d": 3}

    def test_k7_of_a_key_that_was_unbound_or_cleared(self):
        bind_contextvars(a=1)
        tokens = bind_contextvars(a=2)
        unbind_contextvars("a")
        reset_contextvars(**tokens)
        assert get_contextvars() == {"a": 1}
        tokens = bind_contextvars(a=2)
        clear_contextvars()
        reset_contextvars(**tokens)
        assert get_contextvars() == {"a": 1}

    def test_k7_nested_in_order(self):
        outer = bind_contextvars(a=1)
        inner = bind_contextvars(a=2)
        reset_contextvars(**inner)
        assert get_contextvars() == {"a": 1}
        reset_contextvars(**outer)
        assert get_contextvars() == {}

    def test_k7_a_token_is_used_once(self):
        tokens = bind_contextvars(a=1)
        reset_contextvars(**tokens)
        bind_contextvars(a=2)
        with pytest.raises(RuntimeError, match="once"):
            reset_contextvars(**tokens)
        assert get_contextvars() == {"a": 2}

    def test_k7_a_token_of_another_context_is_refused(self):
        tokens = contextvars.copy_context().run(bind_contextvars, a=1)
        bind_contextvars(a=2)
        with pytest.raises(ValueError, match="(?i)another context|different context"):
            reset_contextvars(**tokens)
        assert get_contextvars() == {"a": 2}

    def test_k7_what_is_no_token_is_refused(self):
        bind_contextvars(a=1)
        for wrong in (None, 1, "a", object()):
            with pytest.raises((TypeError, AttributeError, ValueError)):
                reset_contextvars(a=wrong)
        assert get_contextvars() == {"a": 1}


class Stop(Exception):
    pass


class TestK8Scopes:
    @pytest.mark.parametrize("way", ["end", "return", "break", "continue", "exception"])
    def test_k8_restores_on_every_way_out(self, way):
        bind_contextvars(a=1)

        def leave():
            for _ in [1, 2]:
                with bound_contextvars(a=2, b=2):
                    assert get_contextvars() == {"a": 2, "b": 2}
                    if way == "return":
                        return
                    if way == "break":
                        break
                    if way == "continue":
                        continue
                    if way == "exception":
                        raise Stop

        if way == "exception":
            with pytest.raises(Stop):
                leave()
        else:
            leave()
        assert get_contextvars() == {"a": 1}

    def test_k8_a_binding_made_inside_survives(self):
        with bound_contextvars(a=1):
            bind_contextvars(b=2)
        assert get_contextvars() == {"b": 2}

    def test_k8_cleared_inside(self):
        bind_contextvars(a=1, b=1)
        with bound_contextvars(a=2):
            clear_contextvars()
        assert get_contextvars() == {"a": 1}

    def test_k8_as_a_decorator(self):
        @bound_contextvars(a=1)
        def work(argument):
            """Works."""
            return argument, dict(get_contextvars())

        assert [work(2), work(3)] == [(2, {"a": 1}), (3, {"a": 1})]
        assert (work.__name__, work.__doc__, get_contextvars()) == ("work", "Works.", {})

    def test_k8_a_recursive_decorated_function(self):
        @bound_contextvars(a=1)
        def descend(depth):
            return descend(depth - 1) if depth else dict(get_contextvars())

        assert descend(5) == {"a": 1}
        assert get_contextvars() == {}

    def test_k8_as_a_decorator_of_methods_and_with_wraps(self):
        class Worker:
            @bound_contextvars(a=1)
            def work(self):
                return dict(get_contextvars())

        assert Worker().work() == {"a": 1}
        assert inspect.signature(functools.partial(Worker().work)).parameters == {}

    def test_k8_scopes_that_end_out_of_order(self):
        """Two generators on one context, the first one closed first."""

        def scope(**fields):
            with bound_contextvars(**fields):
                yield

        first, second = scope(a=1), scope(b=2)
        next(first)
        next(second)
        first.close()
        assert get_contextvars() == {"b": 2}
        second.close()
        assert get_contextvars() == {}

    def test_k8_a_generator_that_is_closed_in_another_context(self):
        bind_contextvars(a=1)

        def scope():
            with bound_contextvars(a=2):
                yield

        generator = scope()
        contextvars.copy_context().run(next, generator)
        generator.close()
        assert get_contextvars() == {"a": 1}


class TestK9UnbindAndClear:
    def test_k9_an_absent_key_does_not_matter(self):
        bind_contextvars(a=1)
        unbind_contextvars("absent", "a", "a")
        assert get_contextvars() == {}
        unbind_contextvars()
        clear_contextvars()
        clear_contextvars()
        assert get_contextvars() == {}

    def test_k9_an_unbound_key_is_on_no_line(self, log):
        bind_contextvars(a=1, b=2)
        unbind_contextvars("a")
        structlog.get_logger().info("e")
        assert log.lines() == [{"event": "e", "b": 2, "level": "info"}]
