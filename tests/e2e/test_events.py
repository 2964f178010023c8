"""Events as they come: whoever waits for them, slowly, late, in a crowd, with
a key and without."""
import json
import os
import subprocess
import threading

import harness
import msgpack
import zmq
from examples import market, profile, structure
from harness import claused
from test_keys import Keyed

ROWS = 200      # of one import
WAIT_MS = 60000
MANY = 2000 if harness.SLOW else 100000
FLOOD_KIB = 8 * 1024
WAITING_MAX = 512


def memory(daemon):
    """Anonymous, in KiB."""
    with open("/proc/%d/status" % daemon.process.pid) as file:
        return next(int(line.split()[1]) for line in file
                    if line.startswith("RssAnon"))


class Waiting(harness.Transcript):
    def waits(self, n=1):
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["waiting"] == n), self.ask("stats"))

    def raw(self, **options):
        raw = harness.Raw(self.daemon.endpoint, **options)
        self.addCleanup(raw.socket.close)
        return raw

    def write(self, name):
        self.ask("import.apply", entity="market", rows=[
            market("%s-%03d" % (name, n)) for n in range(ROWS)])

    def journal(self, client=None):
        """All of it, page by page, as bytes."""
        told, since, more = [], 0, True
        while more:
            page = (client or self.client).call(
                "events.since", {"since": since, "limit": 1000})
            told += page.get("events", [])
            since, more = page["next"], page["more"]
        return [msgpack.packb(event) for event in told]


