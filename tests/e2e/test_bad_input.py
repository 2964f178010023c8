"""Bad input, stated: one row for each kind of it that real files hold.

REFUSED: what is wrong, how it is put, the error, where it is told.
ACCEPTED: what looks wrong and is not, and what is stored of it.
NOTED: what is accepted with a note.
Every refused row is asked three ways: as a put, as a row of an import and as
a row of its check; all must say the same, and none may change anything.
"""
import harness
from examples import (facilitator, job, lot, market, profile, siret,
                      structure)
from harness import claused, msgpack


def S(**fields):
    return "structure", dict(structure(), **fields)


def zone(*codes):
    return "structure", structure(zone={"codes": list(codes)})


def M(**fields):
    return "market", market(**fields)


def L(**fields):
    return "market", market(lots=[lot(**fields)])


def J(**fields):
    return "market", market(lots=[lot(jobs=[job(**fields)])])


def P(**fields):
    return "profile", profile(**fields)


def F(**fields):
    return "facilitator", facilitator(**fields)


HERE = "commune"
ZONE = "activities[1].zone.codes[1]"
CPV = "lots[1].cpv[1]"
ROME = "lots[1].jobs[1].rome"
AMOUNT = "lots[1].amount"
START = "lots[1].start"

REFUSED = (
    # Communes.
    ("a commune that does not exist", S(commune="99999"),
     "UNKNOWN_COMMUNE", HERE),
    ("another one, well-formed", S(commune="76999"), "UNKNOWN_COMMUNE", HERE),
    ("Corsica in one", S(commune="20999"), "UNKNOWN_COMMUNE", HERE),
    ("Corsica in lower case", S(commune="2a004"), "UNKNOWN_COMMUNE", HERE),
    ("a lost leading zero", S(commune="1004"), "UNKNOWN_COMMUNE", HERE),
    ("a postcode", S(commune="59000"), "UNKNOWN_COMMUNE", HERE),
    ("a number", S(commune=76351), "WRONG_TYPE", HERE),
    ("a commune abroad", J(commune="99125"), "UNKNOWN_COMMUNE",
     "lots[1].jobs[1].commune"),
    ("a person's unknown commune", P(commune="00000"),
     "UNKNOWN_COMMUNE", HERE),
    # Facilitators.
    ("a coordinator of a department", F(coordinator_of=["REG:28", "DEP:76"]),
     "UNKNOWN_TERRITORY", "coordinator_of[2]"),
    ("a coordinator of no region", F(coordinator_of=["REG:77"]),
     "UNKNOWN_TERRITORY", "coordinator_of[1]"),
    ("a territory without its type", F(territories=["DEP:76", "76"]),
     "CODE_UNTYPED", "territories[2]"),
    ("its own backup", F(backup="F-1"), "BAD_ID", "backup"),
    ("an absence that ends before it begins",
     F(absent_from="2026-12-02", absent_until="2026-12-01"), "BAD_ORDER",
     "absent_from"),
    ("no posts at all", F(etp_percent=0), "RANGE", "etp_percent"),
    # Territories.
    ("region or department", zone("75"), "CODE_UNTYPED", ZONE),
    ("a department alone", zone("2A"), "CODE_UNTYPED", ZONE),
    ("a commune alone", zone("76540"), "CODE_UNTYPED", ZONE),
    ("an EPCI alone", zone("200084952"), "CODE_UNTYPED", ZONE),
    ("Corsica before 1976", zone("DEP:20"), "BAD_DEPT", ZONE),
    ("department 96", zone("DEP:96"), "BAD_DEPT", ZONE),
    ("department 99", zone("DEP:99"), "BAD_DEPT", ZONE),
    ("department 2C", zone("DEP:2C"), "BAD_DEPT", ZONE),
    ("department 979", zone("DEP:979"), "BAD_DEPT", ZONE),
    ("an old region", zone("REG:23"), "UNKNOWN_TERRITORY", ZONE),
    ("a department as a region", zone("REG:76540"), "UNKNOWN_TERRITORY",
     ZONE),
    ("no such EPCI", zone("EPCI:200000000"), "UNKNOWN_TERRITORY", ZONE),
    ("a postcode as a commune", zone("COM:59000"), "UNKNOWN_COMMUNE", ZONE),
    ("a circle round nothing", zone("NEAR:99999:10"), "UNKNOWN_COMMUNE",
     ZONE),
    ("a circle as wide as the world", zone("NEAR:76540:40000"), "RANGE",
     ZONE),
    ("a place of a lot", L(places=["COM:76351", "59"]), "CODE_UNTYPED",
     "lots[1].places[2]"),
    ("codes and kilometres", S(activities=[
        {"zone": {"codes": ["FR"], "within_km": 5}}]), "ZONE_FORM",
     "activities[1].zone"),
    ("half a position", S(lat=49.5), "POSITION_HALF", "lon"),
    ("a latitude beyond the pole", S(lat=91, lon=0), "RANGE", "lat"),
    # Codes.
    ("a SIRET with a wrong digit", S(siret="73282932000079"), "BAD_SIRET",
     "siret"),
    ("a SIRET of zeros", S(siret="00000000000000"), "BAD_SIRET", "siret"),
    ("a SIRET of La Poste that does not add up", S(siret="35600000009076"),
     "BAD_SIRET", "siret"),
    ("a SIREN", M(buyer={"siret": "732829320"}), "BAD_SIRET",
     "buyer.siret"),
    ("a SIRET with letters", S(siret="7328293200007X"), "BAD_SIRET",
     "siret"),
    ("a short CPV", L(cpv=["4521"]), "BAD_CPV", CPV),
    ("a CPV of seven digits", L(cpv=["9091000"]), "BAD_CPV", CPV),
    ("a CPV with two check digits", L(cpv=["90910000-99"]), "BAD_CPV", CPV),
    ("a ROME beyond N", J(rome="O1203"), "BAD_ROME", ROME),
    ("a ROME in lower case", J(rome="f1704"), "BAD_ROME", ROME),
    ("a ROME that is short", J(rome="f17"), "BAD_ROME", ROME),
    ("a ROME that is long", J(rome="F17040"), "BAD_ROME", ROME),
    ("a wish that is no ROME", P(rome=["K2204", "ménage"]), "BAD_ROME",
     "rome[2]"),
    ("a kind that is none", S(kind="SIAE"), "BAD_CODE", "kind"),
    ("a clause kind of old", L(clauses=[{"kind": "ART14"}]), "BAD_CODE",
     "lots[1].clauses[1].kind"),
    ("a criterion that is none", P(criteria=[{"code": "RQTH"}]), "BAD_CODE",
     "criteria[1].code"),
    ("an id with a space", M(id="M 1"), "BAD_ID", "id"),
    # Dates and times.
    ("30 February", L(start="2026-02-30"), "BAD_DATE", START),
    ("29 February of no leap year", L(start="2025-02-29"), "BAD_DATE",
     START),
    ("month 13", L(start="2026-13-01"), "BAD_DATE", START),
    ("a French date", L(start="23/11/2026"), "BAD_DATE", START),
    ("the year 5021", L(start="5021-01-01"), "RANGE", START),
    ("the year 2", L(start="0002-01-01"), "RANGE", START),
    ("a date as a number", L(start=20261123), "WRONG_TYPE", START),
    ("a time without an offset", M(deadline="2026-12-01T12:00:00"),
     "BAD_TIME", "deadline"),
    ("hour 25", M(deadline="2026-12-01T25:00:00Z"), "BAD_TIME", "deadline"),
    ("an agreement that ends before it begins",
     S(agreement_from="2026-02-01", agreement_until="2026-01-01"),
     "BAD_ORDER", "agreement_from"),
    # Numbers.
    ("an amount of 1e17", L(amount=10 ** 17), "RANGE", AMOUNT),
    ("the same as a float", L(amount=1e17), "WRONG_TYPE", AMOUNT),
    ("a negative amount", L(amount=-1), "RANGE", AMOUNT),
    ("an amount that is text", L(amount="12000"), "WRONG_TYPE", AMOUNT),
    ("no hours a week", J(hours_week=0), "RANGE",
     "lots[1].jobs[1].hours_week"),
    ("49 hours a week", J(hours_week=49), "RANGE",
     "lots[1].jobs[1].hours_week"),
    ("hours in the wrong order", P(hours_min=35, hours_max=20), "BAD_ORDER",
     "hours_min"),
    ("share above the whole", S(public_share=101), "RANGE", "public_share"),
    ("mobility round the world", P(mobility_km=501), "RANGE", "mobility_km"),
    ("a latitude that is no number", S(lat=float("nan"), lon=1.0),
     "NOT_FINITE", "lat"),
    # Texts.
    ("NUL in a text", S(name="a\0b"), "NOT_UTF8", "name"),
    ("a line feed in a text", S(name="a\nb"), "NOT_UTF8", "name"),
    ("no text", S(name=""), "RANGE", "name"),
    ("a text of 301 bytes", S(name="x" * 301), "RANGE", "name"),
    # Objects.
    ("an unknown field", S(naf="8130Z"), "UNKNOWN_FIELD", "naf"),
    ("a field of another level", L(free_hours=5), "UNKNOWN_FIELD",
     "lots[1].free_hours"),
    ("a market without lots", M(lots=[]), "RANGE", "lots"),
    ("lots that are no list", M(lots={"1": {}}), "WRONG_TYPE", "lots"),
    # Law.
    ("two reservations on a lot",
     L(clauses=[{"kind": "RES_HAND"}, {"kind": "RES_IAE"}]),
     "CLAUSE_CONFLICT", "lots[1].clauses[2].kind"),
    ("a concession reserved to both families",
     M(contract_type="CONCESSION",
       lots=[lot(clauses=[{"kind": "RES_MIX"}])]),
     "CONCESSION_MIX_FORBIDDEN", "lots[1].clauses[1].kind"),
    # People.
    ("a person's name", P(name="x"), "PII_FORBIDDEN", "name"),
    ("a first name", P(prenom="x"), "PII_FORBIDDEN", "prenom"),
    ("a social security number", P(nir="1"), "PII_FORBIDDEN", "nir"),
    ("a date of birth", P(birth_date="2000-01-01"), "PII_FORBIDDEN",
     "birth_date"),
    ("an e-mail", P(email="x"), "PII_FORBIDDEN", "email"),
    ("a telephone", P(phone="x"), "PII_FORBIDDEN", "phone"),
    ("a street", P(adresse="x"), "PII_FORBIDDEN", "adresse"),
    ("a sex", P(sexe="F"), "PII_FORBIDDEN", "sexe"),
    ("a social security number as the id", P(id="284127645108946"),
     "PII_FORBIDDEN", "id"),
    ("an e-mail as the id", P(id="a.b@example.org"), "PII_FORBIDDEN", "id"),
)

