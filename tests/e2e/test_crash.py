"""What was acknowledged is on disk; what was not may be sent again."""
import os
import random
import signal

import harness
from examples import market, profile, structure, structure_id
from harness import claused

ROUNDS = 4 if harness.SLOW else 12
DIES = {"CLAUSED_TEST_DIE_AFTER": "1"}


class BetweenCommitAndReply(harness.Transcript):
    def setUp(self):
        super().setUp()
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.restart("tests/claused-dies", DIES)

    def dies_during(self, method, **params):
        """The key of a call whose reply never came."""
        mortal = self.daemon.client(deadline=5, retries=0)
        with self.assertRaises(claused.Timeout) as silence:
            mortal.call(method, params)
        self.assertEqual(self.daemon.wait(), -signal.SIGKILL)
        self.client = self.daemon.restart("claused").client()
        return silence.exception.key

    def test_the_write_is_there_and_its_key_answers(self):
        key = self.dies_during("market.put", market=market())
        self.assertEqual(self.ask("market.get", id="M-1")["rev"], 1)
        again = self.client.call("market.put", {"market": market()}, key=key)
        self.assertEqual((again["rev"], again["created"]), (1, True))
        self.assertEqual(self.revision(), 1)

    def test_an_import_is_there_whole_and_its_key_answers(self):
        rows = [profile("p-%d" % i) for i in range(300)]
        key = self.dies_during("import.apply", entity="profile", rows=rows)
        self.assertEqual(self.ask("stats")["profiles"], 300)
        again = self.client.call(
            "import.apply", {"entity": "profile", "rows": rows}, key=key)
        self.assertEqual((again["accepted"], again["created"]), (300, 300))
        self.assertEqual(self.revision(), 300)


class KilledAgainAndAgain(harness.Transcript):
    """Mixed writes in flight while the daemon is killed.  A write that was
    not acknowledged may have happened; whether it did must add up."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(20261123)
        self.there = []     # acknowledged, or seen after a restart
        self.removed = 0
        self.n = 0

    def new_write(self):
        """(method, params, (entity, id), is it a removal)"""
        if len(self.there) > 5 and self.random.random() < 0.3:
            entity, id = self.there.pop(
                self.random.randrange(len(self.there)))
            verb = "erase" if entity == "profile" else "delete"
            return "%s.%s" % (entity, verb), {"id": id}, (entity, id), True
        self.n += 1
        name = "x-%d" % self.n
        entity, made, id = self.random.choice((
            ("structure", structure(self.n), structure_id(self.n)),
            ("market", market(name), name),
            ("profile", profile(name), name)))
        return entity + ".put", {entity: made}, (entity, id), False

    def exists(self, what):
        try:
            self.ask(what[0] + ".get", id=what[1])
            return True
        except claused.NotFound:
            return False

    def write_until_killed(self, acknowledged):
        """Writes in flight when the daemon died."""
        flying = {}
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in range(acknowledged + 20):
                method, params, what, removal = self.new_write()
                flying[i] = (what, removal)
                raw.ask(method, params, i=i, k="%d-%d" % (self.n, i))
            for _ in range(acknowledged):
                header, body = raw.receive()
                self.assertEqual(header["s"], 0, body)
                what, removal = flying.pop(header["i"])
                if removal:
                    self.removed += 1
                else:
                    self.there.append(what)
            self.daemon.kill()
        return flying.values()

    def test_acknowledged_writes_are_there_and_revisions_add_up(self):
        for _ in range(ROUNDS):
            doubtful = self.write_until_killed(self.random.randrange(40))
            self.client = self.daemon.restart().client()
            for what, removal in doubtful:
                if self.exists(what):
                    self.there.append(what)
                elif removal:
                    self.removed += 1
            for what in self.there:
                self.assertTrue(self.exists(what), what)
            stats = self.ask("stats")
            self.assertEqual(stats["structures"] + stats["markets"]
                             + stats["profiles"], len(self.there))
            self.assertEqual(stats["revision"],
                             len(self.there) + 2 * self.removed)


class KilledWhileCompacting(harness.Transcript):
    def test_nothing_is_lost_wherever_the_kill_comes(self):
        chance = random.Random(7)
        self.client.load("profile", (profile("p-%d" % i)
                                     for i in range(2000)))
        for n in range(ROUNDS):
            self.daemon.signal(signal.SIGUSR1)
            self.ask("market.put", market=market("m-%d" % n))
            # Somewhere between the copy, the marker and the clearing up.
            for _ in range(chance.randrange(150)):
                self.ask("ping")
            self.daemon.kill()
            self.client = self.daemon.restart().client()
            stats = self.ask("stats")
            self.assertEqual((stats["profiles"], stats["markets"],
                              stats["revision"]), (2000, n + 1, 2001 + n))
        self.assertEqual(self.daemon.stop(), 0)
        left = [name for name in os.listdir(self.daemon.store)
                if name.startswith("env-")]
        self.assertEqual(len(left), 1, "old environments are cleared up")


class KilledWhileWiping(harness.Transcript):
    PIECE = 1 << 16     # the first, behind which the daemon waits

    def holding(self):
        """The files that hold the one who was erased."""
        return [os.path.relpath(path, self.daemon.store)
                for path, content in self.daemon.files()
                if b"zq-erased" in content]

    def test_the_next_start_overwrites_what_is_left(self):
        self.client.load("profile", (profile("p-%d" % i)
                                     for i in range(1000)))
        self.client.load("profile", (profile("zq-erased-%d" % i)
                                     for i in range(100)))
        self.client.load("profile", (profile("q-%d" % i)
                                     for i in range(1000)))
        for i in range(100):
            self.ask("profile.erase", id="zq-erased-%d" % i)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.restart_waiting()
        self.client = self.daemon.client()
        replaced = os.path.join(self.daemon.store, "env-1", "data.mdb")
        outlives = os.path.join(self.daemon.home, "outlives")
        os.link(replaced, outlives)

        def first_piece():
            with open(outlives, "rb") as f:
                return f.read(self.PIECE)
        self.daemon.signal(signal.SIGUSR1)
        self.assertTrue(harness.until(
            lambda: first_piece() == bytes(self.PIECE)))
        self.assertEqual(self.holding(), ["env-1/data.mdb"])
        self.ask("market.put", market=market("m-meanwhile"))
        self.daemon.kill()

        self.client = self.daemon.restart("claused").client()
        self.assertEqual(self.holding(), [])
        self.assertEqual(os.listdir(self.daemon.store).count("env-1"), 0)
        with open(outlives, "rb") as f:
            self.assertEqual(f.read().strip(b"\0"), b"")
        stats = self.ask("stats")
        self.assertEqual((stats["profiles"], stats["markets"]), (2000, 1))
        self.ask("market.get", id="m-meanwhile")
        self.ask("profile.get", id="p-999")


if __name__ == "__main__":
    harness.main()
