"""What the daemon knows of people, where it is, and how it goes away."""
import datetime
import json
import os

import harness
from examples import market, profile


class Privacy(harness.Transcript):
    def held(self, *texts):
        """Files of the store, its log and its keys that hold one of these."""
        found = []
        for path, content in self.daemon.files():
            found += [path for t in texts if t.encode() in content]
        return found

    def compact(self):
        done = self.ask("stats")["compactions"]
        self.ask("compact")
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["compactions"] > done))

    def rescore(self):
        self.ask("rescore.start", on="2026-11-02")
        self.assertTrue(harness.until(
            lambda: self.ask("rescore.status")["state"] == "done"))

    def secret(self, name):
        return os.path.join(self.daemon.store + ".secrets", name)


class Tokens(Privacy):
    def an_hour(self, person):
        self.ask("market.put", market=market("m-1"))
        return self.ask("hours.record", entries=[
            {"person": person, "market": "m-1", "from": "2026-10-05",
             "hundredths": 700}])

    def test_the_key_lies_outside_the_store_for_its_owner_alone(self):
        path = self.secret("person-token")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.dirname(path)).st_mode & 0o777, 0o700)
        with open(path, "rb") as f:
            key = f.read()
        self.assertEqual(len(key), 32)
        self.an_hour("p-1")
        for path, content in self.daemon.files():
            self.assertNotIn(key, content, path)

    def test_two_stores_have_other_tokens_for_the_same_person(self):
        tokens = set()
        for _ in range(2):
            self.daemon = self.new_daemon().fresh()
            self.client = self.daemon.client()
            self.an_hour("p-1")
            row, = self.ask("hours.list")["rows"]
            tokens.add(row["person"])
        self.assertEqual(len(tokens), 2)

    def test_recorded_hours_without_their_key_are_not_served(self):
        self.an_hour("p-1")
        self.assertEqual(self.daemon.stop(), 0)
        os.rename(self.secret("person-token"), self.secret("aside"))
        self.daemon.launch()
        self.assertEqual(self.daemon.wait(), 78)
        self.assertIn("person-token", self.daemon.log())
        os.rename(self.secret("aside"), self.secret("person-token"))
        os.chmod(self.secret("person-token"), 0o644)
        self.daemon.launch()
        self.assertEqual(self.daemon.wait(), 78)
        os.chmod(self.secret("person-token"), 0o600)
        self.daemon.start()

    def test_no_key_of_a_write_and_no_hash_of_it_names_a_person(self):
        raw = harness.Raw(self.daemon.endpoint)
        self.addCleanup(raw.socket.close)
        for method, params in (("profile.put",
                                {"profile": profile("zelda-4711")}),
                               ("profile.erase", {"id": "zelda-4711"})):
            for _ in range(2):
                raw.ask(method, params, k="%s-zelda-4711" % method)
                self.assertEqual(raw.receive()[0].get("s", 0), 0)
        self.assertEqual(self.held("put-zelda", "erase-zelda"), [])


