"""What the rule tables decide: the obligation flag, kinds of clauses, who is
eligible for what; and tables that are refused."""
import csv
import os

import harness
import test_clausectl
from examples import lot, market, profile, structure, structure_id

ON = "2026-11-23"
TABLES = os.path.join(harness.TOP, "store", "reference")


def bundled(table):
    """Its rows, as reference.import takes them."""
    path = os.path.join(TABLES, table + ".tsv")
    with open(path, encoding="utf-8", newline="") as f:
        return [{k: v for k, v in row.items() if v}
                for row in csv.DictReader(f, delimiter="\t",
                                          quoting=csv.QUOTE_NONE)]


class Law(harness.Transcript):
    shared = True

    def bring(self, table, rows, **more):
        return self.ask("reference.import", **self.table(table, rows, **more))

    def table(self, table, rows, version="2027-01", part=1, last=True):
        return dict(table=table, rules=rows, version=version, source="test",
                    part=part, last=last)

    def refuses(self, table, rows, field, name="BAD_RULES", **more):
        return self.refused(name, "reference.import", field=field,
                            **self.table(table, rows, **more))


class Tables(Law):
    def setUp(self):
        self.rows = bundled("thresholds")
        self.at = next(i for i, row in enumerate(self.rows)
                       if row["rule"] == "SERVICES/STATE"
                       and row["from"] == "2026-01-01")

    def changed(self, **fields):
        rows = [dict(row) for row in self.rows]
        rows[self.at].update(fields)
        return [{k: v for k, v in row.items() if v is not None}
                for row in rows]

    def test_the_bundled_tables_are_taken_as_they_are(self):
        for table in ("thresholds", "wording", "eligibility", "publics"):
            answer = self.bring(table, bundled(table), version="same")
            self.assertEqual(answer["rows"], len(bundled(table)))
            told = {t["table"]: t for t in self.ask("stats")["reference"]}
            self.assertEqual(told[table]["version"], "same")
            self.assertNotIn(table, self.ask("stats")["missing"])

    def test_a_table_with_a_hole_or_a_doubt_is_refused_with_its_row(self):
        row = "rules[%d]." % (self.at + 1)
        twice = self.rows + [self.rows[self.at]]
        for rows, field, hint in (
                (self.changed(**{"from": "2026-01-02"}), row + "from",
                 "ends on 2025-12-31"),
                (self.changed(**{"from": "2025-12-31"}), row + "from",
                 "holds until 2025-12-31"),
                (self.changed(until="2025-12-31"), row + "until",
                 "before it begins"),
                (twice, "rules[%d].from" % len(twice), "holds until"),
                (self.changed(rule="SERVICES/KING"), row + "rule",
                 "no such rule"),
                (self.changed(value="140 000"), row + "value", "digits"),
                (self.changed(until="2027-12-30"), "rules",
                 "leaves out days of SERVICES/STATE"),
                (self.rows[:self.at] + self.rows[self.at + 1:], "rules",
                 "from 2026-01-01 on")):
            with self.subTest(field, hint=hint):
                before = self.ask("stats")["reference"]
                e = self.refuses("thresholds", rows, field)
                self.assertIn(hint, e.data[0]["hint"])
                self.assertEqual(self.ask("stats")["reference"], before)

    def test_a_rule_without_an_end_ends_where_another_begins(self):
        rows = self.changed(until=None)
        self.bring("thresholds", rows, version="open")
        rows.append(dict(rows[self.at], **{"from": "2028-01-01"}))
        e = self.refuses("thresholds", rows, "rules[%d].from" % len(rows))
        self.assertIn("has no end yet", e.data[0]["hint"])

    def test_a_table_of_rules_comes_whole(self):
        self.refuses("thresholds", self.rows, "part", name="BAD_TABLE",
                     last=False)
        self.refuses("thresholds", self.rows, "part", name="BAD_TABLE",
                     part=2)
        self.refuses("sectors", self.rows, "table", name="BAD_TABLE")
        self.refuses("thresholds", [dict(self.rows[0], **{"from": None})],
                     "rules[1].from", name="MISSING_FIELD")

    def test_an_imported_threshold_counts_with_the_next_question(self):
        self.ask("market.put", market=market(
            buyer={"category": "STATE"}, launch_on="2026-10-01",
            amount=10_000_000, status="PLANNED"))

        def state():
            answer = self.ask("assess.obligation", market="M-1", on=ON)
            return answer["obligation"]["state"], answer["reference"]
        self.bring("thresholds", self.rows, version="old")
        self.assertEqual(state(), ("NOT_MANDATORY", ["thresholds@old"]))
        self.bring("thresholds", self.changed(value="10000000"),
                   version="new")
        self.assertEqual(state(), ("MANDATORY", ["thresholds@new"]))


