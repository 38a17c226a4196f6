#!/usr/bin/env python3
"""What the cases in this folder should give, worked out in Python: with json, repr() and dict, not with Cleat.

    oracle.py --check             compare the lines in the files with what is worked out here
    oracle.py --write             write them anew (read the difference before you commit it)
    oracle.py --random SEED N     print a file of N random cases
    oracle.py --structlog SEED N  compare the notation of values with structlog's, where structlog is installed

README.md describes the form of a case.
"""
import base64
import codecs
import datetime
import fnmatch
import glob
import json
import math
import os
import random
import re
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
LEVELS = {"trace": 5, "debug": 10, "info": 20, "success": 25, "warning": 30, "error": 40, "critical": 50}
LOOKS = {
    "trace": ("\u00b7", "2"), "debug": ("\u2022", "32"), "info": ("\u2139", "32"), "success": ("\u2713", "1;32"),
    "warning": ("\u26a0", "33"), "error": ("\u2717", "31"), "critical": ("\u203c", "1;31"),
}  # fmt: skip
RENDERERS = {name: {"name": name} for name in ("json", "logfmt", "keyvalue", "console")}
TOO_DEEP = "[cut: nested too deep]"


# -- values: None, bool, int, float, list and bytes are themselves --


def bad_bytes(error):
    return "\ufffd" * (error.end - error.start), error.end


codecs.register_error("each-bad-byte", bad_bytes)


class Text:
    """A string as bytes, which may be no UTF-8."""

    def __init__(self, raw):
        self.raw = raw.encode() if isinstance(raw, str) else raw

    def shown(self, limits):
        """The characters that are shown, and how many bytes are left off."""
        limit = limits["max_value_bytes"]
        kept = self.raw
        if len(kept) > limit:
            kept = kept[:limit].decode("utf-8", "ignore").encode()
        return kept.decode("utf-8", "each-bad-byte"), len(self.raw) - len(kept)


class Time(int):
    def __str__(self):
        seconds, rest = divmod(int(self), 10**9)
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds)
        fraction = "%06d" % (rest // 1000) if rest % 1000 == 0 else "%09d" % rest
        return "%s.%sZ" % (moment.isoformat(), fraction)


class Duration(int):
    def in_units(self, unit):
        whole, rest = divmod(abs(int(self)), unit)
        fraction = ("%0*d" % (len(str(unit)) - 1, rest)).rstrip("0") if rest else ""
        return "%s%d%s" % ("-" if self < 0 else "", whole, "." + fraction if fraction else "")

    def __str__(self):
        for unit, name in ((10**9, "s"), (10**6, "ms"), (10**3, "us"), (1, "ns")):
            if abs(int(self)) >= unit or self == 0:
                return self.in_units(unit) + name
        raise AssertionError


class Errno(int):
    def parts(self):
        import errno

        name = errno.errorcode.get(int(self))
        return name, os.strerror(int(self)) if name else "Unknown error %d" % int(self)

    def __str__(self):
        name, message = self.parts()
        return "%s: %s" % (name, message) if name else message


class Object:
    def __init__(self, pairs):
        self.fields = {}
        for key, value in pairs:
            self.fields[key_of(key)] = value

    def items(self):
        return self.fields.items()


def key_of(key):
    """Keys that differ only in bytes that are no UTF-8 would look the same: so they are the same."""
    raw = bytes.fromhex(key["hex"]) if isinstance(key, dict) else key.encode()
    return raw.decode("utf-8", "each-bad-byte").encode()


def wrapped(value):
    kind = value["$"]
    if kind == "string":
        if "repeat" in value:
            return Text(value["repeat"] * value["times"])
        return Text(bytes.fromhex(value["hex"]))
    if kind == "bytes":
        return base64.b64decode(value["base64"])
    if kind == "nested":
        inner = value_of(value["value"])
        for _ in range(value["times"]):
            inner = [inner]
        return inner
    if kind == "object":
        return Object((key, value_of(part)) for key, part in value["fields"])
    if kind == "broken":
        return Text("[broken could not be shown]")
    make = {
        "null": lambda v: None, "uint": lambda v: int(v["value"]), "double": lambda v: float(v["value"]),
        "time": lambda v: Time(v["ns"]), "duration": lambda v: Duration(v["ns"]), "errno": lambda v: Errno(v["number"]),
        "lazy": lambda v: value_of(v["value"]), "foreign": lambda v: value_of(v["value"]),
    }  # fmt: skip
    return make[kind](value)


def value_of(value):
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, list):
        return [value_of(item) for item in value]
    if isinstance(value, dict):
        return wrapped(value) if "$" in value else Object((key, value_of(part)) for key, part in value.items())
    return value