class Retention(Privacy):
    """Nobody is kept without a consent, nor past two years."""

    LAST = "2022-03-01"
    ENDS = str(datetime.date(2022, 3, 1) + datetime.timedelta(730))
    BEFORE = str(datetime.date(2022, 3, 1) + datetime.timedelta(729))

    def put(self, id, **more):
        self.ask("profile.put", profile=profile(id, **more))

    def run_out(self, **more):
        return self.ask("retention.run", **more)["erased"]

    def ids(self):
        return [p["id"] for p in self.ask("profile.list").get("rows", [])]

    def matched(self, on):
        lot, = self.ask("match.market", market="M-1", on=on)["lots"]
        return {c["id"] for j in lot["jobs"] for c in j.get("candidates", [])}

    def test_the_last_day_and_the_first_day_after_it(self):
        self.put("p-1", consent_on="2022-01-01", last_contact_on=self.LAST)
        self.ask("market.put", market=market())
        self.assertEqual(self.matched(self.BEFORE), {"p-1"})
        self.assertEqual(self.matched(self.ENDS), set())
        self.assertEqual(self.run_out(on=self.BEFORE), 0)
        self.assertEqual(self.ids(), ["p-1"])
        self.assertEqual(self.run_out(on=self.ENDS), 1)
        self.assertEqual(self.ids(), [])

    def test_a_consent_that_is_withdrawn_ends_it_at_once(self):
        self.ask("market.put", market=market())
        self.put("p-1")
        today = self.ask("match.people", market="M-1")["on"]
        self.assertEqual(self.matched(today), {"p-1"})
        gone = profile("p-1")
        del gone["consent_on"]
        self.ask("profile.put", profile=gone)
        self.assertEqual(self.matched(today), set())
        self.assertEqual(self.run_out(), 1)
        self.assertEqual(self.ids(), [])

    def test_a_contact_or_a_new_consent_keeps_somebody(self):
        self.put("contact", consent_on="2020-01-01",
                 last_contact_on="2026-01-01")
        self.put("consent", consent_on="2026-01-01",
                 last_contact_on="2020-01-01")
        self.put("future", consent_on="2199-01-01")
        self.put("old", consent_on="2020-01-01")
        self.assertEqual(self.run_out(), 1)
        self.assertEqual(self.ids(), ["consent", "contact", "future"])

    def test_who_is_listed_thirty_days_before(self):
        self.put("p-1", consent_on=self.LAST, referent="cap-emploi")
        ends = datetime.date.fromisoformat(self.ENDS)

        def rows(days_before):
            on = str(ends - datetime.timedelta(days_before))
            return self.ask("retention.list", on=on).get("rows", [])
        self.assertEqual(rows(31), [])
        self.assertEqual(rows(30), [
            {"id": "p-1", "ends_on": self.ENDS, "consent_on": self.LAST,
             "referent": "cap-emploi"}])
        said = self.ctl("retention", "--on", self.ENDS, "--days", "0")
        self.assertIn("p-1", said)
        self.assertIn(self.ENDS, said)

    def test_nobody_is_forgotten_before_the_time(self):
        self.put("p-1")
        self.refused("RANGE", "retention.run", field="on", on="2199-01-01")
        for token in ("x", "-1", "99999999999", "1.5"):
            for method in ("retention.run", "retention.list"):
                self.refused("BAD_TOKEN", method, field="page_token",
                             page_token=token)
        self.assertEqual(self.ids(), ["p-1"])

    def test_a_night_goes_on_where_a_request_ended(self):
        rows = [profile("p-%03d" % n, consent_on="2020-01-01"
                        if n % 10 else "2026-01-01") for n in range(250)]
        self.ask("import.apply", entity="profile", rows=rows)
        before = self.revision()
        first = self.ask("retention.run")
        self.assertEqual(first["erased"], 100)
        said = self.ctl("retention", "--run", "--json")
        self.assertEqual(json.loads(said)["erased"], 125)
        self.assertEqual(len(self.ids()), 25)
        self.assertEqual(self.revision() - before, 225)
        page = self.ask("retention.list", on="2027-12-20", page_size=10)
        self.assertEqual(len(page["rows"]), 10)
        rest = []
        while "next" in page:
            page = self.ask("retention.list", on="2027-12-20", page_size=10,
                            page_token=page["next"])
            rest += page["rows"]
        self.assertEqual(len(rest), 15)

    def test_hours_and_stored_results_go_with_the_profile(self):
        self.ask("market.put", market=market())
        self.put("p-1", consent_on="2025-06-01")
        self.put("p-2")
        self.ask("hours.record", entries=[
            {"person": "p-1", "market": "M-1", "from": "2026-10-05",
             "hundredths": 700}])
        token = self.ask("hours.list")["rows"][0]["person"]
        self.rescore()
        kept, = self.ask("rescore.get", market="M-1")["jobs"]
        self.assertEqual({c["id"] for c in kept["candidates"]}, {"p-1", "p-2"})
        gone = profile("p-1")
        del gone["consent_on"]
        self.ask("profile.put", profile=gone)
        self.assertEqual(self.run_out(), 1)
        kept, = self.ask("rescore.get", market="M-1")["jobs"]
        self.assertEqual([c["id"] for c in kept["candidates"]], ["p-2"])
        self.assertNotEqual(self.ask("hours.list")["rows"][0]["person"], token)
        self.compact()
        self.assertEqual(self.held("p-1", token), [])


if __name__ == "__main__":
    harness.main()