MISSING = (("structure", structure, ("siret", "kind", "name", "commune")),
           ("market", market, ("id", "lots")),
           ("profile", profile, ("id", "commune", "mobility_km")),
           ("facilitator", facilitator, ("id", "organisation")))

# What is put, and which field of it holds what afterwards.
ACCEPTED = tuple(
    ("commune " + c, S(commune=c), HERE, c)
    for c in ("01004", "2A004", "2B033", "97105", "97209", "97302", "97411",
              "97502", "97608", "97611", "97701", "97801", "98611", "98735",
              "98818", "75056")
) + tuple(
    ("zone " + z, zone(z), ZONE, z)
    for z in ("FR", "DEP:01", "DEP:2A", "DEP:2B", "DEP:974", "DEP:975",
              "DEP:978", "DEP:988", "REG:75", "DEP:75", "REG:94", "REG:06",
              "EPCI:200084952", "NEAR:76351:0", "NEAR:76351:1000")
) + (
    ("SIRET", S(siret="73282932000074"), "siret", "73282932000074"),
    ("La Poste's head office", S(siret="35600000000048"), "siret",
     "35600000000048"),
    ("La Poste by its own rule", S(siret="35600000049837"), "siret",
     "35600000049837"),
    ("CPV without check digit", L(cpv=["45000000"]), CPV, "45000000"),
    ("29 February of a leap year", L(start="2028-02-29"), START,
     "2028-02-29"),
    ("the largest amount", L(amount=10 ** 13), AMOUNT, 10 ** 13),
    ("nil is absent", S(turnover=None), "turnover", None),
    ("a name in Greek", S(name="ΑΒΓ é ü"), "name", "ΑΒΓ é ü"),
    ("a repeated code", zone("DEP:76", "DEP:76"), "activities[1].zone.codes",
     ["DEP:76"]),
)

