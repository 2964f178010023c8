"""Hours of insertion through the wire: planned, recorded once, added up."""
import csv
import hmac
import io
import json
import os
import subprocess

import msgpack

import harness
from examples import lot, market, profile, siret

ON = "2026-11-23"
CTL = os.path.join(harness.BUILD, "clausectl")


def clause(hours=None, **more):
    made = dict({"kind": "EXEC"}, **more)
    if hours is not None:
        made["hours"] = hours
    return made


def entry(person="p-1", market="M-1", day="2026-10-05", hundredths=700,
          **more):
    made = {"person": person, "market": market, "from": day,
            "hundredths": hundredths}
    made.update(more)
    return {k: v for k, v in made.items() if v is not None}


class Hours(harness.Transcript):
    def a_market(self, id="M-1", lots=None, **more):
        more.setdefault("status", "AWARDED")
        self.ask("market.put", market=market(
            id, lots or [lot(clauses=[clause(600), clause(100)]),
                         lot(clauses=[clause(50)], places=["DEP:59"])],
            **more))

    def record(self, *entries):
        return self.ask("hours.record", entries=list(entries))

    def rows(self, **ask):
        ask.setdefault("on", ON)
        return self.ask("hours.summary", **ask).get("rows", [])

    def total(self, **ask):
        return self.ask("hours.summary", on=ON, **ask)["total"]


class Planning(Hours):
    def test_16_part_time(self):
        for n, (least, most) in enumerate(((10, 20), (20, 24), (30, 35)), 1):
            self.ask("profile.put", profile=profile(
                "p-%d" % n, hours_min=least, hours_max=most))
        people = [{"profile": "p-%d" % n} for n in (1, 2, 3)]

        def sets(*some, **more):
            answer = self.ask("hours.plan", hours=840, weeks=24,
                              persons=list(some), **more)
            return [[part["person"] for part in one["persons"]]
                    for one in answer.get("sets", [])]
        self.assertEqual(sets(*people), [[3], [1, 2]])
        self.assertEqual(sets(people[0]), [])
        answer = self.ask("hours.plan", hours=840, weeks=24, hours_week=35,
                          persons=people)
        self.assertEqual([w.get("limit") for w in answer["workers"]],
                         ["WEEK", "WEEK", None])
        short = {"hours_week": 18}
        self.assertEqual(sets(dict(short, weeks=24), people[2]), [[2]])
        answer = self.ask("hours.plan", hours=400, weeks=24, persons=[
            dict(short, kind="EI"), dict(short, kind="ACI")])
        self.assertEqual(
            [(w["hours"], w.get("limit")) for w in answer["workers"]],
            [(0, "WEEK_TOO_SHORT"), (432, None)])

    def test_what_cannot_be_planned_is_told_by_its_field(self):
        self.a_market(lots=[lot(clauses=[clause(rate=500)], amount=1000000)])
        for field, name, ask in (
                ("market", "NOT_FOUND", {"market": "M-9"}),
                ("lot", "NOT_FOUND", {"market": "M-1", "lot": 2}),
                ("clause", "NOT_FOUND", {"market": "M-1", "clause": 2}),
                ("labour_share", "MISSING_FIELD", {"market": "M-1"}),
                ("hours", "MISSING_FIELD", {}),
                ("hours", "MISSING_FIELD", {"hours": 1, "amount": 1}),
                ("counting", "NOT_FOUND", {"hours": 1, "counting": "ours"}),
                ("persons[2].profile", "NOT_FOUND",
                 {"hours": 1, "persons": [{}, {"profile": "p-9"}]}),
                ("persons[1].hours_week", "RANGE",
                 {"hours": 1, "persons": [{"hours_week": 49}]}),
                ("hourly_cost", "RANGE", {"amount": 1, "hourly_cost": 0})):
            with self.subTest(field, ask=ask):
                self.refused(name, "hours.plan", field=field, **ask)

    def test_a_buyers_own_rules_count(self):
        rules = [{"rule": r, "value": v, "from": "1900-01-01", "source": "x"}
                 for r, v in self.national()]
        rules += [{"rule": siret(7) + "/HOURLY_COST", "value": "4000",
                   "from": "2026-01-01", "source": "deliberation"},
                  {"rule": "strict/TUTOR", "value": "10000",
                   "from": "2026-01-01", "source": "x"}]
        self.ask("reference.import", table="hours", version="v2", source="x",
                 part=1, last=True, rules=rules)
        self.a_market(buyer={"siret": siret(7), "name": "Ville"},
                      lots=[lot(clauses=[clause(rate=1000)], amount=4000000)])
        plan = self.ask("hours.plan", market="M-1", labour_share=10000)
        self.assertEqual((plan["counting"], plan["hourly_cost"], plan["hours"]),
                         (siret(7), 4000, 100))
        self.assertEqual(plan["reference"], ["hours@v2"])
        self.record(entry(item="TUTOR"))
        self.assertEqual(self.total()["counted"], 0)
        self.assertEqual(self.total(counting="strict")["counted"], 700)

    def national(self):
        path = os.path.join(harness.TOP, "store", "reference", "hours.tsv")
        with open(path, encoding="utf-8") as f:
            return [line.split("\t")[:2] for line in f.readlines()[1:]]

    def test_a_table_of_rules_is_sound_or_refused(self):
        rows = [{"rule": r, "value": v, "from": "1900-01-01", "source": "x"}
                for r, v in self.national()]

        def refused(rules):
            self.refused("BAD_RULES", "reference.import", table="hours",
                         version="v", source="x", part=1, last=True,
                         rules=rules)
        refused(rows[1:])
        refused([dict(rows[0], until="2025-12-31"),
                 dict(rows[0], **{"from": "2026-01-02"})] + rows[1:])
        refused([dict(rows[0], until="2026-01-01"),
                 dict(rows[0], **{"from": "2026-01-01"})] + rows[1:])
        refused(rows + [dict(rows[0], rule="NATIONAL/HOLIDAY")])
        refused([dict(rows[0], value="many")] + rows[1:])