class Follow(Waiting):
    def test_an_event_ends_the_wait(self):
        raw = self.raw()
        raw.ask("events.since", {"wait": WAIT_MS}, i=7)
        self.waits()
        self.ask("market.put", market=market())
        header, page = raw.receive()
        self.assertEqual((header["i"], header["s"], header["rev"]), (7, 0, 1))
        self.assertEqual([msgpack.packb(e) for e in page["events"]],
                         self.journal())
        self.assertEqual((page["next"], page["more"]), (1, False))
        self.waits(0)

    def test_what_is_there_is_not_waited_for(self):
        self.ask("market.put", market=market())
        page = self.ask("events.since", wait=WAIT_MS)
        self.assertEqual(len(page["events"]), 1)

    def test_a_wait_ends_with_an_empty_page(self):
        self.ask("market.put", market=market())
        page = self.ask("events.since", since=1, wait=1)
        self.assertEqual((page.get("events", []), page["next"], page["more"]),
                         ([], 1, False))
        for wait in (-1, 60001, "x"):
            self.refused("WRONG_TYPE" if wait == "x" else "RANGE",
                         "events.since", wait=wait, field="wait")

    def test_a_wait_is_not_a_slow_request(self):
        self.ask("events.since", wait=100)
        asked = {v["verb"]: v for v in self.ask("stats", verbs=True)["verbs"]}
        self.assertEqual(asked["events.since"]["asked"], 1)
        self.assertNotIn("slow: events", self.daemon.log())

    def test_whoever_goes_away_while_waiting_harms_nobody(self):
        for _ in range(20):
            with harness.Raw(self.daemon.endpoint) as raw:
                raw.ask("events.since", {"wait": WAIT_MS})
                raw.ask("ping", {}, i=2)
                self.assertEqual(raw.receive()[0]["i"], 2)
        self.waits(20)
        self.ask("market.put", market=market())
        self.waits(0)

    def test_sigterm_answers_all_that_wait(self):
        raw = self.raw()
        for i in range(100):
            raw.ask("events.since", {"wait": WAIT_MS}, i=i)
        self.waits(100)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertTrue(raw.socket.poll(1000 * harness.PATIENCE_S))
        replies = [raw.receive() for _ in range(100)]
        self.assertEqual({r[0]["i"] for r in replies}, set(range(100)))
        self.assertEqual({r[1]["name"] for r in replies}, {"STOPPING"})
        self.assertTrue(all(r[1]["retry"] for r in replies))

    def test_a_slow_reader_misses_nothing_and_costs_nothing(self):
        """F19: it has asked once, and reads when all is over."""
        raw = self.raw(RCVHWM=1)
        raw.ask("events.since", {"wait": WAIT_MS, "limit": 1000})
        self.waits()
        for n in range(20):
            self.write("slow-%02d" % n)
        stats = self.ask("stats")
        self.assertEqual((stats["reply_queue"], stats["dropped_replies"]),
                         (0, 0))
        told, page = [], raw.receive()[1]
        while page.get("events"):
            told += page["events"]
            raw.ask("events.since", {"since": page["next"], "limit": 1000})
            page = raw.receive()[1]
        self.assertEqual(len(told), 20 * ROWS)
        self.assertEqual([msgpack.packb(e) for e in told], self.journal())

    def test_late_and_after_a_kill_nothing_is_missed_or_told_twice(self):
        """F20: one follows from the beginning, through a kill, another comes
        when half is written and begins anew twice."""
        told, last, failed = [[], []], 10 * ROWS, []

        def follow(into, parts):
            since = 0
            try:
                while not into or into[-1]["seq"] < last:
                    client = self.daemon.client(deadline=2, retries=60)
                    for event in client.follow(since, wait=1):
                        into.append(event)
                        since = event["seq"]
                        if since in parts or since == last:
                            break
            except Exception as e:
                failed.append(e)

        early = threading.Thread(target=follow, args=(told[0], ()))
        late = threading.Thread(target=follow, args=(told[1],
                                                     (700, 1400)))
        early.start()
        for n in range(10):
            if n == 5:
                late.start()
                self.daemon.kill()
                self.daemon.start(listen=self.daemon.endpoint)
                self.client = self.daemon.client()
            self.write("late-%02d" % n)
        for thread in (early, late):
            thread.join(harness.PATIENCE_S)
        self.assertEqual(failed, [])
        for events in told:
            self.assertEqual([msgpack.packb(e) for e in events],
                             self.journal())
        self.assertEqual(len(told[0]), last)

    def test_a_flood_of_waits_is_bounded(self):
        """F21, and nobody's key or rate bounds it."""
        raw = self.raw(SNDHWM=0, RCVHWM=0)
        ask = [b"CLAUSE01", msgpack.packb({"i": 1, "m": "events.since",
                                           "x-" + "y" * 50: 1}),
               msgpack.packb({"since": 0, "wait": WAIT_MS})]
        before, names, answered = memory(self.daemon), {}, 0
        for n in range(MANY):
            raw.send(*ask)
            if n >= WAITING_MAX + 1000:
                names[raw.receive()[1]["name"]] = 1
                answered += 1
        while answered < MANY - WAITING_MAX:
            names[raw.receive()[1]["name"]] = 1
            answered += 1
        self.assertEqual(names, {"BUSY": 1})
        self.assertEqual(self.ask("stats")["waiting"], WAITING_MAX)
        grown = memory(self.daemon) - before
        if not harness.SLOW:
            self.assertLess(grown, FLOOD_KIB)
        self.ask("market.put", market=market())
        for _ in range(WAITING_MAX):
            self.assertEqual(len(raw.receive()[1]["events"]), 1)

    # ---- clausectl ------------------------------------------------------

    def test_clausectl_goes_on_with_what_happens(self):
        self.ask("market.put", market=market("M-before"))
        ctl = subprocess.Popen(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", "fr", "journal", "list",
             "--follow", "--limit", "2"], stdout=subprocess.PIPE)
        self.waits()
        for id in ("M-one", "M-two", "M-three"):
            self.ask("market.put", market=market(id))
        said = ctl.communicate(timeout=harness.PATIENCE_S)[0].decode()
        self.assertEqual(ctl.returncode, 0)
        self.assertRegex(said, r"\A2 \S+Z .* M-one\n3 \S+Z .* M-two\n\Z")
        rows = self.ctl("journal", "list", "--follow", "--since", "1",
                        "--limit", "3", "--json").splitlines()
        self.assertEqual([json.loads(row)["label"] for row in rows],
                         ["M-one", "M-two", "M-three"])
        self.ctl("journal", "verify", "--follow", status=64)

    def test_clausectl_says_where_to_go_on(self):
        ctl = subprocess.Popen(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", "en", "journal", "list",
             "--follow"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.waits()
        self.ask("market.put", market=market())
        self.assertIn("M-1", harness.lines_within(ctl.stdout,
                                                  harness.PATIENCE_S))
        self.waits()
        self.assertEqual(self.daemon.stop(), 0)
        told = ctl.communicate(timeout=harness.PATIENCE_S)[1].decode()
        self.assertEqual(ctl.returncode, 69, told)
        self.assertIn("--since 1\n", told)


class Rights(Keyed, Waiting):
    """Two structures and two people, here and elsewhere; keys of here."""

    def follow(self, name, **asked):
        """A socket with the key of that name, whose question waits."""
        with open(self.daemon.home + "/" + name + ".key") as file:
            secret = file.readline().strip().encode()
        raw = self.raw(**self.curve(zmq.curve_public(secret), secret))
        raw.ask("events.since", dict(asked, since=self.revision(),
                                     wait=WAIT_MS))
        return raw

    def write_all(self):
        self.ask("key.put", key={
            "id": "writer", "public_key": self.daemon.pair("writer")["public"],
            "role": "batch", "territories": ["FR"]})
        writer = self.daemon.as_key("writer")
        return lambda n, **more: (
            writer.structure.put(structure=structure(n, "EI", **more)),
            writer.profile.put(profile=profile(
                "p-%d" % n, commune=more.get("commune", "76351"))))

    def test_each_waits_for_what_it_is_told_of(self):
        names = ("portal", "facilitator", "batch", "admin")
        for role in names:
            self.register(role, role)
        write = self.write_all()
        raws = {name: self.follow(name) for name in names + ("root",)}
        self.waits(5)
        write(1, commune="59350", zone={"codes": ["DEP:59"]})
        write(2)
        told = {}
        for name, raw in raws.items():
            header, page = raw.receive()
            events, since = page["events"], page["next"]
            while since < self.revision():
                page = self.daemon.as_key(name).events.since(since=since)
                events, since = events + page.get("events", []), page["next"]
            told[name] = [(e["entity"], e.get("label")) for e in events]
            self.assertEqual([msgpack.packb(e) for e in events],
                             self.journal(self.daemon.as_key(name))
                             [-len(events):], name)
        ours = ("structure", "%s-EI" % structure(2)["siret"])
        theirs = ("structure", "%s-EI" % structure(1)["siret"])
        someone = ("profile", None)
        self.assertEqual(told, {
            "portal": [ours], "facilitator": [ours, someone],
            "batch": [ours, someone], "admin": [ours, someone],
            "root": [theirs, someone, ours, someone]})

    def test_a_revoked_key_gets_nothing_more(self):
        self.register("one")
        self.register("two")
        write = self.write_all()
        one, two = self.follow("one"), self.follow("two")
        self.waits(2)
        self.ask("key.revoke", id="one")
        self.assertEqual(one.receive()[1]["name"], "KEY_ENDED")
        write(1)
        self.assertEqual(len(two.receive()[1]["events"]), 1)
        one.ask("events.since", {"wait": WAIT_MS})
        self.assertEqual(one.receive()[1]["name"], "KEY_ENDED")
        self.assertEqual(one.socket.poll(0), 0)

    def test_a_changed_territory_holds_for_those_who_wait(self):
        self.register("one")
        write = self.write_all()
        one = self.follow("one")
        self.waits()
        with open(self.daemon.home + "/one.key") as file:
            public = zmq.curve_public(file.readline().strip().encode())
        self.ask("key.put", key={"id": "one", "public_key": public.decode(),
                                 "role": "portal", "territories": ["DEP:59"]})
        write(1)
        write(2, commune="59350", zone={"codes": ["DEP:59"]})
        self.assertEqual([e["label"] for e in one.receive()[1]["events"]],
                         ["%s-EI" % structure(2)["siret"]])

    def test_those_that_wait_are_in_hand(self):
        self.register("one")
        one = self.follow("one")
        for i in range(2, 34):
            one.ask("events.since", {"since": self.revision(),
                                     "wait": WAIT_MS}, i=i)
        header, body = one.receive()
        self.assertEqual((header["i"], body["name"]), (33, "BUSY"))
        self.waits(32)
        self.daemon.as_key("root").ping()

    def test_a_wait_counts_once_against_the_rate(self):
        """However often it is looked at."""
        self.register("one")
        write = self.write_all()
        one = self.follow("one")
        self.waits()
        for n in range(1, 30):
            write(n, commune="59350", zone={"codes": ["DEP:59"]})
        write(30)
        self.assertEqual(len(one.receive()[1]["events"]), 1)
        self.assertEqual(self.ask("stats")["over_quota"], 0)


if __name__ == "__main__":
    harness.main()
