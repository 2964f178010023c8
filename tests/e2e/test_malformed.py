"""Malformed requests, stated: each with the status, the name and the path of
its refusal, and nothing else in it.

FRAMES, HEADERS and BODIES are written out.  The rest grows from fields.def:
each field of each question, and of all that is nested in it, of a wrong type,
outside its bounds, of a wrong form, missing, unknown, twice.  What is expected
of those is stated in tests/fields.py, never asked of the decoder.  After all
of them the daemon answers, and its state is what it was.
"""
import re
import struct
import sys

import harness

sys.path.insert(0, harness.os.path.join(harness.TOP, "tests"))
from fields import (SHAPES, VERBS, Text, bad, body, good)  # noqa: E402

TAG = b"CLAUSE01"
STATUS = {"RANGE": 11, "BAD_VERSION": 12, "UNKNOWN_METHOD": 12}
INVALID = 3
CHUNK = 100


def status_of(name):
    return STATUS.get(name, INVALID)


# ---- An encoder that can also write what is wrong --------------------------

class Pairs(list):
    """A map that may hold a key twice."""


def head(fix, wide, n, room):
    if n < room:
        return bytes([fix | n])
    return bytes([wide]) + struct.pack(">H", n) if n < 65536 else \
        bytes([wide + 1]) + struct.pack(">I", n)


def pack(value):
    if isinstance(value, Text):
        raw = value.raw if isinstance(value.raw, bytes) \
            else value.raw.encode()
        return head(0xa0, 0xda, len(raw), 32) + raw
    if isinstance(value, str):
        return pack(Text(value))
    if isinstance(value, dict):
        value = Pairs(value.items())
    if isinstance(value, Pairs):
        return head(0x80, 0xde, len(value), 16) + b"".join(
            pack(k) + pack(v) for k, v in value)
    if isinstance(value, list):
        return head(0x90, 0xdc, len(value), 16) + b"".join(map(pack, value))
    return harness.msgpack.packb(value)


# ---- Written out -----------------------------------------------------------

PING = pack({"i": 1, "m": "ping"})
EMPTY = b"\x80"

# What is wrong, the frames, the refusal, its path.
FRAMES = (
    ("one empty frame", (b"",), "BAD_FRAMES", ""),
    ("one byte", (b"\0",), "BAD_FRAMES", ""),
    ("the tag alone", (TAG,), "BAD_FRAMES", ""),
    ("no body", (TAG, PING), "BAD_FRAMES", ""),
    ("a frame more", (TAG, PING, EMPTY, b""), "BAD_FRAMES", ""),
    ("many frames", (TAG, PING) + (EMPTY,) * 50, "BAD_FRAMES", ""),
    ("no tag", (PING, EMPTY), "BAD_FRAMES", ""),
    ("the tag in lower case", (b"clause01", PING, EMPTY), "BAD_FRAMES", ""),
    ("half of a tag", (b"CLAUSE", PING, EMPTY), "BAD_FRAMES", ""),
    ("a tag and more", (b"CLAUSE012", PING, EMPTY), "BAD_FRAMES", ""),
    ("another protocol", (b"GET / HTTP/1.1", PING, EMPTY), "BAD_FRAMES", ""),
    ("a version to come", (b"CLAUSE02", PING, EMPTY), "BAD_VERSION", ""),
    ("version 99", (b"CLAUSE99", PING, EMPTY), "BAD_VERSION", ""),
    ("no version", (b"CLAUSExx", PING, EMPTY), "BAD_VERSION", ""),
)