def cut_mark(left_off):
    return "...[cut %d bytes]" % left_off if left_off else ""


def shown_bytes(value, limits):
    kept = value[: limits["max_value_bytes"]]
    return base64.b64encode(kept).decode() + cut_mark(len(value) - len(kept))


def text_of(value, limits):
    """The characters of what is shown as a string, and the mark behind them; None for other values."""
    if isinstance(value, Text):
        text, left_off = value.shown(limits)
        return text, cut_mark(left_off)
    if isinstance(value, bytes):
        return shown_bytes(value, limits), ""
    if isinstance(value, (Time, Duration, Errno)):
        return str(value), ""
    return None


# -- characters --

DECEPTIVE = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")
HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f]")


def escaped_key(raw):
    if not raw:
        return "\\"
    out = []
    for character in raw.decode():
        if character == "\\":
            out.append("\\\\")
        elif character in " =\"'" or HARMFUL.match(character):
            code = ord(character)
            out.append("\\x%02x" % code if code < 0x100 else "\\u%04x" % code)
        else:
            out.append(character)
    return "".join(out)


# -- JSON --


class Json:
    def __init__(self, options, limits):
        self.limits = limits
        self.sort_keys = options.get("sort_keys", False)
        self.ascii = options.get("ascii", False)
        self.comma, self.colon = (", ", ": ") if options.get("spaced") else (",", ":")

    def string(self, text):
        quoted = json.dumps(text, ensure_ascii=self.ascii)
        return DECEPTIVE.sub(lambda match: "\\u%04x" % ord(match.group()), quoted)

    def object(self, items, depth):
        parts = [self.value(Text(key), depth) + self.colon + self.value(value, depth + 1) for key, value in items]
        return "{" + self.comma.join(parts) + "}"

    def value(self, value, depth):
        if isinstance(value, Errno):
            name, message = value.parts()
            parts = {b"errno": int(value), b"name": name and Text(name), b"message": Text(message)}
            return self.object(parts.items(), depth)
        if isinstance(value, Duration):
            return value.in_units(10**9)
        text = text_of(value, self.limits)
        if text is not None:
            return self.string("".join(text))
        if isinstance(value, (list, Object)):
            if depth > self.limits["max_depth"]:
                return self.string(TOO_DEEP)
            if isinstance(value, Object):
                return self.object(value.items(), depth)
            return "[" + self.comma.join(self.value(item, depth + 1) for item in value) + "]"
        if isinstance(value, float) and not math.isfinite(value):
            return "null"
        return json.dumps(value)

    def line(self, event, level):
        return self.object(sorted(event.items()) if self.sort_keys else event.items(), 0)


# -- Python's notation --


def relaxed_repr(text):
    """repr() as if all characters that are harmless were printable."""
    quote = '"' if "'" in text and '"' not in text else "'"
    out = []
    for character in text:
        if character in "\\" + quote:
            out.append("\\" + character)
        elif HARMFUL.match(character):
            out.append(repr(character)[1:-1])
        else:
            out.append(character)
    return quote + "".join(out) + quote


