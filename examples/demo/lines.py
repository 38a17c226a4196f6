"""What the load's request number N must have left in the log, and whether it did: every line is looked at."""

import collections
import json
import re

CLIENT = re.compile(r"127\.0\.0\.1:[1-9]\d*\Z")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\Z")
HEX_16 = re.compile(r"[0-9a-f]{16}\Z")

# Lines that the service logs for itself, outside any request.
OWN_EVENTS = ["listening", "stopping", "stopped"]


class DuplicateKey(ValueError):
    pass


def unique_pairs(pairs):
    line = dict(pairs)
    if len(line) != len(pairs):
        raise DuplicateKey(f"a key comes twice: {[key for key, _ in pairs]}")
    return line


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


DECODER = json.JSONDecoder(object_pairs_hook=unique_pairs, parse_constant=refuse_constant)


def take_trace(line, n):
    """Takes the trace's fields off the line; returns what is wrong with them."""
    trace = [line.pop(key, None) for key in ("trace_id", "parent_span_id", "trace_flags", "span_id")]
    if n % 5 != 3:
        return "a trace that it has not" if any(part is not None for part in trace) else None
    if trace[:3] != [f"{n:032x}", f"{n:016x}", 1] or not HEX_16.match(str(trace[3])) or trace[3] == trace[1]:
        return f"another trace: {trace}"
    return None


class Request:
    """What has not been seen yet of the lines of one request."""

    def __init__(self, method, path, expected, client):
        self.method = method
        self.path = path
        self.client = client
        self.missing = [list(step) if isinstance(step, list) else [step] for step in expected]

    def take(self, line):
        """Returns what is wrong with the next line, or None."""
        if not self.missing:
            return "a line too many for this request"
        step = self.missing[0]
        if line not in step:
            return f"expected {' or '.join(map(str, step))} of this request next, but it was"
        step.remove(line)
        if not step:
            del self.missing[0]
        return None


class Checker:
    """Reads a log, line by line, then says what was wrong.

    expected_lines(n) is what request n must leave: (method, path, [fields of each line, in order]). In place of the
    fields of one line there may be a list of several, which come in any order."""

    def __init__(self, prefix, count, expected_lines):
        self.request_id = re.compile(re.escape(prefix) + r"-([1-9]\d*)\Z")
        self.count = count
        self.expected_lines = expected_lines
        self.lines = 0
        self.mistakes = []
        self.n_mistakes = 0
        self.requests = {}  # number -> Request
        self.own_events = collections.Counter()

    def wrong(self, number, what, line=""):
        self.n_mistakes += 1
        if len(self.mistakes) < 10:
            self.mistakes.append(f"line {number}: {what} {line!r}" if number else what)

    def read(self, path):
        with open(path, "rb") as log:
            for number, line in enumerate(log, 1):
                self.lines += 1
                try:
                    if not line.endswith(b"}\n"):
                        raise ValueError("not a whole line")
                    fields = DECODER.decode(line.decode("utf-8", "strict"))
                except ValueError as error:
                    self.wrong(number, f"not valid: {error}", line)
                    continue
                problem = self.look_at(fields)
                if problem:
                    self.wrong(number, problem, line)

    def look_at(self, line):
        """Returns what is wrong with a line, or None."""
        if not TIMESTAMP.match(line.pop("timestamp", "")) or line.pop("level", None) != "info":
            return "timestamp or level"
        if "request_id" not in line:
            self.own_events[line.get("event")] += 1
            return None if line.get("event") in OWN_EVENTS else "no request id"
        match = self.request_id.match(line.pop("request_id"))
        if not match:
            return "a request id that nobody sent"
        return self.look_at_line_of(int(match.group(1)), line)

    def look_at_line_of(self, n, line):
        if n not in self.requests:
            self.requests[n] = Request(*self.expected_lines(n), line.get("client", ""))
        request = self.requests[n]
        if (line.pop("method", None), line.pop("path", None)) != (request.method, request.path):
            return "another request's method or path"
        problem = take_trace(line, n)
        if problem:
            return problem
        client = line.pop("client", "")
        if client != request.client or not CLIENT.match(client):
            return "another request's client"
        if line.get("event") == "request completed" and not 0 < line.pop("duration", -1) < 60:
            return "no duration, or none that can be"
        return request.take(line)

    def finish(self):
        """Looks for what is missing. Returns whether all was right."""
        for n in range(1, self.count + 1):
            if n not in self.requests:
                self.wrong(None, f"request {n} left no line")
        for n, request in self.requests.items():
            if request.missing:
                self.wrong(None, f"request {n} left no line with {request.missing[0]}")
        if self.own_events != collections.Counter(OWN_EVENTS):
            self.wrong(None, f"the service's own lines: {dict(self.own_events)}")
        return self.n_mistakes == 0

    @property
    def clients(self):
        return len({request.client for request in self.requests.values()})
