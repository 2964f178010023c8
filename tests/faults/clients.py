#!/usr/bin/python3
"""clients.py [NAME=N...]: clients that do not read, that die, that are silent,
that never end, and those that only want an answer.

  slow=20000     requests of a client that reads no reply
  gone=300       clients that leave before their reply
  dead=1         an LMDB reader that was killed (waits for the 30 s chore)
  silent=2000    TCP connections that say nothing
  descriptors=120  connections to a daemon that may open 64 files
  endless=3      seconds of a message that never ends, of each kind
  pings=10000    ping-pongs at random pacing; an event missed is a long wait

0 leaves one out.  The defaults are the short form; silent=10000 gone=10000
pings=100000 is the long one.
"""
import random
import resource
import socket
import struct
import subprocess
import sys
import threading
import time

import ledger
from ledger import Broken, harness
from examples import market, profile

DEFAULTS = dict(slow=20000, gone=300, dead=1, silent=2000, descriptors=120,
                endless=3, pings=10000)
HANDSHAKE_S = 3
WAIT_MS = 100
PULSES = 500        # at least so many, for a 99th percentile
# A DEALER's side of ZMTP 3.0 without security.
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + \
    bytes(32)
READY = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER"


def want(what, condition, *more):
    if not condition:
        raise Broken("%s: %s" % (what, " ".join(str(m) for m in more)))


def told(daemon, field):
    """A figure of /proc/PID/status, in KiB."""
    with open("/proc/%d/status" % daemon.process.pid) as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith(field + ":"))


def address(daemon):
    host, port = daemon.endpoint[len("tcp://"):].rsplit(":", 1)
    return host, int(port)