class Notation:
    def __init__(self, limits, quoted=repr):
        self.limits = limits
        self.quoted = quoted

    def value(self, value, depth=1):
        text = text_of(value, self.limits)
        if text is not None:
            quoted = self.quoted(text[0])
            return quoted[:-1] + text[1] + quoted[-1]
        if not isinstance(value, (list, Object)):
            return repr(value)
        if depth > self.limits["max_depth"]:
            return repr(TOO_DEEP)
        if isinstance(value, Object):
            return "{%s}" % ", ".join(
                self.value(Text(key)) + ": " + self.value(part, depth + 1) for key, part in value.items()
            )
        return "[%s]" % ", ".join(self.value(item, depth + 1) for item in value)


class Pairs:
    """What keyvalue and logfmt share."""

    def __init__(self, options, limits):
        self.options = options
        self.notation = Notation(limits)
        self.limits = limits

    def ordered(self, event):
        rest = dict(event)
        for key in dict.fromkeys(self.options.get("key_order", ())):
            if key.encode() in rest or not self.options.get("drop_missing"):
                yield key.encode(), rest.pop(key.encode(), None)
        yield from sorted(rest.items()) if self.options.get("sort_keys") else rest.items()

    def line(self, event, level):
        return " ".join(self.pair(escaped_key(key), value) for key, value in self.ordered(event))


class KeyValue(Pairs):
    def pair(self, key, value):
        return key + "=" + self.notation.value(value)


class Logfmt(Pairs):
    def pair(self, key, value):
        if value is None:
            return key + "="
        if value is True and not self.options.get("bool_as_value"):
            return key
        if isinstance(value, bool):
            return key + "=" + str(value).lower()
        text, mark = text_of(value, self.limits) or (self.notation.value(value), "")
        return key + "=" + logfmt_text(text, mark)


def logfmt_text(text, mark=""):
    quoted = bool(mark) or any(c in ' ="' or (c != "\n" and HARMFUL.match(c)) for c in text)
    if quoted:
        text = text.replace("\\", "\\\\")
    text = text.replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    text = HARMFUL.sub(lambda match: "\\u%04x" % ord(match.group()), text) + mark
    return '"%s"' % text if quoted else text


# -- console --


def width(text):
    columns = 0
    for character in re.sub("\033\\[[0-9;]*m", "", text):
        if unicodedata.combining(character) == 0:
            columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns


def padded(text, columns):
    return text + " " * (columns - width(text))


