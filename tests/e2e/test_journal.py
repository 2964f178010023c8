"""The journal: read page by page, followed by its hashes, and found out when
somebody between the disk and the reader changes it."""
import hashlib
import json
import os
import re
import struct
import subprocess
import threading

import msgpack
import zmq

import harness
from examples import market, profile, structure

WHAT = ["put", "delete", "reference"]
ENTITIES = ["structure", "market", "profile", "facilitator", "hours"]


def chained(before, event):
    """PROTOCOL.md's formula, in Python."""
    entity = event.get("entity")
    said = struct.pack(">qBBI", event["ms"], WHAT.index(event["what"]) + 1,
                       ENTITIES.index(entity) if entity else 0,
                       event.get("number", 0))
    said += event.get("label", "").encode()
    place = struct.pack(">QI", event["seq"], len(said))
    return hashlib.blake2b(before + place + said, digest_size=32).digest()


class Liar:
    """Between a client and its daemon: changes the bodies of replies."""

    def __init__(self, endpoint, change):
        self.change = change
        self.front = zmq.Context.instance().socket(zmq.ROUTER)
        self.back = zmq.Context.instance().socket(zmq.DEALER)
        for socket in (self.front, self.back):
            socket.setsockopt(zmq.LINGER, 0)
        self.front.bind("tcp://127.0.0.1:*")
        self.endpoint = self.front.getsockopt(zmq.LAST_ENDPOINT).decode()
        self.back.connect(endpoint)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.front.close()
        self.back.close()

    def run(self):
        while not self.stopping.is_set():
            if not self.front.poll(20):
                continue
            asked = self.front.recv_multipart()
            self.back.send_multipart(asked[1:])
            told = self.back.recv_multipart()
            body = msgpack.unpackb(told[-1])
            self.change(msgpack.unpackb(asked[-2])["m"], body)
            self.front.send_multipart(asked[:1] + told[:-1] +
                                      [msgpack.packb(body)])


