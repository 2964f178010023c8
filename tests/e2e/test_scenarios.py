"""The acceptance scenarios of the domain that are promised so far; their
numbers are those of its list.  Every date is asked for, none is today's."""
import harness
from examples import job, lot, market, profile, structure, structure_id

ON = "2026-11-23"


class Scenario(harness.Transcript):
    shared = True

    def setUp(self):
        for entity, remove in (("structure", "delete"), ("market", "delete"),
                               ("profile", "erase")):
            for row in list(self.client.each(entity + ".list")):
                id = row.get("id") or row["siret"] + "-" + row["kind"]
                self.ask("%s.%s" % (entity, remove), id=id)

    def given(self, *structures):
        for made in structures:
            self.ask("structure.put", structure=made)

    def a_lot(self, contract_type="SERVICES", **fields):
        self.ask("market.put", market=market(
            lots=[lot(**fields)], contract_type=contract_type))

    def structures(self, **options):
        """What matches, by id."""
        answer = self.ask("match.structures", market="M-1", on=ON,
                          **options)["lot"]
        return {hit["id"]: hit for hit in answer.get("structures", [])}

    def expect(self, *ids):
        hits = self.structures()
        self.assertEqual(sorted(hits), sorted(ids))
        return hits

    def reason(self, id):
        verdict = self.ask("match.explain", market="M-1", structure=id,
                           on=ON)["structure"]
        self.assertFalse(verdict["matched"])
        return verdict["reason"]

    def person(self, on=ON, **fields):
        """"MATCH", or the reason against the only person."""
        self.ask("profile.put", profile=profile(**fields))
        answer = self.ask("match.people", market="M-1", on=on)["lot"]
        found = [p["id"] for p in answer["jobs"][0].get("candidates", [])]
        verdict, = self.ask("match.explain", market="M-1", profile="p-1",
                            on=on)["jobs"]
        self.assertEqual(verdict["matched"], found == ["p-1"])
        return "MATCH" if found else verdict["reason"]

    def test_01_corsica_codes(self):
        for n, zone in enumerate(("DEP:2A", "DEP:2B", "REG:94"), 1):
            self.given(structure(n, commune="2A004", zone={"codes": [zone]}))
        self.refused("BAD_DEPT", "structure.put",
                     field="structure.activities[1].zone.codes[1]",
                     structure=structure(4, commune="2A004",
                                         zone={"codes": ["DEP:20"]}))
        self.a_lot(places=["COM:2B033"])
        self.expect(structure_id(2), structure_id(3))
        self.assertEqual(self.reason(structure_id(1)), "ZONE")

    def test_02_a_corsican_postcode_is_no_commune(self):
        """It tells the department, and several communes: none is guessed, and
        nothing that goes with one."""
        row, = self.ask("territory.postcodes",
                        postcodes=["20167"])["postcodes"]
        self.assertGreater(len(row["communes"]), 1)
        rows = self.ask("territory.communes", communes=row["communes"])
        self.assertEqual({r["department"] for r in rows["communes"]}, {"2A"})
        # As a commune it is one that Corsica had before it was divided.
        self.refused("AMBIGUOUS_COMMUNE", "profile.put",
                     field="profile.commune", profile=profile(commune="20167"))
        nowhere = profile()
        del nowhere["commune"]
        self.refused("MISSING_FIELD", "profile.put", field="profile.commune",
                     profile=nowhere)

    def test_03_region_and_department_of_one_number(self):
        self.given(structure(1, commune="33063", zone={"codes": ["REG:75"]}))
        self.a_lot(places=["COM:75056"])
        self.expect()
        self.assertEqual(self.reason(structure_id(1)), "ZONE")
        self.a_lot(places=["COM:33063"])
        self.expect(structure_id(1))

    def test_04_the_sea_between_reunion_and_mayotte(self):
        for n, km in ((1, 100), (2, 1000)):
            self.given(structure(n, commune="97411", zone={"within_km": km}))
        self.a_lot(places=["COM:97611"])
        self.expect()
        self.assertEqual(self.reason(structure_id(2)), "ZONE")

    def test_05_saint_martin_is_978(self):
        self.given(structure(1, commune="97801", zone={"codes": ["DEP:978"]}),
                   structure(2, commune="97105", zone={"codes": ["DEP:971"]}))
        self.a_lot(places=["COM:97801"])
        self.expect(structure_id(1))

    def test_06_a_lot_in_three_departments(self):
        self.given(
            structure(1, commune="59350",
                      zone={"codes": ["DEP:59", "DEP:62"]}),
            structure(2, commune="80021", zone={"codes": ["DEP:80"]}),
            structure(3, commune="59350", zone={"codes": ["REG:32"]}))
        self.a_lot(places=["DEP:59", "DEP:62", "DEP:80"])
        hits = self.expect(*(structure_id(n) for n in (1, 2, 3)))
        one, two, three = (hits[structure_id(n)] for n in (1, 2, 3))
        self.assertEqual((one["cover"], one["missing"]),
                         ("partial", ["DEP:80"]))
        self.assertEqual((two["cover"], two["missing"]),
                         ("partial", ["DEP:59", "DEP:62"]))
        self.assertEqual((three["cover"], three.get("missing", [])),
                         ("full", []))
        self.assertEqual(three["components"]["coverage"], 1000)

    def test_07_reserved_to_the_handicap_family(self):
        self.given(structure(1, "EA", public_share=60), structure(2, "ESAT"),
                   structure(3, "EI", public_share=80),
                   structure(4, "EA", public_share=45))
        self.a_lot(clauses=[{"kind": "RES_HAND"}])
        hits = self.expect(structure_id(1, "EA"), structure_id(2, "ESAT"))
        self.assertEqual(hits[structure_id(2, "ESAT")]["marks"],
                         ["SHARE_UNKNOWN"])
        self.assertEqual(self.reason(structure_id(3)), "KIND_NOT_ALLOWED")
        self.assertEqual(self.reason(structure_id(4, "EA")), "SHARE_LT_50")

    def test_08_a_mixed_reservation_needs_a_market(self):
        mixed = market(lots=[lot(clauses=[{"kind": "RES_MIX"}])],
                       contract_type="CONCESSION")
        refusal = self.refused("CONCESSION_MIX_FORBIDDEN", "market.put",
                               market=mixed)
        self.assertIn("L3113-3", refusal.message)
        self.given(structure(1, "EA", public_share=80),
                   structure(2, "EI", public_share=80), structure(3, "GEIQ"))
        self.a_lot(clauses=[{"kind": "RES_MIX"}])
        self.expect(structure_id(1, "EA"), structure_id(2))

    def test_09_reserved_by_an_unknown_article(self):
        self.given(structure(1, "EA", public_share=80),
                   structure(2, "EI", public_share=80))
        self.a_lot(clauses=[{"kind": "RES_UNKNOWN"}])
        self.expect(structure_id(1, "EA"), structure_id(2))
        answer = self.ask("match.structures", market="M-1", on=ON)
        self.assertIn("RES_UNKNOWN", answer["lot"]["warnings"])
        self.a_lot(clauses=[{"kind": "RES_IAE"}])
        self.expect(structure_id(2))

    def test_10_kinds_and_modes(self):
        for n, kind in enumerate(("EI", "ACI", "ETTI", "AI", "GEIQ"), 1):
            self.given(structure(n, kind, public_share=90))
        self.a_lot(modes=["PREST"], clauses=[{"kind": "RES_IAE"}])
        self.expect(structure_id(1), structure_id(2, "ACI"))
        for n, kind in ((3, "ETTI"), (4, "AI")):
            self.assertEqual(self.reason(structure_id(n, kind)),
                             "MODE_NOT_ALLOWED")
        self.a_lot("WORKS", clauses=[{"kind": "EXEC", "modes": ["DISP"],
                                      "hours": 500}])
        self.expect(structure_id(3, "ETTI"), structure_id(4, "AI"),
                    structure_id(5, "GEIQ"))

    def test_12_exhausted_capacity(self):
        self.given(structure(1, free_hours=0), structure(2, free_hours=200))
        self.a_lot(months=1, clauses=[{"kind": "EXEC", "hours": 780}])
        hits = self.expect(structure_id(2))
        self.assertEqual(self.reason(structure_id(1)), "NO_CAPACITY")
        self.assertEqual(hits[structure_id(2)]["components"]["capacity"],
                         200 * 1000 // 780)

    def test_13_expired_eligibility(self):
        in_siae = {"kind": "EXEC", "publics": ["IAE"]}
        person = dict(criteria=[], pass_until="2028-08-30",
                      last_contact_on="2026-11-01")
        for start, verdict in (("2028-08-30", "MATCH"),
                               ("2028-08-31", "EXPIRED")):
            self.a_lot(clauses=[in_siae], jobs=[job(start=start)])
            self.assertEqual(self.person(**person), verdict)
        for until, verdict in (("2028-08-29", "MATCH"),
                               ("2028-08-30", "SUSPENDED")):
            self.a_lot(clauses=[in_siae], jobs=[job(start="2028-08-30")])
            self.assertEqual(self.person(pass_suspended_until=until,
                                         **person), verdict)

    def test_13_a_diagnosis_of_an_employer_lasts_92_days(self):
        proof = [{"code": "DETLD", "until": "2026-12-01"}]
        self.a_lot(jobs=[job()])
        self.assertEqual(self.person("2026-12-01", criteria=proof), "MATCH")
        self.assertEqual(self.person("2026-12-02", criteria=proof), "EXPIRED")

    def test_14_counting_criteria_of_level_2(self):
        # None of these alone is a public of a clause, as JEUNE would be.
        two = [{"code": "ASE", "until": "2026-12-31"}, {"code": "PI"}]
        three = two + [{"code": "CAP_BEP"}]
        ends = [dict(two[0], until="2026-11-22")] + three[1:]
        for modes, criteria, verdict in (
                (["DISP"], two, "MATCH"), (["PREST"], two, "NOT_ELIGIBLE"),
                (["PREST"], three, "MATCH"), (["DISP"], three, "MATCH"),
                (["PREST"], [{"code": "RSA"}], "MATCH"),
                (["DISP"], [{"code": "RSA"}], "MATCH"),
                (["PREST"], [{"code": "JEUNE"}], "MATCH"),
                (["PREST"], ends, "EXPIRED"), (["DISP"], ends, "MATCH"),
                (["DISP"], two[:1], "NOT_ELIGIBLE")):
            with self.subTest((modes, [c["code"] for c in criteria])):
                self.a_lot(modes=modes)
                self.assertEqual(self.person(criteria=criteria), verdict)

    def test_15_mobility_as_far_as_it_is_stored(self):
        self.a_lot(jobs=[job(vehicle=True)])
        self.assertEqual(self.person(), "MOBILITY")
        self.assertEqual(self.person(vehicle=True), "MATCH")
        self.a_lot(jobs=[job(commune="76540")])
        self.assertEqual(self.person(vehicle=True, mobility_km=15),
                         "DISTANCE")

    def test_16_hours_a_week(self):
        self.a_lot(jobs=[job(hours_week=35)])
        self.assertEqual(self.person(hours_max=20), "HOURS")
        self.assertEqual(self.person(hours_max=35), "MATCH")

    def test_consent_and_silence(self):
        self.a_lot()
        self.assertEqual(self.person(consent_on="2026-11-24"), "NO_CONSENT")
        self.assertEqual(self.person(consent_on="2024-11-24"), "MATCH")
        self.assertEqual(self.person(consent_on="2024-11-23"), "NO_CONSENT")
        self.assertEqual(self.person(consent_on="2020-01-01",
                                     last_contact_on="2026-01-01"), "MATCH")

    def test_reasons_count_every_candidate_once(self):
        self.given(structure(1), structure(2, commune="33063",
                                           zone={"codes": ["DEP:33"]}),
                   structure(3, status="closed"), structure(4, "ETTI"))
        self.ask("profile.put", profile=profile())
        self.ask("profile.put", profile=profile("p-2", rome=["A1203"]))
        self.a_lot(modes=["PREST"])
        answer = self.ask("match.reasons", market="M-1", on=ON)
        tally = answer["structures"]
        self.assertEqual((tally["candidates"], tally["matched"]), (4, 1))
        self.assertEqual([(r["reason"], r["count"])
                          for r in tally["reasons"]],
                         [("INACTIVE", 1), ("MODE_NOT_ALLOWED", 1),
                          ("ZONE", 1)])
        people, = answer["jobs"]
        self.assertEqual((people["candidates"], people["matched"]), (2, 1))
        self.assertEqual([(r["reason"], r["count"])
                          for r in people["reasons"]], [("JOB", 1)])

    def test_the_same_request_gives_the_same_bytes(self):
        self.given(*(structure(n) for n in range(1, 30)))
        self.ask("profile.put", profile=profile())
        self.a_lot()
        with harness.Raw(self.daemon.endpoint) as raw:
            bodies = set()
            for _ in range(5):
                raw.ask("match.market", {"market": "M-1", "on": ON,
                                         "limit": 10})
                bodies.add(raw.body_bytes())
        self.assertEqual(len(bodies), 1)

    def test_equal_scores_are_ordered_by_their_tie(self):
        self.given(*(structure(n) for n in range(1, 30)))
        self.a_lot()
        hits = list(self.structures(limit=29).values())
        self.assertEqual(len(hits), 29)
        order = [(-h["score"], int(h["tie"], 16)) for h in hits]
        self.assertEqual(order, sorted(order))
        self.assertNotEqual([h["id"] for h in hits],
                            sorted(h["id"] for h in hits))
        self.assertEqual(list(self.structures(limit=7)),
                         [h["id"] for h in hits[:7]])


if __name__ == "__main__":
    harness.main()
