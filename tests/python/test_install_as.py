"""cleat.install_as(): programs written for structlog import it, and get Cleat. Each case in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(code: str, *options: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-c", code]
    return subprocess.run(command, cwd=path, capture_output=True, text=True, timeout=60)


def succeeds(code: str, path: Path | None = None) -> str:
    done = run(code, path=path)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


MODULES = ["contextvars", "threadlocal", "processors", "stdlib", "dev", "testing", "tracebacks", "types", "typing",
           "exceptions"]  # fmt: skip


@pytest.fixture
def impostor(tmp_path: Path) -> Path:
    """A folder, first on the path, where another package is named structlog, as the real one is where it is installed."""
    package = tmp_path / "structlog"
    package.mkdir()
    (package / "__init__.py").write_text("from . import contextvars\nwhose = 'another'\n")
    (package / "contextvars.py").write_text("")
    (package / "only_there.py").write_text("")
    return tmp_path


def test_import_gives_cleat() -> None:
    succeeds(
        "import cleat; cleat.install_as('structlog')\n"
        "import structlog, cleat.structlog\n"
        "assert structlog is cleat.structlog\n"
        "assert structlog.__name__ == structlog.__spec__.name == 'cleat.structlog'\n"
        "assert structlog.get_logger().bind(a=1)"
    )


@pytest.mark.parametrize("module", MODULES)
def test_modules_inside_are_the_same_however_they_are_imported(module: str) -> None:
    succeeds(
        "import cleat; cleat.install_as('structlog')\n"
        f"import structlog.{module}\n"
        f"from structlog import {module} as one\n"
        f"import cleat.structlog.{module} as other\n"
        "import sys\n"
        f"assert one is other is structlog.{module} is sys.modules['structlog.{module}']"
    )


def test_modules_imported_before_under_cleats_name_are_the_same() -> None:
    succeeds(
        "import cleat.structlog.stdlib as before; import cleat; cleat.install_as('structlog')\n"
        "import structlog.stdlib\n"
        "assert structlog.stdlib is before"
    )


def test_nothing_is_imported_before_the_program_does() -> None:
    succeeds(
        "import sys, cleat; cleat.install_as('structlog')\n"
        "assert not [name for name in sys.modules if name.startswith(('structlog', 'cleat.structlog'))]"
    )


def test_a_program_and_its_helpers_run_unchanged(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(
        "import structlog\n"
        "from structlog.contextvars import bind_contextvars\n"
        "def help_out(): bind_contextvars(helper=1); structlog.get_logger('helper').info('helped')\n"
    )
    output = succeeds(
        "import cleat; cleat.install_as('structlog')\n"
        "import structlog, helper\n"
        "structlog.configure([structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()])\n"
        "helper.help_out()",
        tmp_path,
    )
    assert output == '{"helper": 1, "event": "helped"}\n' or output == '{"event": "helped", "helper": 1}\n'


def test_logging_config_finds_classes_by_the_old_name() -> None:
    succeeds(
        "import cleat; cleat.install_as('structlog')\n"
        "import logging.config\n"
        "logging.config.dictConfig({'version': 1, 'formatters': {'f': {'()': 'structlog.stdlib.ProcessorFormatter',"
        " 'processor': None, 'processors': [lambda l, n, e: str(e)]}}})"
    )


def test_the_real_package_is_not_used_where_it_is_installed(impostor: Path) -> None:
    succeeds(
        "import cleat; cleat.install_as('structlog')\n"
        "import structlog, structlog.contextvars, cleat.structlog\n"
        "assert structlog is cleat.structlog and not hasattr(structlog, 'whose')\n"
        "assert structlog.contextvars is cleat.structlog.contextvars",
        impostor,
    )


def test_a_module_that_only_the_real_package_has_is_not_found(impostor: Path) -> None:
    done = run("import cleat; cleat.install_as('structlog'); import structlog.only_there", path=impostor)
    assert done.returncode == 1
    assert "ModuleNotFoundError: No module named 'structlog.only_there' in cleat.structlog" in done.stderr


def test_without_it_the_real_package_is_imported(impostor: Path) -> None:
    succeeds("import cleat.structlog, structlog; assert structlog.whose == 'another'", impostor)


def test_refused_when_the_real_one_has_been_imported(impostor: Path) -> None:
    succeeds(
        "import cleat, structlog, sys\n"
        "finders = list(sys.meta_path)\n"
        "try: cleat.install_as('structlog')\n"
        "except ImportError as error: assert 'before anything imports it' in str(error), error\n"
        "else: raise AssertionError\n"
        "assert sys.meta_path == finders and structlog.whose == 'another'",
        impostor,
    )


def test_to_call_it_again_changes_nothing() -> None:
    succeeds(
        "import cleat, sys; cleat.install_as('structlog'); finders = list(sys.meta_path)\n"
        "cleat.install_as('structlog'); import structlog; cleat.install_as('structlog')\n"
        "assert sys.meta_path == finders"
    )


@pytest.mark.parametrize("name", ["logging", "", "structlog.contextvars", "cleat"])
def test_an_unknown_name_is_refused_and_the_known_ones_are_told(name: str) -> None:
    done = run(f"import cleat; cleat.install_as({name!r})")
    assert f"ValueError: Cleat cannot stand in for {name!r}, only for: structlog, logust, loguru" in done.stderr


@pytest.mark.parametrize("name", ["logust", "loguru"])
def test_the_other_doors(name: str) -> None:
    succeeds(
        f"import cleat; cleat.install_as({name!r})\n"
        f"import {name}, cleat.{name}\n"
        f"from {name} import logger\n"
        f"assert {name} is cleat.{name} and logger is cleat.{name}.logger\n"
        "assert logger.bind(a=1)"
    )


def test_all_doors_at_once_share_the_context() -> None:
    output = succeeds(
        "import cleat\n"
        "for name in ('structlog', 'logust', 'loguru'): cleat.install_as(name)\n"
        "import logust, loguru, structlog\n"
        "logust.remove(); loguru.logger.remove()\n"
        "logust.logger.add(print, format='{extra[a]}'); loguru.logger.add(print, format='{extra[a]}')\n"
        "with logust.logger.contextualize(a=1): loguru.logger.info('x')\n"
        "with loguru.logger.contextualize(a=2): logust.logger.info('x')\n"
        "structlog.contextvars.bind_contextvars(a=3); logust.info('x')\n"
    )
    assert output.split() == ["1", "2", "3"]


def test_a_module_that_the_program_takes_out_is_made_anew() -> None:
    """As after `sys.modules.pop()` with any package: some tests want a module that sees what they have replaced."""
    succeeds(
        "import cleat, sys; cleat.install_as('logust')\n"
        "import logust.contrib.decorators as first\n"
        "import logust.contrib.decorators as again\n"
        "assert again is first\n"
        "del sys.modules['logust.contrib.decorators']\n"
        "import importlib; second = importlib.import_module('logust.contrib.decorators')\n"
        "assert second is not first and second is sys.modules['cleat.logust.contrib.decorators']\n"
    )


def test_twisted_says_that_it_is_not_there() -> None:
    done = run("import cleat; cleat.install_as('structlog'); import structlog.twisted")
    assert done.returncode == 1 and "Twisted" in done.stderr and "ImportError" in done.stderr


def test_a_failing_import_leaves_nothing_behind() -> None:
    succeeds(
        "import cleat, sys; cleat.install_as('structlog')\n"
        "for _ in range(2):\n"
        "    try: import structlog.nothing\n"
        "    except ModuleNotFoundError as error: assert error.name == 'structlog.nothing'\n"
        "    else: raise AssertionError\n"
        "assert 'structlog.nothing' not in sys.modules"
    )


def test_loggers_pickle_under_either_name() -> None:
    succeeds(
        "import cleat, pickle; cleat.install_as('structlog')\n"
        "import structlog\n"
        "log = structlog.get_logger().bind(a=1)\n"
        "again = pickle.loads(pickle.dumps(log))\n"
        "assert structlog.get_context(again) == {'a': 1}\n"
        "from structlog.processors import JSONRenderer\n"
        "old = b'cstructlog.processors\\nJSONRenderer\\n.'\n"
        "assert pickle.loads(old) is JSONRenderer"
    )


def test_reload_works() -> None:
    succeeds(
        "import cleat, importlib; cleat.install_as('structlog')\n"
        "import structlog.exceptions\n"
        "importlib.reload(structlog.exceptions)"
    )


def test_no_other_package_is_needed() -> None:
    """All modules but those for another package can be imported where nothing but Cleat is installed."""
    succeeds(
        "import pkgutil, sys\n"
        "for absent in ('typing_extensions', 'structlog', 'loguru', 'logust', 'rich', 'greenlet', 'starlette'):\n"
        "    sys.modules[absent] = None\n"
        "import cleat\n"
        "names = [module.name for module in pkgutil.walk_packages(cleat.__path__, 'cleat.')]\n"
        "for name in names:\n"
        "    if name not in ('cleat.structlog.twisted', 'cleat.structlog._greenlets', 'cleat.logust.contrib.starlette'):\n"
        "        __import__(name)\n"
        "assert {'cleat.loguru._logger', 'cleat.logust._logger', 'cleat.middleware.asgi'} <= set(names)\n"
    )
