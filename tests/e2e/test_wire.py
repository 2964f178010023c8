"""The wire: frames, headers, hostile bodies, deadlines, slow readers."""
import random
import struct
import threading

import harness
import zmq
from examples import market, profile, structure
from harness import msgpack

TAG = b"CLAUSE01"
PING = {"i": 5, "m": "ping"}
MUTATIONS = 1000
NAN = b"\xcb" + struct.pack(">d", float("nan"))


def key(text):
    return msgpack.packb(text)


class Frames(harness.Transcript):
    shared = True

    def setUp(self):
        self.raw = harness.Raw(self.daemon.endpoint)
        self.addCleanup(self.raw.socket.close)

    def refusal(self, *frames):
        self.raw.send(*frames)
        header, body = self.raw.receive()
        return header["s"], body["name"], body.get("data", [])

    def test_a_reply_echoes_the_id_and_tells_revision_and_time(self):
        self.raw.send(TAG, PING, {"echo": "a"})
        header, body = self.raw.receive()
        self.assertEqual((header["i"], header["s"]), (5, 0))
        self.assertGreaterEqual(header["rev"], 0)
        self.assertGreaterEqual(header["us"], 0)
        self.assertEqual(body, {"echo": "a"})

    def test_unknown_header_keys_are_ignored(self):
        self.raw.send(TAG, dict(PING, zz=[1, {"a": None}]), {})
        self.assertEqual(self.raw.receive()[0]["s"], 0)

    def test_a_req_socket_works(self):
        with harness.Raw(self.daemon.endpoint, zmq.REQ) as req:
            for echo in ("one", "two"):
                req.send(TAG, PING, {"echo": echo})
                self.assertEqual(req.receive()[1], {"echo": echo})

    def test_another_version_is_refused_by_name(self):
        self.assertEqual(self.refusal(b"CLAUSE02", PING, {})[:2],
                         (12, "BAD_VERSION"))

    def test_an_unknown_method_is_refused_with_the_nearest_one(self):
        status, name, data = self.refusal(
            TAG, {"i": 1, "m": "match.structure"}, {})
        self.assertEqual((status, name), (12, "UNKNOWN_METHOD"))
        self.assertIn("match.structures", data[0]["hint"])

    def test_an_unknown_field_is_refused_by_name(self):
        status, name, data = self.refusal(TAG, PING, {"ekko": "a"})
        self.assertEqual((status, name), (3, "UNKNOWN_FIELD"))
        self.assertEqual(data[0]["field"], "ekko")
        self.assertIn("echo", data[0]["hint"])

    def test_bad_frames_are_refused_or_dropped_and_nothing_stops(self):
        for frames in ((b"",), (b"\x00",), (TAG,), (TAG, b""),
                       (b"", b"", b""), (TAG, b"\xff" * 9, b"\x80"),
                       (TAG, b"\x91", b"\x80"), (TAG, PING, {}, b"x"),
                       (TAG, {"i": "x", "m": "ping"}, {}),
                       (TAG, {"i": 1}, {}), (TAG, {"i": 1, "m": 7}, {}),
                       (TAG, {"i": 2 ** 64 - 1, "m": "ping"}, {}),
                       (TAG, {"i": 1, "m": "ping", "d": -5}, {}),
                       (TAG, b"\x80", b"\x80"), (b"GET / HTTP/1.1", b"", b"")):
            with self.subTest(repr(frames)):
                with harness.Raw(self.daemon.endpoint) as raw:
                    raw.send(*frames)
                    raw.send(TAG, {"i": 77, "m": "ping"}, {})
                    header, body = raw.receive()
                    if header["i"] != 77:
                        self.assertNotEqual(header["s"], 0, body)
                        header, body = raw.receive()
                    self.assertEqual((header["i"], header["s"]), (77, 0))

    def test_hostile_bodies_are_refused_by_name(self):
        echo = key("echo")
        for name, body in (
                ("MALFORMED", b""), ("MALFORMED", b"\xc1"),
                ("MALFORMED", b"\x81"), ("MALFORMED", b"\x81" + echo),
                ("MALFORMED", b"\xdf\xff\xff\xff\xff"),
                ("MALFORMED", b"\x81" + echo + b"\xdd\xff\xff\xff\xff"),
                ("MALFORMED", b"\x81" + echo + b"\xdb\xff\xff\xff\xff"),
                ("TRAILING", b"\x80\x00"), ("TRAILING", b"\x80\x80"),
                ("WRONG_TYPE", b"\xc0"), ("WRONG_TYPE", b"\x90"),
                ("WRONG_TYPE", b"\x01"),
                ("TOO_DEEP", b"\x81" + echo + b"\x91" * 5000 + b"\x00"),
                ("DUPLICATE_KEY", b"\x82" + (echo + key("a")) * 2),
                ("NOT_UTF8", b"\x81" + echo + b"\xa1\xe9"),
                ("NOT_UTF8", b"\x81" + echo + key("a\0b")),
                ("WRONG_TYPE", b"\x81" + echo + b"\x05"),
                ("WRONG_TYPE", b"\x81" + echo + b"\xc4\x01a"),
                ("RANGE", b"\x81" + echo + key("x" * 101))):
            with self.subTest(name + repr(body[:12])):
                status, got, _ = self.refusal(TAG, PING, body)
                if name in ("MALFORMED", "WRONG_TYPE"):
                    self.assertIn(got, ("MALFORMED", "TOO_LARGE",
                                        "WRONG_TYPE"))
                else:
                    self.assertEqual(got, name)
                self.assertIn(status, (3, 11))

    def test_a_body_beyond_the_limit_is_refused(self):
        limit = self.ask("hello")["request_bytes"]
        _, name, _ = self.refusal(TAG, PING, {"echo": "x" * limit})
        self.assertEqual(name, "TOO_LARGE")

    def test_a_frame_far_beyond_it_costs_its_sender_the_connection(self):
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.send(TAG, PING, {"echo": "x" * 30000000})
            self.assertEqual(self.ask("ping"), {})

    def test_numbers_that_are_none_are_refused(self):
        body = (b"\x81" + key("structure")
                + msgpack.packb(structure())[:1].replace(b"\x85", b"\x87")
                + msgpack.packb(structure())[1:]
                + key("lat") + NAN + key("lon") + NAN)
        status, name, _ = self.refusal(
            TAG, {"i": 1, "m": "structure.put", "k": "nan"}, body)
        self.assertEqual((status, name), (3, "NOT_FINITE"))

    def test_a_deadline_that_has_passed_is_told(self):
        self.assertEqual(self.refusal(TAG, dict(PING, d=0), {})[:2],
                         (4, "DEADLINE"))

    def test_a_write_whose_deadline_has_passed_changes_nothing(self):
        before = self.revision()
        name = self.refusal(TAG, {"i": 1, "m": "market.put", "k": "late",
                                  "d": 0}, {"market": market("late")})[1]
        self.assertEqual(name, "DEADLINE")
        self.assertEqual(self.revision(), before)

    def test_a_reader_may_ask_for_a_minimum_revision(self):
        now = self.ask("market.put", market=market("min"))["rev"]
        self.raw.ask("market.get", {"id": "min"}, r=now)
        self.assertEqual(self.raw.receive()[0]["s"], 0)
        self.raw.ask("market.get", {"id": "min"}, r=now + 1)
        header, body = self.raw.receive()
        self.assertEqual((header["s"], body["name"]), (14, "BEHIND"))
        self.assertTrue(body["retry"])


