#!/usr/bin/python3
"""sweep.py [POINTS]: the nth allocation, write or sync fails, for n all over a
scripted session; once, and from then on for ever.

For each kind of fault the session is counted first; POINTS of the places (all
of them when there are fewer, or when POINTS is 0) are tried.  Whatever fails:
every request is answered or the daemon ends by itself, not by a signal; none
hangs for more than 5 s; the store that is left is sound, and holds every
acknowledged write, each of the others whole or not at all.

An I/O error (EIO) ends the daemon with 74: no write is acknowledged after it
and nothing is synced again.  A full disk (ENOSPC) is refused as such, reads go
on, and when there is room again so do writes.  What a compaction replaced and
cannot overwrite is told, and left for the next start, which does it.
"""
import concurrent.futures
import errno
import glob
import itertools
import mmap
import os
import shutil
import struct
import sys
import tempfile
import time

import ledger
from ledger import Broken, claused, harness
from examples import lot, market, profile, structure

HANG_S = 5
SESSIONS = 4     # at once
IO_EXIT = 74
CLEAN = (0, 66, 71, 73, IO_EXIT, 78)
READS = (
    ("stats", {}), ("match.structures", {"market": "S-1", "limit": 5}),
    ("match.people", {"market": "S-1", "limit": 5}),
    ("match.market", {"market": "S-1", "limit": 5}),
    ("match.explain", {"market": "S-1", "profile": "s-3"}),
    ("match.reasons", {"market": "S-1"}), ("profile.list", {"page_size": 50}),
    ("assess.market", {"market": "S-1"}), ("rescore.status", {}))


class Report:
    """What inject.so says of itself, while it runs."""

    def __init__(self, path):
        with open(path, "wb") as f:
            f.write(bytes(32))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), 32)

    def read(self):
        return struct.unpack("=QQQQ", self.map[:])

    @property
    def failed(self):
        return self.read()[1]


class Session:
    """One daemon with one fault, from its start to its end."""

    def __init__(self, home, stats, seed):
        self.home = home
        self.book = ledger.Ledger(writers=1, seed=seed)
        self.book.begin_with(stats)
        self.answered = self.refused = 0
        self.after = 0      # acknowledged although a fault had struck before
        self.names = set()

    def begin(self, template, what, at, code, sticky):
        store = os.path.join(self.home, "store")
        for end in ("", ".secrets"):
            shutil.rmtree(store + end, ignore_errors=True)
            shutil.copytree(template + end, store + end)
        self.report = Report(os.path.join(self.home, "report"))
        self.daemon = harness.Daemon(store=store, env={
            "LD_PRELOAD": os.path.join(harness.BUILD, "tests/faults/inject.so"),
            "FAULT_WHAT": what, "FAULT_AT": str(at), "FAULT_ERRNO": str(code),
            "FAULT_STICKY": str(int(sticky)), "FAULT_DIR": store,
            "FAULT_REPORT": os.path.join(self.home, "report")})

    def call(self, method, params, key=None):
        """Patient with a daemon that lives; one that has ended answers
        nobody."""
        until = time.monotonic() + HANG_S
        while True:
            try:
                return self.client.call(method, params, key=key)
            except claused.Timeout as e:
                if self.daemon.process.poll() is not None:
                    raise
                if time.monotonic() > until:
                    raise Broken("%s hangs" % method)
                key = e.key

    def ask(self, method, params):
        try:
            self.call(method, params)
            self.answered += 1
        except claused.Refused as e:
            self.refused += 1
            self.names.add(e.name)

    def write(self):
        struck = self.report.failed
        refusal = self.book.step(self.call)
        if refusal:
            self.refused += 1
            self.names.add(refusal.name)
        else:
            self.answered += 1
            self.after += struck > 0

    def talk(self):
        """The script: every kind of verb, a batch and a compaction."""
        for _ in range(4):
            self.write()
        for method, params in READS:
            self.ask(method, params)
        self.ask("rescore.start", {"limit": 5})
        for _ in range(4):
            self.write()
        self.daemon.signal(harness.signal.SIGUSR1)
        for method, params in READS:
            self.ask(method, params)
        for _ in range(4):
            self.write()

    def run(self):
        """Its exit status."""
        try:
            self.daemon.start()
        except AssertionError:
            return self.daemon.process.wait()
        self.client = self.daemon.client(deadline=0.3, retries=0)
        try:
            self.talk()
        except claused.Timeout:
            pass
        if self.daemon.process.poll() is not None:
            return self.daemon.process.wait()
        status = self.daemon.stop()
        if status is None:
            raise Broken("SIGTERM: it does not end within %d s"
                         % harness.STOP_S)
        return status

    def left(self):
        """What a compaction replaced, and did not overwrite."""
        return len(glob.glob(os.path.join(self.daemon.store, "env-*"))) > 1

    def reopen(self):
        """Without faults: sound, nothing lost, nothing half."""
        daemon = harness.Daemon(store=self.daemon.store)
        try:
            ledger.sound(daemon)
            self.book.verify(daemon.start().client())
        finally:
            daemon.close()

    def close(self):
        """Without faults, which would hide what was found."""
        self.daemon.env = dict(os.environ)
        self.daemon.close()