class Pulse(threading.Thread):
    """A good client that pings all the while."""

    def __init__(self, daemon):
        super().__init__(daemon=True)
        self.endpoint = daemon.endpoint
        self.over = threading.Event()
        self.took = []
        self.alone = []     # what they took before the harm
        self.unanswered = 0

    def run(self):
        client = harness.claused.connect(self.endpoint, deadline=5, retries=0)
        while not self.over.is_set():
            began = time.monotonic()
            try:
                client.call("ping", {})
                self.took.append(time.monotonic() - began)
            except harness.claused.Timeout:
                self.unanswered += 1
            self.over.wait(0.002)
        client.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def enough(self):
        many = len(self.took) + PULSES
        want("a good client", harness.until(lambda: len(self.took) >= many),
             "is not answered")

    def harmed(self):
        """From now on it is not alone."""
        self.enough()
        self.alone, self.took = self.took, []

    def figures(self):
        want("a good client", not self.unanswered, self.unanswered,
             "pings unanswered")
        if not self.alone:
            return "a good client: " + ledger.spread(self.took)
        alone, beside = (sorted(t)[len(t) * 99 // 100]
                         for t in (self.alone, self.took))
        # A bound for any machine, however busy; the figure is what counts.
        want("a good client", beside <= 20 * alone + 0.2, "p99 alone", alone,
             "beside", beside)
        return "a good client: p99 %.2f ms alone, %.2f ms beside: %.1f times" \
            % (alone * 1000, beside * 1000, beside / alone)


def ends_well(daemon):
    status = daemon.stop()
    want("SIGTERM", status == 0, "ends with", status, daemon.log()[-1000:])


# ---- Those that do not read ------------------------------------------------

def replies(client):
    stats = client.call("stats", {"verbs": True})
    return (sum(v["asked"] for v in stats["verbs"]), stats["sent_replies"],
            stats["dropped_replies"], stats["reply_queue"])


def slow(daemon, n):
    """It asks and does not read; then it reads what is left."""
    client = daemon.client()
    before = replies(client)
    with harness.Raw(daemon.endpoint, RCVHWM=10, SNDHWM=0,
                     RCVBUF=65536) as raw, Pulse(daemon) as pulse:
        for i in range(n):
            raw.ask("stats", {}, i=i)
        want("slow", harness.until(
            lambda: replies(client)[0] - before[0] >= n), "not all accepted")
        pulse.over.set()
        pulse.join()
        asked, sent, dropped, queued = replies(client)
        # The question itself is neither asked nor answered yet.
        want("slow", asked == sent + dropped + queued, asked, "accepted,",
             sent, "sent,", dropped, "dropped,", queued, "queued")
        want("slow", dropped > 0, "nothing was dropped: too few requests")
        read = 0
        while raw.receive(1.0):
            read += 1
        asked, sent, dropped, queued = replies(client)
        want("slow", read + dropped == n and queued == 0, read, "read,",
             dropped, "dropped of", n)
    print("clients: slow: %d accepted = %d read + %d dropped + 0 queued, "
          "0 silently; %s" % (n, read, dropped, pulse.figures()))


def gone(daemon, n):
    """Each writes and leaves; the write is there once, and its key answers
    whoever brings it."""
    client = daemon.client()
    before = client.call("stats", {})
    for i in range(n):
        with harness.Raw(daemon.endpoint, LINGER=1000) as raw:
            raw.ask("market.put", {"market": market("gone-%d" % i)},
                    k="gone-%d" % i)
        # What lingers holds a descriptor of ours.
        if i % 300 == 299 or i == n - 1:
            want("gone", harness.until(
                lambda: client.call("stats", {})["markets"]
                > before["markets"] + i), "not all were written")
    for i in range(n):
        client.call("market.put", {"market": market("gone-%d" % i)},
                    key="gone-%d" % i)
    after = client.call("stats", {})
    want("gone", after["revision"] == before["revision"] + n, "twice:",
         after["revision"] - before["revision"])
    print("clients: gone: %d left before their reply (%d dropped), 0 lost, "
          "0 twice" % (n, after["dropped_replies"]
                       - before["dropped_replies"]))


READER = """
import ctypes, sys, time
lmdb = ctypes.CDLL("liblmdb.so.0")
env, txn = ctypes.c_void_p(), ctypes.c_void_p()
assert not lmdb.mdb_env_create(ctypes.byref(env))
assert not lmdb.mdb_env_open(env, sys.argv[1].encode(), 0x20000, 0)
assert not lmdb.mdb_txn_begin(env, None, 0x20000, ctypes.byref(txn))
print("reading", flush=True)
time.sleep(1000)
"""


def dead(daemon, _):
    """Pages that a snapshot holds cannot be used again; a dead process holds
    none, once that was noticed."""
    client = daemon.client()

    def overwrite(times):
        for _ in range(times):
            client.load("profile", (profile("d-%d" % i, mobility_km=next(km))
                                    for i in range(500)))
        return client.call("stats", {})["map_used"]
    km = iter(random.Random(3).choices(range(5, 100), k=500 * 1000))
    settled = overwrite(10)
    env, = (f for f, _ in daemon.files() if f.endswith("data.mdb"))
    reader = subprocess.Popen([sys.executable, "-c", READER,
                               env[:-len("/data.mdb")]],
                              stdout=subprocess.PIPE)
    harness.lines_within(reader.stdout, harness.PATIENCE_S)
    held = overwrite(10)
    reader.kill()
    reader.wait()
    reader.stdout.close()
    want("dead", held > 1.2 * settled, "nothing was held:", settled, held)
    began = time.monotonic()
    want("dead", harness.until(lambda: "stale readers" in daemon.log(), 60),
         "the reader was never cleared")
    noticed = time.monotonic() - began
    cleared = overwrite(2)
    after = overwrite(20)
    want("dead", after <= 1.05 * cleared, "it grows on:", cleared, after)
    print("clients: dead: %d KiB, %d KiB with a reader of an old snapshot, "
          "killed and cleared after %.0f s; %d KiB after 11,000 more writes"
          % (settled >> 10, held >> 10, noticed, after >> 10))


# ---- Those that take what they can -------------------------------------------

def connect(daemon, n):
    out = []
    for _ in range(n):
        s = socket.socket()
        s.settimeout(20)
        s.connect(address(daemon))
        s.setblocking(False)
        out.append(s)
    return out


def still_open(sockets):
    """How many the daemon has not closed."""
    n = 0
    for s in sockets:
        try:
            while s.recv(4096):
                pass
        except BlockingIOError:
            n += 1
        except OSError:
            pass
    return n


def silent(daemon, n):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if n + 200 > hard:
        n = hard - 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, n + 200), hard))
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (min(hard, n + 200), hard))
    before = told(daemon, "VmRSS")
    with Pulse(daemon) as pulse:
        pulse.harmed()
        began = time.monotonic()
        sockets = connect(daemon, n)
        connected = time.monotonic() - began
        peak = 0

        def none_left():
            nonlocal peak
            peak = max(peak, told(daemon, "VmRSS"))
            return not still_open(sockets)
        want("silent", harness.until(none_left, connected + HANDSHAKE_S + 5),
             still_open(sockets), "are still open")
        closed = time.monotonic() - began
    for s in sockets:
        s.close()
    want("silent", peak - before <= 64 * 1024, "RSS grew by KiB:",
         peak - before)
    print("clients: silent: %d connections in %.1f s, all closed after %.1f s,"
          " RSS %+d MiB; %s" % (n, connected, closed, (peak - before) >> 10,
                                pulse.figures()))


