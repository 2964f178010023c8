"""The restore drill: a backup under writes, the machine lost, a store made of
the backup, and everything there that had been acknowledged before it."""
import json
import os
import re
import subprocess
import threading

import harness
from examples import market, profile, structure


class Backups(harness.Transcript):
    def backup(self, *args):
        return json.loads(self.ctl("backup", "--json", *args))

    def path(self, told):
        return os.path.join(self.daemon.store + ".backups",
                            told["backup"] + ".sealed")

    def restore(self, path, store, status=0):
        done = subprocess.run(
            [os.path.join(harness.BUILD, "claused"), "--restore", path,
             "--store", store, "--secrets", self.daemon.store + ".secrets"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=6 * harness.PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode() + done.stderr.decode()

    def test_a_drill(self):
        acked, stop = [], threading.Event()
        client = self.daemon.client()

        def write():
            n = 0
            while not stop.is_set():
                n += 1
                client.call("market.put", {"market": market("W-%05d" % n)})
                acked.append("W-%05d" % n)

        self.ask("structure.put", structure=structure())
        self.ask("profile.put", profile=profile())
        self.ask("import.apply", entity="market",
                 rows=[market("M-%04d" % n) for n in range(1000)])
        writer = threading.Thread(target=write)
        writer.start()
        try:
            self.assertTrue(harness.until(lambda: len(acked) > 20))
            before = list(acked)
            told = self.backup()
            self.assertTrue(harness.until(
                lambda: len(acked) > len(before) + 20))
        finally:
            stop.set()
            writer.join()
        self.daemon.kill()

        restored = self.daemon.store + "-restored"
        said = self.restore(self.path(told), restored)
        self.assertIn("journal: ", said)
        lost, self.daemon.store = self.daemon.store, restored
        os.rename(lost + ".secrets", restored + ".secrets")
        self.daemon.start()
        self.client = self.daemon.client()
        kept = {row["id"] for row in self.client.each("market.list")}
        self.assertLessEqual(set(before), kept)
        self.assertLessEqual({"M-%04d" % n for n in range(1000)}, kept)
        self.assertEqual(self.ask("profile.get", id=profile()["id"])["rev"], 2)
        # What came after the backup is not there; what is there is whole.
        self.assertEqual(self.revision(),
                         int(told["checkpoint"].split(":")[0]))
        verified = json.loads(self.ctl("journal", "verify", "--json"))
        self.assertEqual(verified["checkpoint"], told["checkpoint"])
        self.ctl("journal", "verify", "--since", told["checkpoint"])
        self.ask("market.put", market=market("M-after"))

    def test_what_is_told(self):
        self.ask("profile.put", profile=profile())
        told = self.backup()
        self.assertEqual(told["bytes"], os.path.getsize(self.path(told)))
        self.assertEqual(os.stat(self.path(told)).st_mode & 0o777, 0o600)
        self.assertRegex(told["checkpoint"], r"^1:[0-9a-f]{64}$")
        self.assertIn("Checkpoint: 1:", self.ctl("backup"))
        self.assertIn(told["backup"], self.daemon.log())
        self.assertIn(told["checkpoint"], self.daemon.log())
        self.ctl("backup", "now", status=64)
        self.ctl("backup", "--seconds", "x", status=64)
        self.ctl("backup", "--seconds", "3601", status=64)

    def test_those_that_expire_go_in_the_night_even_when_none_is_made(self):
        kept = self.backup()["backup"]
        old = ["backup-2020%02d01T040000.000Z-7" % month for month in (1, 2)]
        secrets = self.daemon.store + ".secrets"
        for name in old:
            for path in (os.path.join(secrets, name),
                         self.path({"backup": name})):
                with open(path, "wb") as f:
                    f.write(b"x" * 32)
        self.ask("retention.run")
        left = {n for n in os.listdir(secrets) if n.startswith("backup-")}
        self.assertEqual(left, {kept})
        self.assertEqual(os.listdir(self.daemon.store + ".backups"),
                         [kept + ".sealed"])

    def test_nothing_of_anybody_is_in_the_file(self):
        self.ask("profile.put", profile=profile("P-easily-found"))
        with open(self.path(self.backup()), "rb") as f:
            self.assertNotIn(b"easily", f.read())

    def test_restoring_is_refused_where_it_would_harm(self):
        self.ask("profile.put", profile=profile())
        path = self.path(self.backup())
        self.daemon.stop()
        before = dict(self.daemon.files())
        self.assertIn("there is a store here",
                      self.restore(path, self.daemon.store, status=73))
        self.assertEqual(dict(self.daemon.files()), before)
        fresh = os.path.join(self.daemon.home, "fresh")
        self.assertIn("this is no backup",
                      self.restore(self.daemon.log_path, fresh, status=66))
        with open(path, "r+b") as f:
            f.seek(-100, os.SEEK_END)
            byte = f.read(1)
            f.seek(-100, os.SEEK_END)
            f.write(bytes([byte[0] ^ 1]))
        self.assertIn("changed or cut", self.restore(path, fresh, status=66))
        name = re.search(r"(backup-[^/]*)\.sealed$", path).group(1)
        os.unlink(os.path.join(self.daemon.store + ".secrets", name))
        self.assertIn("has expired", self.restore(path, fresh, status=66))
        self.assertFalse(os.path.exists(fresh))


if __name__ == "__main__":
    harness.main()