class Wording(Law):
    """Clauses as notices write them."""

    def put(self, *clauses, contract_type="SERVICES", **fields):
        return self.ask("market.put", market=market(
            lots=[lot(clauses=list(clauses))], contract_type=contract_type,
            **fields))

    def stored(self):
        made = self.ask("market.get", id="M-1")["market"]
        return made["lots"][0].get("clauses", [])

    def test_a_clause_gets_its_kind_and_the_caller_is_told(self):
        note, = self.put({"article": "art. L2113-12", "hours": 7})["notes"]
        self.assertEqual((note["name"], note["field"], note["to"]),
                         ("CLAUSE_READ", "market.lots[1].clauses[1]",
                          "RES_HAND"))
        self.assertIn("wording@2026-08-22", note["hint"])
        self.assertEqual(self.stored(), [
            {"kind": "RES_HAND", "article": "art. L2113-12", "hours": 7}])

    def test_what_cannot_be_read_is_refused(self):
        for clause, name, field in (
                ({"article": "selon le CCAP"}, "CLAUSE_UNREAD", "article"),
                ({"hours": 5}, "MISSING_FIELD", "kind")):
            self.refused(name, "market.put",
                         field="market.lots[1].clauses[2]." + field,
                         market=market(lots=[lot(clauses=[
                             {"kind": "EXEC"}, clause])]))
        self.refused("RANGE", "market.put", field="market.lots[1].clauses",
                     market=market(lots=[lot(clauses=[
                         {"article": "articles 14 et 53"}] * 9)]))

    def test_a_stated_kind_stands_and_a_doubt_is_told(self):
        note, = self.put({"kind": "EXEC", "article": "L2113-13"})["notes"]
        self.assertEqual((note["name"], note["from"], note["to"]),
                         ("CLAUSE_DIFFERS", "EXEC", "RES_IAE"))
        self.assertEqual(self.stored()[0]["kind"], "EXEC")
        self.assertNotIn("notes", self.put({"kind": "RES_IAE",
                                            "article": "L2113-13"}))

    def test_no_clause_is_no_clause(self):
        note, = self.put({"article": "BT-71=none"})["notes"]
        self.assertEqual(note["name"], "NO_CLAUSE")
        self.assertEqual(self.stored(), [])

    def test_the_rules_look_at_what_was_read(self):
        self.refused("CLAUSE_CONFLICT", "market.put",
                     market=market(lots=[lot(clauses=[
                         {"article": "article 15"},
                         {"article": "L2113-13"}])]))

    def test_08_a_mixed_reservation_on_a_concession(self):
        self.refused("CONCESSION_MIX_FORBIDDEN", "market.put",
                     field="market.lots[1].clauses[1].kind",
                     market=market(contract_type="CONCESSION",
                                   lots=[lot(clauses=[
                                       {"article": "L. 2113-14"}])]))
        self.put({"article": "L. 2113-14"})
        self.assertEqual(self.stored()[0]["kind"], "RES_MIX")

    def test_09_an_ambiguous_notice_until_somebody_confirms(self):
        for n, kind in ((1, "EI"), (2, "EA")):
            self.ask("structure.put",
                     structure=structure(n, kind, public_share=80))

        def found():
            told = self.ask("match.structures", market="M-1", on=ON)["lot"]
            return (sorted(s["kind"] for s in told["structures"]),
                    told.get("warnings", []))
        self.put({"article": "BT-71=res-ws"})
        kinds, warnings = found()
        self.assertEqual(kinds, ["EA", "EI"])
        self.assertIn("RES_UNKNOWN", warnings)
        clause, = self.stored()
        self.put(dict(clause, kind="RES_IAE"))
        kinds, warnings = found()
        self.assertEqual(kinds, ["EI"])
        self.assertNotIn("RES_UNKNOWN", warnings)

    def test_10_temporary_work_and_a_turnkey_service(self):
        kinds = ("EI", "ACI", "ETTI", "AI", "GEIQ")
        for n, kind in enumerate(kinds, 3):
            self.ask("structure.put",
                     structure=structure(n, kind, public_share=90))

        def verdicts(modes, clause):
            self.ask("market.put", market=market(lots=[lot(
                modes=modes, clauses=[clause])]))
            said = {}
            for n, kind in enumerate(kinds, 3):
                told = self.ask("match.explain", market="M-1", on=ON,
                                structure=structure_id(n, kind))["structure"]
                said[kind] = told.get("reason", "MATCH")
            return said
        self.assertEqual(
            verdicts(["PREST"], {"article": "L. 2113-13"}),
            {"EI": "MATCH", "ACI": "MATCH", "ETTI": "MODE_NOT_ALLOWED",
             "AI": "MODE_NOT_ALLOWED", "GEIQ": "KIND_NOT_ALLOWED"})
        said = verdicts([], {"article": "L. 2112-2", "hours": 500,
                             "modes": ["DISP"]})
        self.assertEqual([said[k] for k in ("ETTI", "AI", "GEIQ")],
                         ["MATCH"] * 3)


