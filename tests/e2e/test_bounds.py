"""What is bounded: bursts, objects, replies, notes, parts."""
import harness
from examples import lot, market, structure, structure_id
from harness import msgpack

BURST = 3000
# Long requests on workers and waiting for one.
WORK = 256


class Bounds(harness.Transcript):
    def raw(self):
        raw = harness.Raw(self.daemon.endpoint)
        self.addCleanup(raw.socket.close)
        return raw


class Bursts(Bounds):
    def test_a_client_that_reads_late_misses_no_reply(self):
        wire = self.raw()
        for i in range(BURST):
            wire.ask("market.put", {"market": market("M-1")}, i=i, k="b-%d" % i)
        answered = set()
        while len(answered) < BURST:
            header, _ = wire.receive()
            self.assertEqual(header["s"], 0)
            answered.add(header["i"])
        self.assertEqual(self.ask("stats")["dropped_replies"], 0)

    def test_reads_are_answered_in_the_order_they_were_asked(self):
        # Long answers wait for one another, short ones go at once.
        for i in range(40):
            self.ask("structure.put", structure=structure(i))
        self.ask("market.put", market=market("M-1"))
        wire = self.raw()
        for i in range(400):
            if i % 7:
                wire.ask("match.structures", {"market": "M-1", "limit": 40},
                         i=i)
            else:
                wire.ask("ping", {}, i=i)
        self.assertEqual([wire.receive()[0]["i"] for _ in range(400)],
                         list(range(400)))

    def test_a_write_behind_the_revision_asked_for_is_not_done(self):
        wire = self.raw()
        wire.ask("market.put", {"market": market("M-1")}, k="r-1", r=1000)
        header, body = wire.receive()
        self.assertEqual((header["s"], body["name"]), (14, "BEHIND"))
        self.assertEqual(self.revision(), 0)


class Workers(Bounds):
    def test_what_no_worker_has_room_for_is_busy_and_the_loop_goes_on(self):
        self.assertEqual(self.daemon.stop(), 0)
        release = self.daemon.restart_waiting()
        wire = self.raw()
        for i in range(WORK + 44):
            wire.ask("retention.list", {}, i=i)
        # All that is answered before the workers are let go.
        busy = [wire.receive() for _ in range(44)]
        self.assertEqual({(h["s"], b["name"]) for h, b in busy},
                         {(8, "BUSY")})
        client = self.daemon.client()
        self.assertEqual(client.call("ping", {"echo": "x"})["echo"], "x")
        client.call("market.put", {"market": market("M-1")})
        self.assertEqual(client.call("stats", {})["slow_queue"], WORK)
        release()
        done = [wire.receive() for _ in range(WORK)]
        self.assertEqual({h["s"] for h, _ in done}, {0})
        self.assertEqual({h["i"] for h, _ in busy + done},
                         set(range(WORK + 44)))
        self.assertEqual(client.call("stats", {})["slow_queue"], 0)


class Objects(Bounds):
    def test_what_can_be_put_can_be_got_and_listed(self):
        def large(id, n):
            return market(id, lots=[lot(object="x" * 4000)
                                    for _ in range(n)])
        self.ask("market.put", market=large("A", 120))
        self.ask("market.put", market=large("B", 120))
        self.ask("market.put", market=market("C"))
        self.refused("TOO_LARGE", "market.put", market=large("D", 150),
                     field="market")
        self.assertEqual(len(self.ask("market.get", id="A")["market"]["lots"]),
                         120)
        ids, token = [], {}
        while True:
            page = self.ask("market.list", **token)
            ids += [row["id"] for row in page["rows"]]
            if "next" not in page:
                break
            token = {"page_token": page["next"]}
        self.assertEqual(ids, ["A", "B", "C"])

    def test_an_import_refuses_a_row_that_is_too_large(self):
        rows = [market("A"), market("B", lots=[lot(object="x" * 4000)
                                               for _ in range(150)])]
        for verb in ("import.check", "import.apply"):
            answer = self.ask(verb, entity="market", rows=rows)
            self.assertEqual(answer["accepted"], 1)
            self.assertEqual([(r["row"], r["name"])
                              for r in answer["rejected"]], [(2, "TOO_LARGE")])

    def test_more_notes_than_fit_are_said_to_be_more(self):
        wrong = ["%08d-0" % n for n in range(45000000, 45000128)]
        noted = self.ask("structure.put", structure=dict(
            structure(), activities=[{"cpv": wrong} for _ in range(4)]))[
                "notes"]
        self.assertEqual(len(noted), 256)
        self.assertEqual(noted[-1]["name"], "MORE")
        self.assertEqual(noted[0]["name"], "CPV_CHECK_DIGIT")


class Replies(Bounds):
    def test_the_limit_that_is_named_fits(self):
        for i in range(40):
            self.ask("structure.put", structure=structure(i))
        self.ask("market.put", market=market(
            "M-1", lots=[lot(jobs=[]) for _ in range(200)]))
        refusal = self.refused("REPLY_TOO_LARGE", "match.market",
                               market="M-1", limit=1000, field="limit")
        fits = int(refusal.data[0]["hint"].split()[-2])
        self.assertGreater(fits, 1)
        answer = self.ask("match.market", market="M-1", limit=fits)
        self.assertEqual(len(answer["lots"][0]["structures"]), fits)
        self.assertGreater(len(msgpack.packb(answer)), 700 * 1024)


    def test_the_limit_that_is_named_fits_a_reverse_too(self):
        self.ask("structure.put", structure=structure())
        for i in range(4):
            self.ask("market.put", market=market("M-%d" % i, lots=[
                lot(jobs=[], object="o" * 2000) for _ in range(200)]))
        asked = dict(structure=structure_id())
        refusal = self.refused("REPLY_TOO_LARGE", "match.reverse", limit=1000,
                               field="limit", **asked)
        fits = int(refusal.data[0]["hint"].split()[-2])
        answer = self.ask("match.reverse", limit=fits, **asked)
        self.assertEqual(len(answer["lots"]), fits)
        self.assertGreater(len(msgpack.packb(answer)), 700 * 1024)


class Parts(Bounds):
    def part(self, n, last=False):
        return dict(table="sectors", version="1", source="test", part=n,
                    last=last, sectors=[{"sector": "s-%d" % n, "group": "g"}])

    def test_parts_come_in_order(self):
        self.refused("BAD_TABLE", "reference.import", field="part",
                     **self.part(2))
        self.ask("reference.import", **self.part(1))
        self.refused("BAD_TABLE", "reference.import", field="part",
                     **self.part(3))
        self.ask("reference.import", **self.part(2))
        self.refused("BAD_TABLE", "reference.import", field="part",
                     **self.part(2))
        self.ask("reference.import", **self.part(3, last=True))
        self.assertNotIn("sectors", self.ask("stats")["missing"])

    def test_a_refused_write_names_the_revision_it_was_refused_at(self):
        self.ask("market.put", market=market("M-1"))
        wire = self.raw()
        wire.ask("reference.import",
                 dict(self.part(1, last=True), sectors=[]), k="p-1")
        header, body = wire.receive()
        self.assertEqual((body["name"], header["rev"]), ("BAD_TABLE", 1))
        self.assertTrue(body["data"][0]["hint"])
        wire.ask("market.delete", {"id": "M-9"}, k="p-2")
        header, body = wire.receive()
        self.assertEqual((header["s"], header["rev"]), (5, 1))
        self.assertEqual(body["data"][0]["field"], "id")


if __name__ == "__main__":
    harness.main()
