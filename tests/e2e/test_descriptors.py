"""No descriptor is left for those who come: those who are there are served,
the log says so, and what the daemon must open itself can be opened."""
import itertools
import os
import resource
import signal
import unittest

import harness
from examples import market, profile


@unittest.skipUnless(harness.own_proc(), "this /proc is of other processes")
class Descriptors(harness.Transcript):
    def limit(self, hard=None):
        """It may have no more than it has."""
        pid = self.daemon.process.pid
        first = next(n for n in itertools.count() if not os.path.lexists(
            "/proc/%d/fd/%d" % (pid, n)))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (
            first, hard or resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]))
        return first

    def told(self):
        return self.daemon.log().count("no descriptor is left")

    def test_it_is_told_and_those_who_are_there_are_served(self):
        self.ask("market.put", market=market())
        self.assertEqual(self.ask("stats")["descriptors_out"], 0)
        self.limit()
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["descriptors_out"] >= 2))
        self.ask("market.put", market=market("M-2"))
        self.ask("market.get", id="M-2")
        self.assertEqual(self.told(), 1)

    def test_who_comes_is_served_when_there_are_some(self):
        pid = self.daemon.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        self.limit()
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.ask("ping", {})
            self.assertTrue(harness.until(self.told))
            self.assertIsNone(raw.receive(0))
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            self.assertEqual(raw.receive()[1], {})

    def test_files_of_its_own_are_opened_all_the_same(self):
        self.ask("profile.put", profile=profile("P-erased-soon"))
        self.ask("profile.erase", id="P-erased-soon")
        self.limit()
        self.assertIn("backup-", self.ask("backup")["backup"])
        self.daemon.signal(signal.SIGUSR1)
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["compactions"] == 1))
        self.assertFalse([f for f, content in self.daemon.files()
                          if b"P-erased-soon" in content])
        access = self.daemon.store + ".access.log"
        os.rename(access, access + ".1")
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(lambda: os.path.exists(access)))
        self.ask("profile.list")
        self.assertEqual(self.ask("stats")["access_lost"], 0)

    def test_without_even_those_nothing_is_harmed(self):
        self.ask("market.put", market=market())
        self.limit(hard=self.limit())
        self.refused("STORE_IO", "backup")
        self.daemon.signal(signal.SIGUSR1)
        self.assertTrue(harness.until(
            lambda: "compaction: " in self.daemon.log()))
        self.ask("market.put", market=market("M-2"))
        self.ask("market.get", id="M-2")


if __name__ == "__main__":
    harness.main()