class Mutations(harness.Transcript):
    """Valid requests with a few bytes changed: answered, whatever they are,
    and what is refused changes nothing."""

    def test_no_mutation_stops_the_daemon(self):
        chance = random.Random(20261123)
        seeds = [(m, msgpack.packb(b)) for m, b in (
            ("structure.put", {"structure": structure()}),
            ("market.put", {"market": market()}),
            ("profile.put", {"profile": profile()}),
            ("import.apply", {"entity": "market", "rows": [market()] * 3}),
            ("match.market", {"market": "M-1", "limit": 5}),
            ("reference.import", {
                "table": "sectors", "version": "v", "source": "s", "part": 1,
                "sectors": [{"sector": "a", "group": "b"}]}))]
        written = 0
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in range(MUTATIONS):
                method, body = chance.choice(seeds)
                body = bytearray(body)
                for _ in range(chance.randint(1, 4)):
                    at = chance.randrange(len(body))
                    body[at] = chance.choice((chance.randrange(256), 0xc0,
                                              0xc1, 0xdd, body[at] ^ 1))
                if chance.random() < 0.2:
                    del body[chance.randrange(len(body)):]
                raw.send(TAG, {"i": i, "m": method, "k": str(i)},
                         bytes(body))
                header, answer = raw.receive()
                self.assertEqual(header["i"], i)
                if header["s"]:
                    self.assertTrue(answer["name"] and answer["message"])
                else:
                    written = max(written, header["rev"])
        self.assertEqual(self.revision(), written)


