"""claused --check: a store that is sound, and what it says of one that is
not."""
import os
import subprocess

import harness
from examples import market, profile, structure

USAGE, DAMAGED, LOCKED = 64, 66, 75
PARTS = ("records: ", "journal: ", "index of people: ",
         "index of structures: ", "index of lots: ", "index of jobs: ",
         "index of hours: ",
         "index: ", "side array: ")


class Check(harness.Transcript):
    def setUp(self):
        super().setUp()
        self.client.load("profile", (profile("p-%d" % i)
                                     for i in range(700)))
        for i in range(5):
            self.ask("structure.put", structure=structure(i))
            self.ask("market.put", market=market("m-%d" % i))
        self.ask("profile.erase", id="p-13")

    def stopped(self):
        self.assertEqual(self.daemon.stop(), 0)

    def check(self, status=0):
        found, said, log = self.daemon.check()
        self.assertEqual(found, status, said + log)
        return said, log

    def data(self):
        """The path of the store's data, and its bytes."""
        return next((path, data) for path, data in self.daemon.files()
                    if os.path.basename(path) == "data.mdb")

    def damaged(self, what, into):
        """The logs of the checks that failed after one WHAT had become INTO:
        LMDB leaves older copies of its pages that nobody reads."""
        path, data = self.data()
        at = data.find(what)
        logs = []
        while at >= 0:
            with open(path, "r+b") as f:
                f.seek(at)
                f.write(into)
                f.flush()
                status, said, log = self.daemon.check()
                self.assertIn(status, (0, DAMAGED), said + log)
                logs += [log] if status else []
                f.seek(at)
                f.write(what)
            at = data.find(what, at + 1)
        self.check()
        return logs

    def test_a_sound_store_gets_a_line_for_each_part(self):
        self.stopped()
        before = sorted(self.daemon.files())
        said, _ = self.check()
        lines = said.splitlines()
        for part, line in zip(PARTS, lines):
            self.assertTrue(line.startswith(part), line)
        self.assertEqual(lines[0],
                         "records: 5 structures, 5 markets, 699 profiles, "
                         "0 facilitators, 0 hours")
        self.assertRegex(lines[1], r"^journal: 711 events, "
                         r"checkpoint 711:[0-9a-f]{64}$")
        self.assertEqual(
            [(p, d) for p, d in sorted(self.daemon.files()) if "lock" not in p],
            [(p, d) for p, d in before if "lock" not in p], "written into")

    def test_a_store_that_is_served_is_left_alone(self):
        self.check(LOCKED)
        self.stopped()

    def test_a_record_that_changed_by_itself_is_found(self):
        self.stopped()
        # Still a good profile, but not the one the index was derived from.
        logs = self.damaged(b"p-77\xa7commune\xa576351",
                            b"p-77\xa7commune\xa576540")
        self.assertTrue(logs)
        for log in logs:
            self.assertIn("not that of the records", log)

    def test_an_id_that_leads_to_another_record_is_found(self):
        self.stopped()
        self.assertTrue(self.damaged(b"p-77", b"q-77"))

    def test_a_file_cut_short_is_found(self):
        self.stopped()
        path, data = self.data()
        os.truncate(path, len(data) // 2)
        self.check(DAMAGED)

    def test_no_store_is_no_sound_store(self):
        self.stopped()
        gone = subprocess.run([self.daemon.binary, "--check", "--store",
                               self.daemon.home + "/none"],
                              capture_output=True, timeout=60)
        self.assertNotEqual(gone.returncode, 0)
        none = subprocess.run([self.daemon.binary, "--check"],
                              capture_output=True, timeout=60)
        self.assertEqual(none.returncode, USAGE)


if __name__ == "__main__":
    harness.main()