def descriptors(daemon, n):
    """No descriptor is left for those who come; those who are there are
    served, the log says so, and a compaction and a backup find theirs though
    connections wait for every one."""
    with Pulse(daemon) as pulse:
        client = daemon.client()
        client.call("ping", {})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        pulse.harmed()
        resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (64, hard))
        lines = daemon.log().count("\n")
        sockets = connect(daemon, n)
        want("descriptors", harness.until(
            lambda: "no descriptor is left" in daemon.log()), "no alarm")
        began = time.monotonic()
        for i in range(50):
            client.call("market.put", {"market": market("fd-%d" % i)})
        wrote = time.monotonic() - began
        client.call("backup", {})
        daemon.signal(harness.signal.SIGUSR1)
        want("descriptors", harness.until(
            lambda: client.call("stats", {})["compactions"]), "no compaction",
            daemon.log()[-1000:])
        pulse.enough()
        pulse.over.set()
        pulse.join()
        for s in sockets:
            s.close()
        began = time.monotonic()
        late = daemon.client(deadline=10)
        late.call("ping", {})
        again = time.monotonic() - began
    lines = daemon.log().count("\n") - lines
    want("descriptors", again < 5, "a new client waited", again)
    want("descriptors", lines < 20, lines, "lines were logged")
    print("clients: descriptors: 64 allowed, %d connections: 50 writes in "
          "%.2f s, a new client after %.2f s, %d lines logged; %s" % (
              n, wrote, again, lines, pulse.figures()))


