#!/usr/bin/python3
"""Puts the worked vectors of engine/MATCHING.md to the brute force and to a
daemon: vectors.py [--build DIR].  Without a daemon, or with --brute, to the
brute force alone."""

import argparse
import json
import os
import re
import sys

import daemon
import generate
import groups
import hours
import tables

HERE = os.path.dirname(os.path.abspath(__file__))
PAGE = os.path.join(HERE, "..", "..", "engine", "MATCHING.md")
PARTS = ("centres", "rome_links", "sectors", *daemon.RULES)


def for_persons(entry):
    n = entry.pop("persons", 0)
    return [dict(entry, person="p%d" % (i + 1)) for i in range(n)] or [entry]


def read(path=PAGE):
    with open(path, encoding="utf-8") as page:
        vectors = [json.loads(block) for block in re.findall(
            r"^```vector\n(.*?)^```$", page.read(), re.M | re.S)]
    for vector in vectors:
        for name in daemon.RULES:  # the rows that are not as bundled
            if name in vector:
                vector[name] = tables.amended(name, vector[name])
        vector["hours"] = [one for entry in vector.get("hours", ())
                           for one in for_persons(dict(entry))]
        for question in vector["ask"]:
            question.setdefault("verb", "match.explain")
            given = {"on": "2026-11-23"}
            if question["verb"] not in ("match.reverse", "territory.blank") \
                    and not question["verb"].startswith("hours."):
                given["market"] = "M-1"
            question["body"] = dict(given, **question["body"])
    return vectors


def missing(expect, answer, path=""):
    """Where ANSWER does not hold what EXPECT holds; None when it does."""
    if isinstance(expect, dict) and isinstance(answer, dict):
        for name, value in expect.items():
            wrong = missing(value, answer.get(name), path + "." + name)
            if wrong:
                return wrong
        return None
    if (isinstance(expect, list) and isinstance(answer, list)
            and len(expect) == len(answer)):
        for i, value in enumerate(expect):
            wrong = missing(value, answer[i], "%s[%d]" % (path, i + 1))
            if wrong:
                return wrong
        return None
    if type(expect) is type(answer) and expect == answer:
        return None
    return "%s: %r, not %r" % (path.lstrip("."), answer, expect)


def by_brute(bundled, vector):
    imports = {name: vector[name] for name in PARTS if name in vector}
    store = groups.Store(tables.Tables(bundled, version=generate.VERSION,
                                       **imports))
    for entity in ("structure", "profile", "market", "facilitator"):
        for row in vector.get(entity + "s", ()):
            getattr(store, "put_" + entity)(row)
    store.hours = vector["hours"]
    return store.ask


def check(vector, ask, who):
    failed = 0
    for question in vector["ask"]:
        body = question["body"]
        try:
            answer = ask(question["verb"], body)
        except (daemon.Refused, hours.Refused) as refusal:
            answer = {"refused": refusal.args[0]}
        wrong = missing(question.get("expect")
                        or {"refused": question["refused"]}, answer)
        if wrong:
            failed += 1
            print("FAIL %s, %s: %s %s\n     %s" % (
                vector["name"], who, question["verb"], json.dumps(body),
                wrong))
    return failed


def main():
    args = argparse.ArgumentParser(description=__doc__)
    args.add_argument("--build", default="build")
    args.add_argument("--brute", action="store_true")
    args = args.parse_args()
    bundled, vectors = tables.Bundled(), read()
    passed = failed = 0
    for vector in vectors:
        wrong = check(vector, by_brute(bundled, vector), "brute force")
        if not args.brute:
            with daemon.Daemon(args.build) as running:
                running.load(vector, {name: vector[name] for name in PARTS
                                      if name in vector})
                wrong += check(vector, running.ask, "daemon")
        asked = len(vector["ask"]) * (1 if args.brute else 2)
        passed, failed = passed + asked - wrong, failed + wrong
    if len(vectors) < 12:
        failed += 1
        print("FAIL only %d vectors on the page" % len(vectors))
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