class Console:
    COLUMNS = (b"timestamp", b"level", b"event", b"logger")
    DETAILS = (b"error", b"exception", b"stack")

    def __init__(self, options, limits):
        self.options = options
        self.limits = limits
        self.notation = Notation(limits, relaxed_repr)
        self.coloured = options.get("colours", "never") == "always"

    def colour(self, code, text):
        return "\033[%sm%s\033[0m" % (code, text) if self.coloured else text

    def bare(self, value):
        text = text_of(value, self.limits)
        if text is None:
            return self.notation.value(value)
        shown = HARMFUL.sub(lambda match: repr(match.group())[1:-1], text[0])
        return shown + text[1]

    def field_value(self, value):
        text = text_of(value, self.limits)
        plain = text and text[0] and not text[1] and not any(c in " ='\"" or HARMFUL.match(c) for c in text[0])
        return self.bare(value) if plain else self.notation.value(value)

    def level(self, value, level):
        icon, colour = LOOKS[level]
        text = padded(self.bare(value), max(map(len, LEVELS)))
        if self.options.get("icons"):
            text = icon + " " + text
        return "[%s]" % self.colour(colour, text)

    def column(self, key, value, level, last):
        if key == b"timestamp":
            return self.colour("2", self.bare(value))
        if key == b"level":
            return self.level(value, level)
        if key == b"logger":
            return "[%s]" % self.colour("1;34", self.bare(value))
        wanted = 0 if last else max(0, self.options.get("event_width", 0) or 30)
        return padded(self.colour("1", self.bare(value)), wanted)

    def pair(self, key, value):
        colour = "31" if isinstance(value, Errno) else "35"
        return "%s=%s" % (self.colour("36", escaped_key(key)), self.colour(colour, self.field_value(value)))

    def detail(self, key, value):
        text = text_of(value, self.limits)
        if text is not None and b"\n" in (value.raw if isinstance(value, Text) else b""):
            lines = text[0][:-1] if text[0].endswith("\n") else text[0]
            below = ["\n        " + self.bare(Text(line)) for line in lines.split("\n")]
            below[-1] += text[1]
        elif isinstance(value, list) and value:
            below = ["\n        " + self.bare(item) for item in value]
        else:
            below = [" " + self.bare(value) if self.bare(value) else ""]
        return "\n    " + self.colour("2" if key == b"stack" else "31", key.decode() + ":" + "".join(below))

    def line(self, event, level):
        keys = [key for key in self.COLUMNS if key in event]
        rest = sorted(event.items()) if self.options.get("sort_keys") else event.items()
        pairs = [self.pair(k, v) for k, v in rest if k not in self.COLUMNS + self.DETAILS]
        columns = [self.column(key, event[key], level, not pairs and key == keys[-1]) for key in keys]
        details = [self.detail(key, event[key]) for key in self.DETAILS if key in event]
        return " ".join(columns + pairs) + "".join(details)


# -- processors: each changes the event, or returns False to drop it --


def merge(event, fields):
    for key, value in fields.items():
        event.setdefault(key, value)


def put_beneath(event, fields):
    fields = {**fields, **event}
    event.clear()
    event.update(fields)


