"""Facilitators: their file in and out, who is competent for a market, and
where nobody is."""
import json
import os

import harness
from examples import facilitator, job, lot, market, structure, structure_id


class Files(harness.Transcript):
    def test_what_is_exported_imports_again_the_same(self):
        rows = [facilitator(),
                facilitator("F-2", territories=["EPCI:200023414", "COM:76540"],
                            sectors=["espaces-verts", "nettoyage"],
                            etp_percent=None, contact="02 35 00 00 00",
                            coordinator_of=["REG:28"], backup="F-1",
                            absent_from="2026-12-01",
                            absent_until="2027-01-31", source="demo")]
        rows = [{k: v for k, v in row.items() if v is not None}
                for row in rows]
        for row in rows:
            self.ask("facilitator.put", facilitator=row)
        self.assertEqual(self.ask("stats")["facilitators"], 2)
        other = self.new_daemon().fresh()
        for form in ("csv", "tsv", "ndjson"):
            with self.subTest(form):
                name = os.path.join(self.daemon.home, "f." + form)
                self.ctl("export", "facilitators", name)
                self.ctl("--connect", other.endpoint, "import",
                         "facilitators", name)
                self.assertEqual(
                    list(other.client().each("facilitator.list")), rows)

    def test_one_by_one(self):
        path = os.path.join(self.daemon.home, "f.json")
        with open(path, "w") as f:
            f.write('{"id": "F-1", "organisation": "PLIE",'
                    ' "territories": ["DEP:76", "COM:75112"]}')
        self.assertIn("COM:75056", self.ctl("facilitator", "put", path))
        self.assertIn("DEP:76 Paris (75)",
                      self.ctl("facilitator", "list"))
        self.assertIn("organisation: PLIE",
                      self.ctl("facilitator", "get", "F-1"))
        self.ctl("facilitator", "delete", "F-1", "--yes")
        self.refused("NOT_FOUND", "facilitator.get", id="F-1")


def hours(place, n):
    return lot(places=[place], jobs=None,
               clauses=[{"kind": "EXEC", "hours": n}])