def fill(home):
    """A store that the sessions begin with; its path and stats."""
    daemon = harness.Daemon(store=os.path.join(home, "template")).fresh()
    client = daemon.client()
    client.load("structure", (structure(9000 + i) for i in range(20)))
    client.load("profile", (profile("s-%d" % i) for i in range(200)))
    client.call("market.put", {"market": market("S-1", [lot(), lot()],
                                                status="OPEN")})
    stats = client.call("stats", {})
    if daemon.stop() != 0:
        raise Broken("it does not stop")
    for c in daemon.clients:
        c.close()
    shutil.rmtree(daemon.home)
    return daemon.store, stats


def judge(s, what, code, sticky, status):
    """What must hold of a session in which a fault has struck."""
    if status < 0:
        raise Broken("killed by signal %d" % -status)
    if status not in CLEAN:
        raise Broken("exit status %d" % status)
    if what in ("malloc", "name"):
        return
    if code == errno.ENOSPC and what == "data":
        if status != 0:
            raise Broken("a full disk ended it with %d" % status)
        if sticky and s.after:
            raise Broken("%d writes acknowledged on a full disk" % s.after)
        return
    if code == errno.EIO and what in ("data", "meta", "sync"):
        if s.after:
            raise Broken("%d writes acknowledged after an error" % s.after)
        if status == 0:
            raise Broken("it ends as if all were well")
        if what == "sync" and s.report.read()[2] > 0 and not sticky:
            raise Broken("it synced again after an error")


def one(home, template, stats, what, code, sticky, at):
    os.mkdir(home)
    s = Session(home, stats, at)
    s.begin(template, what, at, code, sticky)
    try:
        status = s.run()
        seen, failed, _, wiping = s.report.read()
        if at and failed:
            judge(s, what, code, sticky, status)
        elif status != 0:
            raise Broken("nothing failed, and it ends with %d" % status)
        elif wiping and code and not s.left():
            raise Broken("what was replaced is gone, and not overwritten")
        s.reopen()
        if s.left():
            raise Broken("the next start does not overwrite it")
    except (Broken, AssertionError) as e:
        raise Broken("%s %d, %s, %s: %s\n%s" % (
            what, at, errno.errorcode.get(code, "half"),
            "for ever" if sticky else "once", e, s.daemon.log()[-1500:]))
    finally:
        s.close()
        shutil.rmtree(home)
    return s, status, seen, failed + wiping


def sweep(home, template, stats, what, code, points):
    seen = one(os.path.join(home, "0"), template, stats, what, code, False,
               0)[2]
    if not seen:
        raise Broken("%s: there is no place to fail at" % what)
    places = list(range(1, seen + 1))
    if points and len(places) > points:
        places = sorted({1 + i * (seen - 1) // (points - 1)
                         for i in range(points)})
    struck = refused = ended = acked = 0
    names = set()

    def session(fault):
        return one(os.path.join(home, "%d-%d" % fault), template, stats,
                   what, code, *fault)
    with concurrent.futures.ThreadPoolExecutor(SESSIONS) as pool:
        for s, status, _, failed in pool.map(
                session, itertools.product((False, True), places)):
            struck += failed > 0
            ended += status != 0
            refused += s.refused
            acked += s.book.acks
            names |= s.names
    print("sweep: %-6s %-6s %4d of %4d places, once and for ever: %d sessions "
          "struck, %d ended by themselves, %d acknowledged, 0 lost; refused: "
          "%d %s" % (what, errno.errorcode.get(code, "half"), len(places),
                     seen, struck, ended, acked, refused,
                     " ".join(sorted(names))), flush=True)


def run():
    points = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    only = sys.argv[2:]
    home = tempfile.mkdtemp(prefix="claused-sweep-")
    try:
        template, stats = fill(home)
        for what, code in (("malloc", errno.ENOMEM), ("sync", errno.EIO),
                           ("data", errno.EIO), ("meta", errno.EIO),
                           ("data", errno.ENOSPC), ("data", 0),
                           ("meta", 0), ("name", errno.EMFILE)):
            if not only or what in only:
                sweep(home, template, stats, what, code, points)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    ledger.main(run)
