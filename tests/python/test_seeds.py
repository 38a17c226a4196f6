"""Every example of structlog's documents in ../shared/seeds runs as printed, and keeps what the document promises.

The examples are taken from the documents when the tests run. What a document leaves out (the logger that it goes on
with, the set-up of its test suite) is given here. Each example also runs with structlog itself, in the same way: so it
is known that the promise is structlog's, and what a document does not say (the order of keys; output that a page lost)
has to be the same.

000 is logust's document and not for this door.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import seed_documents
from differential.purpose import one_name
from seed_documents import SEEDS, Example

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="no ../shared/seeds beside the tree")

# Runs statements in one namespace, in a process of their own, and says for each what it wrote to the standard output,
# which is a file: log lines may go around Python's own objects. Expressions show their value, as at a prompt.
RUNNER = """
import json, sys
if sys.argv[1] == "cleat":
    import cleat
    cleat.install_as("structlog")
import os
results = os.dup(1)
printed = open(sys.argv[2], "r+b", buffering=0)
os.dup2(printed.fileno(), 1)
namespace = {"__name__": "__main__"}
outputs = []
for mode, source in json.load(sys.stdin):
    began = os.fstat(1).st_size
    exec(compile(source, "<seed>", mode), namespace)
    sys.stdout.flush()
    outputs.append(os.pread(1, os.fstat(1).st_size - began, began).decode().splitlines())
os.write(results, json.dumps([namespace["structlog"].__file__, outputs]).encode())
"""

Runner = Callable[[list[tuple[str, str]]], list[list[str]]]


def run_with(door: str, folder: Path, steps: list[tuple[str, str]]) -> list[list[str]]:
    """What each step printed. A step is `exec` or `single`, and the source."""
    printed = folder / f"printed-{door}"
    printed.touch()
    steps = [("exec", "import structlog"), *steps]
    done = subprocess.run([sys.executable, "-c", RUNNER, door, str(printed)], input=json.dumps(steps), text=True,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    used: str
    outputs: list[list[str]]
    used, outputs = json.loads(done.stdout)
    assert ("cleat" in Path(used).parts) == (door == "cleat"), used
    return outputs[1:]


@pytest.fixture
def both(tmp_path: Path) -> Runner:
    """Runs the steps with Cleat and with structlog: the same must come out, and is given back."""

    def run(steps: list[tuple[str, str]]) -> list[list[str]]:
        with ThreadPoolExecutor() as pool:
            ours, theirs = pool.map(lambda door: run_with(door, tmp_path, steps), ("cleat", "structlog"))
        assert blurred(ours) == blurred(theirs)
        return ours

    return run


def blurred(outputs: list[list[str]]) -> list[list[object]]:
    """Without what differs from run to run: UUIDs, times, addresses, and with structlog the order of context variables
    in a line. With structlog's names for modules."""
    varying = re.compile(f"{TIME}|{UUID}|0x[0-9a-f]+")
    lines_of = [[varying.sub("", one_name(line)) for line in lines] for lines in outputs]
    return [[json.loads(line) if line.startswith("{") else line for line in lines] for lines in lines_of]


UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


