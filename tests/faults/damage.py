#!/usr/bin/python3
"""damage.py [IMAGES] [SEED]: stores that were damaged while nobody served them.

Bytes flipped, pages swapped, wiped or brought back from an older state, the
file cut, emptied, its meta pages or the marker damaged.  Each image is
checked (claused --check), then served and asked for everything that the sound
store answered.

What must hold: the daemon never takes a damaged store for a new one, never
hangs, and no answer that differs from the sound store's is given of an image
that --check calls sound.  LMDB 0.9 has no checksums: what a flip in a page
makes of it shows when the page is read.  The figures say how often it was
seen at the start, how often by the full check alone, and how often nobody had
to see it, for the bytes were of no page in use.
"""
import collections
import os
import random
import shutil
import sys
import tempfile

import ledger
from ledger import Broken, claused, harness
from examples import lot, market, profile, structure

DAMAGED, IO_EXIT = 66, 74
PAGE = 4096
KINDS = ("one flip", "20 flips", "200 flips", "swap", "wipe", "older page",
         "cut", "empty", "meta", "marker")
TOLD = ("cut", "empty", "marker")   # each time, before anything is answered,
SPARE = ("cut",)                    # but for what was free, which is no harm
WRONG = ("altered answers", "errors told")
QUESTIONS = tuple(
    ("match.%s" % what, {"market": "S-%d" % n, "on": "2026-11-23", **more})
    for n in range(3) for what, more in (
        ("structures", {"limit": 20}), ("people", {"limit": 20}),
        ("market", {"limit": 20})))


def questions():
    for n in range(40):
        yield "structure.get", {"id": ledger.structure_id(n + 1)}
    for n in range(3):
        yield "market.get", {"id": "S-%d" % n}
    for n in range(0, 400, 4):
        yield "profile.get", {"id": "s-%d" % n}
    yield from QUESTIONS


def died(daemon):
    """Its exit status; None when it lives, which it has to show."""
    try:
        daemon.client(deadline=5, retries=0).call("ping", {})
    except claused.Timeout:
        if daemon.process.poll() is None:
            raise Broken("it hangs")
    return daemon.process.poll()


def answers(daemon):
    """[the answer, or None for an error]; how many of each error; None when
    the daemon died on the way."""
    told, errors = [], collections.Counter()
    client = daemon.client(deadline=10, retries=0)
    for got in client.many(questions(), window=32, deadline=1):
        if isinstance(got, claused.Timeout):
            if died(daemon) is not None:
                return told, errors, died(daemon)
            # Bytes that are no msgpack any more: the client drops them.
            errors["unreadable"] += 1
            got = None
        elif isinstance(got, Exception):
            errors[got.name] += 1
            got = None
        told.append(got)
    return told, errors, None


def make(home):
    """A store with some history; the answers of its last state, its data as
    it is and as it was before the last writes."""
    daemon = harness.Daemon(store=os.path.join(home, "sound")).fresh()
    client = daemon.client()
    client.load("structure", (structure(n + 1, free_hours=n * 10)
                              for n in range(40)))
    client.load("profile", (profile("s-%d" % n) for n in range(400)))
    for n in range(3):
        client.call("market.put", {"market": market("S-%d" % n, [lot()] * 3)})
    client.close()
    if daemon.stop() != 0:
        raise Broken("it does not stop")
    with open(data_of(daemon.store), "rb") as f:
        older = f.read()
    client = daemon.start().client()
    client.load("profile", (profile("s-%d" % n, mobility_km=30 + n % 9)
                            for n in range(0, 400, 2)))
    client.load("structure", (structure(n + 1, free_hours=n * 20)
                              for n in range(0, 40, 3)))
    truth, errors, status = answers(daemon)
    if errors or status or daemon.stop() != 0:
        raise Broken("the sound store: %r" % errors)
    for c in daemon.clients:
        c.close()
    shutil.rmtree(daemon.home)
    with open(data_of(daemon.store), "rb") as f:
        return daemon.store, truth, f.read(), older


def data_of(store):
    env, = (n for n in os.listdir(store) if n.startswith("env-"))
    return os.path.join(store, env, "data.mdb")