# What is wrong, the header frame, the refusal, its path.
HEADERS = (
    ("nothing", b"", "BAD_HEADER", ""),
    ("nil", b"\xc0", "BAD_HEADER", ""),
    ("a number", b"\x05", "BAD_HEADER", ""),
    ("a list", b"\x90", "BAD_HEADER", ""),
    ("a text", pack("ping"), "BAD_HEADER", ""),
    ("no method", b"\x80", "BAD_HEADER", "m"),
    ("bytes that are none", b"\xc1", "BAD_HEADER", ""),
    ("cut in a key", PING[:2], "BAD_HEADER", ""),
    ("cut in a value", PING[:-1], "BAD_HEADER", ""),
    ("more after its end", PING + b"\0", "BAD_HEADER", ""),
    ("a count of 2^32 - 1", b"\xdf" + b"\xff" * 4, "BAD_HEADER", ""),
    ("a text of 2^32 - 1", b"\x81\xa1m\xdb" + b"\xff" * 4, "BAD_HEADER", ""),
    ("65 items", pack(Pairs([("m", "ping")] + [("z", 1)] * 32)),
     "BAD_HEADER", ""),
    ("4,097 bytes", pack({"m": "ping", "z": "x" * 4090}), "BAD_HEADER", ""),
    ("five levels", pack({"m": "ping", "z": [[[[1]]]]}), "BAD_HEADER", ""),
    ("i is a text", pack({"i": "1", "m": "ping"}), "BAD_HEADER", "i"),
    ("i is a float", pack({"i": 1.0, "m": "ping"}), "BAD_HEADER", "i"),
    ("i is true", pack({"i": True, "m": "ping"}), "BAD_HEADER", "i"),
    ("i is a list", pack({"i": [], "m": "ping"}), "BAD_HEADER", "i"),
    ("i is above 2^63 - 1", pack({"i": 2 ** 63, "m": "ping"}), "BAD_HEADER",
     "i"),
    ("i twice", pack(Pairs([("i", 1), ("i", 1), ("m", "ping")])),
     "BAD_HEADER", "i"),
    ("m is a number", pack({"i": 1, "m": 5}), "BAD_HEADER", "m"),
    ("m is empty", pack({"i": 1, "m": ""}), "BAD_HEADER", "m"),
    ("m is nil", pack({"i": 1, "m": None}), "BAD_HEADER", "m"),
    ("m is bytes", pack({"i": 1, "m": b"ping"}), "BAD_HEADER", "m"),
    ("m of 65 bytes", pack({"i": 1, "m": "m" * 65}), "BAD_HEADER", "m"),
    ("m with a blank", pack({"i": 1, "m": "ping "}), "BAD_HEADER", "m"),
    ("m with a NUL", pack({"i": 1, "m": "ping\0"}), "BAD_HEADER", "m"),
    ("m with an escape", pack({"i": 1, "m": "\x1b[2Jping"}), "BAD_HEADER",
     "m"),
    ("m beyond ASCII", pack({"i": 1, "m": "pïng"}), "BAD_HEADER", "m"),
    ("m is no UTF-8", pack({"i": 1, "m": Text(b"p\xeeng")}), "BAD_HEADER",
     "m"),
    ("m turned round", pack({"i": 1, "m": "\u202egnip"}), "BAD_HEADER", "m"),
    ("m twice", pack(Pairs([("m", "ping"), ("m", "ping")])), "BAD_HEADER",
     "m"),
    ("d is negative", pack({"m": "ping", "d": -1}), "BAD_HEADER", "d"),
    ("d is a text", pack({"m": "ping", "d": "5"}), "BAD_HEADER", "d"),
    ("d is a float", pack({"m": "ping", "d": 0.5}), "BAD_HEADER", "d"),
    ("d is NaN", pack({"m": "ping", "d": float("nan")}), "BAD_HEADER", "d"),
    ("d above 2^63 - 1", pack({"m": "ping", "d": 2 ** 64 - 1}), "BAD_HEADER",
     "d"),
    ("r is negative", pack({"m": "ping", "r": -1}), "BAD_HEADER", "r"),
    ("r is a text", pack({"m": "ping", "r": "1"}), "BAD_HEADER", "r"),
    ("r twice", pack(Pairs([("r", 0), ("m", "ping"), ("r", 0)])),
     "BAD_HEADER", "r"),
    ("k is a number", pack({"m": "ping", "k": 5}), "BAD_HEADER", "k"),
    ("k is empty", pack({"m": "ping", "k": ""}), "BAD_HEADER", "k"),
    ("k of 65 bytes", pack({"m": "ping", "k": "k" * 65}), "BAD_HEADER", "k"),
    ("k with a blank", pack({"m": "ping", "k": "a b"}), "BAD_HEADER", "k"),
    ("k with a line end", pack({"m": "ping", "k": "a\n"}), "BAD_HEADER",
     "k"),
    ("k is a map", pack({"m": "ping", "k": {}}), "BAD_HEADER", "k"),
    ("an unknown method", pack({"m": "pong"}), "UNKNOWN_METHOD", "m"),
    ("a method in capitals", pack({"m": "PING"}), "UNKNOWN_METHOD", "m"),
    ("a method of no entity", pack({"m": ".put"}), "UNKNOWN_METHOD", "m"),
    ("a write without a key", pack({"m": "market.put"}), "KEY_REQUIRED",
     "k"),
)