# What is put, where the note is, what it says, from, to.
NOTED = (
    ("Paris 12", S(commune="75112"), HERE, "NORMALISED", "75112", "75056"),
    ("Lyon 1", S(commune="69381"), HERE, "NORMALISED", "69381", "69123"),
    ("Marseille 16", S(commune="13216"), HERE, "NORMALISED", "13216",
     "13055"),
    ("a district as a zone", zone("COM:75112"), ZONE, "NORMALISED",
     "COM:75112", "COM:75056"),
    ("a circle round a district", zone("NEAR:75112:5"), ZONE, "NORMALISED",
     "NEAR:75112:5", "NEAR:75056:5"),
    ("a former commune", P(commune="76003"), HERE, "NORMALISED", "76003",
     "76020"),
    ("another one", zone("COM:76031"), ZONE, "NORMALISED", "COM:76031",
     "COM:76476"),
    ("a wrong CPV check digit", L(cpv=["77310000-5"]), CPV,
     "CPV_CHECK_DIGIT", "77310000-5", None),
    ("a real code that breaks the rule", L(cpv=["51000000-9"]), CPV,
     "CPV_CHECK_DIGIT", "51000000-9", None),
)

# Former communes without one successor in their own department.
AMBIGUOUS = (("02285", "59545"), ("14513", "50592"), ("01132", "69286"),
             ("20004", "2A004"))


