"""The batch through a daemon: what it finds is what match answers, whenever
the daemon is killed; requests are served meanwhile; clausectl follows it."""
import json
import os
import random
import signal
import subprocess

import harness
from test_law import bundled
from examples import (job, lot, market, profile, siret, structure,
                      structure_id)
from harness import claused

ON = "2026-11-23"
COMMUNES = ("76351", "76540", "27229", "14118")
SMALL = dict(structures=12, profiles=60, markets=40)
# Long enough to be interrupted, also on a fast machine.
LARGE = dict(structures=150, profiles=1500, markets=1200)


def chance_lot(r):
    jobs = [job(rome=r.choice(("K2204", "A1203", "N1103")),
                commune=r.choice(COMMUNES)) for _ in range(r.randrange(3))]
    return lot(jobs=jobs, places=["COM:" + r.choice(COMMUNES)])


class Country(harness.Transcript):
    """A daemon whose store is filled by chance, and what it should find."""
    size = SMALL

    def setUp(self):
        super().setUp()
        self.fill(random.Random(20261123), **self.size)

    def fill(self, r, structures, profiles, markets):
        self.client.load("structure", (
            structure(i, commune=r.choice(COMMUNES), free_hours=10 * i)
            for i in range(1, structures)))
        self.client.load("profile", (
            profile("p-%d" % i, commune=r.choice(COMMUNES),
                    rome=[r.choice(("K2204", "A1203", "N1105"))])
            for i in range(profiles)))
        self.markets = {"m-%d" % i: [chance_lot(r) for _ in
                                     range(r.randrange(1, 4))]
                        for i in range(markets)}
        self.client.load("market", (
            market(id, lots, status="OPEN" if r.random() < .9 else "CLOSED")
            for id, lots in self.markets.items()))

    def start(self, **params):
        return self.ask("rescore.start", on=ON, **params)["run"]

    def state(self):
        return self.ask("rescore.status")["state"]

    def finish(self):
        self.assertTrue(harness.until(lambda: self.state() != "running", 120))
        status = self.ask("rescore.status", lots=True)
        self.assertEqual(status["state"], "done")
        return status

    def is_open(self, id):
        return self.ask("market.get", id=id)["market"]["status"] == "OPEN"

    def expect_lot(self, id, n, limit):
        """The stored result is what match says now."""
        got = self.ask("rescore.get", market=id, lot=n, limit=1000)
        asked = dict(market=id, lot=n, on=ON, limit=limit)
        found = self.ask("match.structures", **asked)["lot"]
        answer = self.ask("match.people", **asked)
        people = answer["lot"]
        self.assertEqual(got["rules"], answer["rules"])
        if people.get("jobs"):
            self.assertEqual(got["reference"], answer["reference"])

        def pairs(hits):
            return [(h["id"], h["score"]) for h in hits]
        self.assertEqual(pairs(got.get("structures", [])),
                         pairs(found.get("structures", [])))
        self.assertEqual(
            [pairs(j.get("candidates", [])) for j in got.get("jobs", [])],
            [pairs(j.get("candidates", [])) for j in people.get("jobs", [])])
        self.assertEqual(got.get("revision"), self.revision())

    def expect_all(self, limit, every=1):
        lots = 0
        for i, (id, asked) in enumerate(self.markets.items()):
            if not self.is_open(id):
                self.refused("NOT_FOUND", "rescore.get", market=id,
                             field="lot")
                continue
            lots += len(asked)
            for n in range(len(asked)):
                if i % every == 0:
                    self.expect_lot(id, n + 1, limit)
        return lots


