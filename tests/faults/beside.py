#!/usr/bin/python3
"""beside.py [SAMPLES] [PEOPLE]: how long questions and writes wait while a
batch ranks every open lot, and while the store is compacted and what was
replaced is overwritten, beside how long they wait alone, in one run.

What must hold on any machine: all are answered, a 99th percentile stays within
a bound that only a queue behind the whole work would pass, and a batch adds at
most 64 MiB of anonymous memory.  beside.py 5000 100000 is the long form.
"""
import random
import sys
import threading
import time

import ledger
from ledger import Broken, harness
from examples import job, lot, market, profile, structure

STRUCTURES = 300
COMMUNES = ("76351", "76540", "27229", "14118", "75056", "69123", "13055")
ROMES = ("K2204", "A1203", "N1103", "N1105")
BATCH_KIB = 64 * 1024
AT_LEAST = 2        # works that the samples see begin and end
BOUND, BOUND_S = 20, 2


def anonymous(daemon):
    """Of the daemon, in KiB."""
    with open("/proc/%d/status" % daemon.process.pid) as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("RssAnon:"))


def fill(client, people):
    r = random.Random(20261123)
    lots = people // 50
    client.load("structure", (structure(i + 1, commune=r.choice(COMMUNES),
                                        free_hours=i)
                              for i in range(STRUCTURES)))
    client.load("profile", (profile("p-%d" % i, commune=r.choice(COMMUNES),
                                    rome=[r.choice(ROMES)],
                                    mobility_km=r.randrange(5, 60))
                            for i in range(people)))
    client.load("market", (market("m-%d" % i, [lot(
        places=["COM:" + r.choice(COMMUNES)],
        jobs=[job(rome=r.choice(ROMES), commune=r.choice(COMMUNES))])],
        status="OPEN") for i in range(lots)))
    return lots


# ---- What is done beside ----------------------------------------------------

def batch(client, pause):
    client.call("rescore.start", {"limit": 50})
    while client.call("rescore.status", {})["state"] == "running":
        pause()


def compaction(client, pause):
    done = client.call("stats", {})["compactions"]
    client.call("compact", {})
    while client.call("stats", {})["compactions"] == done:
        pause()


class Work(threading.Thread):
    """One after the other, until it is left."""

    def __init__(self, daemon, what):
        super().__init__(daemon=True)
        self.client = daemon.client()
        self.what = what
        self.over = threading.Event()
        self.done = 0
        self.failed = None

    def run(self):
        try:
            while not self.over.is_set():
                self.what(self.client, lambda: self.over.wait(0.05))
                self.done += 1
        except Exception as e:
            self.failed = e

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        if self.failed:
            raise Broken("%s: %s" % (self.what.__name__, self.failed))


# ---- Who waits --------------------------------------------------------------

def question(client, chance, lots):
    client.call(chance.choice(("match.people", "match.structures")),
                {"market": "m-%d" % chance.randrange(lots), "limit": 20})


def write(client, chance, lots):
    client.call("structure.put", {"structure": structure(
        1 + chance.randrange(STRUCTURES), free_hours=chance.randrange(2000))})


def waits(client, ask, lots, over):
    """How long each took, until OVER(of them)."""
    chance, took = random.Random(7), []
    while not over(took):
        began = time.monotonic()
        ask(client, chance, lots)
        took.append(time.monotonic() - began)
    return sorted(took)


def percentile(took, n):
    return took[min(len(took) - 1, len(took) * n // 100)]


def compare(daemon, ask, what, lots, n):
    client = daemon.client()
    alone = waits(client, ask, lots, lambda took: len(took) >= n)
    before, most = anonymous(daemon), 0
    with Work(daemon, what) as work:
        def over(took):
            nonlocal most
            if len(took) % 100 == 0:
                most = max(most, anonymous(daemon))
            return work.failed or (len(took) >= n and work.done >= AT_LEAST)
        beside = waits(client, ask, lots, over)
    grown = most - before
    print("beside: %-8s beside a %-10s p50 %.2f ms (alone %.2f), p99 %.2f ms "
          "(alone %.2f): %.1f times; greatest %.0f ms; %d of them, %d times, "
          "anonymous %+d MiB" % (
              ask.__name__, what.__name__ + ":", percentile(beside, 50) * 1e3,
              percentile(alone, 50) * 1e3, percentile(beside, 99) * 1e3,
              percentile(alone, 99) * 1e3,
              percentile(beside, 99) / percentile(alone, 99),
              beside[-1] * 1e3, len(beside), work.done, grown >> 10),
          flush=True)
    if percentile(beside, 99) > BOUND * percentile(alone, 99) + BOUND_S:
        raise Broken("a %s waits beside a %s" % (ask.__name__, what.__name__))
    if what is batch and grown > BATCH_KIB:
        raise Broken("a batch takes %d KiB" % grown)


def run():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    daemon = harness.Daemon().fresh()
    try:
        lots = fill(daemon.client(), people)
        for what in (batch, compaction):
            for ask in (question, write):
                compare(daemon, ask, what, lots, n)
        status = daemon.stop()
        if status != 0:
            raise Broken("SIGTERM: ends with %r" % status)
        ledger.sound(daemon)
    finally:
        daemon.close()


if __name__ == "__main__":
    ledger.main(run)
