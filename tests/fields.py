"""fields.def and verbs.def as Python sees them: every verb's question, and
values of each field that are good and bad.

What is good and bad is stated here from the comment at the top of fields.def
(types, inclusive bounds, what is required), never asked of the decoder.  The
table of malformed requests and the fuzzers' seeds grow from it.
"""
import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
DAY = 86400
CONSTANTS = {"DATE_MIN": -25567, "DATE_MAX": 84005,
             "TIME_MIN": -25567 * DAY, "TIME_MAX": 84005 * DAY + DAY - 1,
             "INT64_MAX": 2 ** 63 - 1, "INT64_MIN": -2 ** 63, "UINT32_MAX": 2 ** 32 - 1}
LISTS = {"STRS": "STR", "CPVS": "CPV", "ROMES": "ROME", "ZONES": "ZONE",
         "ENUMS": "ENUM"}


class Field:
    def __init__(self, name, type, low, high, fallback):
        kind, _, of = type.partition("_OF(")
        self.name, self.type, self.of = name, kind, of.rstrip(")")
        self.low, self.high = (eval(v, {}, CONSTANTS) for v in (low, high))
        self.required = fallback == "REQUIRED"
        self.element = LISTS.get(kind)


def _macros(text):
    """#define NAME(X) body, with the lines joined."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"\\\n", " ", text)
    return {name: body for name, body in re.findall(
        r"^#define (\w+)\(\w\)(.*)$", text, re.M)}


def _read():
    with open(os.path.join(TOP, "protocol", "fields.def")) as f:
        macros = _macros(f.read())

    def table(body):
        found = []
        for name, inner in re.findall(r"(\w+)\(((?:[^()]|\([^()]*\))*)\)",
                                      body):
            if name != "F":
                found += table(macros[name])
                continue
            found.append(Field(*[p.strip() for p in inner.split(",")][:5]))
        return found

    shapes = {n[6:]: table(b) for n, b in macros.items()
              if n.startswith("SHAPE_")}
    words = {n[6:]: re.findall(r'W\(\w+, "([^"]+)"\)', b)
             for n, b in macros.items() if n.startswith("WORDS_")}
    with open(os.path.join(TOP, "protocol", "verbs.def")) as f:
        rows = re.findall(r'^(READ|SLOW|WRITE)\s*\((\w+), "([^"]+)"',
                          f.read(), re.M)
    return shapes, words, [(wire, kind, table(macros["ASK_" + name]))
                           for kind, name, wire in rows]


SHAPES, WORDS, VERBS = _read()

GOOD = {"BOOL": True, "DATE": "2026-11-23", "TIME": "2026-11-23T12:00:00Z",
        "DEG": 1.5, "SIRET": "73282932000074", "COMMUNE": "76351",
        "CPV": "45000000", "ROME": "K2204", "ZONE": "DEP:76"}


def good(field, whole=False):
    """A value that the field takes; WHOLE: with every field below it."""
    if field.element or field.type == "LIST":
        n = max(field.low, 1)
        return [_element(field, whole)] * n
    return ([{}] * field.low if field.type == "ROWS"
            else _scalar(field, field.type, whole))


def _element(field, whole):
    if field.type == "LIST":
        return body(SHAPES[field.of], whole)
    return _scalar(field, field.element, whole)


def _scalar(field, type, whole):
    if type == "INT":
        return max(field.low, min(1, field.high))
    if type == "ENUM":
        return WORDS[field.of][0]
    if type in ("STR", "ID"):
        return "x" * (1 if field.element else max(field.low, 1))
    if type == "ONE":
        return body(SHAPES[field.of], whole)
    return GOOD[type]


def body(fields, whole=False):
    """What must be given, or all that may."""
    return {f.name: good(f, whole) for f in fields if whole or f.required}


# What is no text, no number and so on; each with the name it is refused by.
NAN, INFINITY = float("nan"), float("inf")
NO_TEXT = [5, -5, 1.5, True, b"x", {}, []]
NO_NUMBER = ["1", 1.5, -0.0, True, b"1", {}, []]
WRONG = {"INT": NO_NUMBER, "BOOL": [1, 0, "true", {}, []],
         "DEG": ["1.5", True, {}, []], "ONE": ["x", 5, True, [], [{}]],
         "LIST": ["x", 5, True, {}], "ROWS": ["x", 5, {}]}
# Texts that no field takes, whatever it is: U+0000, C0, DEL, C1, line and
# paragraph separators, controls of direction; a broken and a cut sequence, an
# overlong one, a surrogate, beyond U+10FFFF.
NO_UTF8 = [b"a\0b", b"a\nb", b"\x7f", "\x85".encode(), "\u2028".encode(),
           "\u202e".encode(), "\u2066".encode(), b"\xe9", b"\xc3",
           b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
SYNTAX = {"ID": ("a b", "BAD_ID"), "SIRET": ("73282932000079", "BAD_SIRET"),
          "COMMUNE": ("7635", "UNKNOWN_COMMUNE"), "CPV": ("4521", "BAD_CPV"),
          "ROME": ("Z9999", "BAD_ROME"), "ZONE": ("75", "CODE_UNTYPED"),
          "ENUM": ("no such word", "BAD_CODE"),
          "DATE": ("2026-02-30", "BAD_DATE"),
          "TIME": ("2026-12-01T25:00:00Z", "BAD_TIME")}
OUTSIDE = {"DATE": ["1899-12-31", "2200-01-01"],
           "TIME": ["1899-12-31T23:59:59Z", "2200-01-01T00:00:00Z"]}
TEXTS = ("STR", "ID", "SIRET", "COMMUNE", "CPV", "ROME", "ZONE")
# An element of a list of texts has 1 to 200 bytes.
ELEMENT_MAX = 200


class Text:
    """Bytes that are sent as a msgpack text, whatever they are."""

    def __init__(self, raw):
        self.raw = raw


def bad(field):
    """(what, value, name of the refusal, what follows the field's path): what is
    wrong with an element is told of the element."""
    type = field.element or field.type
    listed = [] if not field.element and type != "LIST" else [0]
    for value in WRONG.get(field.type if listed else type, NO_TEXT):
        if not (listed and value == []):
            yield "type", value, "WRONG_TYPE", ""
    if type not in ("LIST", "ROWS"):
        yield "not a number", NAN, "NOT_FINITE", ""
        yield "infinite", -INFINITY, "NOT_FINITE", ""
    if type == "DEG" or (type == "INT" and not listed):
        yield from _outside(field)
    for value in [5, {}] if listed and type != "LIST" else [5, []]:
        if listed:
            yield "element", [value], "WRONG_TYPE", "[1]"
    if listed or type == "ROWS":
        if field.low > 0:
            yield "too few", [], "RANGE", ""
        if field.high < 20000:
            yield "too many", [None] * (field.high + 1), "RANGE", ""
    if type in ("LIST", "ROWS", "ONE", "INT", "BOOL", "DEG"):
        return
    for what, value, name in _texts(field, type):
        yield (what, [value] if listed else value, name,
               "[1]" if listed else "")


def _outside(field):
    scale = 1e6 if field.type == "DEG" else 1
    step = 1.0 if field.type == "DEG" else 1
    if field.low / scale - step >= -2 ** 63:
        low = field.low if scale == 1 else field.low / scale
        yield "below", low - step, "RANGE", ""
    if field.high < 2 ** 63 - 1:
        high = field.high if scale == 1 else field.high / scale
        yield "above", high + step, "RANGE", ""
    yield "far above", 2 ** 64 - 1, "RANGE", ""
    if scale != 1:
        yield "1e308", 1e308, "RANGE", ""


def _texts(field, type):
    if type in TEXTS:
        for raw in NO_UTF8:
            yield "no text", Text(raw), "NOT_UTF8"
    if type in SYNTAX:
        yield ("form",) + SYNTAX[type]
    for value in OUTSIDE.get(type, ()):
        yield "outside", value, "RANGE"
    if type in ("STR", "ID"):
        low, high = (1, ELEMENT_MAX) if field.element else (field.low,
                                                            field.high)
        if low > 0:
            yield "too short", "x" * (low - 1), "RANGE"
        yield "too long", "x" * (high + 1), "RANGE"
