"""Reference tables: what is bundled, and what a user brings."""
import harness
from examples import job, lot, market, profile, structure

ON = "2026-11-23"


class Reference(harness.Transcript):
    def bring(self, table, part=1, last=True, version="2026-10", **rows):
        return self.ask("reference.import", table=table, version=version,
                        source="test", part=part, last=last, **rows)

    def table(self, name):
        tables = {t["table"]: t for t in self.ask("stats")["reference"]}
        return tables.get(name)

    def hit(self, method="match.structures"):
        answer = self.ask(method, market="M-1", on=ON)
        return answer["lot"]["structures"][0]

    def person(self):
        answer = self.ask("match.people", market="M-1", on=ON)
        found = answer["lot"]["jobs"][0].get("candidates")
        return found[0] if found else None

    def test_postcodes_are_sets_of_communes(self):
        answer = self.ask("territory.postcodes",
                          postcodes=["33360", "20167", "00000"])["postcodes"]
        found = {row["postcode"]: row.get("communes", []) for row in answer}
        self.assertEqual(len(found["33360"]), 6)
        self.assertTrue(all(c.startswith("2A") for c in found["20167"]))
        self.assertEqual(found["00000"], [])

    def test_communes_have_names_and_current_codes(self):
        rows = self.ask("territory.communes",
                        communes=["76351", "75112", "2A004", "00000"])
        self.assertEqual(
            [(r["code"], r["commune"], r["name"], r["department"])
             for r in rows["communes"]],
            [("76351", "76351", "Le Havre", "76"),
             ("75112", "75056", "Paris", "75"),
             ("2A004", "2A004", "Ajaccio", "2A")])
        self.refused("RANGE", "territory.communes", field="communes",
                     communes=[])

    def test_sectors_put_related_activities_together(self):
        self.ask("structure.put", structure=structure(
            sectors=["proprete"], cpv=[], rome=[]))
        self.ask("market.put", market=market(lots=[lot(
            sectors=["vitrerie"], cpv=[], jobs=[])]))
        answer = self.ask("match.structures", market="M-1", on=ON)
        self.assertEqual(answer["lot"].get("structures", []), [])
        rev = self.bring("sectors", sectors=[
            {"sector": "proprete", "group": "entretien"},
            {"sector": "vitrerie", "group": "entretien"}])["rev"]
        self.assertEqual(rev, 3)
        self.assertEqual(self.hit()["components"]["activity"], 400)
        self.assertEqual(self.table("sectors")["version"], "2026-10")
        self.assertNotIn("sectors", self.ask("stats")["missing"])

    def test_rome_links_have_a_direction(self):
        self.ask("profile.put", profile=profile(rome=["A1203"]))
        self.ask("market.put", market=market(lots=[lot(jobs=[
            job(rome="K2204")])]))
        self.assertIsNone(self.person())
        self.bring("rome-links", rome_links=[
            {"rome": "K2204", "target": "A1203", "kind": "Proche"}])
        self.assertIsNone(self.person())
        for kind, score in (("Evolution", 500), ("Proche", 700)):
            self.bring("rome-links", rome_links=[
                {"rome": "A1203", "target": "K2204", "kind": kind}])
            self.assertEqual(self.person()["components"]["job"], score)

    def test_a_table_arrives_in_parts_and_is_used_when_it_is_whole(self):
        first = [{"sector": "s%d" % i, "group": "g"} for i in range(100)]
        self.bring("sectors", part=1, last=False, sectors=first)
        self.assertIn("sectors", self.ask("stats")["missing"])
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        self.assertIn("sectors", self.ask("stats")["missing"])
        self.bring("sectors", part=2, sectors=[
            {"sector": "last", "group": "g"}])
        self.assertEqual(self.table("sectors")["rows"], 101)

    def test_a_missing_part_is_refused(self):
        self.bring("sectors", part=1, last=False, sectors=[
            {"sector": "a", "group": "g"}])
        self.refused("BAD_TABLE", "reference.import", table="sectors",
                     version="v", source="test", part=3, last=True,
                     sectors=[{"sector": "b", "group": "g"}])
        self.assertIn("sectors", self.ask("stats")["missing"])

    def test_an_imported_table_survives_a_kill(self):
        self.bring("sectors", sectors=[{"sector": "a", "group": "g"}])
        told = self.table("sectors")
        self.daemon.kill()
        self.client = self.daemon.restart().client()
        self.assertEqual(self.table("sectors"), told)

    def test_official_centres_end_the_mark_of_a_guess(self):
        self.ask("structure.put", structure=structure(
            commune="76351", zone={"within_km": 50}))
        self.ask("market.put", market=market(lots=[lot(
            places=["COM:76447"])]))
        self.bring("centres", centres=[
            {"commune": "76351", "lat": 49.4938, "lon": 0.1077},
            {"commune": "76447", "lat": 49.5458, "lon": 0.1880,
             "approximate": True}])
        hit = self.hit()
        self.assertEqual((hit["km"], hit["marks"]), (9, ["APPROXIMATE"]))
        self.bring("centres", centres=[
            {"commune": "76351", "lat": 49.4938, "lon": 0.1077},
            {"commune": "76447", "lat": 49.5458, "lon": 0.1880}])
        hit = self.hit()
        self.assertEqual((hit["km"], hit.get("marks", [])), (9, []))
        self.assertEqual(hit["components"]["proximity"], 910)

    def test_a_refused_row_of_a_table_is_told(self):
        answer = self.bring("centres", centres=[
            {"commune": "76351", "lat": 49.4938, "lon": 0.1077},
            {"commune": "99999", "lat": 1.5, "lon": 1.5}])
        row, = answer["rejected"]
        self.assertEqual((row["row"], row["name"]), (2, "UNKNOWN_COMMUNE"))
        self.assertEqual(answer["rows"], 1)


if __name__ == "__main__":
    harness.main()