class Results(Country):
    def test_every_open_lot_has_what_match_answers(self):
        run = self.start(limit=7)
        status = self.finish()
        self.assertEqual((status["run"], status["on"], status["limit"]),
                         (run, ON, 7))
        self.assertEqual(self.expect_all(7), status["lots"])
        self.assertEqual(status["done"], status["lots"])
        self.assertEqual(status["aside"], 0)

    def test_results_name_the_rules_of_their_day(self):
        """Those that the run asked, whatever was imported since."""
        id = next(m for m in self.markets if self.is_open(m))
        for version, named in (("mine", "publics@2026-08-24"),
                               ("later", "publics@mine")):
            self.start()
            told = self.finish()
            self.ask("reference.import", table="publics", version=version,
                     source="a test", part=1, last=True,
                     rules=bundled("publics"))
            for answer in (told, self.ask("rescore.status"),
                           self.ask("rescore.get", market=id)):
                self.assertEqual(answer["rules"], 1)
                self.assertEqual(answer["reference"][-2:],
                                 ["eligibility@2025-09-04", named])

    def test_before_the_first_there_is_nothing(self):
        self.assertEqual(self.ask("rescore.status"), {"state": "idle"})
        self.refused("NOT_FOUND", "rescore.get", market="m-0")
        self.assertEqual(self.ask("rescore.cancel"), {"cancelled": False})

    def test_what_cannot_be_asked_is_refused(self):
        self.start()
        self.finish()
        id = next(m for m in self.markets if self.is_open(m))
        self.refused("NOT_FOUND", "rescore.get", market="none",
                     field="market")
        self.refused("NOT_FOUND", "rescore.get", market=id, lot=9,
                     field="lot")
        self.refused("NOT_FOUND", "rescore.get", market=id, job=9,
                     field="job")
        self.refused("RANGE", "rescore.start", limit=1001, field="limit")
        self.refused("WEIGHTS_SUM", "rescore.start",
                     person_weights=dict(job=1, distance=0, waiting=0,
                                         availability=0),
                     field="person_weights")

    def test_who_is_erased_or_deleted_is_left_out(self):
        self.start()
        self.finish()
        id = next(m for m in self.markets if self.is_open(m) and any(
            j.get("candidates") for j in
            self.ask("rescore.get", market=m).get("jobs", [])))
        got = self.ask("rescore.get", market=id)
        person = next(j for j in got["jobs"] if j.get("candidates"))
        gone = person["candidates"][0]["id"]
        self.ask("profile.erase", id=gone)
        self.ask("structure.delete", id=got["structures"][0]["id"])
        after = self.ask("rescore.get", market=id)
        self.assertEqual(after["structures"], got["structures"][1:])
        self.assertNotIn(gone, json.dumps(after))
        self.ask("market.delete", id=id)
        self.refused("NOT_FOUND", "rescore.get", market=id, field="market")

    def test_the_difference_from_the_batch_before_is_counted(self):
        self.start()
        first = self.finish()
        self.assertNotIn("changed", first)
        self.start()
        same = self.finish()
        self.assertEqual((same["changed"], same["added"], same["gone"]),
                         (0, 0, 0))
        id = next(m for m in self.markets if self.is_open(m))
        self.ask("market.delete", id=id)
        self.ask("market.put", market=market("new", status="OPEN"))
        self.ask("structure.put", structure=structure(99, free_hours=9000))
        self.start()
        third = self.finish()
        self.assertEqual(third["added"], 1)
        self.assertEqual(third["gone"], len(self.markets[id]))
        self.assertGreater(third["changed"], 0)


class Meanwhile(Country):
    size = LARGE

    def new_daemon(self, *args, **options):
        daemon = super().new_daemon(*args, **options)
        daemon.config = os.path.join(daemon.home, "conf")
        with open(daemon.config, "w") as f:
            f.write("[claused]\nrescore_workers = 2\n")
        return daemon

    def start_and_see(self, done=1):
        """Begin one and wait until DONE lots are stored."""
        self.start(limit=200)
        self.assertTrue(harness.until(
            lambda: self.ask("rescore.status").get("done", 0) >= done))

    def test_requests_are_answered_and_a_second_start_is_refused(self):
        self.assertEqual(self.daemon.stop(), 0)
        go_on = self.daemon.restart_waiting()
        self.client = self.daemon.client()
        self.start(limit=200)
        refused = self.refused("RESCORE_RUNNING", "rescore.start")
        self.assertFalse(refused.retry)
        for _ in range(20):
            self.ask("match.structures", market="m-1", on=ON, limit=1)
            self.ask("profile.put", profile=profile("meanwhile"))
        self.assertEqual(self.state(), "running")
        go_on()
        self.assertEqual(self.finish()["aside"], 0)

    def test_killed_in_the_middle_it_goes_on(self):
        self.start_and_see()
        self.daemon.kill()
        self.client = self.daemon.restart().client()
        status = self.finish()
        self.assertEqual(status["run"], 1)
        self.assertEqual(self.expect_all(200, every=40), status["lots"])

    def test_sigterm_ends_it_in_time_and_it_goes_on(self):
        self.start_and_see()
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        status = self.finish()
        self.assertEqual(self.expect_all(200, every=40), status["lots"])

    def test_a_cancelled_one_stays_so(self):
        self.start_and_see()
        cancelled = self.ask("rescore.cancel")
        if cancelled["cancelled"]:
            self.assertEqual(self.ask("rescore.status")["state"], "cancelled")
            self.refused("NOT_FOUND", "rescore.get", market="m-1")
            self.daemon.kill()
            self.client = self.daemon.restart().client()
            self.assertEqual(self.ask("rescore.status")["state"], "cancelled")
        self.start()
        self.finish()

    def test_compacting_in_the_middle_loses_nothing(self):
        self.start_and_see()
        self.daemon.signal(signal.SIGUSR1)
        status = self.finish()
        self.assertEqual(self.expect_all(200, every=40), status["lots"])


