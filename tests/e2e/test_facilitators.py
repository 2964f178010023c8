"""Facilitators: their file in and out, who is competent for a market, and
where nobody is."""
import os
import subprocess

import harness
from examples import facilitator

CTL = os.path.join(harness.BUILD, "clausectl")


class Files(harness.Transcript):
    def run_ctl(self, *args):
        done = subprocess.run(
            [CTL, "--connect", self.daemon.endpoint, "--lang", "en"]
            + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.daemon.home, timeout=harness.PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.decode()

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
                self.run_ctl("export", "facilitators", name)
                self.run_ctl("--connect", other.endpoint, "import",
                             "facilitators", name)
                self.assertEqual(
                    list(other.client().each("facilitator.list")), rows)

    def test_one_by_one(self):
        path = os.path.join(self.daemon.home, "f.json")
        with open(path, "w") as f:
            f.write('{"id": "F-1", "organisation": "PLIE",'
                    ' "territories": ["DEP:76", "COM:75112"]}')
        self.assertIn("COM:75056", self.run_ctl("facilitator", "put", path))
        self.assertIn("DEP:76 Paris (75)",
                      self.run_ctl("facilitator", "list"))
        self.assertIn("organisation: PLIE",
                      self.run_ctl("facilitator", "get", "F-1"))
        self.run_ctl("facilitator", "delete", "F-1", "--yes")
        self.refused("NOT_FOUND", "facilitator.get", id="F-1")


if __name__ == "__main__":
    harness.main()
