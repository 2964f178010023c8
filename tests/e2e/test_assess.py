"""Is a market worth a clause, would a reserved lot find offers, and which
markets come first: through the wire.  What MATCHING.md works out is put to the
daemon by test_worked.py."""
import json
import os
import random

import harness
from examples import (facilitator, job, lot, market, profile, siret, structure,
                      structure_id)

ON = "2026-11-23"
SHARE = 5000


def given(**more):
    """A market of one lot of 12 months without a clause."""
    rest = {k: more.pop(k) for k in list(more) if k in (
        "id", "buyer", "launch_on", "status", "deadline", "contract_type",
        "grouping")}
    return market(lots=[lot(**dict({"clauses": None, "months": 12,
                                    "amount": 30000000}, **more))], **rest)


class Assess(harness.Transcript):
    def put(self, entity, *objects):
        for made in objects:
            self.ask(entity + ".put", **{entity: made})

    def market(self, id="M-1", **more):
        return self.ask("assess.market", market=id, on=ON, labour_share=SHARE,
                        **more)

    def reserved(self, id="M-1", kind="RES_IAE", **more):
        return self.ask("assess.reserved", market=id, on=ON, kind=kind,
                        labour_share=SHARE, **more)

    def scan(self, **more):
        return self.ask("assess.scan", on=ON, labour_share=SHARE, **more)

    def points(self, of):
        return {f["point"]: f for f in of["findings"]}

    def verdicts(self, of):
        return {f["point"]: (f["verdict"], f.get("reason"))
                for f in of["findings"]}

    def people(self, n, **more):
        self.put("profile", *[profile("p-%d" % i, **more) for i in range(n)])

    def structures(self, n, first=1, **more):
        more = dict({"public_share": 80, "free_hours": 200}, **more)
        self.put("structure", *[structure(i, **dict(more))
                                for i in range(first, first + n)])

    shared = True

    def setUp(self):
        self.empty()