ECHO = b"\x81" + pack("echo")
# What is wrong, the body of a ping, the refusal, its path.
BODIES = (
    ("nothing", b"", "MALFORMED", ""),
    ("nil", b"\xc0", "WRONG_TYPE", ""),
    ("true", b"\xc3", "WRONG_TYPE", ""),
    ("a number", b"\x05", "WRONG_TYPE", ""),
    ("a negative number", b"\xff", "WRONG_TYPE", ""),
    ("a float", b"\xcb" + struct.pack(">d", 1), "WRONG_TYPE", ""),
    ("NaN", b"\xcb" + struct.pack(">d", float("nan")), "NOT_FINITE", ""),
    ("a NaN of 32 bits", b"\xca" + struct.pack(">f", float("nan")),
     "NOT_FINITE", ""),
    ("a text", pack("echo"), "WRONG_TYPE", ""),
    ("bytes", b"\xc4\x01a", "WRONG_TYPE", ""),
    ("a list", b"\x90", "WRONG_TYPE", ""),
    ("0xc1", b"\xc1", "MALFORMED", ""),
    ("0xc1 as a key", b"\x81\xc1\x01", "MALFORMED", ""),
    ("0xc1 as a value", ECHO + b"\xc1", "MALFORMED", ""),
    ("two values", b"\x80\x80", "TRAILING", ""),
    ("a byte more", b"\x80\x00", "TRAILING", ""),
    ("0xc1 behind the end", b"\x80\xc1", "TRAILING", ""),
    ("a map of nothing", b"\x81", "MALFORMED", ""),
    ("a key alone", ECHO, "MALFORMED", ""),
    ("a map of two with one", b"\x82" + ECHO[1:] + pack("a"), "MALFORMED",
     ""),
    ("a key that is a number", b"\x81\x05\x05", "WRONG_TYPE", ""),
    ("a key that is nil", b"\x81\xc0\x05", "WRONG_TYPE", ""),
    ("a key that is bytes", b"\x81\xc4\x04echo\xa1a", "WRONG_TYPE", ""),
    ("a key that is a map", b"\x81\x80\x05", "WRONG_TYPE", ""),
    ("a key that is a list", b"\x81\x91\x01\x05", "WRONG_TYPE", ""),
    ("an empty key", pack({"": 1}), "UNKNOWN_FIELD", "?"),
    ("a key with a NUL", pack({"echo\0": "a"}), "UNKNOWN_FIELD", "?"),
    ("a key with a line end", pack({"echo\n": "a"}), "UNKNOWN_FIELD", "?"),
    ("a key turned round", pack({"\u202eecho": "a"}), "UNKNOWN_FIELD", "?"),
    ("a key that is no UTF-8", pack(Pairs([(Text(b"\xe9"), 1)])),
     "UNKNOWN_FIELD", "?"),
    ("a key of 65 bytes", pack({"e" * 65: 1}), "UNKNOWN_FIELD", "?"),
    ("a key of 30,000 bytes", pack({"e" * 30000: 1}), "UNKNOWN_FIELD", "?"),
    ("another field", pack({"ekko": "a"}), "UNKNOWN_FIELD", "ekko"),
    ("the field in capitals", pack({"ECHO": "a"}), "UNKNOWN_FIELD", "ECHO"),
    ("the field twice", b"\x82" + (pack("echo") + pack("a")) * 2,
     "DUPLICATE_KEY", "echo"),
    ("the field as nil and again",
     b"\x82" + pack("echo") + b"\xc0" + pack("echo") + pack("a"),
     "DUPLICATE_KEY", "echo"),
    ("a text cut in a character", ECHO + b"\xa1\xc3", "NOT_UTF8", "echo"),
    ("an overlong slash", ECHO + b"\xa2\xc0\xaf", "NOT_UTF8", "echo"),
    ("an overlong NUL", ECHO + b"\xa2\xc0\x80", "NOT_UTF8", "echo"),
    ("half of a surrogate pair", ECHO + b"\xa3\xed\xa0\x80", "NOT_UTF8",
     "echo"),
    ("a character beyond the last", ECHO + b"\xa4\xf4\x90\x80\x80",
     "NOT_UTF8", "echo"),
    ("five bytes of one character", ECHO + b"\xa5\xf8\x88\x80\x80\x80",
     "NOT_UTF8", "echo"),
    ("0xff", ECHO + b"\xa1\xff", "NOT_UTF8", "echo"),
    ("bytes for a text", ECHO + b"\xc4\x01a", "WRONG_TYPE", "echo"),
    ("an unsigned 64 for a text", ECHO + b"\xcf" + b"\xff" * 8, "WRONG_TYPE",
     "echo"),
    ("a float for a text", ECHO + b"\xca\x00\x00\x00\x00", "WRONG_TYPE",
     "echo"),
    ("minus nothing", ECHO + b"\xcb\x80" + b"\0" * 7, "WRONG_TYPE", "echo"),
    ("minus infinity", ECHO + b"\xcb\xff\xf0" + b"\0" * 6, "NOT_FINITE",
     "echo"),
    ("100 levels", ECHO + b"\x91" * 100 + b"\x00", "TOO_DEEP", ""),
    ("12 levels below the first", ECHO + b"\x91" * 12 + b"\x00", "TOO_DEEP",
     ""),
    ("maps in maps", (b"\x81\xa1a") * 30 + b"\x00", "TOO_DEEP", ""),
    ("a mebibyte of levels", ECHO + b"\x91" * 1000000 + b"\x00", "TOO_DEEP",
     ""),
    ("levels without an end", ECHO + b"\x91" * 5000, "TOO_DEEP", ""),
    ("65,537 nils", ECHO + b"\xdd\x00\x01\x00\x01" + b"\xc0" * 65537,
     "TOO_LARGE", ""),
    ("a mebibyte of nils", ECHO + b"\xdd\x00\x0f\xff\xf0" + b"\xc0" * 1048560,
     "TOO_LARGE", ""),
    ("over a mebibyte", ECHO + b"\xdb\x00\x10\x00\x00" + b"x" * 1048576,
     "TOO_LARGE", ""),
) + tuple(
    ("an extension, 0x%02x" % first,
     ECHO + bytes([first]) + extra, "MALFORMED", "")
    for first, extra in ((0xd4, b"\1a"), (0xd5, b"\1ab"), (0xd6, b"\1abcd"),
                         (0xd7, b"\1" + b"a" * 8), (0xd8, b"\1" + b"a" * 16),
                         (0xc7, b"\1\1a"), (0xc8, b"\0\1\1a"),
                         (0xc9, b"\0\0\0\1\1a"),
                         # The one that other libraries know: a time.
                         (0xd6, b"\xff\0\0\0\0"))
) + tuple(
    ("cut after %d of %d bytes" % (n, len(whole)), whole[:n], "MALFORMED", "")
    for whole in (pack({"echo": "twelve bytes", "client": [1.5, None]}),)
    for n in range(1, len(whole))
)