class Obligation(Law):
    def flag(self, category="STATE", lots=None, **fields):
        fields.setdefault("contract_type", "SERVICES")
        fields.setdefault("launch_on", "2026-09-01")
        made = market(lots=lots or [lot()], **fields)
        if category:
            made["buyer"] = {"category": category}
        self.ask("market.put", market={k: v for k, v in made.items()
                                       if v is not None})
        answer = self.ask("assess.obligation", market="M-1", on=ON)
        self.assertEqual(answer["reference"], ["thresholds@2026-08-22"])
        self.assertEqual((answer["rules"], answer["on"]), (1, ON))
        told = answer["obligation"]
        return told["state"], told.get("reasons", [])

    def expect(self, state, *reasons, **fields):
        got, why = self.flag(**fields)
        self.assertEqual(got, state, why)
        for reason in reasons:
            self.assertIn(reason, why)

    def test_19_the_obligation_switch(self):
        short = [lot(months=5)]
        for state, reasons, fields in (
                ("NOT_MANDATORY", ["BEFORE_LAW"],
                 dict(amount=14_000_000, launch_on="2026-08-21")),
                ("MANDATORY", ["REACHES_THRESHOLD"],
                 dict(amount=14_000_000, launch_on="2026-08-22")),
                ("MANDATORY", ["SHORT_WORKS"],
                 dict(amount=540_400_000, contract_type="WORKS",
                      category="LOCAL", lots=short)),
                ("EXEMPT", ["EXEMPTED"],
                 dict(amount=540_400_000, contract_type="WORKS",
                      category="LOCAL", lots=short,
                      exemption="SHORT_WORKS")),
                ("NOT_MANDATORY", ["BELOW_THRESHOLD"],
                 dict(amount=21_599_999, category="LOCAL")),
                ("NOT_COVERED", ["DEFENCE"],
                 dict(amount=99_900_000, defence=True)),
                ("MANDATORY", ["EXEMPTION_NOT_OPEN"],
                 dict(amount=540_400_000, contract_type="CONCESSION",
                      exemption="READY_MADE"))):
            with self.subTest(**fields):
                self.expect(state, *reasons, **fields)

    def test_each_buyer_and_contract_has_its_threshold(self):
        euros = {"STATE": 140_000, "LOCAL": 216_000, "OTHER_PA": 216_000,
                 "NETWORK_ENTITY": 432_000}
        for category, supplies in euros.items():
            for contract in ("WORKS", "CONCESSION", "SUPPLIES", "SERVICES"):
                limit = (supplies if contract.startswith("S")
                         else 5_404_000) * 100
                with self.subTest(category, contract=contract):
                    self.expect("NOT_MANDATORY", category=category,
                                contract_type=contract, amount=limit - 1)
                    self.expect("MANDATORY", category=category,
                                contract_type=contract, amount=limit)

    def test_an_exemption_is_open_to_some_contracts(self):
        months = {5: "EXEMPT", 6: "MANDATORY"}
        for exemption, contracts in (
                ("READY_MADE", ("WORKS", "SUPPLIES", "SERVICES")),
                ("NO_LINK", ("WORKS", "SUPPLIES", "SERVICES", "CONCESSION")),
                ("COMPETITION", ("WORKS", "SUPPLIES", "SERVICES",
                                 "CONCESSION")),
                ("SHORT_WORKS", ("WORKS",))):
            for contract in ("WORKS", "SUPPLIES", "SERVICES", "CONCESSION"):
                with self.subTest(exemption, contract=contract):
                    self.expect(
                        "EXEMPT" if contract in contracts else "MANDATORY",
                        contract_type=contract, amount=10 ** 9,
                        exemption=exemption, lots=[lot(months=3)])
        for month, state in months.items():
            self.expect(state, contract_type="WORKS", amount=10 ** 9,
                        exemption="SHORT_WORKS",
                        lots=[lot(months=2), lot(months=month)])
        self.expect("EXEMPT", "NO_DURATION", contract_type="WORKS",
                    amount=10 ** 9, exemption="SHORT_WORKS",
                    lots=[lot(months=2), lot()])

    def test_what_is_missing_is_named_and_not_guessed(self):
        for reason, fields in (
                ("NO_LAUNCH", dict(launch_on=None, amount=10 ** 9)),
                ("NO_BUYER", dict(category=None, amount=10 ** 9)),
                ("NO_TYPE", dict(contract_type=None, amount=10 ** 9)),
                ("NO_AMOUNT", dict()),
                ("NO_AMOUNT", dict(lots=[lot(amount=100), lot()])),
                ("NO_THRESHOLD", dict(launch_on="2028-01-01",
                                      amount=10 ** 9))):
            with self.subTest(reason, **fields):
                self.expect("UNKNOWN", reason, **fields)
        self.expect("NOT_COVERED", "PRIVATE_BUYER", category="PRIVATE",
                    amount=10 ** 9)
        self.expect("NOT_MANDATORY", "BEFORE_LAW", contract_type=None,
                    category=None, launch_on="2020-01-01")

    def test_lots_are_added_up_and_planned_markets_take_the_day_asked(self):
        self.expect("MANDATORY", "AMOUNT_OF_LOTS",
                    lots=[lot(amount=7_000_000), lot(amount=7_000_000)])
        self.expect("MANDATORY", "AMOUNT_OF_LOTS",
                    lots=[lot(amount=14_000_000), lot()])
        self.expect("MANDATORY", "LAUNCH_ASSUMED", launch_on=None,
                    status="PLANNED", amount=14_000_000)

    def test_an_unknown_market(self):
        self.refused("NOT_FOUND", "assess.obligation", field="market",
                     market="M-none")


