"""A service under load, round after round, and a check of every answer and every line."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from .lines import Checker
from .service import Service, start_child

LOAD_SCRIPT = pathlib.Path(__file__).resolve().parent / "load.lua"
CONNECTIONS = 64
ROUND_SECONDS = 30  # at most, for one round
LEAST_ROUNDS = 3
ENOUGH_SECONDS = 30  # no more rounds are begun after that

# The load has one processor, the service the others: else the figures are those of a fight for time slices.
PROCESSORS = sorted(os.sched_getaffinity(0))
LOAD_PROCESSORS = PROCESSORS[-1:]
SERVICE_PROCESSORS = PROCESSORS[:-1] or PROCESSORS

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
A_FEW_REQUESTS = [
    ("GET", "/orders/7", None, {"X-Request-Id": "r-1"}),
    ("POST", "/charge", "order=7&cents=1250", {"X-Request-Id": "r-2"}),
    ("GET", "/slow?ms=50", None, {"X-Request-Id": "r-3", "traceparent": TRACEPARENT}),
    ("GET", "/orders/teapot", None, {"X-Request-Id": "r-4"}),
]


def say(text=""):
    print(text, flush=True)


def bold(text):
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def progress(text):
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)


def show_console(program):
    """A few requests, one after the other, and their lines as a person sees them."""
    say(bold("A few requests, on the console renderer"))
    colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() and "NO_COLOR" not in os.environ else {}
    with Service(program, "--log-format", "console", environment=colour) as service:
        for method, path, body, headers in A_FEW_REQUESTS:
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=10)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            if answer.headers["X-Request-Id"] != headers["X-Request-Id"]:
                raise SystemExit(f"{path}: the answer has another X-Request-Id")
        service.stop()
    say(service.stderr.decode())


def drive(service, prefix, count):
    """Sends the load; returns what wrk and load.lua counted."""
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{ROUND_SECONDS}s", "--timeout", "10s"]
    command += ["-s", str(LOAD_SCRIPT), service.url, "--", prefix, str(count)]
    wrk = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: start_child(LOAD_PROCESSORS),
    )
    result, output = None, []
    for line in wrk.stdout:  # It ends by itself after ROUND_SECONDS, whatever the service does.
        output.append(line)
        if line == "FINISHED\n":
            wrk.send_signal(signal.SIGINT)
        elif line.startswith("RESULT "):
            result = json.loads(line.removeprefix("RESULT "))
    if wrk.wait() != 0 or result is None:
        raise SystemExit(f"wrk failed:\n{''.join(output)}")
    return result


def check_log(path, prefix, count, expected_lines):
    """Returns the checker, which has seen every line; None when nothing was to be logged."""
    if expected_lines is None:
        if path.exists() and path.stat().st_size > 0:
            raise SystemExit("lines were logged with logging off")
        return None
    checker = Checker(prefix, count, expected_lines)
    checker.read(path)
    checker.finish()
    return checker


def run_round(program, options, expected_lines, prefix, count, folder):
    path = folder / f"{prefix}.log"
    with Service(program, "--log", str(path), *options, processors=SERVICE_PROCESSORS) as service:
        load = drive(service, prefix, count)
        load["cpu_us"] = 1e6 * service.cpu_seconds() / max(load["responses"], 1)
        status = service.stop()
    load["per_second"] = load["responses"] / max(load["seconds"], 1e-9)
    load["answers_wrong"] = count - load["answered"] + load["doubled"] + load["wrong"] + load["errors"]
    if status != 0:
        raise SystemExit(f"the service ended with {status}: {service.stderr.decode()}")
    if service.stderr:
        raise SystemExit(f"the service complained: {service.stderr.decode()}")
    checker = check_log(path, prefix, count, None if "--no-log" in options else expected_lines)
    path.unlink(missing_ok=True)
    return load, checker


def run_rounds(program, modes, expected_lines, rounds, count, folder):
    """The modes take turns, so that what else the machine does falls on all of them."""
    loads = {mode: [] for mode in modes}
    checkers = []
    started = time.monotonic()
    for number in range(rounds):
        if number >= LEAST_ROUNDS and time.monotonic() - started > ENOUGH_SECONDS:
            break
        for turn in range(len(modes)):
            mode = list(modes)[(number + turn) % len(modes)]
            progress(f"round {number + 1} of {rounds}, {mode} ...")
            prefix = f"demo{number + 1}{'abc'[turn]}"
            load, checker = run_round(program, modes[mode], expected_lines, prefix, count, folder)
            loads[mode].append(load)
            if checker:
                checkers.append(checker)
    progress("")
    return loads, checkers


def show_throughput(loads, count):
    off = loads["logging off"]
    say(bold(f"Throughput: {count:,} keep-alive requests over {CONNECTIONS} connections, {len(off)} rounds of each"))
    say()
    say(f"  {'median of the rounds':24}{'requests/s':>12}{'ratio':>8}{'p50':>10}{'p99':>10}{'CPU/request':>14}")

    def median(mode, key):
        return statistics.median(load[key] for load in loads[mode])

    for mode in loads:
        ratio = statistics.median(load["per_second"] / base["per_second"] for load, base in zip(loads[mode], off))
        say(
            f"  {mode:24}{median(mode, 'per_second'):>12,.0f}{ratio:>8.2f}"
            f"{median(mode, 'p50_us') / 1000:>7.2f} ms{median(mode, 'p99_us') / 1000:>7.2f} ms"
            f"{median(mode, 'cpu_us'):>11.1f} us"
        )
    say()


def show_check(loads, checkers):
    """Returns whether all was right."""
    all_loads = [load for mode in loads.values() for load in mode]
    answers_wrong = sum(load["answers_wrong"] for load in all_loads)
    lines_wrong = sum(checker.n_mistakes for checker in checkers)
    say(bold("Every answer and every line, checked"))
    say()
    rows = [
        ("answers with the X-Request-Id and content of their request", sum(l["answered"] for l in all_loads)),
        ("answers wrong, missing or twice", answers_wrong),
        ("requests logged", sum(len(checker.requests) for checker in checkers)),
        ("client connections seen in the lines", sum(checker.clients for checker in checkers)),
        ("lines: valid JSON, no key twice, right request and order", sum(checker.lines for checker in checkers)),
        ("lines wrong, missing or twice", lines_wrong),
    ]
    for name, number in rows:
        say(f"  {name:60}{number:>12,}")
    say()
    for mistake in [mistake for checker in checkers for mistake in checker.mistakes][:10]:
        say(f"  {mistake}")
    return answers_wrong == 0 and lines_wrong == 0


def run(program, modes, expected_lines, rounds, count):
    """Returns the exit status: 1 if one line or one answer is wrong.

    program:         the words that start the service
    modes:           its options for each way of running it, by name; "logging off" is what the others are compared with
    expected_lines:  see demo/lines.py
    rounds, count:   how many rounds of each mode if time allows, and how many requests in each"""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed; `make demo` installs it")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    started = time.monotonic()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cleat-demo-"))
    try:
        show_console(program)
        loads, checkers = run_rounds(program, modes, expected_lines, rounds, count, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show_throughput(loads, count)
    right = show_check(loads, checkers)
    say(bold(f"{'All right' if right else 'NOT RIGHT'}, in {time.monotonic() - started:.0f} s."))
    return 0 if right else 1
