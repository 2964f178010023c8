"""Groups of structures: scenario 6 of the domain, what a market allows, and
what a facilitator pastes into a mail.  The rules are worked out on the page
MATCHING.md, which tests/brute/vectors.py puts to the daemon."""
import json

import harness
from examples import job, lot, market, siret, structure, structure_id

ON = "2026-11-23"


def place(*codes, **more):
    return lot(**dict({"places": list(codes), "jobs": None, "clauses": None},
                      **more))


class Groups(harness.Transcript):
    def given(self, *structures):
        for made in structures:
            self.ask("structure.put", structure=made)

    def three(self):
        self.given(
            structure(1, commune="59350", free_hours=50,
                      zone={"codes": ["DEP:59", "DEP:62"]}),
            structure(2, commune="80021", free_hours=25,
                      zone={"codes": ["DEP:80"]}),
            structure(3, commune="59350", free_hours=100,
                      zone={"codes": ["REG:32"]}))

    def lots(self, *lots, **more):
        """The answer's lots, for a market of these."""
        options = {k: more.pop(k) for k in ("limit", "lot") if k in more}
        self.ask("market.put", market=market(lots=list(lots), **more))
        return self.ask("match.group", market="M-1", on=ON, **options)["lots"]

    def members(self, one):
        return [sorted(m["id"] for m in g["members"])
                for g in one.get("groups", [])]

    def test_06_a_lot_in_three_departments(self):
        self.three()
        one, = self.lots(place("DEP:59", "DEP:62", "DEP:80", months=12,
                               clauses=[{"kind": "EXEC", "hours": 780}]))
        self.assertEqual([s["id"] for s in one["alone"]], [structure_id(3)])
        self.assertEqual(self.members(one),
                         [[structure_id(1), structure_id(2)]])
        first, second = one["groups"][0]["members"]
        self.assertEqual((first["places"], second["places"]),
                         (["DEP:59", "DEP:62"], ["DEP:80"]))
        self.assertEqual((first["hours"], second["hours"]), (520, 260))

    def test_hours_make_a_group_where_places_do_not(self):
        self.given(*(structure(n, free_hours=10) for n in range(1, 6)))
        asked = {"months": 10, "clauses": [{"kind": "EXEC", "hours": 300}]}
        one, = self.lots(place("COM:76351", **asked), limit=100)
        self.assertEqual(one["found"], 10, "any three of five")
        self.assertEqual({len(m) for m in self.members(one)}, {3})
        self.assertEqual(len(self.members(one)), 5,
                         "each of five is mandataire once")
        one, = self.lots(place("COM:76351", months=10, clauses=[
            {"kind": "EXEC", "hours": 401}]))
        self.assertEqual((one["found"], one["missing_hours"]), (0, 1))

    def test_the_most_hours_there_can_be_are_shared(self):
        self.given(*(structure(n, free_hours=10 ** 7) for n in range(1, 4)))
        one, = self.lots(place("COM:76351", months=1200, jobs=[
            job(seats=10000, hours_week=48, weeks=1000)] * 64))
        asked = 64 * 10000 * 48 * 1000
        for member in one["groups"][0]["members"]:
            self.assertAlmostEqual(member["hours"], asked / 3, delta=3)
        self.assertEqual(sum(m["hours"] for m in
                             one["groups"][0]["members"]), asked)

    def test_one_operator_is_no_group(self):
        self.given(structure(1, "EI", zone={"codes": ["COM:76351"]}),
                   structure(1, "ACI", commune="76540",
                             zone={"codes": ["COM:76540"]}))
        one, = self.lots(place("COM:76351", "COM:76540"))
        self.assertEqual((one["candidates"], one["found"]), (2, 0))
        self.assertNotIn("alone", one)
        self.assertNotIn("missing", one)
        self.given(structure(2, "ACI", commune="76540",
                             zone={"codes": ["COM:76540"]}))
        one, = self.lots(place("COM:76351", "COM:76540"))
        self.assertEqual(self.members(one),
                         [[structure_id(1), structure_id(2, "ACI")]])

    def test_what_the_market_allows(self):
        self.given(structure(1, zone={"codes": ["COM:76351"]}),
                   *(structure(n, commune="76540",
                               zone={"codes": ["COM:76540"]})
                     for n in (2, 3)))
        two = place("COM:76351", "COM:76540")
        one, = self.lots(two)
        self.assertEqual(len(self.members(one)), 2)
        one, = self.lots(two, grouping="ONE_EACH")
        self.assertEqual((one["found"], len(self.members(one))), (2, 1))
        one, = self.lots(two, grouping="FORBIDDEN")
        self.assertEqual((one["found"], self.members(one)), (0, []))
        both = self.lots(two, two, max_lots=1)
        self.assertEqual([len(self.members(one)) for one in both], [2, 0])
        both = self.lots(two, two)
        self.assertEqual([len(self.members(one)) for one in both], [2, 1],
                         "three operators, three mandataires")

    def test_of_too_many_every_corner_is_considered(self):
        """70 near the middle score better than the one who alone goes to
        the far corner."""
        self.given(*(structure(n, zone={"codes": ["COM:76351"]},
                               free_hours=100) for n in range(1, 71)))
        self.given(structure(71, commune="2A004", cpv=["90000000"],
                             zone={"codes": ["COM:76540"]}))
        one, = self.lots(place("COM:76351", "COM:76540"), limit=100)
        self.assertEqual((one["candidates"], one["considered"],
                          one["exact"]), (71, 64, False))
        self.assertEqual(one["found"], 63)
        self.assertTrue(all(structure_id(71) in group
                            for group in self.members(one)))

    def test_what_is_refused(self):
        self.ask("market.put", market=market())
        for name, field, ask in (
                ("NOT_FOUND", "market", {"market": "M-2"}),
                ("NOT_FOUND", "lot", {"market": "M-1", "lot": 2}),
                ("WEIGHTS_SUM", "structure_weights", {
                    "market": "M-1", "structure_weights": {
                        "activity": 1, "coverage": 1, "proximity": 1,
                        "capacity": 1, "jobs": 1}}),
                ("RANGE", "limit", {"market": "M-1", "limit": 101}),
                ("MISSING_FIELD", "market", {})):
            with self.subTest(field):
                self.refused(name, "match.group", field=field, **ask)
        self.refused("BAD_CODE", "market.put", field="market.grouping",
                     market=market(grouping="PERHAPS"))
        self.refused("RANGE", "market.put", field="market.max_lots",
                     market=market(max_lots=0))

    def test_the_command(self):
        self.three()
        self.lots(place("DEP:59", "DEP:62", "DEP:80", months=12,
                        clauses=[{"kind": "EXEC", "hours": 780}]),
                  place("COM:97411"))
        text = self.ctl("group", "M-1", "--on", ON)
        for line in ("  structures that fit it: 3, groups: 1",
                     "  Alone: DEMO 3, EI (%s-EI), score " % siret(3),
                     "    DEMO 1, EI (%s-EI), Lille (59)" % siret(1),
                     "      whole of DEP:59, DEP:62\n",
                     "      hours: 520, of 600 free\n",
                     "  Nobody covers the whole of: Saint-Denis (974)\n",
                     "  No two to four structures cover it together.\n"):
            self.assertIn(line, text)
        text = self.ctl("group", "M-1", "--lot", "1", lang="fr")
        self.assertIn("      heures : 520, sur 600 disponibles\n", text)
        self.assertEqual(
            json.loads(self.ctl("--json", "group", "M-1", "--on", ON)),
            self.ask("match.group", market="M-1", on=ON))


if __name__ == "__main__":
    harness.main()