class Eligible(Law):
    """What a person is eligible for; no date is today's."""

    LEVEL_2 = ("CAP_BEP SENIOR JEUNE ASE DELD TH PI PSH_PR REF_DA ZRR QPV "
               "DETENTION_MJ FLE PM").split()

    def person(self, *codes, **fields):
        fields["criteria"] = [c if isinstance(c, dict) else {"code": c}
                              for c in codes]
        return self.ask("profile.put", profile=profile(**fields))

    def standing(self, on=ON, **more):
        return self.ask("profile.eligibility", profile="p-1", on=on, **more)

    def eligible(self, on=ON, **more):
        """The kinds, and the reasons against the others."""
        kinds = self.standing(on, **more)["kinds"]
        return (sorted(k["kind"] for k in kinds if k["eligible"]),
                {k["reason"] for k in kinds if not k["eligible"]})

    def by(self, on=ON, **more):
        """Of an EI: what makes eligible, or why not."""
        kind, = self.standing(on, kinds=["EI"], **more)["kinds"]
        return kind.get("by") or kind["reason"]

    ALL = ["ACI", "AI", "EI", "EITI", "ETTI"]

    def test_14_counting_criteria_of_level_2(self):
        made = {"diagnosis": {"by": "EMPLOYER", "on": "2026-11-20"}}
        young = {"code": "JEUNE", "until": "2026-12-14"}
        self.person(young, "QPV")
        self.assertEqual(self.eligible(**made), (["AI", "ETTI"],
                                                 {"CRITERIA"}))
        self.person(young, "QPV", "CAP_BEP")
        self.assertEqual(self.eligible(**made), (self.ALL, set()))
        self.person("RSA")
        self.assertEqual(self.eligible(**made), (self.ALL, set()))
        # The 26th birthday is 2026-12-15.
        self.person(young, "QPV", "CAP_BEP")
        self.assertEqual(self.eligible("2026-12-14"), (self.ALL, set()))
        self.assertEqual(self.eligible("2026-12-15"), (["AI", "ETTI"],
                                                       {"EXPIRED"}))

    def test_every_criterion_has_its_level_and_its_proof(self):
        for code in ("RSA", "ASS", "AAH", "DETLD"):
            with self.subTest(code):
                self.person(code)
                self.assertEqual(self.eligible(), (self.ALL, set()))
        for code in self.LEVEL_2:
            with self.subTest(code):
                other, third = [c for c in self.LEVEL_2 if c != code][:2]
                self.person(code)
                self.assertEqual(self.eligible(), ([], {"CRITERIA"}))
                self.person(code, code)
                self.assertEqual(self.eligible(), ([], {"CRITERIA"}))
                self.person(code, other)
                self.assertEqual(self.eligible()[0], ["AI", "ETTI"])
                self.person(code, other, third)
                self.assertEqual(self.eligible(), (self.ALL, set()))
        for code in ("RSA", "ASS", "AAH", "DETLD", *self.LEVEL_2):
            self.person(code)
            told, = self.standing()["criteria"]
            self.assertTrue(told["proof"], code)
        self.person("INVALIDITE")
        self.assertEqual(self.eligible(), ([], {"CRITERIA"}))
        self.person("RSA")
        self.assertEqual(self.eligible(kinds=["EA"]), ([], {"NO_RULE"}))

    def test_a_proof_ages(self):
        for code, proved_on, until in (
                ("RSA", "2026-11-30", "2027-02-28"),
                ("DETLD", "2026-08-23", "2026-11-23"),
                ("CAP_BEP", "2026-09-30", "2026-12-30"),
                ("ASE", "2026-02-28", "2027-02-28"),
                ("QPV", "2026-05-31", "2026-11-30"),
                ("DETENTION_MJ", "2026-05-23", "2026-11-23"),
                ("PI", "2024-11-30", "2025-02-28"),
                ("TH", "2020-01-01", None), ("JEUNE", "2020-01-01", None)):
            with self.subTest(code):
                notes = self.person({"code": code, "proved_on": proved_on})
                kept, = self.ask("profile.get",
                                 id="p-1")["profile"]["criteria"]
                self.assertEqual(kept.get("until"), until)
                self.assertEqual([n["name"] for n in notes.get("notes", [])],
                                 ["DATED"] if until else [])
        self.person({"code": "RSA", "proved_on": "2026-11-30",
                     "until": "2026-12-01"})
        kept, = self.ask("profile.get", id="p-1")["profile"]["criteria"]
        self.assertEqual(kept["until"], "2026-12-01", "what is stated stands")

    def test_what_follows_from_the_last_dates_is_a_date(self):
        self.person({"code": "RSA", "proved_on": "2199-12-31"},
                    pass_from="2199-06-01")
        kept = self.ask("profile.get", id="p-1")["profile"]
        self.assertEqual(kept["pass_until"], "2199-12-31")
        self.assertEqual(kept["criteria"][0]["until"], "2199-12-31")
        for out in ("rev", "updated"):
            kept.pop(out, None)
        self.ask("profile.put", profile=kept)

    def test_the_kind_of_proof_that_is_missing_is_told(self):
        self.person({"code": "DETLD", "until": "2026-11-22"},
                    {"code": "QPV", "until": "2026-12-23"},
                    {"code": "RSA", "until": "2026-12-24"}, "TH")
        told = {c["code"]: c for c in self.standing()["criteria"]}
        self.assertEqual(
            {code: (c["missing"], c["renew"]) for code, c in told.items()},
            {"DETLD": (True, False), "QPV": (False, True),
             "RSA": (False, False), "TH": (False, False)})
        self.assertEqual((told["DETLD"]["proof"], told["DETLD"]["months"]),
                         ("REGISTRATION", 3))
        self.assertEqual(told["QPV"]["proof"], "RESIDENCE")
        self.assertNotIn("months", told["TH"])

    def test_13_a_pass_and_its_last_day(self):
        self.person(pass_from="2026-09-01")
        for day, state, by in (("2028-08-30", "VALID", "PASS"),
                               ("2028-08-31", "WAITING", "WAITING"),
                               ("2030-08-30", "WAITING", "WAITING"),
                               ("2030-08-31", "OVER", "CRITERIA")):
            with self.subTest(day):
                self.assertEqual(self.standing(day)["pass"]["state"], state)
                self.assertEqual(self.by(day), by)
        self.person(pass_until="2028-08-30",
                    pass_suspended_until="2026-11-23")
        self.assertEqual(self.by(), "SUSPENDED")
        self.assertEqual(self.standing()["pass"]["state"], "SUSPENDED")
        self.assertEqual(self.by("2026-11-24"), "PASS")

    def test_13_a_diagnosis_and_its_last_day(self):
        made = {"by": "EMPLOYER", "on": "2026-09-01"}
        self.person({"code": "RSA", "until": "2026-09-01"})
        self.assertEqual(self.by("2026-12-01", diagnosis=made), "EMPLOYER")
        self.assertEqual(self.by("2026-12-02", diagnosis=made), "EXPIRED")
        told = self.standing("2026-12-02", diagnosis=made)
        self.assertEqual((told["diagnosis"]["until"],
                          told["diagnosis"]["valid"]), ("2026-12-01", False))
        self.assertFalse(told["kinds"][0]["renewable"])
        self.person("RSA")
        told = self.standing("2026-12-02", diagnosis=made)
        self.assertTrue(told["kinds"][0]["renewable"])
        self.person()
        made["by"] = "PRESCRIBER"
        for day, by in (("2027-02-28", "PRESCRIBER"),
                        ("2027-03-01", "EXPIRED")):
            self.assertEqual(self.by(day, diagnosis=made), by)
        # A PASS counts however old the diagnosis is.
        self.person(pass_until="2027-03-01")
        self.assertEqual(self.by("2027-03-01", diagnosis=made), "PASS")

    def test_who_diagnosed(self):
        for n in (1, 2):
            self.ask("structure.put", structure=structure(n))
        self.person("RSA")
        made = {"by": "EMPLOYER", "on": "2026-11-20",
                "structure": structure_id(1)}
        self.assertEqual(self.by(structure=structure_id(1), diagnosis=made),
                         "EMPLOYER")
        self.assertEqual(self.by(structure=structure_id(2), diagnosis=made),
                         "OTHER_EMPLOYER")
        # After a PASS a prescriber alone may reopen a path.
        self.person("RSA", pass_until="2026-06-30")
        self.assertEqual(self.by(), "WAITING")
        self.assertEqual(self.by(diagnosis=made), "WAITING")
        self.assertEqual(self.by(diagnosis={"by": "PRESCRIBER",
                                            "on": "2026-11-20"}),
                         "PRESCRIBER")
        # The employer's kind is the one that is asked about.
        kind, = self.standing(structure=structure_id(1))["kinds"]
        self.assertEqual(kind["kind"], "EI")

    def test_publics_by_territory(self):
        self.person("SENIOR", "QPV", {"code": "RSA", "until": "2026-01-01"})

        def publics(territory, *asked):
            rows = self.standing(territory=territory,
                                 publics=list(asked))["publics"]
            return [(r["public"], r["holds"], r["territory"]) for r in rows]
        for territory, holds, row in (
                ("FR", True, "FR"), ("DEP:29", False, "DEP:29"),
                ("COM:29232", False, "DEP:29"), ("REG:53", True, "FR"),
                ("COM:75112", True, "FR"),
                ("EPCI:200093201", True, "FR"), ("DEP:84", False, "DEP:84"),
                ("REG:84", True, "FR")):
            with self.subTest(territory):
                self.assertEqual(publics(territory, "SENIOR50"),
                                 [("SENIOR50", holds, row)])
        qpv, = self.standing(territory="DEP:34", publics=["QPV"])["publics"]
        self.assertTrue(qpv["holds"])
        self.assertIn("emploi", qpv["condition"])
        brsa, = self.standing(publics=["BRSA"])["publics"]
        self.assertEqual((brsa["holds"], brsa["expired"], brsa["proofs"]),
                         (False, True, ["ALLOWANCE"]))
        for code in ("EPCI:732829320", "NEAR:29232:10", "REG:99",
                     "COM:55273"):
            self.refused("UNKNOWN_TERRITORY", "profile.eligibility",
                         field="territory", profile="p-1", territory=code)

    def test_the_national_publics_are_those_of_matching(self):
        for public, codes in {
                "DELD": ["DELD", "DETLD"], "BRSA": ["RSA"],
                "BOETH": ["TH", "AAH"], "JEUNE": ["JEUNE"],
                "SENIOR50": ["SENIOR"], "QPV": ["QPV"],
                "REFUGIE": ["REF_DA"], "PPSMJ": ["DETENTION_MJ"],
                "ASS": ["ASS"], "AAH": ["AAH"],
                "INVALIDITE": ["INVALIDITE"], "GEIQ": ["GEIQ"],
                "EPIDE": ["EPIDE"], "E2C": ["E2C"],
                "OTHER": ["OTHER"]}.items():
            for code in codes:
                self.person(code)
                row, = self.standing(publics=[public])["publics"]
                self.assertTrue(row["holds"], (public, code))
                self.ask("market.put", market=market(lots=[lot(
                    clauses=[{"kind": "EXEC", "publics": [public]}])]))
                told, = self.ask("match.explain", market="M-1", on=ON,
                                 profile="p-1")["jobs"]
                self.assertTrue(told["matched"], (public, code))

    def mission(self, on=ON, hours=40, client="FIRM", structure=None, **more):
        asked = {"structure": structure} if structure else {}
        told = self.standing(on, mission=dict(hours=hours, client=client,
                                              **more), **asked)["mission"]
        return told["allowed"], told["refused"], told.get("reason")

    def test_11_the_480_hours_of_an_ai(self):
        self.person("RSA")
        # First placed fourteen months ago.
        before = dict(done=450, first_on="2025-09-23")
        self.assertEqual(self.mission(**before), (30, 10, "AI_480H"))
        for client in ("LOCAL_AUTHORITY", "ASSOCIATION", "INDIVIDUAL"):
            self.assertEqual(self.mission(client=client, **before),
                             (40, 0, None))
        self.assertEqual(self.mission("2027-09-22", **before),
                         (30, 10, "AI_480H"))
        self.assertEqual(self.mission("2027-09-23", **before), (40, 0, None))
        self.assertEqual(self.mission(hours=30, **before), (30, 0, None))
        self.assertEqual(self.mission(done=700, first_on="2026-01-01"),
                         (0, 40, "AI_480H"))
        self.assertEqual(self.mission(hours=481), (480, 1, "AI_480H"))
        # An economic lay-off there five months ago.
        self.assertEqual(self.mission(layoff_on="2026-06-23"),
                         (0, 40, "AI_LAYOFF"))
        self.assertEqual(self.mission(layoff_on="2026-05-23"), (40, 0, None))
        self.refused("BAD_ORDER", "profile.eligibility",
                     field="mission.first_on", profile="p-1", on=ON,
                     mission={"hours": 1, "client": "FIRM",
                              "first_on": "2026-11-24"})
        self.refused("BAD_ORDER", "profile.eligibility",
                     field="diagnosis.on", profile="p-1", on=ON,
                     diagnosis={"by": "PRESCRIBER", "on": "2026-11-24"})

    def test_11_a_derogation_is_a_row_of_its_own(self):
        self.person("RSA")
        for n in (1, 2):
            self.ask("structure.put", structure=structure(n, "AI"))
        row = {"source": "arrêté of the prefect", "from": "2026-01-01",
               "until": "2026-12-31"}
        rows = bundled("eligibility") + [
            dict(row, rule="DEP:76/ai_hours", value="600"),
            dict(row, rule=structure_id(2, "AI") + "/ai_hours",
                 value="NONE")]
        before = dict(done=480, first_on="2026-01-01")
        self.bring("eligibility", rows, version="76")
        for id, day, expected in (
                (structure_id(1, "AI"), ON, (40, 0, None)),
                (structure_id(1, "AI"), "2027-01-01", (0, 40, "AI_480H")),
                (structure_id(2, "AI"), ON, (40, 0, None)),
                (None, ON, (0, 40, "AI_480H"))):
            with self.subTest(id, day=day):
                self.assertEqual(self.mission(day, structure=id, **before),
                                 expected)
        told = self.standing(structure=structure_id(1, "AI"), mission=dict(
            hours=1, client="FIRM", **before))
        self.assertEqual(told["mission"]["territory"], "DEP:76")
        self.assertEqual(told["reference"][0], "eligibility@76")
        self.bring("eligibility", bundled("eligibility"),
                   version="2025-09-04")

    def test_11_a_day_without_a_row_is_no_licence(self):
        """Whose clients are capped is known from 2021 on, the cap before."""
        self.person("RSA")
        rows = [dict(r, **{"from": "2015-01-01"})
                if r["rule"].startswith("FR/ai_") else r
                for r in bundled("eligibility")]
        self.bring("eligibility", rows, version="early")
        self.assertEqual(self.standing("2020-12-31", mission=dict(
            hours=40, client="FIRM"))["mission"], {"reason": "NO_RULE"})
        self.assertEqual(self.mission("2021-01-01"), (40, 0, None))
        self.bring("eligibility", bundled("eligibility"),
                   version="2025-09-04")

    def test_rows_that_no_table_can_have(self):
        row = {"source": "x", "from": "2026-01-01"}
        for table, rule, value, field in (
                ("eligibility", "DEP:20/ai_hours", "500", "rule"),
                ("publics", "COM:75112/DELD", "DELD", "rule"),
                ("eligibility", "123-AI/ai_hours", "500", "rule"),
                ("eligibility", "DEP:59/ai_months", "24", "rule"),
                ("eligibility", "DEP:59/ai_hours", "many", "value"),
                ("eligibility", "RSA/colour", "1", "rule"),
                ("eligibility", "TH/months", "six", "value"),
                ("eligibility", "TH/months", "1201", "value"),
                ("eligibility", "GEIQ/level", "3", "value"),
                ("eligibility", "GEIQ/level1", "0", "value"),
                ("eligibility", "GEIQ/proof", "DECISION|SWORN", "value"),
                ("eligibility", "DEP:59/ai_hours", "100001", "value"),
                ("publics", "DEP:59/DELD", ";à regarder", "value"),
                ("wording", "a b c d e f g h i", "EXEC", "rule"),
                ("publics", "NEAR:29232:10/DELD", "DELD", "rule"),
                ("publics", "DEP:59/KINGS", "DELD", "rule"),
                ("publics", "DEP:59/DELD", "DELD|KING", "value"),
                ("wording", "L2112-2", "EXEC", "rule"),
                ("wording", "art 99", "KING", "value")):
            with self.subTest(table, rule=rule):
                rows = bundled(table) + [dict(row, rule=rule, value=value)]
                self.refuses(table, rows,
                             "rules[%d].%s" % (len(rows), field))

    def test_who_is_not_there(self):
        self.person()
        self.refused("NOT_FOUND", "profile.eligibility", field="profile",
                     profile="p-none")
        self.refused("NOT_FOUND", "profile.eligibility", field="structure",
                     profile="p-1", structure=structure_id(99))


