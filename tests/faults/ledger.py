"""Writers that remember: what they sent, what was acknowledged, and what a
store may hold after that.

Every writer owns its objects and has at most one write in flight for each, so
an object is as the last acknowledged write left it, or as the one in flight
would.  An import rewrites all rows of its block: they agree, or it was half.
"""
import datetime
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "e2e"))

import harness  # noqa: E402
from examples import (facilitator, market, profile, siret,  # noqa: E402
                      structure, structure_id)
from harness import claused, msgpack, zmq  # noqa: E402

DAY = datetime.date(2027, 1, 1)
POOL = 30        # single objects of a writer, in turn of each entity
BLOCK = 25       # rows of its import
ENTITIES = ("structure", "market", "profile", "facilitator")
GONE = 0         # the version of what is not there


class Broken(AssertionError):
    """A promise does not hold."""


def made(entity, n, version):
    """Object N of ENTITY, which tells its VERSION."""
    if entity == "structure":
        return structure(n + 1, name="v%d" % version, free_hours=version)
    if entity == "market":
        return market("m-%d" % n, object="v%d" % version, status="OPEN")
    if entity == "facilitator":
        return facilitator("f-%d" % n, organisation="v%d" % version)
    return profile("p-%d" % n, available_from=(
        DAY + datetime.timedelta(days=version)).isoformat())


def id_of(entity, n):
    if entity == "structure":
        return structure_id(n + 1)
    return "%s-%d" % (entity[0], n)


def version_of(entity, thing):
    if entity == "profile":
        return (datetime.date.fromisoformat(thing["available_from"])
                - DAY).days
    name = {"structure": "name", "market": "object",
            "facilitator": "organisation"}[entity]
    return int(thing[name][1:])


class Write:
    """One request: the versions that it gives, and when it was sent and
    acknowledged (what `clock` of the ledger said)."""

    def __init__(self, key, method, params, things, version):
        self.key = key
        self.method = method
        self.params = params
        self.things = things        # [(entity, n)]
        self.version = version
        self.sent = self.acked = None
        self.refused = None

    def events(self):
        return len(self.things)