# Five bytes that speak of gigabytes.
DECLARED = tuple(
    ("%s that says %s" % (what, n.hex()), before + bytes([first]) + n)
    for before in (b"", ECHO, ECHO + b"\x91", b"\x81")
    for what, first, n in (
        ("a list", 0xdd, b"\xff" * 4), ("a list", 0xdd, b"\x10\0\0\0"),
        ("a list", 0xdc, b"\xff" * 2), ("a map", 0xdf, b"\xff" * 4),
        ("a map", 0xdf, b"\x0f\xff\xff\xff"), ("a map", 0xde, b"\xff" * 2),
        ("a text", 0xdb, b"\xff" * 4), ("a text", 0xda, b"\xff" * 2),
        ("bytes", 0xc6, b"\xff" * 4), ("an extension", 0xc9, b"\xff" * 5)))


# ---- From fields.def -------------------------------------------------------

def walk(fields, wrap, path, at):
    """Rows for every field of a map; WRAP puts the map into its body, PATH
    leads to its fields, AT to itself."""
    base = body(fields)
    for f in fields:
        here = path + f.name
        for what, value, name, behind in bad(f):
            yield (what, wrap(dict(base, **{f.name: value})), name,
                   here + behind)
        without = {k: v for k, v in base.items() if k != f.name}
        if f.required:
            yield "missing", wrap(without), "MISSING_FIELD", here
            yield ("nil", wrap(dict(without, **{f.name: None})),
                   "MISSING_FIELD", here)
        twice = Pairs(dict(base, **{f.name: good(f)}).items())
        yield ("twice", wrap(Pairs(twice + [(f.name, good(f))])),
               "DUPLICATE_KEY", here)
        if f.type == "ONE":
            yield from walk(SHAPES[f.of], lambda m, n=f.name: wrap(
                dict(base, **{n: m})), here + ".", here)
        if f.type == "LIST":
            yield from walk(SHAPES[f.of], lambda m, n=f.name: wrap(
                dict(base, **{n: [m]})), here + "[1].", here + "[1]")
    yield ("unknown", wrap(dict(base, zzzzzz=1)), "UNKNOWN_FIELD",
           path + "zzzzzz")
    yield ("a key that is a number", wrap(Pairs(list(base.items())
                                                + [(5, 5)])),
           "WRONG_TYPE", at)