class People(Law):
    """Who may have a job is a question to the tables in use, not to the code:
    a table that is imported counts from the next question on."""

    shared = False

    def setUp(self):
        super().setUp()
        clause = {"kind": "EXEC", "publics": ["JEUNE"]}
        self.ask("market.put", market=market(
            status="OPEN", lots=[lot(clauses=[clause]),
                                 lot(modes=["PREST"])]))
        for id, codes in (("young", ["JEUNE"]), ("left", ["ASE"]),
                          ("three", ["ASE", "PI", "FLE"])):
            self.ask("profile.put", profile=profile(
                id=id, criteria=[{"code": c} for c in codes]))

    def everywhere(self, expected, lot=1, on=ON):
        """All questions agree on who is eligible for the lot's job."""
        asked = dict(market="M-1", lot=lot, on=on)
        people = self.ask("match.people", **asked)
        job, = people["lot"]["jobs"]
        self.assertEqual({h["id"] for h in job.get("candidates", ())},
                         expected)
        tally, = self.ask("match.reasons", **asked)["jobs"]
        self.assertEqual((tally["candidates"], tally["matched"]),
                         (3, len(expected)))
        for id in ("young", "left", "three"):
            told, = self.ask("match.explain", profile=id, **asked)["jobs"]
            self.assertEqual(told["matched"], id in expected, id)
            found = self.ask("match.reverse", profile=id, on=on)
            self.assertEqual(lot in [h["lot"] for h in found.get("jobs", ())],
                             id in expected, id)
            self.assertEqual(found["reference"][-2:],
                             people["reference"][-2:])
        judged, = self.ask("assess.market", **asked)["lots"]
        self.assertEqual(judged["people"], min(len(expected), 2))
        return people["reference"][-2:]

    def test_a_table_of_publics_decides_who_matches(self):
        bundled_rows = bundled("publics")
        self.assertEqual(self.everywhere({"young"}),
                         ["eligibility@2025-09-04", "publics@2026-08-24"])
        row = {"source": "a list of the department", "from": "2026-11-24"}
        self.bring("publics", bundled_rows + [
            dict(row, rule="DEP:76/JEUNE", value="ASE;sorti depuis un an")],
            version="mine")
        self.assertEqual(self.everywhere({"young"}),
                         ["eligibility@2025-09-04", "publics@mine"])
        self.everywhere({"left", "three"}, on="2026-11-24")
        self.bring("publics", bundled_rows + [
            dict(row, rule="DEP:27/JEUNE", value="ASE"),
            dict(row, rule="COM:76351/JEUNE", value="NONE"),
            dict(row, rule="REG:28/JEUNE", value="ASE")], version="mine-2")
        self.assertEqual(self.everywhere(set(), on="2026-11-24"),
                         ["eligibility@2025-09-04", "publics@mine-2"])
        self.bring("publics", bundled_rows, version="2026-08-24")
        self.everywhere({"young"}, on="2026-11-24")

    def test_a_table_of_eligibility_decides_who_matches(self):
        self.everywhere({"young", "three"}, lot=2)
        rows = [dict(r, until="2026-11-23") if r["rule"] == "ASE/level" else r
                for r in bundled("eligibility")]
        self.bring("eligibility", rows + [
            {"rule": "ASE/level", "value": "1", "from": "2026-11-24",
             "source": "a later order"}], version="later")
        self.everywhere({"young", "three"}, lot=2)
        self.assertEqual(
            self.everywhere({"young", "left", "three"}, lot=2,
                            on="2026-11-24"),
            ["eligibility@later", "publics@2026-08-24"])

    def test_no_answer_about_structures_names_rules_it_did_not_ask(self):
        told = self.ask("match.structures", market="M-1", on=ON)["reference"]
        self.assertFalse([t for t in told if t.startswith(
            ("publics@", "eligibility@"))], told)