def fields(lines: list[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines]


# ---------------------------------------------------------------------------------------------------------------------
# 001: the guide to context variables


def guide_block(beginning: str) -> str:
    """The one block of code in the guide that has this in it."""
    [block] = [block for block in seed_documents.code_blocks(seed_documents.read("001")) if beginning in block]
    return block


CONFIGURE = "structlog.configure(\n"
REQUEST = "def handle_request("
TOKENS = "reset_contextvars(**tokens)"
MIDDLEWARE = "async def context_middleware("
VERIFICATION = "async def worker("


def test_guide_has_no_other_code() -> None:
    blocks = seed_documents.code_blocks(seed_documents.read("001"))
    assert len(blocks) == len([guide_block(name) for name in (CONFIGURE, REQUEST, TOKENS, MIDDLEWARE, VERIFICATION)])


def test_guide_request(both: Runner) -> None:
    *_, lines = both([("exec", guide_block(CONFIGURE)), ("exec", guide_block(REQUEST)),
                      ("exec", 'handle_request("u-7781")')])
    promised = fields(seed_documents.expected_output(seed_documents.read("001"))[0])
    logged = fields(lines)
    assert [entry.keys() for entry in logged] == [entry.keys() for entry in promised]
    assert logged[0]["request_id"] == logged[1]["request_id"]
    for entry, promise in zip(logged, promised):
        assert re.fullmatch(UUID, str(entry.pop("request_id"))), "the document shortens what uuid4() gives"
        assert re.fullmatch(TIME, str(entry.pop("timestamp")))
        assert re.fullmatch(TIME, str(promise.pop("timestamp"))), "the document's notation is the one looked for"
        del promise["request_id"]
        assert entry == promise


def test_guide_tokens(both: Runner) -> None:
    *_, lines, later = both([("exec", guide_block(CONFIGURE)), ("exec", "log = structlog.get_logger()"),
                             ("exec", guide_block(TOKENS)), ("exec", "log.info('later')")])
    carried = {entry.pop("event"): entry for entry in fields(lines + later)}
    for entry in carried.values():
        assert entry.pop("level") == "info"
        assert re.fullmatch(TIME, str(entry.pop("timestamp")))
    assert carried == {
        "tenant work started": {"tenant_id": "acme"},
        "inside scoped block": {"step": "reconcile"},
        "outside scoped block": {},
        "retrying": {"attempt": 1},
        "later": {},
    }


REQUESTS = """
import asyncio, types

def request(path, **headers):
    return types.SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()},
                                 url=types.SimpleNamespace(path=path))

async def handler(request):
    await asyncio.sleep(0)
    log.info("handled")
    if request.url.path == "/broken":
        raise ZeroDivisionError
    return "response"

async def serve(request):
    try:
        print(await context_middleware(request, handler))
    except ZeroDivisionError:
        print("error")
    log.info("outside")

async def main():
    await serve(request("/a", x_request_id="r-1"))
    await serve(request("/broken"))
    await asyncio.gather(serve(request("/b", x_request_id="r-2")), serve(request("/c", x_request_id="r-3")))

asyncio.run(main())
"""


def test_guide_middleware(both: Runner) -> None:
    *_, lines = both([("exec", guide_block(CONFIGURE)), ("exec", guide_block(MIDDLEWARE)), ("exec", REQUESTS)])
    assert sorted(line for line in lines if not line.startswith("{")) == ["error"] + ["response"] * 3
    logged = fields([line for line in lines if line.startswith("{")])
    handled = {entry["path"]: entry["request_id"] for entry in logged if entry["event"] == "handled"}
    made = handled.pop("/broken")
    assert re.fullmatch(UUID, str(made))
    assert handled == {"/a": "r-1", "/b": "r-2", "/c": "r-3"}
    outside = [entry for entry in logged if entry["event"] == "outside"]
    assert len(outside) == 4
    assert not any(entry.keys() & {"request_id", "path"} for entry in outside)


def test_guide_verification(both: Runner) -> None:
    assert both([("exec", guide_block(VERIFICATION))]) == [
        seed_documents.expected_output(seed_documents.read("001"))[1]
    ]


def test_guide_apis() -> None:
    """The names in the guide's table exist, with the parameters that it shows."""
    from cleat.structlog import contextvars

    table = seed_documents.read("001").split("API Purpose Notes")[1].split("Verification")[0]
    rows = re.findall(r"^(\w+_contextvars)(?:\((\*+)\w+\))?", table, re.MULTILINE)
    assert len(rows) == 6
    for name, stars in rows:
        parameters = inspect.signature(getattr(contextvars, name)).parameters.values()
        assert not stars or [re.sub(r"\w.*", "", str(parameter)) for parameter in parameters] == [stars], name


# ---------------------------------------------------------------------------------------------------------------------
# 002 to 004: structlog's own pages about thread-local contexts

# 004 brings these along in its `testsetup` blocks; the others lost them. Its logger is of the class that structlog made
# at that time where none was named.
SETUP = {
    "002": "structlog.configure(processors=[structlog.processors.KeyValueRenderer()])",
    "003": "structlog.configure(processors=[structlog.processors.KeyValueRenderer()])",
    "004": "structlog.configure(processors=[structlog.processors.KeyValueRenderer()],"
           " wrapper_class=structlog.BoundLogger)",
}
LOGGER_IN_A_WRAPPED_DICT = """
from structlog import PrintLogger, wrap_logger
from structlog.threadlocal import tmp_bind, wrap_dict
structlog.configure(processors=[structlog.processors.KeyValueRenderer()])
WrappedDictClass = wrap_dict(dict)
log = wrap_logger(PrintLogger(), context_class=WrappedDictClass)
"""
FIRST_WITH_THAT_LOGGER = "log.bind(x=42)"

# What a page has: statements, and how many of them it shows the output of. A page that is read wrongly has others.
PAGES = {"002": (19, 10), "003": (34, 7), "004": (19, 10)}


def steps_of(page: str, examples: list[Example]) -> list[tuple[str, str]]:
    steps = [("exec", SETUP[page])]
    for example in examples:
        before = LOGGER_IN_A_WRAPPED_DICT if example.source.startswith(FIRST_WITH_THAT_LOGGER) else "pass"
        mode = "exec" if example.source.startswith("#") else "single"
        steps += [("exec", before), (mode, example.source + "\n")]
    return steps


def keeps(promise: str, line: str) -> bool:
    """Whether a line is what is promised: "..." stands for anything, a class's UUID for any. The pages show the names
    of classes without the quotes that Python puts around a string."""
    parts = [re.sub(UUID, UUID.replace("\\", r"\\"), re.escape(part).replace(r"\-", "-"))
             for part in promise.split("...")]
    return re.fullmatch(f"'?{'.*'.join(parts)}'?", line) is not None


@pytest.mark.parametrize("page", PAGES)
def test_page(page: str, both: Runner) -> None:
    examples = seed_documents.prompted_examples(seed_documents.read(page))
    assert (len(examples), sum(bool(example.promised) for example in examples)) == PAGES[page]
    outputs = both(steps_of(page, examples))[2::2]
    assert len(outputs) == len(examples)
    for example, lines in zip(examples, outputs):
        if example.promised:
            assert len(lines) == len(example.promised), (example, lines)
            assert all(map(keeps, example.promised, lines)), (example, lines)


# Code that the pages print without a prompt. 002 has lost the line break in what one should do.
WITHOUT_PROMPT = [
    ("002", "configure(context_class=WrappedDictClass)"),
    ("002", "log = log.new(y=23) log = log.bind(x=42)"),
    ("002", "log.new(y=23) log.bind(x=42)"),
    ("004", "configure(context_class=WrappedDictClass)"),
    ("004", "log = log.new(y=23)\n      log = log.bind(x=42)"),
    ("004", "log.new(y=23)\n      log.bind(x=42)"),
]


@pytest.mark.parametrize(("page", "code"), WITHOUT_PROMPT)
def test_code_without_prompt(page: str, code: str, both: Runner) -> None:
    """Runs, and the thread's context has what was bound, whether or not the logger was kept."""
    assert code in seed_documents.read(page)
    statements = re.sub(r"(?<!=)\s+(?=log)", "\n", code.replace("log = ", "log ="))
    *_, lines = both([
        ("exec", LOGGER_IN_A_WRAPPED_DICT),
        ("exec", "from structlog import configure"),
        ("exec", statements),
        ("exec", "structlog.get_logger().msg('configured', z=1); log.msg('wrapped')"),
    ])
    bound = "y=23 x=42 " if "bind" in code else ""
    assert lines == ["z=1 event='configured'", f"{bound}event='wrapped'"]


def test_documented_signatures() -> None:
    """Each function that the page of 2022 has an entry for takes what the entry says."""
    from cleat.structlog import threadlocal

    documented = seed_documents.documented_signatures(seed_documents.read("002"))
    assert len(documented) == 10
    for name, parameters in documented.items():
        shown = [str(parameter).split(":")[0] for parameter in
                 inspect.signature(getattr(threadlocal, name)).parameters.values()]
        assert shown == parameters, name