class Markets(Assess):
    def test_every_point_is_good(self):
        self.structures(2)
        self.people(4)
        self.put("facilitator", facilitator())
        self.put("market", given(jobs=[job(seats=2)], launch_on="2026-11-02",
                                 buyer={"category": "STATE"}))
        answer = self.market()
        of, = answer["lots"]
        self.assertEqual(self.verdicts(of), dict(
            {"A%d" % i: ("GOOD", None) for i in range(2, 9)},
            A1=("GOOD", "OBLIGED")))
        self.assertEqual((answer["worth"], of["worth"], of["kind"]),
                         ("YES", "YES", "EXEC_MANDATORY"))
        # 300 000 EUR, half of it labour, 5 % of that, at 30 EUR an hour.
        self.assertEqual((of["hours"], answer["hours"]), (250, 250))
        self.assertEqual((of["structures"], of["units"], of["free_hours"]),
                         (2, 2, 4800))
        self.assertEqual((of["seats"], of["people"]), (2, 4))
        self.assertIn("assess@2026-11-23", answer["reference"])
        self.assertIn("hours@2026-11-23", answer["reference"])

    def test_each_point_can_fail(self):
        rows = [
            ("A2", "H_SMALL", "POOR", {"amount": 6000000}),
            ("A2", "H_POOL", "FAIR", {"amount": 12000000}),
            ("A3", "H_SHORT", "POOR", {"months": 2}),
            ("A5", "TOO_TECHNICAL", "POOR", {"jobs": [job(rome="F1701")]}),
            ("A6", "NO_PUBLIC", "POOR", {"jobs": [job(seats=3)]}),
            ("A7", "NO_SUPPLY", "POOR", {"cpv": ["45000000"]}),
            ("A7", "LOW_CAPACITY", "FAIR", {"amount": 3000000000}),
            ("A8", "WHITE_ZONE", "POOR", {"places": ["COM:2A004"]}),
            ("A2", "NO_DATA", "UNKNOWN", {"amount": None, "jobs": None}),
            ("A3", "NO_DATA", "UNKNOWN", {"months": None}),
            ("A5", "NO_DATA", "UNKNOWN", {"jobs": None}),
            ("A6", "NO_DATA", "UNKNOWN", {"jobs": None}),
        ]
        self.structures(2)
        self.people(4)
        self.put("facilitator", facilitator())
        for point, reason, verdict, changed in rows:
            with self.subTest(reason, point=point):
                self.put("market", given(**changed))
                of, = self.market()["lots"]
                self.assertEqual(self.verdicts(of)[point], (verdict, reason))
        self.put("market", given())
        of, = self.ask("assess.market", market="M-1", on=ON,
                       labour_share=1999)["lots"]
        self.assertEqual(self.verdicts(of)["A4"], ("POOR", "LOW_LABOUR"))
        self.assertEqual((of["worth"], of["kind"]), ("NO", "CRIT"))

    def test_a_pure_supply_has_no_labour(self):
        self.structures(2)
        self.put("market", given(contract_type="SUPPLIES"))
        of, = self.ask("assess.market", market="M-1", on=ON)["lots"]
        self.assertEqual(self.verdicts(of)["A4"], ("POOR", "LOW_LABOUR"))

    def test_the_supply_advises_and_its_families_say_which(self):
        """More than 30 structures and a small share of their turnover: all;
        more than 10: a lot; more than one: a clause."""
        rows = [(31, 100000000000, "RESERVE_ALL", "RES_IAE"),
                (31, 60000000, "RESERVE_LOT", "RES_IAE"),
                (11, 60000000, "RESERVE_LOT", "RES_IAE"),
                (10, 60000000, "CLAUSE", "EXEC"),
                (2, 60000000, "CLAUSE", "EXEC"),
                (1, 60000000, "NONE", None)]
        for n, turnover, advice, kind in rows:
            with self.subTest(advice, n=n):
                self.empty()
                self.structures(n, turnover=turnover)
                self.put("market", given())
                of, = self.market()["lots"]
                self.assertEqual((of["advice"], of.get("kind")),
                                 (advice, kind))
        self.empty()
        self.structures(6, turnover=60000000)
        self.structures(6, first=20, kind="EA", turnover=60000000)
        self.put("market", given())
        of, = self.market()["lots"]
        self.assertEqual(of["kind"], "RES_MIX")

    def test_lots_too_small_may_be_worth_it_together(self):
        self.structures(2)
        small = lot(clauses=None, months=12, amount=6000000)
        self.put("market", market(lots=[small, small]))
        answer = self.market()
        self.assertEqual([of["worth"] for of in answer["lots"]], ["NO", "NO"])
        self.assertEqual((answer["worth"], answer["hours"]), ("POOL", 100))
        only, = self.market(lot=2)["lots"]
        self.assertEqual(only["lot"], 2)

    def test_people_count_as_far_as_they_change_a_point(self):
        """A5 and A6 by what match.reasons counts, whether the best are
        sought or, of more than a list holds, everybody is counted."""
        near = [profile("near-%d" % i) for i in range(7)]
        other = [profile("other-%d" % i, rome=["A1203"]) for i in range(2)]
        late = [profile("late-%d" % i, available_from="2027-06-01")
                for i in range(3)]
        self.put("profile", *near, *other, *late)
        romes = ("K2204", "A1203", "N1103")
        for seats in (1, 2, 3, 9, 400, 1000):
            with self.subTest(seats=seats):
                jobs = [job(rome=rome, seats=n) for rome, n in zip(
                    romes, (seats, 1, seats))]
                self.put("market", given(jobs=jobs))
                fit = [j["matched"] for j in self.ask(
                    "match.reasons", market="M-1", on=ON)["jobs"]]
                self.assertEqual(fit, [7, 2, 0])
                of, = self.market()["lots"]
                points = self.points(of)
                needed = [2 * j["seats"] for j in jobs]
                self.assertEqual(of["people"], sum(map(min, fit, needed)))
                self.assertEqual(of["seats"], 2 * seats + 1)
                self.assertEqual((points["A6"]["value"],
                                  points["A6"]["bound"]),
                                 (of["people"], sum(needed)))
                enough = sum(j["seats"] for j, n in zip(jobs, fit) if n >= 3)
                self.assertEqual(points["A5"]["value"],
                                 10000 * enough // of["seats"])

    def test_hours_by_labour(self):
        self.put("market", given())
        of, = self.market(labour_hours=24000, rate=1000)["lots"]
        self.assertEqual((of["formula"], of["hours"]), ("LABOUR", 2400))
        self.put("market", market(lots=[lot(), lot()]))
        self.refused("MISSING_FIELD", "assess.market", market="M-1",
                     labour_hours=100)

    def test_a_higher_amount_never_has_fewer_hours(self):
        self.structures(1)
        chance, before = random.Random(7), 0
        for amount in sorted(chance.randrange(10 ** 11) for _ in range(40)):
            self.put("market", given(amount=amount))
            hours = self.market(rate=700)["hours"]
            self.assertGreaterEqual(hours, before, amount)
            before = hours

    def test_what_is_refused(self):
        self.put("market", given())
        self.refused("NOT_FOUND", "assess.market", market="M-9")
        self.refused("NOT_FOUND", "assess.market", market="M-1", lot=2)

    def test_a_table_of_ones_own_counts(self):
        self.structures(2)
        self.put("market", given())
        self.assertEqual(self.verdicts(self.market()["lots"][0])["A3"][0],
                         "GOOD")
        rows = []
        path = os.path.join(harness.TOP, "store", "reference", "assess.tsv")
        with open(path, encoding="utf-8") as f:
            for line in f.read().splitlines()[1:]:
                rule, value, begin, _, source = line.split("\t")
                rows.append({"rule": rule, "value": value, "from": begin,
                             "source": source})
        for row in rows:
            if row["rule"] == "MARKET/months":
                row["value"] = "24"
        table = {"table": "assess", "version": "mine", "source": "test",
                 "part": 1, "last": True}
        self.refused("BAD_RULES", "reference.import", rules=rows[1:], **table)
        bad = [dict(rows[0], value="many")] + rows[1:]
        self.refused("BAD_RULES", "reference.import", rules=bad, **table)
        bad = [dict(rows[0], rule="ADVICE/x")] + rows
        self.refused("BAD_RULES", "reference.import", rules=bad, **table)
        other = self.new_daemon().fresh()
        client = other.client()
        client.call("market.put", {"market": given()})
        client.call("reference.import", dict(table, rules=rows))
        answer = client.call("assess.market", {"market": "M-1", "on": ON})
        self.assertEqual(self.verdicts(answer["lots"][0])["A3"],
                         ("POOR", "H_SHORT"))
        self.assertIn("assess@mine", answer["reference"])


class Reserved(Assess):
    def change(self, answer, change):
        found = [c for c in answer.get("changes", ()) if
                 c["change"] == change]
        return found[0] if found else None

    def test_how_likely_no_offer_is(self):
        """The vectors of B4, with and without a history."""
        rows = [(4, None, 316, "HIGH"), (10, None, 56, "LOW"),
                (3, (4, 3), 125, "LOW")]
        for n, history, no_offer, risk in rows:
            with self.subTest(n=n):
                self.empty()
                self.structures(n, free_hours=1000)
                self.put("market", given())
                known = history and [
                    {"structure": structure_id(i), "asked": history[0],
                     "positive": history[1]} for i in range(1, n + 1)]
                answer = self.reserved(**({"history": known} if known else {}))
                self.assertEqual((answer["no_offer"], answer["risk"]),
                                 (no_offer, risk))

    def test_each_point_can_fail(self):
        rows = [
            ("B1", "FEW_STRUCTURES", {"places": ["COM:27229"]}),
            ("B2", "LOW_CAPACITY", {"amount": 3000000000000}),
            ("B3", "DEPENDENCE", {"amount": 3000000000000}),
            ("B6", "SHORT_DELAY", {"deadline": "2026-12-11"}),
        ]
        self.structures(12, turnover=100000000)
        for point, reason, changed in rows:
            with self.subTest(point):
                self.put("market", given(**changed))
                self.assertEqual(self.verdicts(self.reserved())[point],
                                 ("POOR", reason))
        self.put("market", given(deadline="2026-12-14"))
        self.assertEqual(self.points(self.reserved())["B6"]["value"], 15)

    def test_a_legal_unit_counts_once(self):
        self.structures(4)
        self.put("market", given())
        before = self.reserved()
        twins = [dict(structure(i), siret=siret(i), kind="ACI",
                      public_share=80) for i in range(1, 5)]
        self.put("structure", *twins)
        answer = self.reserved()
        self.assertEqual(answer["no_offer"], before["no_offer"])
        point = self.points(answer)["B5"]
        self.assertEqual((point["value"], point["bound"], point["reason"]),
                         (4, 8, "SAME_UNIT"))
        self.assertEqual([u["structures"] for u in answer["units"]], [2] * 4)

    def test_earlier_failures_weigh_on_interest(self):
        self.structures(8)
        self.put("market", given())
        self.assertEqual(self.reserved()["no_offer"], 100)
        clause = [{"kind": "RES_IAE"}]
        near = {"clauses": clause, "status": "UNSUCCESSFUL"}
        self.put("market",
                 given(id="F-1", deadline="2026-05-01", **near),
                 given(id="F-old", deadline="2024-11-23", **near),
                 given(id="F-far", deadline="2026-05-01",
                       places=["COM:2A004"], **near),
                 given(id="F-work", deadline="2026-05-01", cpv=["45000000"],
                       **near),
                 given(id="F-kind", deadline="2026-05-01",
                       status="UNSUCCESSFUL", clauses=[{"kind": "RES_HAND"}]),
                 given(id="F-none", deadline="2026-05-01", clauses=clause,
                       status="AWARDED"))
        answer = self.reserved()
        # q is 1/5 in the place of 1/4: 0.8 to the eighth.
        self.assertEqual(answer["no_offer"], 168)
        self.assertEqual(self.points(answer)["B7"]["value"], 1)

    def test_7_reserved_to_ea_and_esat(self):
        """Scenario 7: two of the right kind and share."""
        self.put("structure",
                 structure(1, kind="EA", public_share=60),
                 structure(2, kind="ESAT"),
                 structure(3, kind="EI", public_share=80),
                 structure(4, kind="EA", public_share=45))
        self.put("market", given(clauses=[{"kind": "RES_HAND"}]))
        answer = self.ask("assess.reserved", market="M-1", on=ON)
        self.assertEqual(answer["kind"], "RES_HAND")
        self.assertEqual(self.points(answer)["B1"]["value"], 2)
        self.assertEqual(answer["risk"], "HIGH")

    def test_6_a_group_is_an_offer(self):
        """Scenario 6: one covers all, two do together."""
        self.put("structure",
                 structure(1, public_share=80, commune="59350",
                           zone={"codes": ["DEP:59", "DEP:62"]}),
                 structure(2, public_share=80, commune="80021",
                           zone={"codes": ["DEP:80"]}),
                 structure(3, public_share=80, commune="59350",
                           zone={"codes": ["REG:32"]}))
        places = {"places": ["DEP:59", "DEP:62", "DEP:80"], "jobs": None}
        self.put("market", given(**places))
        self.assertEqual(self.points(self.reserved())["B1"]["value"], 2)
        self.put("market", given(grouping="FORBIDDEN", **places))
        answer = self.reserved()
        self.assertEqual(self.points(answer)["B1"]["value"], 1)
        self.assertEqual(self.change(answer, "GROUP")["units"], 2)

    def test_who_covers_all_takes_no_partner_away(self):
        """A unit that covers every place joins groups, too: what the two
        others can offer together stays an offer."""
        corners = [structure(n, public_share=80, commune=at, free_hours=100,
                             zone={"codes": ["COM:" + at]})
                   for n, at in ((1, "76351"), (2, "76540"))]
        self.put("structure", *corners)
        self.put("market", given(
            places=["COM:76351", "COM:76540"], jobs=None, months=12,
            grouping="ONE_EACH", clauses=[{"kind": "RES_IAE",
                                           "hours": 2000}]))
        refused = [{"structure": structure_id(3), "asked": 4, "positive": 0}]
        before = self.reserved(history=refused)
        self.assertEqual(self.points(before)["B1"]["value"], 1)
        self.assertEqual(self.points(before)["B2"]["value"], 120)
        self.structures(1, first=3, free_hours=70)
        answer = self.reserved(history=refused)
        self.assertEqual(self.points(answer)["B1"]["value"], 2)
        self.assertEqual(self.points(answer)["B2"]["value"], 162)
        self.assertLess(answer["no_offer"], before["no_offer"])

    def test_the_smallest_change(self):
        self.structures(10, turnover=200000000)
        self.put("market", given(deadline="2026-11-30"))
        self.assertEqual(self.reserved()["smallest"], "DELAY")
        self.structures(10, turnover=200000000, lot_max=20000000)
        self.put("market", given())
        answer = self.reserved()
        self.assertEqual((answer["risk"], answer["smallest"]),
                         ("HIGH", "SPLIT"))
        self.assertEqual(self.change(answer, "SPLIT")["parts"], 2)
        self.assertEqual([s["units"] for s in answer["splits"]],
                         [0] + [10] * 9)
        self.empty()
        self.structures(4)
        self.structures(8, first=20, kind="EA")
        self.put("market", given())
        answer = self.reserved()
        self.assertEqual(answer["smallest"], "ENLARGE")
        self.assertEqual(self.change(answer, "ENLARGE")["kind"], "RES_MIX")
        self.put("market", given(contract_type="CONCESSION"))
        answer = self.reserved()
        self.assertEqual(answer["smallest"], "EXEC")
        self.assertIsNone(self.change(answer, "ENLARGE"))

    def test_a_part_that_one_can_do_alone(self):
        self.structures(10, free_hours=150)
        self.put("market", given())
        # 5 000 hours of labour; each has 1 800 in 12 months.
        able = [s["able"] for s in self.reserved()["splits"]]
        self.assertEqual(able[:3], [0, 0, 10])

    def test_more_supply_never_raises_the_risk(self):
        order = ["LOW", "MEDIUM", "HIGH"]
        chance = random.Random(11)
        for _ in range(6):
            self.empty()
            self.put("market", given(amount=chance.randrange(10 ** 9)))
            hours = {}
            before = None
            for step in range(14):
                old = hours and chance.random() < .5
                n = chance.choice(sorted(hours)) if old else len(hours) + 1
                hours[n] = hours.get(n, 0) + chance.randrange(1, 60)
                self.structures(1, first=n, free_hours=hours[n])
                answer = self.reserved()
                now = (order.index(answer["risk"]), answer["no_offer"])
                if before:
                    self.assertLessEqual(now[0], before[0])
                    self.assertLessEqual(now[1], before[1])
                before = now

    def test_what_is_refused(self):
        self.put("market", given(), given(id="M-C",
                                          contract_type="CONCESSION"))
        rows = [
            ("MISSING_FIELD", {}),
            ("BAD_CODE", {"kind": "EXEC"}),
            ("NOT_FOUND", {"kind": "RES_IAE", "lot": 2}),
            ("CONCESSION_MIX_FORBIDDEN", {"market": "M-C",
                                          "kind": "RES_MIX"}),
            ("BAD_ORDER", {"kind": "RES_IAE", "history": [
                {"structure": "X", "asked": 1, "positive": 2}]}),
        ]
        for name, body in rows:
            with self.subTest(name):
                self.refused(name, "assess.reserved",
                             **dict({"market": "M-1"}, **body))


class Scans(Assess):
    def test_by_the_law_then_hours_then_amount_then_id(self):
        self.structures(2)
        state = {"buyer": {"category": "STATE"}, "launch_on": "2026-11-02"}
        self.put("market",
                 given(id="A", amount=50000000),
                 given(id="B", amount=20000000, **state),
                 given(id="D", amount=50000000),
                 given(id="C", amount=40000000),
                 given(id="clausal", clauses=[{"kind": "EXEC"}]),
                 given(id="past", deadline="2026-11-22"),
                 given(id="closed", status="AWARDED"),
                 given(id="draft", amount=1000000, status="DRAFT"))
        answer = self.scan()
        self.assertEqual([r["market"] for r in answer["rows"]],
                         ["B", "A", "D", "C", "draft"])
        self.assertEqual(answer["markets"], 5)
        first = answer["rows"][0]
        self.assertEqual((first["obligation"], first["worth"],
                          first["hours"]), ("MANDATORY", "YES", 166))
        self.assertIn("H_SMALL", answer["rows"][4]["reasons"])

    def test_pages_are_the_whole(self):
        self.put("market", *[given(id="M-%02d" % i, amount=i * 1000000)
                             for i in range(1, 24)])
        whole = self.scan(page_size=100)["rows"]
        rows, token = [], {}
        while True:
            answer = self.scan(page_size=7, **token)
            rows += answer["rows"]
            if "next" not in answer:
                break
            token = {"page_token": answer["next"]}
        self.assertEqual(rows, whole)
        self.assertEqual([r["rank"] for r in rows], list(range(1, 24)))
        self.refused("BAD_TOKEN", "assess.scan", page_token="x")

    def test_a_page_of_markets_of_many_lots(self):
        """What one lot is judged by is given back before the next."""
        blank = lot(clauses=None, jobs=None)
        many = 5 if harness.SLOW else 30
        self.put("market", *[market("M-%02d" % i, lots=[blank] * 200)
                             for i in range(many)])
        rows = self.scan(page_size=100)["rows"]
        self.assertEqual([r["lots"] for r in rows], [200] * many)
        self.assertIn("WHITE_ZONE", rows[0]["reasons"])

    def test_a_programme_is_the_list_that_is_given(self):
        self.put("market", given(id="A"), given(id="B", status="AWARDED"),
                 given(id="C"))
        answer = self.scan(markets=["B", "C"])
        self.assertEqual([r["market"] for r in answer["rows"]], ["B", "C"])
        self.refused("NOT_FOUND", "assess.scan", markets=["A", "X"])


class Cli(Assess):
    def test_lines_for_a_mail(self):
        self.structures(4)
        self.people(4)
        self.put("facilitator", facilitator())
        self.put("market", given(jobs=[job(seats=2)]))
        said = self.ctl("assess", "market", "M-1", "--on", ON,
                        "--labour-share", "50", lang="fr")
        for text in ("Intérêt d'une clause : oui", "300 000 €",
                     "A2 heures d'insertion : 250 (au moins 150), bon",
                     "conseil : clause d'exécution"):
            self.assertIn(text, said)
        said = self.ctl("assess", "reserved", "M-1", "--on", ON,
                        "--kind", "RES_IAE", "--labour-share", "50",
                        lang="fr")
        for text in ("risque élevé", "31,6 %",
                     "B4 probabilité d'aucune offre : 31,6 % "
                     "(au plus 20,0 %), mauvais"):
            self.assertIn(text, said)
        said = self.ctl("assess", "scan", "--on", ON, "--labour-share",
                        "50")
        for text in ("1. M-1: DEMO", "worth a clause: yes"):
            self.assertIn(text, said)
        self.assertIn('"no_offer": 316', self.ctl(
            "--json", "assess", "reserved", "M-1", "--kind", "RES_IAE"))
        self.ctl("assess", "nothing", status=64)

    def test_how_far_the_next_facilitator_may_be(self):
        self.put("facilitator", facilitator(territories=["COM:76351"]))
        self.put("market", given(places=["COM:76540"], jobs=None))
        for what in (["market", "M-1"], ["scan"]):
            said = [json.loads(self.ctl(
                "--json", "assess", *what, "--on", ON, "--adjacent-km", km))
                for km in ("10", "100")]
            self.assertIn("WHITE_ZONE", json.dumps(said[0]), what)
            self.assertNotIn("WHITE_ZONE", json.dumps(said[1]), what)


if __name__ == "__main__":
    harness.main()