def damage(kind, chance, data, older):
    """What becomes of DATA."""
    out = bytearray(data)
    pages = len(data) // PAGE

    def flip(n, from_=2 * PAGE, to=len(data)):
        for _ in range(n):
            out[chance.randrange(from_, to)] ^= 1 << chance.randrange(8)
    if kind.endswith("flips") or kind == "one flip":
        flip(1 if kind == "one flip" else int(kind.split()[0]))
    elif kind == "swap":
        a, b = (PAGE * p for p in chance.sample(range(2, pages), 2))
        out[a:a + PAGE], out[b:b + PAGE] = data[b:b + PAGE], data[a:a + PAGE]
    elif kind == "wipe":
        a = PAGE * chance.randrange(2, pages)
        out[a:a + PAGE] = bytes(PAGE)
    elif kind == "older page":
        differ = [p for p in range(2, len(older) // PAGE)
                  if older[p * PAGE:(p + 1) * PAGE]
                  != data[p * PAGE:(p + 1) * PAGE]]
        a = PAGE * chance.choice(differ)
        out[a:a + PAGE] = older[a:a + PAGE]
    elif kind == "cut":
        del out[chance.randrange(1, len(out)):]
    elif kind == "empty":
        out.clear()
    elif kind == "meta":
        flip(8, 0, 200)
        flip(8, PAGE, PAGE + 200)
    return bytes(out)


def build(home, sound, kind, chance, data, older):
    store = os.path.join(home, "image")
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(sound, store)
    shutil.copytree(sound + ".secrets", store + ".secrets",
                    dirs_exist_ok=True)
    if kind == "marker":
        path = os.path.join(store, "claused.store")
        with open(path, "rb") as f:
            text = bytearray(f.read())
        text[chance.randrange(len(text))] ^= 1 << chance.randrange(7)
        with open(path, "wb") as f:
            f.write(text)
    else:
        with open(data_of(store), "wb") as f:
            f.write(damage(kind, chance, data, older))
    return store


def ended(status, when, log):
    """A wild offset in a page is a SIGSEGV, which nobody can tell from a
    mistake of our own; everything else is said."""
    if status in (DAMAGED, IO_EXIT):
        return "ended with %d %s" % (status, when)
    if status != -harness.signal.SIGSEGV:
        raise Broken("it ends with %d %s\n%s" % (status, when, log[-600:]))
    return "SIGSEGV " + when


def outcome(store, truth):
    """(what became of it, is --check content)"""
    daemon = harness.Daemon(store=store)
    try:
        checked, _, log = daemon.check()
        if checked not in (0, DAMAGED):
            raise Broken("--check ends with %d\n%s" % (checked, log))
        try:
            daemon.start()
        except AssertionError:
            return ended(daemon.process.wait(), "at the start",
                         daemon.log()), checked
        told, errors, status = answers(daemon)
        altered = sum(a is not None and a != b for a, b in zip(told, truth))
        if altered:
            return "altered answers", checked
        if status is not None:
            return ended(status, "while serving", daemon.log()), checked
        if errors:
            return "errors told", checked
        return "all answers right", checked
    finally:
        if daemon.process and daemon.process.poll() is None:
            daemon.kill()
        daemon.close()


def run():
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261123
    chance = random.Random(seed)
    home = tempfile.mkdtemp(prefix="claused-damage-")
    seen = collections.defaultdict(collections.Counter)
    unseen = []
    try:
        sound, truth, data, older = make(home)
        for n in range(images):
            kind = KINDS[n % len(KINDS)]
            became, checked = outcome(
                build(home, sound, kind, chance, data, older), truth)
            harmless = (kind in SPARE and checked == 0
                        and became == "all answers right")
            if (kind in TOLD and not harmless
                    and became != "ended with 66 at the start"):
                raise Broken("%s: %s" % (kind, became))
            if became in WRONG and not checked:
                unseen.append((kind, became))
            seen[kind][became + (", --check is content" if not checked
                                 else "")] += 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for kind in KINDS:
        print("damage: %-10s %s" % (kind, "; ".join(
            "%d %s" % (n, what) for what, n in sorted(seen[kind].items()))))
    print("damage: %d images; %d with a wrong answer that --check does not "
          "find" % (images, len(unseen)))
    if unseen:
        raise Broken("nobody would see it: %r" % unseen[:5])


if __name__ == "__main__":
    ledger.main(run)