def stamp(event, step, case):
    seconds, rest = divmod(case["time"], 10**9)
    pattern = step.get("format") or "iso"
    if pattern == "iso":
        value = Text(str(Time(case["time"] // 1000 * 1000)))
    elif pattern == "unix":
        value = case["time"] // 1000 / 10**6
    else:
        moment = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
        value = Text(moment.strftime(pattern.replace("%f", "%06d" % (rest // 1000))))
    event[(step.get("key") or "timestamp").encode()] = value


def callsite(event, step, call):
    site = call["site"]
    values = {
        "filename": os.path.basename(site["file"]), "pathname": site["file"], "lineno": site["line"],
        "func_name": site["function"],
    }  # fmt: skip
    for name, value in values.items():
        if name in step["parameters"]:
            event[name.encode()] = value_of(value)


def rename(event, step):
    event[step["to"].encode()] = event.pop(b"event")
    replacement = (step.get("replace_by") or "").encode()
    value = event.pop(replacement, None)
    if value is not None:
        event[b"event"] = value


def redacted(value, step):
    if isinstance(value, Object):
        return Object((key.decode(), redact_one(key, part, step)) for key, part in value.items())
    if isinstance(value, list):
        return [redacted(item, step) for item in value]
    return value


def redact_one(key, value, step):
    name = key.decode("utf-8", "replace").lower()
    if any(fnmatch.fnmatchcase(name, pattern.lower()) for pattern in step["patterns"]):
        return Text(step.get("replacement") or "[redacted]")
    return redacted(value, step)


def count_dropped(event, step, keep, name):
    if not keep:
        step["dropped"] = step.get("dropped", 0) + 1
        return False
    if step.get("dropped"):
        event[name] = step.pop("dropped")
    return True


def sample(event, step, level):
    if level >= step["below"]:
        return True
    seen = step.get("seen", 0)
    step["seen"] = seen + 1
    return count_dropped(event, step, seen % step["one_in"] == 0, b"sampled_out")


def rate_limit(event, step):
    step["left"] = step.get("left", step["burst"]) - 1
    return count_dropped(event, step, step["left"] >= 0, b"rate_limited")


def process(event, step, case, call):
    name = step["name"]
    if name == "merge_contextvars":
        merge(event, case["context"])
    elif name == "merge_threadlocal":
        put_beneath(event, case["local"])
    elif name == "add_log_level":
        event[b"level"] = Text(call["level"])
    elif name == "add_logger_name":
        if call.get("logger_name"):
            event[b"logger"] = Text(call["logger_name"])
    elif name == "timestamper":
        stamp(event, step, case)
    elif name == "add_callsite":
        callsite(event, step, call)
    elif name == "event_renamer":
        rename(event, step)
    elif name == "format_errors":
        event.update({key: Text(str(value)) for key, value in event.items() if isinstance(value, Errno)})
    elif name == "redact":
        event.update({key: redact_one(key, value, step) for key, value in event.items()})
    elif name == "sample":
        return sample(event, step, LEVELS[call["level"]])
    elif name == "rate_limit":
        return rate_limit(event, step)
    elif name == "sort_keys":
        fields = sorted(event.items())
        event.clear()
        event.update(fields)
    elif name == "drop_keys":
        for key in step["keys"]:
            event.pop(key.encode(), None)
    elif name == "filter_by_level":
        return LEVELS[call["level"]] >= LEVELS[step["level"]]
    elif name in ("capture_logs", "drop"):
        return False
    elif name == "set":
        event.update(fields_of(step["fields"]))
    elif name == "set_default":
        merge(event, fields_of(step["fields"]))
    elif name != "add_backtrace":
        raise ValueError("unknown processor " + name)
    return True


# -- cases --


def fields_of(pairs):
    return {key_of(key): value_of(value) for key, value in pairs}


def apply(operations):
    """What a series of binds and unbinds comes to, and the patchers that were given with them."""
    fields, patches = {}, []
    for operation in operations:
        (name, argument), = operation.items()
        if name in ("bind", "new"):
            if name == "new":
                fields.clear()
            for key, value in argument:
                fields[key_of(key)] = value_of(value)
        elif name in ("unbind", "try_unbind"):
            for key in argument:
                fields.pop(key.encode(), None)
        elif name == "clear":
            fields.clear()
        elif name == "patch":
            patches.append(argument)
    return fields, patches


def emit(case, call, renderer):
    fields, patches = apply(case.get("logger", []))
    event = dict(fields)
    event.update(fields_of(call.get("fields", [])))
    event[b"event"] = value_of(call["event"])
    for patch in patches:
        event.update(fields_of(patch))
    for step in case["chain"]:
        if not process(event, step, case, call):
            return None
    return renderer.line(event, call["level"])


def work_out(case, label):
    """The text of all lines of a case, or None when there is none."""
    options = case.get("renderers", {}).get(label) or RENDERERS[label]
    limits = {"max_value_bytes": 262144, "max_line_bytes": 1048576, "max_depth": 32, **case.get("limits", {})}
    kinds = {"json": Json, "logfmt": Logfmt, "keyvalue": KeyValue, "console": Console}
    renderer = kinds[options["name"]](options, limits)
    fresh = json.loads(json.dumps(case))
    fresh.setdefault("chain", [])
    fresh["context"] = apply(fresh.get("contextvars", []))[0]
    fresh["local"] = apply(fresh.get("threadlocal", []))[0]
    calls = fresh["call"] if isinstance(fresh["call"], list) else [fresh["call"]]
    lines = [emit(fresh, call, renderer) for call in calls for _ in range(call.get("times", 1))]
    lines = [line for line in lines if line is not None]
    return "\n".join(lines) if lines else None


def labels(case):
    return case.get("renderers") or (case["lines"] if case.get("lines") else RENDERERS)


def files():
    return sorted(glob.glob(os.path.join(HERE, "*.json")))


def dump(cases):
    return json.dumps(cases, indent=1, ensure_ascii=True) + "\n"


def check(write):
    wrong = 0
    count = 0
    for path in files():
        with open(path, encoding="utf-8") as file:
            cases = json.load(file)
        for case in cases:
            count += 1
            if case.get("by_hand"):
                continue
            lines = {label: work_out(case, label) for label in labels(case)}
            if lines != case.get("lines"):
                wrong += 1
                if not write:
                    print("%s: %s" % (os.path.basename(path), case["name"]))
                    for label, line in lines.items():
                        if line != (case.get("lines") or {}).get(label):
                            print("  file   %s" % ascii((case.get("lines") or {}).get(label)))
                            print("  oracle %s" % ascii(line))
            case["lines"] = lines
        if write:
            with open(path, "w", encoding="utf-8") as file:
                file.write(dump(cases))
    print("%d cases, %d %s" % (count, wrong, "written" if write else "wrong"))
    return 0 if write or wrong == 0 else 1


# -- random cases --

ALPHABETS = (
    "abc xyz019_./-",
    " '\"\\=\n\t\r\x00\x1b\x7f",
    "\x80\x9f\xa0\xad\u00e9\u061c\u200b\u200e\u2028\u202e\u2066\ufeff\ufffd",
    "\u65e5\u672c\u8a9e\U0001f600\U000e0001\U0010ffff",
)


# Of these few come together to a character, and all of those are old: U+0080 to U+00BF, and in U+40000 to U+FFFFF
# nothing is printable.
ODD_BYTES = b"aZ 0'\"\\\n\x00\x7f\x80\x9b\xa0\xad\xbf\xc0\xc1\xc2\xed\xf1\xf4\xf5\xfe\xff"


def random_text(rng):
    kind = rng.randrange(6)
    if kind == 5:
        return {"$": "string", "hex": bytes(rng.choice(ODD_BYTES) for _ in range(rng.randrange(12))).hex()}
    if kind == 4:
        codes = [rng.randrange(1, 0x110000) for _ in range(rng.randrange(8))]
        text = "".join(chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF)
        # What was assigned in Unicode 3.2 is printable, or not, in every Python's Unicode.
        return "".join(c for c in text if unicodedata.ucd_3_2_0.category(c) != "Cn")
    return "".join(rng.choice("".join(ALPHABETS[: kind + 1])) for _ in range(rng.randrange(16)))


def random_value(rng, depth=0):
    kinds = [
        lambda: None,
        lambda: rng.random() < 0.5,
        lambda: rng.randrange(-(2**63), 2**63) >> rng.randrange(64),
        lambda: {"$": "uint", "value": str(rng.randrange(2**64))},
        lambda: {"$": "double", "value": repr(random_double(rng))},
        lambda: {"$": "bytes", "base64": base64.b64encode(os_bytes(rng)).decode()},
        lambda: {"$": "time", "ns": rng.randrange(-(10**18), 4 * 10**18)},
        lambda: {"$": "duration", "ns": rng.randrange(-(2**63), 2**63) >> rng.randrange(64)},
        lambda: {"$": "errno", "number": rng.choice([2, 13, 17, 111])},
        lambda: {"$": "foreign", "value": random_value(rng, depth + 1)},
        lambda: [random_value(rng, depth + 1) for _ in range(rng.randrange(4))],
        lambda: {"$": "object", "fields": random_pairs(rng, depth + 1)},
    ]
    if rng.random() < 0.4:
        return random_text(rng)
    return rng.choice(kinds[:-3] if depth > 3 else kinds)()


def random_double(rng):
    import struct

    if rng.random() < 0.5:
        return rng.choice([0.0, -0.0, math.nan, math.inf, -math.inf, 1e16, 1e22, 1e-5, 1e-4, rng.random(), 123456.75])
    return struct.unpack("d", rng.randbytes(8) if hasattr(rng, "randbytes") else os.urandom(8))[0]


def os_bytes(rng):
    return bytes(rng.randrange(256) for _ in range(rng.randrange(9)))


def random_pairs(rng, depth):
    pairs = []
    for _ in range(rng.randrange(5)):
        key = random_text(rng) if rng.random() < 0.3 else rng.choice("abcdefghij")
        if isinstance(key, dict) or "\x00" in key:
            key = "k"
        pairs.append([key, random_value(rng, depth)])
    return pairs


def random_case(rng, number):
    case = {
        "name": "random %d" % number,
        "chain": [{"name": "merge_contextvars"}, {"name": "add_log_level"}] if rng.random() < 0.5 else [],
        "contextvars": [{"bind": random_pairs(rng, 0)}],
        "logger": [{"bind": random_pairs(rng, 0)}, {"bind": random_pairs(rng, 0)}],
        "call": {"level": rng.choice(list(LEVELS)), "event": random_text(rng), "fields": random_pairs(rng, 0)},
        "renderers": {
            **RENDERERS,
            "json-sorted": {"name": "json", "sort_keys": True, "ascii": True, "spaced": True},
            "logfmt-sorted": {"name": "logfmt", "sort_keys": True, "key_order": ["c", "a"], "bool_as_value": True},
            "keyvalue-sorted": {"name": "keyvalue", "key_order": ["c", "a"], "drop_missing": True},
        },
    }
    if '"foreign"' not in json.dumps(case) and rng.random() < 0.5:  # for nesting, a foreign object counts as a list
        case["limits"] = {"max_depth": rng.randrange(1, 4)}
    del case["renderers"]["console"]  # widths of terminals are no matter of Python's
    case["lines"] = {label: work_out(case, label) for label in case["renderers"]}
    return case


def print_random(seed, count):
    rng = random.Random(seed)
    print(dump([random_case(rng, number) for number in range(count)]))
    return 0


# -- structlog --


def plain(value):
    """A value as structlog would get it, or Ellipsis for a kind that Python does not have."""
    if isinstance(value, Text):
        return value.raw.decode("utf-8", "each-bad-byte")
    if isinstance(value, (bytes, Time, Duration, Errno)):
        return ...
    if isinstance(value, list):
        parts = [plain(item) for item in value]
        return ... if ... in parts else parts
    if isinstance(value, Object):
        parts = {key.decode(): plain(part) for key, part in value.items()}
        return ... if ... in parts.values() else parts
    return value


def compare_with_structlog(seed, count):
    try:
        from structlog.processors import KeyValueRenderer, LogfmtRenderer
    except ImportError:
        print("structlog is not installed: nothing compared")
        return 0
    rng = random.Random(seed)
    limits = {"max_value_bytes": 262144, "max_depth": 32}
    wrong = compared = 0
    for _ in range(count):
        value = value_of(random_value(rng))
        theirs = plain(value)
        if theirs is ...:
            continue
        pairs = [(KeyValue({}, limits), KeyValueRenderer())]
        if not (isinstance(theirs, str) and HARMFUL.search(theirs.replace("\n", ""))):
            pairs.append((Logfmt({}, limits), LogfmtRenderer()))  # control characters: structlog lets them through
        for ours, renderer in pairs:
            compared += 1
            expected = renderer(None, "info", {"key": theirs})
            if ours.line({b"key": value}, "info") != expected:
                wrong += 1
                print("ours   %s\ntheirs %s" % (ascii(ours.line({b"key": value}, "info")), ascii(expected)))
    print("%d compared with structlog, %d wrong" % (compared, wrong))
    return 0 if wrong == 0 and compared > 0 else 1


def main(arguments):
    if arguments == ["--check"] or arguments == ["--write"]:
        return check(arguments == ["--write"])
    if len(arguments) == 3 and arguments[0] == "--random":
        return print_random(int(arguments[1]), int(arguments[2]))
    if len(arguments) == 3 and arguments[0] == "--structlog":
        return compare_with_structlog(int(arguments[1]), int(arguments[2]))
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