class Commands(test_clausectl.Cli):
    """What a facilitator types."""

    DATA = 65

    def thresholds(self, change=None):
        with open(os.path.join(TABLES, "thresholds.tsv"),
                  encoding="utf-8") as f:
            text = f.read()
        return self.file("t.tsv", text.replace(*change) if change else text)

    def test_an_obligation_as_a_text_for_a_mail(self):
        self.ask("market.put", market=market(
            buyer={"category": "LOCAL"}, launch_on="2026-09-01",
            amount=21_599_999, lots=[lot(months=12)]))
        self.expect(0, "obligation", "M-1")
        self.says("Market M-1", "not mandatory; it stays possible",
                  "below the European threshold", "215 999.99", "216 000",
                  "local authority", "services", "thresholds 2026-08-22")
        self.expect(0, "--lang", "fr", "obligation", "M-1")
        self.says("n'est pas obligatoire", "inférieur au seuil européen",
                  "215 999,99 €", "collectivité locale", "L2112-2-1")
        told = self.json("obligation", "M-1")
        self.assertEqual(told["obligation"]["threshold"], 21_600_000)
        self.expect(3, "obligation", "M-none")
        self.expect(64, "obligation")

    def test_eligibility_as_a_text_for_a_mail(self):
        self.ask("profile.put", profile=profile(criteria=[
            {"code": "DETLD", "until": "2026-11-22"}, {"code": "QPV"}]))
        self.expect(0, "eligibility", "p-1", "--on", ON, "--territory",
                    "DEP:34", "--publics", "QPV,DELD", "--mission", "40",
                    "--done", "450", "--first-on", "2025-09-23")
        self.says("Eligibility of p-1", "DETLD", "proof over, last day 2026-11-22",
                  "certificate of registration, of less than 3 months",
                  "Allowed: 30 h, refused: 10 h", "[DEP:34]",
                  "eligibility 2025-09-04")
        self.expect(0, "--lang", "fr", "eligibility", "p-1", "--on", ON)
        self.says("Éligibilité de p-1", "attestation d'inscription",
                  "Pas de PASS IAE", "- DETLD\u00a0: justificatif expiré",
                  "allocation\u00a0; décision")
        told = self.json("eligibility", "p-1", "--on", ON, "--kinds", "EI",
                         "--prescriber", "2026-11-01")
        self.assertEqual(told["kinds"][0]["by"], "PRESCRIBER")
        self.expect(3, "eligibility", "p-none")
        self.expect(64, "eligibility", "p-1", "--prescriber", ON,
                    "--employer", ON)
        for alone in (("--done", "450"), ("--client", "FIRM"),
                      ("--first-on", ON), ("--layoff-on", ON)):
            self.expect(64, "eligibility", "p-1", *alone)
            self.says("--mission")

    def test_a_table_of_rules_is_imported_whole(self):
        self.expect(0, "reference", "import", "thresholds", self.thresholds(),
                    "--version", "2030")
        told = {t["table"]: t for t in self.ask("stats")["reference"]}
        self.assertEqual(told["thresholds"]["version"], "2030")
        self.assertEqual(told["thresholds"]["rows"],
                         len(bundled("thresholds")))
        for change, words in (
                (("2026-01-01\t2027", "2026-01-03\t2027"),
                 ("days are left out after row", "2025-12-31")),
                (("14000000\t2026-01-01", "14000000\tsoon"),
                 ("row", "whole or not at all"))):
            self.expect(self.DATA, "reference", "import", "thresholds",
                        self.thresholds(change), "--version", "bad")
            self.says(*words)
            told = {t["table"]: t for t in self.ask("stats")["reference"]}
            self.assertEqual(told["thresholds"]["version"], "2030")
        self.expect(64, "reference", "import", "nothing", "t.tsv")
        self.says("rome-links", "thresholds", "wording")

    def test_decp_words_become_clauses(self):
        head = ["uid", "object", "cpv", "place_code", "place_code_type",
                "amount_eur", "considerationsSociales"]
        rows = [head] + [
            [uid, "Nettoyage", "90910000", "76", "Code département", "1000",
             words] for uid, words in (
                 ("two", "Clause sociale|Critère social"),
                 ("res", "Marché réservé"),
                 ("none", "Pas de considération sociale"))]
        self.file("d.tsv", "".join("\t".join(r) + "\n" for r in rows))
        self.json("import", "markets", "d.tsv", "--from", "decp")
        kinds = {m["id"]: [c["kind"] for c in m["lots"][0].get("clauses", [])]
                 for m in self.client.each("market.list")}
        self.assertEqual(kinds, {"two": ["EXEC", "CRIT"],
                                 "res": ["RES_UNKNOWN"], "none": []})


if __name__ == "__main__":
    harness.main()
