#!/usr/bin/python3
"""process.py [ROUNDS] [SECONDS]: SIGTERM at any time, and two daemons on one
store.

SIGTERM comes at random while eight writers write and a batch runs, the store
is compacted, the index is rebuilt or long questions wait; every other time a
second one follows.  The daemon ends with 0 within SECONDS (5), what it
acknowledged is there, and what had no answer may be sent again.

A second daemon ends with 75 within a second, before it binds anything; the
first one's writers notice nothing.
"""
import subprocess
import sys
import threading
import time

import ledger
from ledger import Broken, harness
from examples import lot, market, profile

TERM = harness.signal.SIGTERM
LOCKED = 75
STATES = ("writes", "batch", "compaction", "rebuild", "questions")


def round_of(daemon, book, state, seconds):
    """Seconds from SIGTERM to the end."""
    chance = book.random
    client = daemon.client()
    asked = []
    if state == "batch":
        client.call("rescore.start", {"limit": 200})
    elif state == "compaction":
        daemon.signal(harness.signal.SIGUSR1)
    elif state == "questions":
        for _ in range(4):
            raw = harness.Raw(daemon.endpoint)
            for i in range(25):
                raw.ask("match.reasons", {"market": "S-1"}, i=i)
            asked.append(raw)
    told = []

    def tell():
        told.append(time.monotonic())
        daemon.signal(TERM)

    timers = [threading.Timer(chance.uniform(0, 0.3), tell)]
    if chance.random() < 0.5:
        timers.append(threading.Timer(timers[0].interval
                                      + chance.uniform(0, 0.1), tell))
    for timer in timers:
        timer.start()
    book.run(daemon, lambda: False)
    try:
        status = daemon.wait(max(1, seconds))
    except subprocess.TimeoutExpired:
        raise Broken("%s: it has not ended after %d s" % (state, seconds))
    took = time.monotonic() - told[0]
    for timer in timers:
        timer.join()
    for raw in asked:
        raw.socket.close()
    client.close()
    if status != 0 or took > seconds:
        raise Broken("%s: ended with %r after %.1f s\n%s" % (
            state, status, took, daemon.log()[-1000:]))
    return took


def terminate(daemon, book, rounds, seconds):
    took = []
    for n in range(rounds):
        state = STATES[n % len(STATES)]
        if state == "rebuild":
            if daemon.stop() != 0:
                raise Broken("it does not stop")
            daemon.start("--rebuild")
        took.append(round_of(daemon, book, state, seconds))
        ledger.sound(daemon)
        client = daemon.start().client()
        book.verify(client)
        client.close()
    print("process: %d SIGTERMs (%s), %d writes acknowledged, 0 lost; all "
          "ended with 0: %s" % (rounds, ", ".join(STATES), book.acks,
                                ledger.spread(took)))


def second(daemon, book, times):
    """TIMES another daemon tries to have the store, also at its socket."""
    took = []
    over = threading.Event()
    broken = []

    def others():
        try:
            for _ in range(times):
                other = harness.Daemon(store=daemon.store)
                began = time.monotonic()
                other.launch(listen=daemon.endpoint)
                try:
                    status = other.wait(10)
                except subprocess.TimeoutExpired:
                    status = other.kill() and "serves"
                took.append(time.monotonic() - began)
                other.close()
                if status != LOCKED:
                    broken.append("the second: %r" % status)
                    break
        finally:
            over.set()
    thread = threading.Thread(target=others)
    acks = book.acks
    thread.start()
    book.run(daemon, over.is_set)
    thread.join()
    refused = [w.refused for w in book.doubtful() if w.refused]
    if broken or refused or daemon.process.poll() is not None:
        raise Broken("two daemons: %s %s" % (broken[:1], refused))
    if max(took) > 1:
        raise Broken("the second took %.1f s to see it" % max(took))
    client = daemon.client()
    book.verify(client)
    client.close()
    print("process: %d times a second daemon: all ended with 75: %s; the first"
          " acknowledged %d writes meanwhile, refused 0" % (
              times, ledger.spread(took), book.acks - acks))


def run():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    daemon = harness.Daemon().fresh()
    book = ledger.Ledger(seed=rounds)
    try:
        client = daemon.client()
        client.load("profile", (profile("s-%d" % i) for i in range(4000)))
        client.call("market.put", {"market": market("S-1", [lot()] * 20,
                                                    status="OPEN")})
        book.begin_with(client.call("stats", {}))
        client.close()
        if rounds:
            terminate(daemon, book, rounds, seconds)
        if daemon.stop() != 0:
            raise Broken("it does not stop")
        daemon.start(listen="ipc://%s/socket" % daemon.home)
        second(daemon, book, 5)
        if daemon.stop() != 0:
            raise Broken("it does not stop")
    finally:
        daemon.close()


if __name__ == "__main__":
    ledger.main(run)
