#!/usr/bin/python3
"""crash.py [CYCLES] [SEED]: kill -9, 3 to 500 ms into the writes of eight
writers while a batch runs; restart; compare with their lists of what was
acknowledged.

After each kill: the store is sound as it lies there (claused --check: records
decode, the journal is contiguous, the index is that of the records), every
acknowledged write is there, every other is whole or absent, all of them sent
again with their keys happen once, and the revisions add up.
"""
import sys
import threading
import time

import ledger
from ledger import harness


def cycle(daemon, book, within_s):
    """One kill; seconds from exec to the first answer."""
    client = daemon.client()
    if client.call("rescore.status", {})["state"] != "running":
        client.call("rescore.start", {"limit": 20})
    killer = threading.Timer(within_s, daemon.process.kill)
    killer.start()
    book.run(daemon, lambda: False)
    killer.join()
    daemon.wait()
    ledger.sound(daemon)
    began = time.monotonic()
    client = daemon.start().client()
    client.call("ping", {})
    took = time.monotonic() - began
    book.verify(client)
    client.close()
    return took


def run():
    cycles = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20261123
    book = ledger.Ledger(seed=seed)
    daemon = harness.Daemon().fresh()
    restarts = []
    try:
        for _ in range(cycles):
            restarts.append(cycle(daemon, book,
                                  book.random.uniform(0.003, 0.5)))
        if daemon.stop() != 0:
            raise ledger.Broken("it does not stop:\n" + daemon.log())
        said = ledger.sound(daemon)
    finally:
        daemon.close()
    print("crash: %d kills, %d writes acknowledged, 0 lost; %d without an "
          "answer had happened, 0 half; %d sent again, 0 twice"
          % (cycles, book.acks, book.happened, book.repeated))
    print("crash: %s; restart to the first answer: %s"
          % (said.splitlines()[1], ledger.spread(restarts)))


if __name__ == "__main__":
    ledger.main(run)