class Journal(harness.Transcript):
    def setUp(self):
        super().setUp()
        self.ask("structure.put", structure=structure())
        self.ask("market.put", market=market())
        self.ask("profile.put", profile=profile())
        for n in range(20):
            self.ask("market.put", market=market("M-%02d" % n))
        self.ask("market.delete", id="M-03")

    def events(self, **asked):
        return self.ask("events.since", **asked)["events"]

    def test_every_change_is_told_in_order(self):
        events = self.events()
        self.assertEqual([e["seq"] for e in events], list(range(1, 25)))
        self.assertEqual({(e["what"], e["entity"]) for e in events},
                         {("put", "structure"), ("put", "market"),
                          ("put", "profile"), ("delete", "market")})
        self.assertEqual(events[-1]["label"], "M-03")
        self.assertEqual(events[-1]["seq"], self.revision())

    def test_of_a_person_it_holds_a_number_alone(self):
        person = [e for e in self.events() if e["entity"] == "profile"]
        self.assertEqual([set(e) for e in person],
                         [{"seq", "ms", "what", "entity", "number", "hash"}])
        self.assertNotIn(profile()["id"], json.dumps(self.events()))

    def test_a_page_ends_and_says_where_the_next_begins(self):
        seen, since, more = [], 0, True
        while more:
            page = self.ask("events.since", since=since, limit=7)
            self.assertLessEqual(len(page["events"]), 7)
            seen += page["events"]
            since, more = page["next"], page["more"]
        self.assertEqual(seen, self.events(limit=1000))
        end = self.ask("events.since", since=since)
        self.assertEqual((end.get("events", []), end["next"], end["more"]),
                         ([], since, False))
        self.refused("RANGE", "events.since", since=since + 1, field="since")
        self.refused("RANGE", "events.since", limit=1001, field="limit")
        self.refused("RANGE", "events.since", since=-1, field="since")

    def test_a_page_is_bounded_in_bytes(self):
        for i in range(0, 1200, 200):
            self.ask("import.apply", entity="market", rows=[
                market("long-%s-%04d" % ("x" * 40, i + n))
                for n in range(200)])
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.ask("events.since", {"limit": 1000})
            body = raw.body_bytes()
        page = msgpack.unpackb(body)
        self.assertTrue(page["more"])
        self.assertLess(100, len(page["events"]))
        self.assertLess(len(body), 80 * 1024)
        self.assertIn("no gap, no change", self.ctl("journal", "verify"))

    def test_the_chain_is_that_of_the_page(self):
        before = bytes(32)
        for event in self.events():
            before = chained(before, event)
            self.assertEqual(event["hash"], before.hex())

    # ---- clausectl ------------------------------------------------------

    def test_it_is_listed(self):
        told = self.ctl("journal", "list", "--since", "2", "--limit", "2")
        self.assertRegex(told, r"\b3 .*Z .*profile")
        self.assertIn("M-00", told)
        self.assertIn("--since 4", told)
        self.ctl("journal", "list", "--since", "x", status=64)
        self.ctl("journal", "verify", "--limit", "2", status=64)
        self.ctl("journal", status=64)

    def checkpoint(self, *args):
        return json.loads(self.ctl("journal", "verify", "--json",
                                   *args))["checkpoint"]

    def test_it_is_whole_and_goes_on_from_a_checkpoint(self):
        first = self.checkpoint()
        self.assertEqual(first, "24:" + self.events()[-1]["hash"])
        self.ask("market.put", market=market("M-later"))
        told = json.loads(self.ctl("journal", "verify", "--json", "--since",
                                   first))
        self.assertEqual((told["from"], told["to"]), (25, 25))
        self.assertEqual(self.checkpoint("--since", told["checkpoint"]),
                         told["checkpoint"])
        for wrong in ("24", "24:", "24:ab", first + "0", "x" + first,
                      first.upper()):
            self.ctl("journal", "verify", "--since", wrong, status=64)

    def found(self, change, *args, says):
        """clausectl says what is wrong, behind somebody who changes it."""
        with Liar(self.daemon.endpoint, change) as liar:
            done = subprocess.run(
                [os.path.join(harness.BUILD, "clausectl"), "--connect",
                 liar.endpoint, "--lang", "en", "journal", "verify", *args],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=harness.PATIENCE_S)
        self.assertEqual(done.returncode, 65, done.stdout + done.stderr)
        self.assertIn(says, done.stderr.decode())

    def test_what_was_changed_is_found(self):
        def on_events(change):
            def one(method, body):
                if method == "events.since" and len(body["events"]) > 1:
                    change(body["events"])
            return one

        def flip(key, value):
            return on_events(lambda events: events[4].update({key: value}))

        def swap(events):
            events[4], events[5] = events[5], events[4]

        def swap_contents(events):
            a, b = dict(events[4]), dict(events[5])
            events[4].update(b, seq=5)
            events[5].update(a, seq=6)

        rows = [
            (flip("ms", 0), "event 5 does not follow"),
            (flip("what", "delete"), "event 5 does not follow"),
            (flip("entity", "structure"), "event 5 does not follow"),
            (flip("number", 77), "event 5 does not follow"),
            (flip("label", "M-99"), "event 5 does not follow"),
            (flip("hash", "0" * 64), "event 5 does not follow"),
            (on_events(swap), "gap: after event 4 comes 6"),
            (on_events(swap_contents), "event 5 does not follow"),
            (on_events(lambda e: e.pop(4)), "gap: after event 4 comes 6"),
            (on_events(lambda e: e.pop(0)), "gap: after event 0 comes 2"),
            (on_events(lambda e: e.insert(4, dict(e[4]))),
             "gap: after event 5 comes 5"),
        ]
        for change, says in rows:
            with self.subTest(says):
                self.found(change, says=says)

    def test_what_was_cut_or_written_anew_is_found_from_a_checkpoint(self):
        checkpoint = self.checkpoint()

        def cut(method, body):
            if method == "stats":
                body["revision"] = 20

        def anew(method, body):
            """All of it chained again, after a change long ago."""
            before = bytes(32)
            for event in body.get("events", []):
                if event["seq"] == 5:
                    event["label"] = "M-99"
                if len(body["events"]) == 1:
                    event["hash"] = "ab" * 32
                else:
                    before = chained(before, event)
                    event["hash"] = before.hex()

        self.found(cut, "--since", checkpoint, says="was cut: it ends with "
                   "event 20")
        with Liar(self.daemon.endpoint, anew) as liar:
            # Without a checkpoint nobody can know.
            self.ctl("--connect", liar.endpoint, "journal", "verify")
        self.found(anew, "--since", checkpoint,
                   says="event 24 is not that of the checkpoint")

    def test_the_log_tells_checkpoints_for_whoever_keeps_them(self):
        def told():
            return re.findall(r"journal: checkpoint (\d+:[0-9a-f]{64})",
                              self.daemon.log())
        before = self.revision()
        self.ask("import.apply", entity="market",
                 rows=[market("N-%04d" % n) for n in range(1000)])
        self.assertTrue(harness.until(lambda: [
            c for c in told() if int(c.split(":")[0]) >= before + 1000]))
        self.ask("market.put", market=market("last"))
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(told()[-1].split(":")[0], str(before + 1001))
        self.daemon.restart()
        self.client = self.daemon.client()
        for checkpoint in told():
            self.assertEqual(self.checkpoint("--since", checkpoint),
                             told()[-1])

    # ---- On disk --------------------------------------------------------

    def test_a_bit_that_flipped_in_the_file_is_found(self):
        for first in (0, 1000):
            self.ask("import.apply", entity="market",
                     rows=[market("N-%04d" % (first + n))
                           for n in range(1000)])
        self.daemon.stop()
        path = os.path.join(self.daemon.store, "env-1", "data.mdb")
        with open(path, "rb") as f:
            data = f.read()
        # kind, entity, number, label: as no record has it
        event = struct.pack(">BBI", 1, 1, 6) + b"M-04"
        self.assertIn(event, data)
        with open(path, "wb") as f:
            f.write(data.replace(event, event[:-1] + b"5"))
        self.daemon.start()
        told = self.ctl("journal", "verify", status=65)
        self.assertEqual(told, "")
        self.daemon.stop()
        status, _, log = self.daemon.check()
        self.assertEqual(status, 66)
        self.assertIn("the journal was changed at or before event 8", log)


if __name__ == "__main__":
    harness.main()