class Routes(harness.Transcript):
    """Scenarios 17 and 18 of the domain; what section 11 of MATCHING.md works
    out is put to the daemon by tests/brute/vectors.py."""

    def given(self, *facilitators):
        for made in facilitators:
            self.ask("facilitator.put", facilitator=made)

    def market(self, *lots, **more):
        self.ask("market.put", market=market(lots=list(lots), **more))

    def route(self, id="M-1", **more):
        return self.ask("facilitator.route", market=id, on="2026-11-23",
                        **more)

    def leads(self, id="M-1"):
        return [f["id"] for f in self.route(id).get("facilitators", [])]

    def zone(self, **more):
        zone, = self.route(**more)["zones"]
        return zone

    def test_17_a_white_zone(self):
        """EPCI, department, who is next door, coordinator, nobody: each
        answers once all before it are gone."""
        chain = [
            facilitator("F-EPCI", territories=["EPCI:200023414"]),
            facilitator("F-DEP", territories=["DEP:76"]),
            facilitator("F-NEXT", territories=["DEP:27"]),
            facilitator("F-REG", territories=[], coordinator_of=["REG:28"])]
        self.given(*chain)
        self.ask("structure.put", structure=structure())
        self.market(lot(places=["COM:76540"]))
        steps = []
        for one in chain:
            answer = self.route()
            self.assertEqual(answer["lead"], one["id"])
            steps.append(answer["zones"][0]["step"] if "zones" in answer else
                         answer["facilitators"][0]["parts"][0]["step"])
            self.ask("facilitator.delete", id=one["id"])
        self.assertEqual(steps, ["EPCI", "DEPARTMENT", "ADJACENT",
                                 "COORDINATOR"])
        answer = self.route()
        self.assertNotIn("lead", answer)
        self.assertEqual(answer["zones"], [{
            "lot": 1, "department": "76", "communes": 1,
            "population": 117662, "hours": 500, "step": "WHITE_ZONE",
            "why": ["NO_FACILITATOR", "NONE_NEAR", "NO_COORDINATOR"]}])
        found = self.ask("match.structures", market="M-1",
                         on="2026-11-23")["lot"]["structures"]
        self.assertEqual([s["id"] for s in found], [structure_id()])

    def test_17_overseas_nobody_is_next_door(self):
        self.given(facilitator(territories=["COM:97411"]))
        self.market(lot(places=["COM:97418"]))
        self.assertEqual(self.zone(adjacent_km=1000), {
            "lot": 1, "department": "974", "communes": 1,
            "population": self.zone()["population"], "hours": 500,
            "step": "WHITE_ZONE",
            "why": ["NO_FACILITATOR", "OVERSEAS", "NO_COORDINATOR"]})

    def test_18_a_lead_facilitator(self):
        three = [facilitator("F-%s" % d, territories=["DEP:" + d])
                 for d in ("59", "62", "80")]
        self.given(*three)
        self.market(hours("DEP:80", 200), hours("DEP:59", 500),
                    hours("DEP:62", 300))
        self.assertEqual(self.leads(), ["F-59", "F-62", "F-80"])
        self.ask("facilitator.delete", id="F-59")
        self.assertEqual(self.leads()[0], "F-62", "another one is elected")
        self.assertEqual(self.zone()["hours"], 500)

    def test_18_equals_are_told_apart_by_load_and_then_by_market(self):
        self.given(facilitator("F-59", territories=["DEP:59"]),
                   facilitator("F-62", territories=["DEP:62"]))
        both = hours("DEP:59", 100), hours("DEP:62", 100)
        ids = ["M-%d" % i for i in range(20)]
        for id in ids:
            self.market(*both, id=id)
        first = {id: self.leads(id)[0] for id in ids}
        self.assertEqual(set(first.values()), {"F-59", "F-62"},
                         "neither leads every market")
        self.assertEqual(first, {id: self.leads(id)[0] for id in ids})
        self.given(facilitator("F-59", territories=["DEP:59"],
                               etp_percent=200))
        self.assertEqual({self.leads(id)[0] for id in ids}, {"F-59"})

    def test_load_counts_markets_that_are_open(self):
        self.given(facilitator(territories=["DEP:76"]))
        lots = hours("COM:76540", 10), hours("COM:76351", 10)
        self.market(*lots)
        self.market(*lots, id="M-2", deadline="2026-11-23")
        self.market(*lots, id="M-3", deadline="2026-11-22")
        self.market(*lots, id="M-4", status="AWARDED")
        self.market(hours("DEP:27", 10), id="M-5")
        self.market(lot(places=None, jobs=[job(commune="76540")]), id="M-6")
        one, = self.route()["facilitators"]
        self.assertEqual((one["load"], one["load_per_etp"]), (3, 300))
        closed = self.route("M-4")
        self.assertEqual(closed["warnings"], ["NOT_OPEN"])
        self.assertEqual(closed["lead"], "F-1")

    def test_sectors_are_told_and_decide_nothing(self):
        self.given(facilitator(sectors=["nettoyage", "batiment"]))
        self.market(lot(sectors=["batiment"]), lot(sectors=["voirie"]))
        one, = self.route()["facilitators"]
        self.assertEqual(one["sectors"], ["batiment"])
        self.assertEqual([p["lot"] for p in one["parts"]], [1, 2])
        one, = self.route(lot=2)["facilitators"]
        self.assertNotIn("sectors", one)

    def test_nobody_knows_where_the_lot_is(self):
        self.given(facilitator(territories=["FR"]))
        self.market(lot(places=None, jobs=None))
        answer = self.route()
        self.assertEqual(answer["warnings"], ["NO_PLACE"])
        self.assertNotIn("facilitators", answer)

    def test_what_is_refused(self):
        self.market(lot())
        for name, field, ask in (
                ("NOT_FOUND", "market", {"market": "M-2"}),
                ("NOT_FOUND", "lot", {"market": "M-1", "lot": 2}),
                ("MISSING_FIELD", "market", {}),
                ("RANGE", "adjacent_km",
                 {"market": "M-1", "adjacent_km": 1001})):
            with self.subTest(field):
                self.refused(name, "facilitator.route", field=field, **ask)


