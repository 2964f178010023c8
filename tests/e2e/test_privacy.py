"""What the daemon knows of people, where it is, and how it goes away."""
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


if __name__ == "__main__":
    harness.main()
