#!/usr/bin/python3
"""soak.py [REQUESTS] [BATCHES]: a long time in a short one.  Reads, long
questions and writes over the same objects, erasures and re-creations among
them, with batches between; after a warm-up of a tenth nothing may grow.

What must hold: anonymous memory grows by 2 % or 4 MiB at most, the same
threads and descriptors, no more readers than views can be open at once, and a
file of at most 1.3 times what it holds.  soak.py 2000000 24 is the long form.
"""
import os
import random
import sys
import time

import ledger
from ledger import Broken, harness
from examples import facilitator, market, profile, structure, structure_id

PEOPLE, STRUCTURES, MARKETS = 2000, 200, 50
READERS = 16        # the loop, four workers, a batch's, and ended ones kept
GROWTH_KIB = 4096
GROWTH = 0.02
FILE = 1.3
CONSTANT = 16 << 20     # what commits and a batch leave, however little it holds


def requests(chance, n):
    """Mostly reads; a tenth writes, so that values are replaced all the
    while."""
    for _ in range(n):
        m = "m-%d" % chance.randrange(MARKETS)
        p = "p-%d" % chance.randrange(PEOPLE)
        s = 1 + chance.randrange(STRUCTURES)
        yield chance.choices((
            ("match.structures", {"market": m, "limit": 20}),
            ("match.people", {"market": m, "limit": 20}),
            ("profile.get", {"id": p}),
            ("structure.get", {"id": structure_id(s)}),
            ("events.since", {"since": chance.randrange(1000), "limit": 20}),
            ("match.market", {"market": m, "limit": 5}),
            ("match.people", {"market": "none"}),
            ("profile.put", {"profile": profile(
                p, mobility_km=chance.randrange(5, 100))}),
            ("structure.put", {"structure": structure(
                s, free_hours=chance.randrange(2000))}),
            ("market.put", {"market": market(m, status="OPEN")}),
            ("profile.erase", {"id": p}),
        ), (25, 25, 15, 10, 5, 2, 5, 6, 3, 1, 1))[0]


def ask_all(client, calls):
    """How many were refused, which only what is not there may be."""
    refused = 0
    for got in client.many(calls, window=64, deadline=60):
        if isinstance(got, Exception):
            if getattr(got, "name", "") != "NOT_FOUND":
                raise Broken("refused: %s" % got)
            refused += 1
    return refused


def rescore(client):
    client.call("rescore.start", {"limit": 20})
    while client.call("rescore.status", {})["state"] == "running":
        pass


def figures(daemon, client):
    with open("/proc/%d/status" % daemon.process.pid) as f:
        said = dict(line.split(":", 1) for line in f)
    stats = client.call("stats", {})
    return {"anonymous": int(said["RssAnon"].split()[0]),
            "threads": int(said["Threads"]),
            "descriptors": len(os.listdir("/proc/%d/fd" % daemon.process.pid)),
            "readers": stats["readers"],
            "file": stats["map_used"],
            "holds": stats["map_used"] - stats["map_free"]}


def settled(daemon, client, threads):
    """The figures once a batch's threads have gone."""
    harness.until(lambda: figures(daemon, client)["threads"] <= threads)
    return figures(daemon, client)


def soak(daemon, n, batches):
    client = daemon.client()
    chance = random.Random(20261123)
    client.load("structure", (structure(i + 1) for i in range(STRUCTURES)))
    client.load("profile", (profile("p-%d" % i) for i in range(PEOPLE)))
    client.load("market", (market("m-%d" % i, status="OPEN")
                           for i in range(MARKETS)))
    client.call("facilitator.put", {"facilitator": facilitator()})
    began = time.monotonic()
    refused = ask_all(client, requests(chance, n // 10))
    idle = figures(daemon, client)["threads"]
    rescore(client)
    first = settled(daemon, client, idle)
    for _ in range(batches - 1):
        refused += ask_all(client, requests(chance, (n - n // 10)
                                            // max(1, batches - 1)))
        rescore(client)
    last = settled(daemon, client, idle)
    took = time.monotonic() - began
    for what in first:
        print("soak: %-12s %9d after the warm-up, %9d at the end" % (
            what, first[what], last[what]))
    for what in ("threads", "descriptors"):
        if first[what] != last[what]:
            raise Broken("%s: %d, and %d at the end" % (
                what, first[what], last[what]))
    if last["anonymous"] - first["anonymous"] > max(
            GROWTH_KIB, GROWTH * first["anonymous"]):
        raise Broken("memory grows")
    if last["readers"] > READERS:
        raise Broken("%d readers" % last["readers"])
    if last["file"] > FILE * last["holds"] + CONSTANT:
        raise Broken("the file is %.2f times what it holds" % (
            last["file"] / last["holds"]))
    print("soak: %d requests (%d of what is not there) and %d batches in "
          "%.0f s; the file is %.2f times what it holds" % (
              n, refused, batches, took, last["file"] / last["holds"]))


def run():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 6000
    batches = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    daemon = harness.Daemon()
    # The full check holds a snapshot for as long as the machine lets it.
    daemon.config = os.path.join(daemon.home, "conf")
    with open(daemon.config, "w") as f:
        f.write("[claused]\ncheck_s = 0\n")
    daemon.fresh()
    try:
        soak(daemon, n, batches)
        status = daemon.stop()
        if status != 0:
            raise Broken("SIGTERM: ends with %r" % status)
        ledger.sound(daemon)
    finally:
        daemon.close()


if __name__ == "__main__":
    ledger.main(run)