def endless_message(daemon, frame, seconds):
    """Parts of one message until SECONDS are over or it is cut off: MiB sent
    and the greatest RSS."""
    s = socket.create_connection(address(daemon))
    s.settimeout(1)
    sent, peak = 0, 0
    try:
        s.sendall(GREETING)
        got = b""
        while len(got) < 64:
            got += s.recv(64 - len(got))
        s.sendall(b"\x04" + bytes([len(READY)]) + READY)
        many = frame * max(1, 65536 // len(frame))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            s.sendall(many)
            sent += len(many)
            if daemon.process.poll() is not None:
                break
            peak = max(peak, told(daemon, "VmRSS"))
    except (OSError, StopIteration, FileNotFoundError):
        pass
    finally:
        s.close()
    return sent >> 20, peak


def ended(daemon):
    """Its exit status; None when it lives."""
    try:
        return daemon.wait(1)
    except subprocess.TimeoutExpired:
        return None


def endless(daemon, seconds):
    """Memory has a limit (the unit's LimitDATA): the sender is cut off, or
    the daemon ends and is started again, as systemd does; nothing that was
    acknowledged is lost."""
    room = 96 << 20
    daemon.client().call("market.put", {"market": market("before")})
    for what, frame in (("60 kB parts", b"\x03" + struct.pack(">Q", 60000)
                         + bytes(60000)), ("empty parts", b"\x01\x00")):
        limit = (told(daemon, "VmData") << 10) + room
        before = told(daemon, "VmRSS")
        resource.prlimit(daemon.process.pid, resource.RLIMIT_DATA,
                         (limit, resource.RLIM_INFINITY))
        sent, peak = endless_message(daemon, frame, seconds)
        died = ended(daemon)
        began = time.monotonic()
        if died is not None:
            daemon.start()
        client = daemon.client(deadline=10)
        client.call("market.get", {"id": "before"})
        back = time.monotonic() - began
        want("endless", peak - before <= (room >> 10) + 8192,
             "RSS grew by KiB:", peak - before)
        want("endless", back <= 2 if died is not None else back <= 5,
             "service was back after", back)
        print("clients: endless: %s, %d MiB sent: RSS %+d MiB of %d allowed, "
              "%s, answers after %.2f s, nothing lost" % (
                  what, sent, (peak - before) >> 10, room >> 20,
                  "still served" if died is None
                  else "ended (%d), started again" % died, back))


# ---- Those that only want an answer -------------------------------------------

class Machine(threading.Thread):
    """How long this machine keeps somebody waiting who only sleeps."""

    def __init__(self):
        super().__init__(daemon=True)
        self.over = threading.Event()
        self.late = 0.0

    def run(self):
        while not self.over.is_set():
            began = time.monotonic()
            time.sleep(0.001)
            self.late = max(self.late, time.monotonic() - began - 0.001)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


def pings(daemon, n):
    """Bursts and single ones, writes among them, with pauses of no time to
    more than the loop's; the machine's own delays are told apart."""
    chance = random.Random(20261123)
    longest = 0.0
    with harness.Raw(daemon.endpoint) as raw, Machine() as machine:
        done = 0
        while done < n:
            burst = chance.choice((1, 1, 1, 1, 2, 3, 10, 400))
            began = time.monotonic()
            for i in range(burst):
                if chance.random() < 0.01:
                    raw.ask("market.put", {"market": market("ping")}, i=i,
                            k="ping-%d-%d" % (done, i))
                else:
                    raw.ask("ping", {}, i=i)
            for _ in range(burst):
                want("pings", raw.receive(5), "no answer in 5 s")
                now = time.monotonic()
                longest, began = max(longest, now - began), now
            done += burst
            pause = chance.choice((0, 0, 0, 20e-6, 100e-6, 300e-6, 1e-3))
            if pause:
                time.sleep(pause)
    want("pings", longest <= WAIT_MS / 1000 + machine.late, "one waited",
         longest, "s, and the machine", machine.late)
    print("clients: pings: %d, the longest wait %.1f ms (a sleep of this "
          "machine took %.1f ms too long)" % (done, longest * 1000,
                                              machine.late * 1000))


def one(name, n):
    daemon = harness.Daemon().fresh()
    try:
        globals()[name](daemon, n)
        ends_well(daemon)
        ledger.sound(daemon)
    finally:
        daemon.close()


def run():
    asked = dict(DEFAULTS, **{k: int(v) for k, v in
                              (a.split("=") for a in sys.argv[1:])})
    if len(sys.argv) > 1 and set(asked) == set(DEFAULTS):
        asked = {k: v for k, v in asked.items()
                 if any(a.startswith(k + "=") for a in sys.argv[1:])}
    broken = []

    def beside():
        try:
            one("dead", 1)
        except (Broken, AssertionError, OSError) as e:
            broken.append(e)
    waits = threading.Thread(target=beside)
    if asked.pop("dead", 0):
        waits.start()
    for name, n in asked.items():
        if n:
            one(name, n)
    if waits.ident:
        waits.join()
    if broken:
        raise Broken(broken[0])


if __name__ == "__main__":
    ledger.main(run)