class Recording(Hours):
    def test_the_same_hours_are_written_once(self):
        self.a_market()
        before = self.revision()
        body = {"entries": [entry()]}
        self.assertEqual(self.record(entry()),
                         {"recorded": 1, "replaced": 0, "rev": before + 1})
        for again in (entry(), entry(hundredths=600),
                      entry(day="2026-10-01", until="2026-10-31"),
                      dict(body["entries"][0], until="2026-10-06")):
            with self.subTest(again):
                self.refused("HOURS_TWICE", "hours.record",
                             field="entries[1].from", entries=[again])
        self.refused("HOURS_TWICE", "hours.record", field="entries[2].from",
                     entries=[entry("p-2"), entry("p-2")])
        self.assertEqual(self.total()["done"], 700)
        self.assertEqual(self.record(entry(hundredths=650, replace=True))
                         ["replaced"], 1)
        self.record(entry(item="TRAINING", hundredths=100),
                    entry(day="2026-10-06"), entry("p-2"))
        self.assertEqual(self.total()["done"], 650 + 100 + 700 + 700)

    def test_what_a_statement_corrects_it_does_not_run_into(self):
        self.a_market()
        self.record(entry(hundredths=700), entry(clause=2, hundredths=300),
                    entry("p-2", until="2026-10-30", hundredths=15167))
        self.assertEqual(self.record(
            entry(hundredths=300, replace=True),
            entry(clause=2, hundredths=700, replace=True))["replaced"], 2)
        self.assertEqual(self.record(
            entry("p-2", until="2026-10-11", hundredths=3500, replace=True),
            entry("p-2", day="2026-10-12", until="2026-10-30",
                  hundredths=9000)), {"recorded": 2, "replaced": 1,
                                      "rev": self.revision()})
        self.refused("HOURS_TOO_MANY", "hours.record",
                     field="entries[2].hundredths", entries=[
                         entry(hundredths=301, replace=True),
                         entry(clause=2, hundredths=700, replace=True)])
        self.refused("HOURS_TWICE", "hours.record", field="entries[2].from",
                     entries=[entry(hundredths=100, replace=True)] * 2)
        self.assertEqual(self.total()["done"], 1000 + 12500)

    def test_a_plan_by_the_day_is_taken(self):
        self.a_market()
        days = ["%d-%02d-%02d" % (year, month, day)
                for day in range(1, 29) for month in range(1, 13)
                for year in (2027, 2028, 2029)][:1000]
        for some in (days[:500], days[500:]):
            self.record(*[entry(state="PLANNED", day=day, hundredths=1)
                          for day in some])
        self.assertEqual(self.total()["planned"], 1000)

    def test_the_same_key_k_gets_the_same_reply(self):
        self.a_market()
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in (1, 2):
                raw.ask("hours.record", {"entries": [entry()]}, i=i, k="once")
            first, second = raw.receive(), raw.receive()
        self.assertEqual(first[1], second[1])
        self.assertEqual(self.total()["done"], 700)

    def test_an_hour_is_credited_to_one_clause_or_shared(self):
        self.a_market()
        self.record(entry(hundredths=700))
        self.refused("HOURS_TOO_MANY", "hours.record",
                     field="entries[1].hundredths",
                     entries=[entry(clause=2, hundredths=700)])
        self.record(entry(clause=2, hundredths=300))
        self.record(entry("p-2", until="2026-10-30", hundredths=15167))
        self.refused("HOURS_TOO_MANY", "hours.record",
                     entries=[entry("p-2", lot=2, until="2026-10-30",
                                    hundredths=15167)])
        parts = [{"market": "M-1", "share": 3333},
                 {"market": "M-1", "lot": 2, "share": 6667}]
        shared = entry("p-3", None, parts=parts, pooling="A-1")
        self.refused("MISSING_FIELD", "hours.record",
                     field="entries[1].pooling",
                     entries=[dict(shared, pooling=None)])
        self.refused("SHARES_SUM", "hours.record", field="entries[1].parts",
                     entries=[dict(shared, parts=parts[:1])])
        self.assertEqual(self.record(shared)["recorded"], 2)
        self.assertEqual([r["done"] for r in self.rows()],
                         [700 + 15167 + 234, 300, 466])

    def test_all_or_nothing_and_where(self):
        self.a_market()
        before = self.revision()
        for field, name, bad in (
                ("market", "NOT_FOUND", entry(market="M-9")),
                ("lot", "NOT_FOUND", entry(lot=3)),
                ("clause", "NOT_FOUND", entry(clause=3)),
                ("parts[2].lot", "NOT_FOUND", entry(
                    market=None, pooling="A-1",
                    parts=[{"market": "M-1", "share": 5000},
                           {"market": "M-1", "lot": 9, "share": 5000}])),
                ("market", "MISSING_FIELD", entry(market=None)),
                ("person", "MISSING_FIELD", entry(person=None)),
                ("person", "PII_FORBIDDEN", entry("0612345678")),
                ("person", "BAD_ID", entry("Jean Dupont")),
                ("from", "BAD_ORDER", entry(until="2026-10-04")),
                ("from", "BAD_DATE", entry(day="2026-02-30")),
                ("until", "RANGE", entry(day="2199-01-01")),
                ("until", "RANGE", entry(day="2026-09-01",
                                         until="2026-10-02")),
                ("hundredths", "HOURS_TOO_MANY", entry(hundredths=1001)),
                ("hundredths", "RANGE", entry(hundredths=-1)),
                ("item", "BAD_CODE", entry(item="HOLIDAY"))):
            with self.subTest(field, bad=bad):
                e = self.refused(name, "hours.record",
                                 field="entries[2]." + field,
                                 entries=[entry("p-7"), bad])
                self.assertNotIn("p-7", str(e.data))
        self.refused("BAD_CODE", "import.apply", field="entity",
                     entity="hours", rows=[{}])
        self.assertEqual(self.revision(), before)

    def test_nothing_says_whose_hours_they_are(self):
        self.a_market()
        self.ask("profile.put", profile=profile("zelda-4711"))
        self.record(entry("zelda-4711"))
        listed, = self.ask("hours.list")["rows"]
        self.assertRegex(listed["person"], "^[0-9a-f]{16}$")
        self.assertNotIn("zelda", msgpack.packb(listed).decode("latin-1"))
        self.assertEqual(listed["person"], self.token("zelda-4711"))
        self.ask("profile.erase", id="zelda-4711")
        self.assertEqual(self.total()["persons"], 1)
        self.assertNotIn("zelda", self.daemon.log())

    def token(self, pseudonym):
        with open(self.daemon.store + ".secrets/person-token", "rb") as f:
            key = f.read()
        return hmac.new(key, pseudonym.encode(), "sha256").hexdigest()[:16]

    def test_who_is_erased_leaves_hours_that_are_nobodys(self):
        self.a_market()
        for id in ("p-1", "p-2"):
            self.ask("profile.put", profile=profile(id))
        told = [entry("p-%d" % n, day="2026-10-%02d" % day, item=item)
                for n in (1, 2, 3) for day in (5, 6)
                for item in ("WORK", "TUTOR")]
        told = [dict(e, hundredths=400) for e in told]
        told.append(entry("p-1", state="PLANNED", day="2027-01-01"))
        self.record(*told)
        before, rows = self.total(), self.ask("hours.list")["rows"]
        rev = self.ask("profile.erase", id="p-1")["rev"]
        self.assertEqual(rev, self.revision())
        self.ask("profile.erase", id="p-3")
        self.refused("NOT_FOUND", "profile.erase", field="id", id="p-3")
        self.assertEqual(self.total(), before)
        after = self.ask("hours.list")["rows"]

        def bare(rows):
            return sorted(msgpack.packb(dict(r, id=r["id"][16:], person=0))
                          for r in rows)
        self.assertEqual(bare(after), bare(rows))
        self.assertTrue(all(r["id"].startswith(r["person"]) for r in after))
        people = {r["person"] for r in after}
        self.assertEqual(len(people), 3)
        self.assertEqual(people & {self.token("p-%d" % n) for n in (1, 2, 3)},
                         {self.token("p-2")})
        self.refused("HOURS_TWICE", "hours.record", entries=[entry("p-2")])
        self.record(entry("p-1"))
        self.daemon.stop()
        self.daemon.restart()
        self.client = self.daemon.client()
        self.assertEqual(self.total()["persons"], 4)

    def test_hours_outlive_the_daemon(self):
        self.a_market()
        self.record(*[entry("p-%d" % n, day="2026-10-%02d" % day)
                      for n in range(20) for day in range(1, 21)])
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.restart()
        self.client = self.daemon.client()
        self.assertEqual(self.total()["done"], 20 * 20 * 700)
        self.refused("HOURS_TWICE", "hours.record",
                     entries=[entry("p-3", day="2026-10-03")])


