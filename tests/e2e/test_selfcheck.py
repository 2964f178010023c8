"""The full check of a store that is served: in a process of its own, and the
end of a daemon whose store is damaged where the quick check does not look."""
import os
import re
import struct

import harness
from examples import market, profile, structure


class SelfCheck(harness.Transcript):
    def new_daemon(self, *args, **options):
        daemon = super().new_daemon(*args, **options)
        daemon.config = os.path.join(daemon.home, "claused.conf")
        with open(daemon.config, "w") as f:
            f.write("[claused]\ncheck_s = 1\n")
        return daemon

    def told(self, words):
        return harness.until(
            lambda: words in self.daemon.log() or
            self.daemon.process.poll() is not None) and \
            words in self.daemon.log()

    def test_a_sound_store_is_served_on(self):
        self.ask("structure.put", structure=structure())
        self.ask("profile.put", profile=profile())
        n = 0
        while "full check" not in self.daemon.log():
            n += 1
            self.ask("market.put", market=market("M-%d" % n))
        self.assertTrue(self.told("the full check found nothing wrong"),
                        self.daemon.log())
        self.ask("ping")

    def test_it_goes_on_when_the_store_is_compacted(self):
        self.ask("import.apply", entity="market",
                 rows=[market("M-%04d" % n) for n in range(1000)])
        while "full check" not in self.daemon.log():
            self.ask("compact")
        self.assertNotIn("damaged", self.daemon.log())
        self.ask("ping")

    def damage(self):
        """One bit of an event that the quick check does not reach."""
        for first in (0, 1000):
            self.ask("import.apply", entity="market",
                     rows=[market("N-%04d" % (first + n))
                           for n in range(1000)])
        self.assertEqual(self.daemon.stop(), 0)
        path = os.path.join(self.daemon.store, "env-1", "data.mdb")
        with open(path, "rb") as f:
            data = f.read()
        event = struct.pack(">BBI", 1, 1, 5) + b"N-0004"
        self.assertIn(event, data)
        with open(path, "wb") as f:
            f.write(data.replace(event, event[:-1] + b"5"))

    def test_a_damaged_one_stops_the_daemon(self):
        self.damage()
        self.daemon.start()
        self.daemon.client().call("ping")
        self.assertEqual(self.daemon.wait(), 66)
        self.assertIn("was changed at or before event 5", self.daemon.log())
        self.assertIn("--restore", self.daemon.log())

    def test_stopping_ends_it(self):
        self.assertTrue(harness.until(
            lambda: not re.search("full check", self.daemon.log())))
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    harness.main()