def dig(value, path):
    """The value at a path: lots[1].cpv[1]."""
    for step in path.replace("[", ".[").split("."):
        if value is None:
            return None
        if step.startswith("["):
            value = value[int(step[1:-1]) - 1]
        else:
            value = value.get(step)
    return value


class BadInput(harness.Transcript):
    shared = True

    def id_of(self, entity, made):
        if entity == "structure":
            return made["siret"] + "-" + made["kind"]
        return made["id"]

    def refused_everywhere(self, entity, made, name, field):
        refusal = self.refused(name, entity + ".put", **{entity: made},
                               field="%s.%s" % (entity, field))
        self.assertIn(refusal.status_name,
                      ("INVALID_ARGUMENT", "OUT_OF_RANGE"))
        for method in ("import.check", "import.apply"):
            answer = self.ask(method, entity=entity, rows=[made])
            row, = answer["rejected"]
            self.assertEqual((row["row"], row["name"], row["field"],
                              answer["accepted"]), (1, name, field, 0))
            self.assertTrue(row["hint"])
        return refusal

    def test_refused(self):
        before = self.revision()
        for what, (entity, made), name, field in REFUSED:
            with self.subTest(what):
                self.refused_everywhere(entity, made, name, field)
        self.assertEqual(self.revision(), before)

    def test_missing(self):
        for entity, make, fields in MISSING:
            for field in fields:
                with self.subTest("%s without %s" % (entity, field)):
                    made = make()
                    del made[field]
                    self.refused_everywhere(entity, made, "MISSING_FIELD",
                                            field)

    def test_accepted(self):
        for what, (entity, made), field, stored in ACCEPTED:
            with self.subTest(what):
                answer = self.ask(entity + ".put", **{entity: made})
                self.assertEqual(answer.get("notes", []), [])
                got = self.ask(entity + ".get",
                               id=self.id_of(entity, made))[entity]
                self.assertEqual(dig(got, field), stored)

    def test_noted(self):
        for what, (entity, made), field, name, was, now in NOTED:
            with self.subTest(what):
                answer = self.ask(entity + ".put", **{entity: made})
                note, = answer["notes"]
                self.assertEqual(
                    (note["field"], note["name"], note.get("from"),
                     note.get("to")),
                    ("%s.%s" % (entity, field), name, was, now))
                self.assertTrue(note["hint"])
                got = self.ask(entity + ".get",
                               id=self.id_of(entity, made))[entity]
                if now:
                    self.assertEqual(dig(got, field), now)
                answer = self.ask("import.check", entity=entity, rows=[made])
                self.assertEqual([(n["row"], n["field"], n["name"])
                                  for n in answer["notes"]],
                                 [(1, field, name)])

    def test_a_right_check_digit_is_not_noted(self):
        answer = self.ask("market.put", market=market(
            lots=[lot(cpv=["45000000-7", "77310000-6", "90910000-9"])]))
        self.assertNotIn("notes", answer)

    def test_a_former_commune_without_one_successor_is_refused(self):
        for code, successor in AMBIGUOUS:
            with self.subTest(code):
                with self.assertRaises(claused.Refused) as caught:
                    self.ask("structure.put",
                             structure=structure(commune=code))
                self.assertEqual(caught.exception.name, "AMBIGUOUS_COMMUNE")
                self.assertIn(successor, caught.exception.data[0]["hint"])

    def test_windows_1252_is_refused(self):
        body = msgpack.packb(
            {"structure": structure(name="Associ\udce9")},
            unicode_errors="surrogateescape")
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.send(b"CLAUSE01", {"i": 1, "m": "structure.put", "k": "w"},
                     body)
            header, refusal = raw.receive()
        self.assertEqual((header["s"], refusal["name"]), (3, "NOT_UTF8"))

    def test_an_id_twice_in_one_import_is_refused_the_second_time(self):
        answer = self.ask("import.apply", entity="market",
                          rows=[market("twice"), market("once"),
                                market("twice", object="other")])
        self.assertEqual(answer["accepted"], 2)
        row, = answer["rejected"]
        self.assertEqual((row["row"], row["name"]), (3, "DUPLICATE_ID"))
        self.assertTrue(row["hint"])
        got = self.ask("market.get", id="twice")["market"]
        self.assertEqual(got["object"], "DEMO")

    def test_good_rows_go_in_beside_bad_ones(self):
        rows = [structure(n) for n in range(50, 60)]
        rows[4] = dict(rows[4], siret=siret(54)[:-1] + "x")
        answer = self.ask("import.check", entity="structure", rows=rows)
        self.assertEqual((answer["accepted"], answer["created"]), (9, 9))
        self.refused("NOT_FOUND", "structure.get", id=siret(50) + "-EI")
        answer = self.ask("import.apply", entity="structure", rows=rows)
        self.assertEqual((answer["accepted"], answer["created"]), (9, 9))
        self.assertEqual(answer["rejected"][0]["row"], 5)
        self.assertEqual(answer["rev"], self.revision())

    def test_bad_questions(self):
        self.ask("market.put", market=market())
        for what, method, params, name, field in (
                ("no such market", "match.structures", {"market": "M-0"},
                 "NOT_FOUND", None),
                ("no such lot", "match.structures",
                 {"market": "M-1", "lot": 2}, "NOT_FOUND", None),
                ("lot 0", "match.people", {"market": "M-1", "lot": 0},
                 "RANGE", "lot"),
                ("no such job", "match.people", {"market": "M-1", "job": 9},
                 "NOT_FOUND", None),
                ("limit 0", "match.market", {"market": "M-1", "limit": 0},
                 "RANGE", "limit"),
                ("limit 1001", "match.market",
                 {"market": "M-1", "limit": 1001}, "RANGE", "limit"),
                ("no date", "match.market",
                 {"market": "M-1", "on": "2026-02-30"}, "BAD_DATE", "on"),
                ("weights of 999", "match.structures",
                 {"market": "M-1", "structure_weights": {
                     "activity": 999, "coverage": 0, "proximity": 0,
                     "capacity": 0, "jobs": 0}}, "WEIGHTS_SUM",
                 "structure_weights"),
                ("half of the weights", "match.people",
                 {"market": "M-1", "person_weights": {"job": 1000}},
                 "MISSING_FIELD", "person_weights.distance"),
                ("no market", "match.structures", {}, "MISSING_FIELD",
                 "market"),
                ("nobody to explain", "match.explain", {"market": "M-1"},
                 "MISSING_FIELD", None),
                ("an unknown filter", "match.structures",
                 {"market": "M-1", "sex": "F"}, "UNKNOWN_FIELD", "sex"),
                ("a page of 1001", "market.list", {"page_size": 1001},
                 "RANGE", "page_size")):
            with self.subTest(what):
                self.refused(name, method, field=field, **params)


if __name__ == "__main__":
    harness.main()
