#!/usr/bin/python3
"""crowd.py [CLIENTS] [ROUNDS]: so many clients, each with a connection that its
key opened, first idle, then each with a request a second for so many seconds.

What must hold: every request is answered, be it with BUSY or OVER_QUOTA; a
client costs the daemon at most 64 KiB.  crowd.py 10000 10 is the long form.
"""
import json
import os
import resource
import subprocess
import sys
import time

import ledger
from ledger import Broken, harness, zmq

KEYS = 20
CLIENT_KIB = 64
AT_ONCE = 100       # handshakes
PEERS = 4000        # of one process, for its descriptors
REFUSED = ("BUSY", "OVER_QUOTA")
ANSWER_S = 60


def rss(process):
    """Of the daemon, in KiB."""
    with open("/proc/%d/status" % process.pid) as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("VmRSS:"))


# ---- A process with some of them --------------------------------------------

class Crowd:
    def __init__(self, endpoint, server, keys, n):
        context = zmq.Context.instance()
        context.set(zmq.MAX_SOCKETS, n + 100)
        self.poller = zmq.Poller()
        self.raws = {}
        self.names = {}
        self.took = []
        self.asked = {}
        for i in range(n):
            public, secret = keys[i % len(keys)]
            raw = harness.Raw(endpoint, CURVE_SERVERKEY=server.encode(),
                              CURVE_PUBLICKEY=public.encode(),
                              CURVE_SECRETKEY=secret.encode())
            self.raws[raw.socket] = raw
            self.poller.register(raw.socket, zmq.POLLIN)
            self.ask(raw)
            if i % AT_ONCE == AT_ONCE - 1 or i == n - 1:
                self.hear(lambda: not self.asked, ANSWER_S)

    def ask(self, raw):
        raw.ask("ping", {})
        self.asked[raw.socket] = time.monotonic()

    def hear(self, over, seconds):
        """Take replies until OVER() or the time is over."""
        end = time.monotonic() + seconds
        while not over() and time.monotonic() < end:
            for socket, _ in self.poller.poll(10):
                header, body = self.raws[socket].receive()
                name = body["name"] if header["s"] else "OK"
                self.names[name] = self.names.get(name, 0) + 1
                began = self.asked.pop(socket, None)
                if began is None:
                    raise Broken("a reply to nobody's question")
                self.took.append(time.monotonic() - began)

    def rounds(self, n):
        """Each asks once in each second, one after the other."""
        began, all_of_them = time.monotonic(), list(self.raws.values())
        for i in range(n * len(all_of_them)):
            at = began + i / len(all_of_them)
            raw = all_of_them[i % len(all_of_them)]
            if raw.socket in self.asked:
                self.hear(lambda: raw.socket not in self.asked, ANSWER_S)
            if i % 50 == 0:
                self.hear(lambda: time.monotonic() >= at, ANSWER_S)
            if raw.socket not in self.asked:
                self.ask(raw)
        self.hear(lambda: not self.asked, ANSWER_S)


def crowd(argv):
    """One of the processes: says that all are there, goes on when told."""
    endpoint, server, n, rounds, keys = argv
    crowd = Crowd(endpoint, server, json.loads(keys), int(n))
    print(json.dumps({"unanswered": len(crowd.asked)}), flush=True)
    sys.stdin.readline()
    crowd.names.clear()
    crowd.took.clear()
    crowd.rounds(int(rounds))
    print(json.dumps({"names": crowd.names, "unanswered": len(crowd.asked),
                      "took": crowd.took}), flush=True)


# ---- The daemon and all of them ---------------------------------------------

def keyed():
    """A daemon, and pairs that it knows."""
    daemon = harness.Daemon().keyed().fresh()
    root = daemon.as_key("root")
    pairs = []
    for i in range(KEYS):
        pairs.append([k.decode() for k in zmq.curve_keypair()])
        root.call("key.put", {"key": {
            "id": "crowd-%d" % i, "public_key": pairs[-1][0],
            "role": "batch", "territories": ["FR"]}})
    return daemon, pairs


def start(daemon, pairs, n, rounds):
    return subprocess.Popen(
        [sys.executable, os.path.abspath(__file__), "--crowd", daemon.endpoint,
         daemon.server_key, str(n), str(rounds), json.dumps(pairs)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def told(process):
    line = process.stdout.readline()
    if not line:
        raise Broken("a process of clients ended with %r" % process.wait())
    return json.loads(line)


def measure(daemon, pairs, n, rounds):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if n + 200 > hard:
        raise Broken("only %d descriptors are allowed" % hard)
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (hard, hard))
    before = rss(daemon.process)
    began = time.monotonic()
    processes = []
    try:
        while n > sum(p.n for p in processes):
            some = min(PEERS, n - sum(p.n for p in processes))
            processes.append(start(daemon, pairs, some, rounds))
            processes[-1].n = some
        late = sum(told(p)["unanswered"] for p in processes)
        came = time.monotonic() - began
        idle = rss(daemon.process) - before
        for p in processes:
            print(file=p.stdin, flush=True)
        said = [told(p) for p in processes]
        busy = rss(daemon.process) - before
    finally:
        for p in processes:
            p.kill()
            p.communicate()
    if late or any(s["unanswered"] for s in said):
        raise Broken("%d first and %d later requests without an answer" % (
            late, sum(s["unanswered"] for s in said)))
    names = {}
    for s in said:
        for name, times in s["names"].items():
            names[name] = names.get(name, 0) + times
    if set(names) - {"OK", *REFUSED} or not names.get("OK"):
        raise Broken("answered with %r" % names)
    if max(idle, busy) > CLIENT_KIB * n + 4096:
        raise Broken("%d clients cost %d KiB" % (n, max(idle, busy)))
    print("crowd: %d clients there after %.0f s, %.1f KiB each, %.1f KiB with "
          "a request a second; %s; 0 without an answer; %s" % (
              n, came, idle / n, busy / n, ", ".join(
                  "%d %s" % (k, v) for v, k in sorted(names.items())),
              ledger.spread([t for s in said for t in s["took"]])))


def run():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    daemon, pairs = keyed()
    try:
        measure(daemon, pairs, n, rounds)
        status = daemon.stop()
        if status != 0:
            raise Broken("SIGTERM: ends with %r" % status)
    finally:
        daemon.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--crowd"]:
        crowd(sys.argv[2:])
    else:
        ledger.main(run)
