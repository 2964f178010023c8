"""PROTOCOL.md is true: its examples are one conversation with a daemon over
an empty store, from the top of the page to its end, and its client works.

In the page's blocks `>` is said and `<` comes back, header first; an empty
line parts one exchange from the next.
"""
import contextlib
import io
import json
import os
import re

import harness

PAGE = os.path.join(harness.TOP, "protocol", "PROTOCOL.md")
# What differs from one run to the next: these keys of a header or a body.
PASSING = {"us", "store", "uptime_s", "map_used", "map_free", "map_size", "disk_percent",
           "readers", "started", "finished", "elapsed_ms", "rate", "ms", "hash",
           "backup", "bytes", "checkpoint", "expires",
           "revoked_on", "sent_replies"}


def page():
    with open(PAGE, encoding="utf-8") as f:
        return f.read()


def objects(lines, mark):
    """The header and the body that the lines with MARK write."""
    text = "\n".join(l[2:] for l in lines if l.startswith(mark))
    decoder = json.JSONDecoder()
    found = []
    while text.strip():
        value, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        found.append(value)
    return found


def exchanges(text):
    """(section, header and body said, header and body answered)."""
    section = None
    for part in re.split(r"^(## .*)$|^```$", text, flags=re.M):
        if part and part.startswith("## "):
            section = part[3:]
        elif part and part.startswith("\n> {"):
            for one in part.strip().split("\n\n"):
                lines = one.splitlines()
                yield section, objects(lines, "> "), objects(lines, "< ")


def lasting(value):
    """In words and in order, without what passes."""
    def passes(k, v):
        # A page token is made with a key of the daemon's own.
        return k in PASSING or k == "next" and isinstance(v, str)

    def kept(v):
        if isinstance(v, list):
            return [kept(one) for one in v]
        return {k: None if passes(k, one) else kept(one)
                for k, one in v.items()} if isinstance(v, dict) else v
    return json.dumps(kept(value), ensure_ascii=False)


def answer(raw, asked):
    """Header and body of the reply; a batch is made before it is told."""
    while True:
        raw.send(b"CLAUSE01", *asked)
        header, body = raw.receive()
        if body.get("state") != "running":
            return header, body


class Page(harness.Transcript):
    def test_the_examples_are_one_conversation(self):
        said = list(exchanges(page()))
        methods = {asked[0]["m"] for _, asked, _ in said}
        self.assertEqual(methods, set(self.ask("hello")["methods"]))
        for name in ("i", "k"):
            values = [asked[0][name] for _, asked, _ in said
                      if name in asked[0]]
            self.assertEqual(len(values), len(set(values)), name)
        with harness.Raw(self.daemon.endpoint) as raw:
            for section, asked, answered in said:
                with self.subTest(section, i=asked[0]["i"]):
                    self.assertEqual((len(asked), len(answered)), (2, 2))
                    for got, written in zip(answer(raw, asked), answered):
                        self.assertEqual(lasting(got), lasting(written))

    def test_the_client_of_the_page_works(self):
        code = re.search(r"```python\n(.*?)```", page(), re.S).group(1)
        self.assertIn("tcp://127.0.0.1:5570", code)
        code = code.replace("tcp://127.0.0.1:5570", self.daemon.endpoint)
        spoken = io.StringIO()
        names = {}
        with contextlib.redirect_stdout(spoken):
            exec(compile(code, PAGE, "exec"), names)
        names["c"].socket.close()
        self.assertIn("'created': True", spoken.getvalue())


if __name__ == "__main__":
    harness.main()