class Summary(Hours):
    def test_12_what_is_done_releases_what_remains(self):
        self.a_market(lots=[lot(clauses=[clause(780)], start="2026-01-05",
                                months=12)])
        self.record(entry(person=None, state="COMMITTED", day="2026-02-01",
                          until="2026-12-31", hundredths=20000),
                    entry(hundredths=800))
        row, = self.rows()
        self.assertEqual((row["due"], row["committed"], row["done"],
                          row["remaining"]), (78000, 20000, 800, 77200))
        self.assertEqual(row["alerts"], ["BEHIND"])

    def test_hours_stay_with_the_place_of_their_clause(self):
        self.a_market()
        self.record(entry())
        before = self.total()
        self.ask("market.delete", id="M-1")
        gone = self.total()
        self.assertEqual((gone["clauses"], gone["done"], gone["persons"]),
                         (0, 0, 0))
        self.assertNotIn("from", gone)
        self.assertNotIn("until", gone)
        self.a_market()
        self.assertEqual(self.total(), before)
        self.refused("HOURS_TWICE", "hours.record", entries=[entry()])

    def test_who_works_later_had_not_worked_by_then(self):
        self.a_market()
        self.record(entry("p-1"), entry("p-2", day="2026-10-20"))
        for on, done, persons in (("2026-10-04", 0, 0), ("2026-10-05", 700, 1),
                                  ("2026-10-20", 1400, 2)):
            with self.subTest(on):
                total = self.ask("hours.summary", on=on)["total"]
                self.assertEqual((total["done"], total["persons"]),
                                 (done, persons))

    def test_a_clause_is_late_or_not_by_the_day_that_is_asked(self):
        self.a_market(lots=[lot(clauses=[clause(100)], start="2026-03-01",
                                months=4)])
        self.record(entry(day="2026-03-02", until="2026-03-27",
                          hundredths=9500))
        for on, alerts in (("2026-02-28", None), ("2026-03-01", ["NOT_STARTED",
                           "BEHIND"]), ("2026-03-02", None),
                           ("2026-06-30", None), ("2026-07-01", ["OVERDUE"])):
            with self.subTest(on):
                row, = self.rows(on=on)
                self.assertEqual(row.get("alerts"), alerts)
        self.assertEqual(self.rows(on="2026-06-30", alerts=True), [])
        self.assertEqual(len(self.rows(on="2026-07-01", alerts=True)), 1)

    def test_figures_are_added_up_by_market_buyer_and_territory(self):
        self.a_market("M-1", buyer={"siret": siret(1), "name": "Ville"},
                      lots=[lot(clauses=[clause(100)], places=["COM:76540"]),
                            lot(clauses=[clause(200)], places=["DEP:76"])])
        self.a_market("M-2", buyer={"siret": siret(1)},
                      lots=[lot(clauses=[clause(400)], places=["DEP:59"])])
        self.a_market("M-3", lots=[
            lot(clauses=[clause(800)], places=["COM:76540", "COM:59350"]),
            lot(clauses=[clause(1600)], places=None)])
        self.record(entry("p-1", "M-1"), entry("p-1", "M-2", "2026-10-06"))

        def by(level, key, **more):
            return {r.get(key): (r["due"] // 100, r["persons"])
                    for r in self.rows(by=level, **more)}
        self.assertEqual(by("MARKET", "market"), {
            "M-1": (300, 1), "M-2": (400, 1), "M-3": (2400, 0)})
        self.assertEqual(by("BUYER", "buyer"), {
            siret(1): (700, 1), None: (2400, 0)})
        self.assertEqual(by("COMMUNE", "territory"), {
            "COM:76540": (100, 1), "COM:76351": (1600, 0),
            None: (1400, 1)})
        self.assertEqual(by("DEPARTMENT", "territory"), {
            "DEP:76": (1900, 1), "DEP:59": (400, 1), None: (800, 0)})
        self.assertEqual(by("REGION", "territory"), {
            "REG:28": (1900, 1), "REG:32": (400, 1), None: (800, 0)})
        self.assertEqual(by("EPCI", "territory")["EPCI:200023414"], (100, 1))
        self.assertEqual(by("MARKET", "market", territory="DEP:59"), {
            "M-2": (400, 1), "M-3": (800, 0)})
        self.assertEqual(by("MARKET", "market", buyer=siret(1)), {
            "M-1": (300, 1), "M-2": (400, 1)})
        self.assertEqual(self.total()["due"], 310000)
        self.assertEqual(self.total()["persons"], 1)
        self.assertEqual([r["lot"] for r in self.rows(market="M-3", lot=2)],
                         [2])
        first = self.ask("hours.summary", on=ON, limit=2)
        self.assertEqual((len(first["rows"]), first["more"]), (2, 3))
        self.assertEqual(first["total"]["due"], 310000)

    def test_what_cannot_be_summed_up_is_told(self):
        self.a_market()
        for field, name, ask in (
                ("market", "NOT_FOUND", {"market": "M-9"}),
                ("lot", "NOT_FOUND", {"market": "M-1", "lot": 3}),
                ("market", "MISSING_FIELD", {"lot": 1}),
                ("territory", "UNKNOWN_TERRITORY", {"territory": "REG:77"}),
                ("territory", "CODE_UNTYPED", {"territory": "76"}),
                ("counting", "NOT_FOUND", {"counting": "ours"})):
            with self.subTest(field, ask=ask):
                self.refused(name, "hours.summary", field=field, **ask)


class Pooling(Hours):
    def test_works_that_cannot_be_pooled_are_told_why_not(self):
        self.a_market(status="OPEN", lots=[lot(jobs=[
            {"rome": "F1606", "weeks": 4, "commune": "76540"}])])
        answer = self.ask("hours.pool", market="M-1", on=ON)
        self.assertEqual((answer["jobs"], answer["incomplete"]), (0, 1))
        for field, name, ask in (
                ("market", "NOT_FOUND", {"market": "M-9"}),
                ("lot", "NOT_FOUND", {"market": "M-1", "lot": 2}),
                ("market", "MISSING_FIELD", {}),
                ("market", "MISSING_FIELD",
                 {"market": "M-1", "territory": "FR"}),
                ("market", "MISSING_FIELD", {"lot": 1, "territory": "FR"}),
                ("territory", "UNKNOWN_TERRITORY", {"territory": "REG:77"})):
            with self.subTest(field, ask=ask):
                self.refused(name, "hours.pool", field=field, **ask)

    def test_a_closed_market_offers_no_work(self):
        work = {"rome": "F1606", "weeks": 8, "hours_week": 20,
                "commune": "76540", "start": "2027-01-04"}
        for id, status in (("M-1", "OPEN"), ("M-2", "CLOSED"),
                           ("M-3", "OPEN")):
            self.a_market(id, status=status, lots=[lot(jobs=[
                dict(work, hours_week=15)])])
        path, = self.ask("hours.pool", market="M-1", on=ON)["paths"]
        self.assertEqual([p["market"] for p in path["pieces"]],
                         ["M-1", "M-3"])
        self.assertEqual(self.ask("hours.pool", territory="DEP:76",
                                  on="2027-03-01").get("jobs"), 0)


class CommandLine(Hours):
    def ctl(self, *args, lang="en", status=0, command=("hours",)):
        done = subprocess.run(
            [CTL, "--connect", self.daemon.endpoint, "--lang", lang, *command]
            + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.daemon.home, timeout=harness.PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode() + done.stderr.decode()

    def file(self, name, text):
        path = os.path.join(self.daemon.home, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def test_a_plan_can_be_pasted_into_a_mail(self):
        args = ["plan", "--amount", "480000", "--labour-share", "65",
                "--rate", "7", "--hourly-cost", "28,00", "--weeks", "24",
                "--workers", "35,20,24"]
        said = self.ctl(*args)
        self.assertIn("780 hours of insertion.", said)
        self.assertIn("480000 € x 65 % of labour x 7 % of insertion / 28 €",
                      said)
        self.assertIn("0.49 full-time equivalents", said)
        self.assertIn("- #1: 840 h, 60 to spare", said)
        self.assertIn("- #2 + #3: 1056 h, 276 to spare", said)
        said = self.ctl(*args, lang="fr")
        self.assertIn("780 heures d'insertion.", said)
        self.assertIn("0,49 équivalent temps plein", said)
        self.assertEqual(json.loads(self.ctl(*args, "--json"))["hours"], 780)
        self.ctl("plan", "--amount", "many", status=64)
        self.ctl("plan", "M-9", status=3)
        self.ctl("dance", status=64)

    def test_a_statement_is_recorded_and_summed_up(self):
        self.a_market(lots=[lot(clauses=[clause(1000)], start="2026-09-01",
                                months=4)])
        path = self.file("october.csv", """person;market;from;until;hours;item
p-1;M-1;2026-10-01;2026-10-31;151,67;
p-2;M-1;2026-10-01;2026-10-31;70;WORK
p-2;M-1;2026-10-01;2026-10-31;7,5;TRAINING
""")
        self.assertIn("Entries recorded: 3, of which replaced: 0.",
                      self.ctl("record", path))
        self.assertIn("these hours are recorded already",
                      self.ctl("record", path, status=4))
        more = self.file("more.ndjson", json.dumps(
            {"person": "p-3", "pooling": "A-1", "from": "2026-11-02",
             "hundredths": 700, "parts": [
                 {"market": "M-1", "share": 10000}]}) + "\n")
        self.ctl("record", more)
        said = self.ctl("summary", "M-1", "--on", ON)
        for text in ("behind schedule", "M-1", "236.17", "763.83"):
            self.assertIn(text, said)
        self.is_exported()
        self.assertIn("236,17", self.ctl("summary", "--by", "DEPARTMENT",
                                         "--on", ON, lang="fr"))
        self.assertIn("en retard", self.ctl("summary", "--alerts", "--on", ON,
                                            lang="fr"))
        self.assertEqual(json.loads(self.ctl(
            "summary", "--on", ON, "--json"))["total"]["done"], 23617)
        self.ctl("record", self.file("bad.csv", "person;wage\np-1;3\n"),
                 status=65)
        self.ctl("record", self.file("empty.csv", "person;market\n"),
                 status=65)
        self.ctl("record", "nowhere.csv", status=74)

    def is_exported(self):
        """Every entry, in a table and as it travels, and nobody's name."""
        kept = list(self.client.each("hours.list"))
        for name, told in (("h.csv", self.rows_of), ("h.ndjson", self.lines_of)):
            path = self.file(name, "")
            said = self.ctl(path, command=("export", "hours"))
            self.assertIn("4 exported", said)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            self.assertEqual(told(text), [
                {"id": e["id"], "hundredths": e["hundredths"],
                 "until": e["until"], "market": e["market"]} for e in kept])
            self.assertNotIn("p-1", text)

    @staticmethod
    def rows_of(text):
        return [{"id": row["id"], "hundredths": int(row["hundredths"]),
                 "until": row["until"], "market": row["market"]}
                for row in csv.DictReader(io.StringIO(text))]

    @staticmethod
    def lines_of(text):
        return [{k: json.loads(line)[k] for k in (
            "id", "hundredths", "until", "market")}
            for line in text.splitlines()]

    def test_a_path_is_told_with_its_reasons(self):
        work = {"rome": "F1606", "weeks": 9, "hours_week": 35,
                "commune": "76540"}
        self.a_market(status="OPEN", lots=[
            lot(jobs=[dict(work, start="2027-01-04")]),
            lot(jobs=[dict(work, start="2027-03-08")])])
        said = self.ctl("pool", "M-1", "--on", ON)
        for text in ("Path 1: 2027-01-04 to 2027-05-09", "same occupation",
                     "same commune", "one after the other",
                     "long enough for an insertion contract"):
            self.assertIn(text, said)
        self.assertIn("Parcours 1", self.ctl("pool", "--territory", "DEP:76",
                                             "--on", ON, lang="fr"))


if __name__ == "__main__":
    harness.main()