class Command(Country):
    def clausectl(self, *args, lang="en", ends=0):
        done = subprocess.run(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", lang, "rescore", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            timeout=120,
            env=dict(os.environ, TEXTDOMAINDIR=os.path.join(harness.BUILD,
                                                            "locale")))
        self.assertEqual(done.returncode, ends, done.stderr)
        return done

    def test_it_is_begun_followed_and_summed_up(self):
        said = self.clausectl("--wait", "--on", ON, "--limit", "5").stdout
        status = self.finish()
        self.assertIn("Batch 1, as of %s: done" % ON, said)
        for key, words in (("lots", "all"),
                           ("no_structure", "that no structure can answer"),
                           ("no_people", "with jobs that nobody fits")):
            self.assertRegex(said, r"(?m)^%s +%d$" % (words, status[key]))
        self.assertNotIn("changed", said)
        self.assertIn("fewest candidates", said)
        again = self.clausectl("--wait", "--on", ON, lang="fr").stdout
        self.assertRegex(again, r"Recalcul 2, au %s : terminé" % ON)
        self.assertRegex(again,
                         r"(?m)^changés depuis le recalcul précédent +0$")

    def test_json_is_what_the_daemon_said(self):
        said = json.loads(self.clausectl("--wait", "--json").stdout)
        self.assertEqual(said, self.finish())
        self.assertEqual(json.loads(self.clausectl("--json").stdout)["run"],
                         2)

    def test_how_it_stands_and_its_end(self):
        self.assertIn("no batch yet", self.clausectl("--status").stdout)
        self.assertIn("no batch to cancel", self.clausectl("--cancel").stdout)
        self.assertIn("has begun", self.clausectl().stdout)
        self.assertIn("Batch 1", self.clausectl("--status", "--wait").stdout)

    def test_what_makes_no_sense_is_misuse(self):
        for args in (["now"], ["--status", "--cancel"], ["--cancel", "--wait"],
                     ["--status", "--on", ON]):
            self.clausectl(*args, ends=64)
        self.clausectl("--on", "tomorrow", ends=65)


class Followed(Country):
    size = LARGE

    def follow(self, *args):
        return subprocess.Popen(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", "en", "rescore", *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_ctrl_c_leaves_it_running(self):
        follower = self.follow("--wait", "--limit", "200")
        self.assertTrue(harness.until(lambda: self.state() != "idle"))
        follower.send_signal(signal.SIGINT)
        out, err = follower.communicate(timeout=60)
        # It may have been over already.
        if follower.returncode:
            self.assertEqual(follower.returncode, 130, err)
            self.assertIn("goes on without you", err)
        self.assertEqual(self.finish()["state"], "done")

    def test_a_daemon_that_comes_back_is_waited_for(self):
        listen = self.daemon.endpoint
        follower = self.follow("--wait", "--limit", "200")
        self.assertTrue(harness.until(
            lambda: self.ask("rescore.status").get("done", 0) > 0))
        self.daemon.kill()
        self.client = self.daemon.start(listen=listen).client()
        out, err = follower.communicate(timeout=120)
        self.assertEqual(follower.returncode, 0, err)
        self.assertIn("done in", out)


if __name__ == "__main__":
    harness.main()