def generated():
    """Frames of each row, with what it is."""
    for method, _, fields in VERBS:
        header = {"m": method, "k": "malformed"}
        for what, params, name, path in walk(fields, lambda m: m, "", ""):
            yield "%s: %s %s" % (method, path, what), header, params, name, \
                path


class Malformed(harness.Transcript):
    shared = True

    def setUp(self):
        self.raw = harness.Raw(self.daemon.endpoint)
        self.addCleanup(self.raw.socket.close)
        self.before = self.state()
        self.addCleanup(self.unchanged)

    def state(self):
        """All that stats tells but for what time and questions change."""
        return {name: value for name, value in self.ask("stats").items()
                if not re.search("_(s|queue|replies)$|^readers$", name)}

    def unchanged(self):
        self.assertEqual(self.ask("ping"), {})
        self.assertEqual(self.state(), self.before)

    def told(self, what, header, refusal, name, path):
        with self.subTest(what):
            self.assertEqual(
                (header["s"], refusal.get("name"),
                 [(p["name"], p["field"]) for p in refusal.get("data", [])]),
                (status_of(name), name, [(name, path)]))
            self.assertTrue(refusal["message"] and refusal["data"][0]["hint"])

    def test_frames(self):
        for what, frames, name, path in FRAMES:
            self.raw.send(*frames)
            self.told(what, *self.raw.receive(), name, path)

    def test_headers(self):
        for what, header, name, path in HEADERS:
            self.raw.send(TAG, header, EMPTY)
            self.told(what, *self.raw.receive(), name, path)

    def test_bodies(self):
        for what, params, name, path in BODIES:
            self.raw.send(TAG, PING, params)
            self.told(what, *self.raw.receive(), name, path)

    def test_a_bad_body_keeps_its_id(self):
        for id in (-2 ** 63, -1, 0, 1, 2 ** 63 - 1):
            self.raw.send(TAG, pack({"i": id, "m": "ping"}), b"\xc1")
            self.assertEqual(self.raw.receive()[0]["i"], id)

    def memory(self, what):
        with open("/proc/%d/status" % self.daemon.process.pid) as f:
            return {line.split()[0]: int(line.split()[1]) for line in f
                    if line.startswith("Vm")}[what + ":"]

    def test_declared_sizes_take_no_memory(self):
        counted = harness.own_proc() and harness.BUILD.endswith("build")
        before = self.memory("VmPeak") if counted else 0
        for what, params in DECLARED:
            self.raw.send(TAG, PING, params)
            self.told(what, *self.raw.receive(), "MALFORMED", "")
        if counted:
            self.assertLessEqual(self.memory("VmPeak") - before, 1024)

    def test_every_field_of_every_question(self):
        rows = list(generated())
        self.assertGreater(len(rows), 3000)
        asked = {v["verb"]: v for v in self.ask("stats", verbs=True)["verbs"]}
        for at in range(0, len(rows), CHUNK):
            chunk = rows[at:at + CHUNK]
            for i, (_, header, params, _, _) in enumerate(chunk):
                self.raw.send(TAG, pack(dict(header, i=i)), pack(params))
            for _ in chunk:
                header, refusal = self.raw.receive()
                what, _, _, name, path = chunk[header["i"]]
                self.told(what, header, refusal, name, path)
        for row in self.ask("stats", verbs=True)["verbs"]:
            refused = row["refused"] - asked[row["verb"]]["refused"]
            self.assertEqual(refused, sum(
                header["m"] == row["verb"] for _, header, _, _, _ in rows))


if __name__ == "__main__":
    harness.main()