class Blanks(harness.Transcript):
    def blank(self, *territories, **more):
        return self.ask("territory.blank", territories=list(territories),
                        on="2026-11-23", **more)

    def test_an_empty_store_is_all_blank(self):
        answer = self.ask("territory.blank", page_size=1)
        self.assertEqual(len(answer["departments"]), 109)
        self.assertEqual(len(answer["regions"]), 26)
        self.assertEqual(answer["communes"], sum(
            d["communes"] for d in answer["departments"]))
        self.assertEqual(answer["population"], sum(
            r["population"] for r in answer["regions"]))

    def test_pages_hold_every_commune_once(self):
        self.ask("facilitator.put", facilitator=facilitator(
            territories=["EPCI:200084952"]))
        whole = self.blank("DEP:76", page_size=1000)
        self.assertNotIn("next", whole)
        rows, page = [], {"next": None}
        while "next" in page:
            page = self.blank("DEP:76", page_size=97,
                              page_token=page["next"])
            rows += page["rows"]
        self.assertEqual(rows, whole["rows"])
        self.assertEqual(len(rows), whole["communes"])
        self.assertEqual(rows, sorted(rows, key=lambda r: r["commune"]))

    def test_who_is_away_leaves_a_blank(self):
        self.ask("facilitator.put", facilitator=facilitator(
            absent_from="2026-11-23", coordinator_of=["REG:28"]))
        answer = self.blank("COM:76540")
        self.assertEqual(answer["communes"], 1)
        self.assertEqual([r["code"] for r in answer["regions"]], ["28"])
        before = self.ask("territory.blank", territories=["COM:76540"],
                          on="2026-11-22")
        self.assertEqual(before["communes"], 0)
        self.assertNotIn("regions", before)

    def test_what_is_refused(self):
        for name, field, ask in (
                ("UNKNOWN_TERRITORY", "territories[2]",
                 {"territories": ["DEP:76", "REG:22"]}),
                ("UNKNOWN_TERRITORY", "territories[1]",
                 {"territories": ["COM:76999"]}),
                ("CODE_UNTYPED", "territories[1]", {"territories": ["76"]}),
                ("BAD_TOKEN", "page_token", {"page_token": "76000"}),
                ("RANGE", "page_size", {"page_size": 1001})):
            with self.subTest(name):
                self.refused(name, "territory.blank", field=field, **ask)


class Lines(harness.Transcript):
    """What a facilitator pastes into a mail."""

    def setUp(self):
        super().setUp()
        for made in (facilitator("F-LH", territories=["EPCI:200084952"],
                                 organisation="PLIE du Havre",
                                 contact="plie@demo.example",
                                 etp_percent=150),
                     facilitator("F-REG", territories=[],
                                 organisation="Coordination",
                                 coordinator_of=["REG:28"])):
            self.ask("facilitator.put", facilitator=made)
        self.ask("market.put", market=market(lots=[
            hours("COM:76351", 500), hours("COM:76540", 300),
            hours("COM:80021", 200)]))

    def says(self, text, *lines):
        for line in lines:
            self.assertIn(line + "\n", text)

    def test_route(self):
        text = self.ctl("route", "M-1", "--on", "2026-11-23")
        self.says(text, "Lead: PLIE du Havre (F-LH), plie@demo.example",
                  "  lot 1, by its EPCI: communes: 1, inhabitants: %d, "
                  "hours: 500" % 166687,
                  "  open markets: 1, that is 0.66 for a full-time post",
                  "Also: Coordination (F-REG)",
                  "    falls to Coordination, coordinator of the region "
                  "(no facilitator; none near enough)",
                  "    falls to nobody, a white zone (no facilitator; none "
                  "near enough; no coordinator of the region)")
        text = self.ctl("route", "M-1", "--lot", "2", "--adjacent-km",
                        "100", lang="fr")
        self.says(text, "Chef de file : PLIE du Havre (F-LH), "
                  "plie@demo.example",
                  "    revient à PLIE du Havre, qui couvre %s, à 51 km"
                  % "La Cerlangue (76)")

    def test_blank(self):
        where = "COM:76540", "COM:76351", "COM:80021"
        text = self.ctl("blank", *where, "--on", "2026-11-23")
        self.says(text, "communes: 2, inhabitants: 254111, open markets "
                  "concerned: 1",
                  "  Somme (80): communes: 1, inhabitants: 136449, open "
                  "markets: 1",
                  "Regions without a coordinator:",
                  "  Hauts-de-France (32): communes: 1, inhabitants: "
                  "136449, open markets: 1")
        text = self.ctl("blank", *where, "--communes", lang="fr")
        self.assertEqual(text.splitlines(), [
            "76540 Rouen (76) : habitants : 117662, marchés ouverts : 1",
            "80021 Amiens (80) : habitants : 136449, marchés ouverts : 1"])

    def test_json_is_the_answer_itself(self):
        on = "2026-11-23"
        self.assertEqual(
            json.loads(self.ctl("--json", "route", "M-1", "--on", on)),
            self.ask("facilitator.route", market="M-1", on=on))
        self.assertEqual(
            json.loads(self.ctl("--json", "blank", "DEP:76", "--on", on)),
            self.ask("territory.blank", territories=["DEP:76"], on=on,
                     page_size=1))
        rows = self.ctl("--json", "blank", "--communes").splitlines()
        self.assertEqual(len(rows), self.ask("territory.blank")["communes"])


if __name__ == "__main__":
    harness.main()
