"""Every example of logust's document in ../shared/seeds runs as printed, and keeps what the document promises.

Each runs in a process of its own where `logust` is Cleat; what the document leaves out (a request, where values come
from) is given here.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import seed_documents
from seed_documents import SEEDS

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="no ../shared/seeds beside the tree")

# In the order of the document. An example is what stands between one of these and the next one.
HEADINGS = (
    "bind() - Permanent context",
    "With JSON output, extra fields are included:",
    "contextualize() - Temporary context",
    "Nested contexts",
    "patch() - Dynamic modification",
    "Chaining patchers",
    "Use cases",
    "Web request logging",
    "User session logging",
)

RUNNER = """
import json, sys
import cleat
cleat.install_as("logust")
import logust
namespace = {"__name__": "__main__", "logger": logust.logger}
lines = []
logust.logger.remove()
logust.logger.add(lines.append, serialize=True)
for source in json.load(sys.stdin):
    exec(source, namespace)
print(json.dumps([logust.__file__, lines]))
"""


def example(heading: str) -> str:
    """What the document prints below a heading."""
    document = seed_documents.read("000")
    following = (*HEADINGS, "")[HEADINGS.index(heading) + 1]
    _, _, below = document.partition(f"\n{heading}\n")
    assert below, heading
    return (below.split(f"\n{following}\n")[0] if following else below).strip() + "\n"


def run(*sources: str) -> list[dict[str, Any]]:
    """The lines that the sources log, one after the other in one program."""
    done = subprocess.run([sys.executable, "-c", RUNNER], input=json.dumps(sources), text=True, capture_output=True,
                          timeout=60)
    assert done.returncode == 0, done.stderr
    file, lines = json.loads(done.stdout)
    assert "/cleat/logust/" in file
    return [json.loads(line) for line in lines]


def messages_and_extras(lines: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(line["message"], line.get("extra", {})) for line in lines]


def test_document_has_these_examples_and_no_others() -> None:
    document = seed_documents.read("000")
    assert [heading for heading in HEADINGS if f"\n{heading}\n" not in document] == []
    assert document.count("logger.info(") == sum(example(heading).count("logger.info(") for heading in HEADINGS)


def test_bind_is_in_json_as_printed() -> None:
    [line] = run(example("bind() - Permanent context"))
    promised = json.loads(example("With JSON output, extra fields are included:"))
    assert promised.pop("time")[:10].count("-") == line["time"][:10].count("-") == 2
    assert {key: line[key] for key in promised} == promised
    assert [key for key in line if key in promised] == list(promised)


def test_contextualize() -> None:
    lines = run(example("contextualize() - Temporary context"))
    within = {"request_id": "abc"}
    assert messages_and_extras(lines) == [("Processing", within), ("Done", within), ("Outside", {})]


def test_contextualize_nested() -> None:
    lines = run(example("Nested contexts"))
    assert messages_and_extras(lines) == [
        ("User context", {"user_id": "123"}),
        ("Both user_id and action", {"user_id": "123", "action": "login"}),
        ("Only user_id", {"user_id": "123"}),
    ]


def test_patch() -> None:
    lines = run(example("patch() - Dynamic modification"))
    assert messages_and_extras(lines) == [("Thread-aware log", {"thread": "MainThread"})]


def test_patch_chained() -> None:
    given = "def get_current_request_id(): return 'r-1'\ndef get_current_user_id(): return 7\n"
    lines = run(given, example("Chaining patchers"), "enhanced_logger.info('patched')")
    assert messages_and_extras(lines) == [("patched", {"request_id": "r-1", "user_id": 7})]


def test_web_request() -> None:
    call = "import types\nhandle_request(types.SimpleNamespace(id='r-1', method='GET', path='/items'))"
    lines = run(example("Web request logging"), call)
    fields = {"request_id": "r-1", "method": "GET", "path": "/items"}
    assert messages_and_extras(lines) == [("Request started", fields), ("Request completed", fields)]
    assert [line["function"] for line in lines] == ["handle_request"] * 2


def test_user_session() -> None:
    call = "import types\nprocess_user_action(types.SimpleNamespace(id=7), 'login')\nlogger.info('later')"
    lines = run(example("User session logging"), call)
    assert messages_and_extras(lines) == [("Processing action", {"user_id": 7, "action": "login"}), ("later", {})]