class Ledger:
    """All writes of all writers, whatever becomes of the daemon."""

    def __init__(self, writers=8, seed=20261123, clock=lambda: 0, depth=3):
        self.random = random.Random(seed)
        self.clock = clock
        self.depth = depth
        self.versions = {}          # thing -> the version it is known to have
        self.history = {}           # thing -> its writes, in order
        self.last = {}              # writer -> its last acknowledged writes
        self.flying = [{} for _ in range(writers)]  # writer -> {i: write}
        self.n = 0
        self.acks = 0
        self.revision = 0           # events of all that is known to be done
        self.happened = self.repeated = 0
        self.base = {}              # what others had stored before, by entity

    def begin_with(self, stats):
        """The writers find a store that is not empty."""
        self.revision = stats["revision"]
        self.base = {e: stats[e + "s"] for e in ENTITIES}

    # ---- Writing

    def things_of(self, writer):
        base = writer * 1000
        return [(ENTITIES[k % len(ENTITIES)], base + k) for k in range(POOL)]

    def block_of(self, writer):
        return [("profile", writer * 1000 + 500 + k) for k in range(BLOCK)]

    def new(self, writer):
        """A write of WRITER to what nothing else is in flight for."""
        busy = {t for w in self.flying[writer].values() for t in w.things}
        self.n += 1
        key = "%d-%d" % (os.getpid(), self.n)
        block = self.block_of(writer)
        if self.random.random() < 0.06 and block[0] not in busy:
            version = self.next_version(block[0])
            rows = [made("profile", n, version) for _, n in block]
            return Write(key, "import.apply",
                         {"entity": "profile", "rows": rows}, block, version)
        thing = self.random.choice([t for t in self.things_of(writer)
                                    if t not in busy])
        entity, n = thing
        if self.versions.get(thing) and self.random.random() < 0.25:
            verb = "erase" if entity == "profile" else "delete"
            return Write(key, "%s.%s" % (entity, verb),
                         {"id": id_of(entity, n)}, [thing], GONE)
        version = self.next_version(thing)
        return Write(key, entity + ".put", {entity: made(entity, n, version)},
                     [thing], version)

    def next_version(self, thing):
        return 1 + max((w.version for w in self.history.get(thing, ())),
                       default=0)

    def send(self, raw, writer):
        write = self.new(writer)
        self.flying[writer][self.n] = write
        for thing in write.things:
            self.history.setdefault(thing, []).append(write)
        write.sent = self.clock()
        raw.ask(write.method, write.params, i=self.n, k=write.key)

    def heard(self, writer, reply):
        """Whether it was an acknowledgement."""
        header, body = reply
        write = self.flying[writer].get(header["i"])
        if header["s"] != 0:
            write.refused = body["name"]  # stays in flight: who knows
            return False
        write.acked = self.clock()
        del self.flying[writer][header["i"]]
        self.settle(write)
        self.acks += 1
        self.last[writer] = (self.last.get(writer, []) + [write])[-3:]
        return True

    def settle(self, write):
        self.revision += write.events()
        for thing in write.things:
            self.versions[thing] = write.version

    def run(self, daemon, until):
        """Write until UNTIL() or the daemon has ended; replies that had left
        it are taken all the same.  Refusals stop the writer they came to."""
        raws = [harness.Raw(daemon.endpoint) for _ in self.flying]
        poller = zmq.Poller()
        for raw in raws:
            poller.register(raw.socket, zmq.POLLIN)
        of = {raw.socket: w for w, raw in enumerate(raws)}
        refused = set()
        try:
            while not until() and daemon.process.poll() is None:
                for w, raw in enumerate(raws):
                    while (w not in refused
                           and len(self.flying[w]) < self.depth):
                        self.send(raw, w)
                self.take(raws, of, poller, refused, 20)
                if len(refused) == len(raws):
                    break
            while self.take(raws, of, poller, refused, 100):
                pass
        finally:
            for raw in raws:
                raw.socket.close()

    def step(self, call):
        """One write of the first writer through CALL(method, params, key);
        its refusal, None when it was acknowledged.  Whatever comes of it,
        `verify` can tell."""
        write = self.new(0)
        self.flying[0][self.n] = write
        for thing in write.things:
            self.history.setdefault(thing, []).append(write)
        try:
            call(write.method, write.params, write.key)
        except claused.Refused as e:
            return e
        self.heard(0, ({"i": self.n, "s": 0}, None))
        return None

    def take(self, raws, of, poller, refused, wait_ms):
        ready = poller.poll(wait_ms)
        for socket, _ in ready:
            w = of[socket]
            if not self.heard(w, raws[w].receive()):
                refused.add(w)
        return len(ready)

    # ---- Reading back

    def found(self, client, things):
        """{thing: version} of what the daemon holds."""
        def calls():
            for entity, n in things:
                yield entity + ".get", {"id": id_of(entity, n)}
        out = {}
        for thing, got in zip(things, client.many(calls(), window=64)):
            if isinstance(got, claused.NotFound):
                out[thing] = GONE
            elif isinstance(got, Exception):
                raise Broken("%s %d: %s" % (thing + (got,)))
            else:
                out[thing] = version_of(thing[0], got[thing[0]])
        return out

    def doubtful(self):
        return [w for flying in self.flying for w in flying.values()]

    def resolve(self, found):
        """Which of the writes without an answer happened: each whole or not
        at all."""
        for write in self.doubtful():
            did = {found[t] == write.version for t in write.things}
            # To erase what was not there is refused: nobody can tell.
            if len(did) > 1:
                raise Broken("half a write: %s %s %r" % (
                    write.method, write.key,
                    [found[t] for t in write.things]))
            if did.pop():
                self.happened += 1
                self.settle(write)

    def again(self, client):
        """Send every write without an answer once more with its key, and a
        few of the answered ones: each has one effect."""
        known = {t: self.versions.get(t, GONE) for w in self.doubtful()
                 for t in w.things}
        for flying in self.flying:
            for write in flying.values():
                done = known[write.things[0]] == write.version
                self.repeat(client, write)
                if not done:
                    self.settle(write)
            flying.clear()
        for writes in self.last.values():
            for write in writes[-1:]:
                self.repeat(client, write)

    def repeat(self, client, write):
        self.repeated += 1
        try:
            client.call(write.method, write.params, key=write.key)
        except claused.Refused as e:
            raise Broken("%s sent again: %s" % (write.method, e))

    def verify(self, client):
        """A daemon that came back holds what it must."""
        things = sorted(self.history)
        found = self.found(client, things)
        self.resolve(found)
        lost = [(t, found[t], self.versions.get(t, GONE)) for t in things
                if found[t] != self.versions.get(t, GONE)]
        if lost:
            raise Broken("lost (what, found, acknowledged): %r" % lost[:5])
        self.adds_up(client)
        self.again(client)
        self.adds_up(client)
        self.last.clear()
        return len(things)

    def adds_up(self, client):
        stats = client.call("stats", {})
        if stats["revision"] != self.revision:
            raise Broken("revision %d, where the writes make %d"
                         % (stats["revision"], self.revision))
        for entity in ENTITIES:
            there = self.base.get(entity, 0) + sum(
                1 for t, v in self.versions.items()
                if t[0] == entity and v != GONE)
            if stats[entity + "s"] != there:
                raise Broken("%d of %s, where the writes make %d" % (
                    stats[entity + "s"], entity, there))


def sound(daemon):
    """claused --check of a store that nobody serves; what it said."""
    status, said, log = daemon.check()
    if status:
        raise Broken("--check ends with %d\n%s%s" % (status, said, log))
    return said


def spread(values):
    """Median, 99th percentile and the greatest, in ms."""
    values = sorted(values)
    return "median %.0f ms, p99 %.0f ms, greatest %.0f ms" % (
        1000 * values[len(values) // 2],
        1000 * values[min(len(values) - 1, len(values) * 99 // 100)],
        1000 * values[-1])


def main(run):
    """RUN() prints its figures; a broken promise is told, and ends with 1."""
    began = time.monotonic()
    try:
        run()
    except Broken as e:
        print("BROKEN: %s" % e, flush=True)
        sys.exit(1)
    print("%s: held, %.0f s" % (os.path.basename(sys.argv[0]),
                                time.monotonic() - began), flush=True)