class Pipelines(harness.Transcript):
    def test_one_failing_write_in_a_group_fails_alone(self):
        wrong = {3: ("REV_CONFLICT", {"market": market("m-3"), "if_rev": 9}),
                 9: ("UNKNOWN_COMMUNE",
                     {"market": market("m-9", [{"places": ["COM:99999"]}])}),
                 15: ("NOT_FOUND", None)}
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in range(30):
                params = wrong.get(i, (0, {"market": market("m-%d" % i)}))[1]
                if params:
                    raw.ask("market.put", params, i=i, k="k-%d" % i)
                else:
                    raw.ask("market.delete", {"id": "nobody"}, i=i, k="k")
            for _ in range(30):
                header, body = raw.receive()
                if header["i"] in wrong:
                    self.assertEqual(body["name"], wrong[header["i"]][0])
                else:
                    self.assertEqual(header["s"], 0, body)
        self.assertEqual(self.ask("stats")["markets"], 27)
        self.assertEqual(self.revision(), 27)

    def test_a_reader_is_answered_while_the_writer_commits(self):
        with harness.Raw(self.daemon.endpoint) as raw:
            for part in range(6):
                rows = [market("w-%d-%d" % (part, i)) for i in range(500)]
                raw.ask("import.apply", {"entity": "market", "rows": rows},
                        i=part, k="k-%d" % part)
            raw.ask("ping", {}, i=99)
            order = [raw.receive()[0]["i"] for _ in range(7)]
        self.assertNotEqual(order[-1], 99, "the ping waited for the writes")
        self.assertEqual(self.ask("stats")["markets"], 3000)

    def test_a_write_that_waited_too_long_is_not_done(self):
        with harness.Raw(self.daemon.endpoint) as raw:
            for part in range(4):
                rows = [market("w-%d-%d" % (part, i)) for i in range(500)]
                raw.ask("import.apply", {"entity": "market", "rows": rows},
                        i=part, k="k-%d" % part)
            raw.ask("market.put", {"market": market("late")}, i=9, k="late",
                    d=1)
            replies = {h["i"]: (h["s"], b) for h, b in
                       (raw.receive() for _ in range(5))}
        status, body = replies[9]
        self.assertEqual((status, body["name"]), (4, "DEADLINE"))
        self.refused("NOT_FOUND", "market.get", id="late")

    def test_many_clients_write_and_read_at_once(self):
        failed = []

        def work(n):
            with harness.claused.connect(self.daemon.endpoint,
                                         deadline=60) as c:
                for i in range(30):
                    name = "c-%d-%d" % (n, i)
                    c.market.put(market=market(name))
                    if c.market.get(id=name)["market"]["id"] != name:
                        failed.append(name)
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(failed, [])
        self.assertEqual(self.ask("stats")["markets"], 180)
        self.assertEqual(self.revision(), 180)

    def test_every_reply_is_accounted_for_at_any_moment(self):
        """Whoever asks in the middle of a turn is told of replies that are
        ready and not yet sent."""
        n = 64
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in range(n):
                raw.ask("stats", {"verbs": True}, i=i)
            for _ in range(n):
                _, stats = raw.receive()
                self.assertEqual(
                    sum(v["asked"] for v in stats["verbs"]),
                    stats["sent_replies"] + stats["dropped_replies"]
                    + stats["reply_queue"])

    def test_a_client_that_does_not_read_harms_nobody(self):
        for i in range(60):
            self.ask("market.put", market=market("m-%d" % i, object="x" * 3000))
        with harness.Raw(self.daemon.endpoint, RCVHWM=1, RCVBUF=4096,
                         SNDHWM=0) as deaf:
            for i in range(2000):
                deaf.ask("market.list", {"page_size": 60}, i=i)
            for _ in range(20):
                self.assertEqual(self.client.call("ping", deadline=5), {})
            self.assertTrue(harness.until(
                lambda: self.ask("stats")["dropped_replies"]))
            # Nor does it hold up the end.
            self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
