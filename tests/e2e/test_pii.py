"""What says who somebody is, in any text of a person: refused, at its path.
What says so of nobody, or of an organisation: kept."""
import harness
from examples import facilitator, market, profile, siret, structure

# What it is, and one way to write it.
FORBIDDEN = (
    ("NIR", "1850578006084"),
    ("NIR", "2-99-12-75-123-456"),
    ("NIR", "1 85 05 78 006 084 36"),
    ("NIR", "185057800608436"),
    ("NIR", "1.85.05.78.006.084.36"),
    ("NIR of Corsica", "185052A006084"),
    ("NIR of Corsica", "2 85 05 2B 006 084 36"),
    ("NIR of Corsica", "n185052a00608436"),
    ("NIR without a known month", "1 85 20 99 006 084"),
    ("NIR in a text", "dossier-1850578006084-b"),
    ("NIR in a text", "nir1850578006084"),
    ("NIR in a text", "assure 1 85 05 78 006 084 depuis 2019"),
    ("mail", "jean@exemple.fr"),
    ("mail in a text", "p-1:jean.dupont+x@exemple.fr"),
    ("mail, spelled", "jean.dupont(at)exemple.fr"),
    ("phone", "0612345678"),
    ("phone", "06 12 34 56 78"),
    ("phone", "06.12.34.56.78"),
    ("phone", "06-12-34-56-78"),
    ("phone", "0612 345 678"),
    ("phone", "01 2345 6789"),
    ("phone", "+33 6 12 34 56 78"),
    ("phone", "+33 (0)6 12 34 56 78"),
    ("phone", "+33612345678"),
    ("phone", "0033612345678"),
    ("phone", "06\N{NO-BREAK SPACE}12\N{NO-BREAK SPACE}34 56 78"),
    ("phone in a text", "tel0612345678"),
    ("phone in a text", "telephone06.12.34.56.78"),
    ("phone in a text", "p-7_06 12 34 56 78_soir"),
    ("birth date", "12/05/1985"),
    ("birth date", "12.05.1985"),
    ("birth date", "1985-05-12"),
    ("birth date", "2/5/1985"),
    ("birth date", "12 mai 1985"),
    ("birth date", "1er-Août-1985"),
    ("birth date in a text", "dupont-12-05-1985-a"),
    ("birth date in a text", "p:1985-05-12T00:00"),
    ("birth", "née le 3"),
    ("birth", "Né(e) le 12.05.85"),
    ("birth", "ne_en_1985"),
    ("birth", "date de naissance 120585"),
    ("street", "12 rue de la Paix"),
    ("street", "12, rue de la Paix"),
    ("street", "12bis-avenue-Foch"),
    ("street", "12 b, boulevard Voltaire"),
    ("street", "3 ter place du Marché"),
    ("street", "7 allée des Tilleuls"),
    ("street", "112 chemin vert"),
    ("street", "5 IMPASSE MOLIÈRE"),
    ("street in a text", "habite.4.bd.Voltaire.76000"),
    ("street without a number", "Rue-de-la-Paix"),
    ("street without a number", "avenue des Gobelins"),
)

# Ids of people and of those who accompany them.
KEPT = (
    "p-1", "P-2026-000123", "2026-000123", "000123", "p-2026-11-23-7",
    "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "00000000-0612-4345-8678-000000000000", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "a0612345678901b2", siret(1), siret(2), "RCS-552100554", "DEP-76",
    "COM:76351", "90910000-9", "K2204", "cap-emploi-76", "CDDI.35.30",
    "mission-locale-du-Havre", "agent-de-la-voie-publique",
    "conducteur-de-route", "chef-de-place-12", "PLIE_2_avenue", "lot-12-3",
    "jean-dupont", "123456789012", "01012", "nee-76", "conseil-general-27",
)


class Forbidden(harness.Transcript):
    shared = True

    def test_no_text_of_a_person_says_who_it_is(self):
        self.ask("market.put", market=market())
        self.ask("profile.put", profile=profile("p-0"))
        revision = self.revision()
        entry = {"person": "p-0", "market": "M-1", "from": "2026-10-05",
                 "hundredths": 700}
        for what, text in FORBIDDEN:
            for field, made in (
                    ("id", {"id": text}), ("referent", {"referent": text}),
                    ("commune", {"commune": text}),
                    ("rome[2]", {"rome": ["K2204", text]})):
                with self.subTest(what, text=text, field=field):
                    e = self.refused("PII_FORBIDDEN", "profile.put",
                                     field="profile." + field,
                                     profile=dict(profile(), **made))
                    self.assertNotIn(text, str(e.data))
            told = self.ask("import.apply", entity="profile",
                            rows=[profile(referent=text)])["rejected"]
            self.assertEqual([(r["name"], r["field"]) for r in told],
                             [("PII_FORBIDDEN", "referent")], text)
            for field in ("person", "pooling"):
                with self.subTest(what, text=text, field=field):
                    e = self.refused(
                        "PII_FORBIDDEN", "hours.record",
                        field="entries[1]." + field,
                        entries=[dict(entry, **{field: text})])
                    self.assertNotIn(text, str(e.data))
        for name in ("nom", "prenomUsage", "tel", "birth_date"):
            self.refused("PII_FORBIDDEN", "hours.record",
                         field="entries[1]." + name,
                         entries=[dict(entry, **{name: "x"})])
        self.assertEqual(self.revision(), revision)

    def test_what_names_nobody_is_kept(self):
        for text in KEPT:
            self.ask("profile.put", profile=profile(text, referent=text))
            kept = self.ask("profile.get", id=text)["profile"]
            self.assertEqual(kept["referent"], text)

    def test_organisations_have_streets_and_phones(self):
        said = "%s, né le 12/05/1985, 06 12 34 56 78, 12 rue de la Paix"
        self.ask("structure.put", structure=structure(7, name=said % "EI"))
        self.ask("market.put", market=market("1850578006084",
                                             object=said % "a@exemple.fr"))
        self.ask("facilitator.put", facilitator=facilitator(
            "0612345678", contact=said % "a@exemple.fr"))
        self.ask("hours.record", entries=[
            {"person": "p-0", "market": "1850578006084", "from": "2026-10-05",
             "hundredths": 700}])


if __name__ == "__main__":
    harness.main()
