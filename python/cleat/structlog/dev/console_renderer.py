"""Renders events as lines for people: time, level, event and logger in columns, then all other fields."""

from __future__ import annotations

import re
import warnings
from io import StringIO
from typing import Any, Generic, TypeVar, overload

from ..exceptions import MultipleConsoleRenderersConfiguredError, NoConsoleRendererConfiguredError
from ..processors import _figure_out_exc_info
from ..typing import EventDict, ExceptionRenderer, WrappedLogger
from .columns import Column, ColumnFormatter, KeyValueColumnFormatter, LogLevelColumnFormatter
from .styles import ColumnStyles, _colorful_styles, _has_colors, _plain_styles, prepare_terminal
from .traceback_formatters import default_exception_formatter, default_monochrome_exception_formatter

_EVENT_WIDTH = 30

_NOTHING = object()

_NEEDS_QUOTES = re.compile("[ \t=\r\n\"']")

_Value = TypeVar("_Value")


class _Setting(Generic[_Value]):
    """An attribute that may be set at any time. Its value is kept under its name with an underscore before it."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type[ConsoleRenderer], name: str) -> None:
        self._attribute = "_" + name

    @overload
    def __get__(self, renderer: None, owner: type[ConsoleRenderer]) -> _Setting[_Value]: ...

    @overload
    def __get__(self, renderer: ConsoleRenderer, owner: type[ConsoleRenderer]) -> _Value: ...

    def __get__(self, renderer: ConsoleRenderer | None, owner: type[ConsoleRenderer]) -> _Setting[_Value] | _Value:
        if renderer is None:
            return self
        value: _Value = getattr(renderer, self._attribute)
        return value

    def __set__(self, renderer: ConsoleRenderer, value: _Value) -> None:
        setattr(renderer, self._attribute, value)


class _ColumnSetting(_Setting[_Value]):
    """A setting that the columns are made from: to set it makes all columns anew."""

    def __set__(self, renderer: ConsoleRenderer, value: _Value) -> None:
        super().__set__(renderer, value)
        renderer._configure_columns()


class ConsoleRenderer:
    """Render events as aligned lines, in colours if wanted, with stack and traceback below.

    All settings are attributes, too, and may be changed while the renderer is in use (do so before threads log);
    :meth:`get_active` finds the one that is configured. Can be pickled.

    Args:
        pad_event_to: blanks are added to the event up to this width.
        colors: show colours; on Windows that needs colorama.
        force_colors: on Windows, also where the output is no terminal.
        repr_native_str: show strings by :func:`repr` always, and not only where blanks, quotes or the like are in them.
            The event is shown as it is.
        level_styles: level to terminal code; see :meth:`get_default_level_styles`.
        exception_formatter: writes ``exc_info`` below the line.
        sort_keys: sort the fields that have no column.
        event_key: the key of the event.
        timestamp_key: the key of the time.
        columns: the columns in their order, instead of all that the arguments above say of columns. One of them must
            have the key "".
        pad_level: add blanks to levels, so that what follows is aligned.
        pad_event: old name of *pad_event_to*; warns.

    Raises ValueError if *columns* has no column with the key "", or two, and if *pad_event* and *pad_event_to* are both
    given; SystemError where colorama is needed and missing. Arguments that *columns* makes meaningless are warned of.
    """

    _default_column_formatter: ColumnFormatter
    _columns: list[Column]

    sort_keys = _Setting[bool]("Whether fields without a column are sorted.")
    repr_native_str = _Setting[bool]("Whether strings are always shown by repr().")
    exception_formatter = _Setting[ExceptionRenderer]("What writes exceptions below the line.")
    event_key = _ColumnSetting[str]("The key of the event.")
    timestamp_key = _ColumnSetting[str]("The key of the time.")
    pad_event_to = _ColumnSetting[int]("The width up to which blanks are added to the event.")
    pad_level = _ColumnSetting[bool]("Whether blanks are added to levels.")

    def __init__(
        self,
        pad_event_to: int = _EVENT_WIDTH,
        colors: bool = _has_colors,
        force_colors: bool = False,
        repr_native_str: bool = False,
        level_styles: dict[str, str] | None = None,
        exception_formatter: ExceptionRenderer = default_exception_formatter,
        sort_keys: bool = True,
        event_key: str = "event",
        timestamp_key: str = "timestamp",
        columns: list[Column] | None = None,
        pad_level: bool = True,
        pad_event: int | None = None,
    ) -> None:
        if pad_event is not None:
            if pad_event_to != _EVENT_WIDTH:
                raise ValueError("Cannot set both `pad_event` and `pad_event_to`.")
            warnings.warn(
                "The `pad_event` argument is deprecated. Use `pad_event_to` instead.", DeprecationWarning, stacklevel=2
            )
            pad_event_to = pad_event

        self._pad_event_to = pad_event_to
        self._event_key = event_key
        self._timestamp_key = timestamp_key
        self._pad_level = pad_level
        self._force_colors = force_colors
        self._sort_keys = sort_keys
        self._repr_native_str = repr_native_str
        self._exception_formatter = exception_formatter
        self._set_styles(colors, level_styles)
        if exception_formatter is default_exception_formatter and not colors:
            self._exception_formatter = default_monochrome_exception_formatter

        if columns is None:
            self._configure_columns()
            return
        self.columns = columns
        for argument, is_default in (
            ("pad_event_to", pad_event_to == _EVENT_WIDTH),
            ("colors", colors == _has_colors),
            ("force_colors", force_colors is False),
            ("repr_native_str", repr_native_str is False),
            ("level_styles", level_styles is None),
            ("event_key", event_key == "event"),
            ("timestamp_key", timestamp_key == "timestamp"),
        ):
            if not is_default:
                warnings.warn(f"The `{argument}` argument is ignored when passing `columns`.", stacklevel=2)

    @classmethod
    def get_active(cls) -> ConsoleRenderer:
        """Return the renderer of this class that is among the configured processors.

        Raises NoConsoleRendererConfiguredError where there is none, MultipleConsoleRenderersConfiguredError where there
        are several.
        """
        # The import comes late because that module needs this one.
        from .._config import get_config

        renderers = [processor for processor in get_config()["processors"] if isinstance(processor, ConsoleRenderer)]
        if not renderers:
            raise NoConsoleRendererConfiguredError
        if len(renderers) > 1:
            raise MultipleConsoleRenderersConfiguredError
        return renderers[0]

    @classmethod
    def get_default_column_styles(cls, colors: bool, force_colors: bool = False) -> ColumnStyles:
        """Return the styles for lines with or without *colors*, and prepare a Windows console for them.

        Raises SystemError where that needs colorama, and it is missing.
        """
        if not colors:
            return _plain_styles
        prepare_terminal(cls.__name__, force_colors)
        return _colorful_styles

    @staticmethod
    def get_default_level_styles(colors: bool = True) -> dict[str, str]:
        """Return a new dictionary from levels to terminal codes (to nothing, without *colors*), to be added to."""
        styles = _colorful_styles if colors else _plain_styles
        return {
            "critical": styles.level_critical,
            "exception": styles.level_exception,
            "error": styles.level_error,
            "warn": styles.level_warn,
            "warning": styles.level_warn,
            "info": styles.level_info,
            "debug": styles.level_debug,
            "notset": styles.level_notset,
        }

    def __call__(self, logger: WrappedLogger, name: str, event_dict: EventDict) -> str:
        stack = event_dict.pop("stack", None)
        exception = event_dict.pop("exception", None)
        exc_info = event_dict.pop("exc_info", None)
        line = self._line(event_dict)
        if stack is None and exception is None and not exc_info:
            return line
        text = StringIO()
        text.write(line)
        if stack is not None:
            text.write("\n" + stack)
            if exc_info or exception is not None:
                text.write("\n\n" + "=" * 79 + "\n")
        triple = _figure_out_exc_info(exc_info)
        if triple:
            self._exception_formatter(text, triple)
        elif exception is not None:
            text.write("\n" + exception)
        return text.getvalue()

    def _line(self, event_dict: EventDict) -> str:
        show = self._default_column_formatter
        parts = [show("", event_dict.pop(""))] if "" in event_dict else []
        for column in self._columns:
            value = event_dict.pop(column.key, _NOTHING)
            if value is not _NOTHING:
                parts.append(column.formatter(column.key, value))
        parts += [show(key, event_dict[key]) for key in (sorted(event_dict) if self._sort_keys else event_dict)]
        return " ".join(filter(None, parts)).rstrip(" ")

    def _repr(self, value: Any) -> str:
        if isinstance(value, str) and self._repr_native_str is not True and not _NEEDS_QUOTES.search(value):
            return value
        return repr(value)

    def _set_styles(self, colors: bool, level_styles: dict[str, str] | None = None) -> None:
        self._colors = colors
        self._styles = self.get_default_column_styles(colors, self._force_colors)
        self._level_styles = self.get_default_level_styles(colors) if level_styles is None else level_styles

    def _configure_columns(self) -> None:
        """Make the columns that the settings ask for, in place of those that there are."""
        styles = self._styles
        level_styles = {level: style + styles.bright for level, style in self._level_styles.items()}
        self._longest_level = max(map(len, level_styles))
        level = LogLevelColumnFormatter(level_styles, styles.reset, None if self._pad_level else 0)
        time = self._value_alone(styles.timestamp)
        event = self._value_alone(styles.bright, width=self._pad_event_to)
        logger = self._value_alone(styles.bright + styles.logger_name, prefix="[", postfix="]")
        self._columns = [
            Column(self._timestamp_key, time),
            Column("level", level),
            Column(self._event_key, event),
            Column("logger", logger),
            Column("logger_name", logger),
        ]
        self._default_column_formatter = KeyValueColumnFormatter(
            styles.kv_key, styles.kv_value, styles.reset, value_repr=self._repr
        )

    def _value_alone(self, style: str, width: int = 0, prefix: str = "", postfix: str = "") -> KeyValueColumnFormatter:
        return KeyValueColumnFormatter(None, style, self._styles.reset, str, width, prefix, postfix)

    @property
    def columns(self) -> list[Column]:
        """The columns in their order. One of them has the key "", and shows all fields that have no column.

        Setting it raises ValueError if there is no such column, or more than one.
        """
        return [Column("", self._default_column_formatter), *self._columns]

    @columns.setter
    def columns(self, value: list[Column]) -> None:
        defaults = [column for column in value if column.key == ""]
        if not defaults:
            raise ValueError("Must pass a default column formatter (a column with `key=''`).")
        if len(defaults) > 1:
            raise ValueError("Only one default column formatter allowed.")
        self._default_column_formatter = defaults[0].formatter
        self._columns = [column for column in value if column.key]

    @property
    def colors(self) -> bool:
        """Whether lines are in colours. Setting it brings back the default styles of levels; columns are made anew.

        An exception formatter that is the default one changes with it.
        """
        return self._colors

    @colors.setter
    def colors(self, value: bool) -> None:
        self._set_styles(value)
        current = self._exception_formatter
        if current is default_exception_formatter or current is default_monochrome_exception_formatter:
            self._exception_formatter = default_exception_formatter if value else default_monochrome_exception_formatter
        self._configure_columns()

    @property
    def force_colors(self) -> bool:
        """Whether Windows shows colours where the output is no terminal. Setting it resets what *colors* resets."""
        return self._force_colors

    @force_colors.setter
    def force_colors(self, value: bool) -> None:
        self._force_colors = value
        self._set_styles(self._colors)
        self._configure_columns()

    @property
    def level_styles(self) -> dict[str, str]:
        """Level to terminal code. None, when set, brings back the defaults. Setting it makes the columns anew."""
        return self._level_styles

    @level_styles.setter
    def level_styles(self, value: dict[str, str] | None) -> None:
        self._set_styles(self._colors, value)
        self._configure_columns()
