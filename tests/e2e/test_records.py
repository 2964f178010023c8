"""Records: put, get, list, delete, and what the daemon says of itself."""
import harness
from examples import facilitator, market, profile, siret, structure, structure_id

# Entity, an object, its id, another one's id, the verb that removes it, and
# what the daemon fills in.
ENTITIES = (
    ("structure", structure, [1, 2, 3, 4, 5], structure_id, "delete",
     {"status": "active"}),
    ("market", market, ["M-1", "M-10", "M-2", "M-3", "M-4"], str, "delete",
     {"status": "OPEN"}),
    ("profile", profile, ["p-1", "p-10", "p-2", "p-3", "p-4"], str, "erase",
     {}),
    ("facilitator", facilitator, ["F-1", "F-10", "F-2", "F-3", "F-4"], str,
     "delete", {}),
)


class Greetings(harness.Transcript):
    shared = True

    def test_hello_says_who_answers_and_what_it_speaks(self):
        hello = self.ask("hello", client="test")
        self.assertIn("claused", hello["server"])
        self.assertEqual(hello["protocol"], 1)
        self.assertEqual(hello["rules"], 1)
        self.assertEqual(len(hello["store"]), 36)
        self.assertIn("match.structures", hello["methods"])
        self.assertIn("profile.erase", hello["methods"])
        self.assertEqual(hello["reply_bytes"], 1024 * 1024)

    def test_ping_gives_back_what_it_was_given(self):
        self.assertEqual(self.ask("ping", echo="hé")["echo"], "hé")
        self.assertEqual(self.ask("ping"), {})

    def test_stats_counts_and_says_what_is_missing(self):
        self.ask("stats")
        stats = self.ask("stats", verbs=True)
        self.assertEqual(stats["store"], self.ask("hello")["store"])
        for name in ("revision", "structures", "markets", "profiles",
                     "facilitators",
                     "map_used", "map_free", "map_size", "write_queue", "slow_queue",
                     "reply_queue", "sent_replies", "dropped_replies",
                     "uptime_s"):
            self.assertGreaterEqual(stats[name], 0, name)
        self.assertTrue(all(t["table"] and t["version"] and t["source"]
                            for t in stats["reference"]))
        self.assertIn("rome-links", stats["missing"])
        asked = {v["verb"]: v["asked"] for v in stats["verbs"]}
        self.assertGreaterEqual(asked["stats"], 1)


class Records(harness.Transcript):
    def test_what_is_put_can_be_got_replaced_and_removed(self):
        for entity, make, names, id_of, remove, filled in ENTITIES:
            with self.subTest(entity):
                first, one = make(names[0]), id_of(names[0])
                put = self.ask(entity + ".put", **{entity: first})
                # The stored reply to a write outlives an erased person.
                told = None if entity == "profile" else one
                self.assertEqual((put.get("id"), put["created"]),
                                 (told, True))
                got = self.ask(entity + ".get", id=one)
                self.assertEqual(got[entity], dict(first, **filled))
                self.assertEqual((got["id"], got["rev"]), (one, put["rev"]))

                again = self.ask(entity + ".put", **{entity: first})
                self.assertEqual(again["rev"], put["rev"] + 1)
                self.assertFalse(again.get("created"))

                gone = self.ask("%s.%s" % (entity, remove), id=one)
                self.assertEqual(gone["rev"], again["rev"] + 1)
                self.refused("NOT_FOUND", entity + ".get", id=one)
                self.refused("NOT_FOUND", "%s.%s" % (entity, remove), id=one)

    def test_a_write_with_if_rev_needs_that_revision(self):
        for entity, make, names, id_of, remove, _ in ENTITIES:
            with self.subTest(entity):
                one, put = id_of(names[0]), entity + ".put"
                body = {entity: make(names[0])}
                self.refused("REV_CONFLICT", put, if_rev=7, **body)
                rev = self.ask(put, if_rev=0, **body)["rev"]
                self.refused("REV_CONFLICT", put, if_rev=0, **body)
                rev = self.ask(put, if_rev=rev, **body)["rev"]
                before = self.revision()
                self.refused("REV_CONFLICT", "%s.%s" % (entity, remove),
                             id=one, if_rev=rev - 1)
                self.assertEqual(self.revision(), before)
                self.ask("%s.%s" % (entity, remove), id=one, if_rev=rev)

    def test_lists_come_in_pages_in_byte_order_of_ids(self):
        for entity, make, names, id_of, _, filled in ENTITIES:
            with self.subTest(entity):
                for name in reversed(names):
                    self.ask(entity + ".put", **{entity: make(name)})
                whole = [dict(make(n), **filled)
                         for n in sorted(names, key=id_of)]
                page = self.ask(entity + ".list", page_size=2)
                self.assertEqual(page["rows"], whole[:2])
                page = self.ask(entity + ".list", page_size=2,
                                page_token=page["next"])
                self.assertEqual(page["rows"], whole[2:4])
                page = self.ask(entity + ".list", page_size=2,
                                page_token=page["next"])
                self.assertEqual(page["rows"], whole[4:])
                self.assertNotIn("next", page)
                self.assertEqual(list(self.client.each(entity + ".list",
                                                       page_size=5)), whole)
                self.refused("BAD_TOKEN", entity + ".list",
                             page_token="not one of yours")

    def test_one_siret_may_hold_several_kinds(self):
        self.ask("structure.put", structure=structure(1, "EI"))
        self.ask("structure.put", structure=structure(1, "ETTI"))
        self.assertEqual(self.ask("stats")["structures"], 2)
        self.assertEqual(self.ask("structure.get",
                                  id=siret(1) + "-ETTI")["structure"]["kind"],
                         "ETTI")

    def test_an_empty_list_is_an_empty_list(self):
        self.assertEqual(self.ask("market.list").get("rows", []), [])

    def test_everything_is_there_after_a_restart(self):
        self.ask("market.put", market=market())
        before = self.ask("market.get", id="M-1")
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        self.assertEqual(self.ask("market.get", id="M-1"), before)
        self.assertEqual(self.revision(), 1)


if __name__ == "__main__":
    harness.main()
