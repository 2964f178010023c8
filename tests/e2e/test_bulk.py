"""Bulk imports: written at once, matched after a new index has taken the
place of the old one, whatever happens in between."""
import json
import os
import random
import re
import signal
import subprocess

import harness
from examples import market, profile

DONE, DATA, USAGE = 0, 65, 64
MANY = 5000


def person(n, **more):
    """One of many that differ in all that a match looks at."""
    chance = random.Random(n)
    return dict(profile("p-%d" % n, mobility_km=chance.randint(5, 60),
                        commune=chance.choice(("76351", "76540", "76217")),
                        rome=chance.sample(["K2204", "A1203", "K2304"], 2)),
                **more)


def fit(n, **more):
    """One who is always found."""
    return profile("p-%d" % n, **more)


def parts(people, size=500):
    people = list(people)
    return [people[i:i + size] for i in range(0, len(people), size)]


class Bulk(harness.Transcript):
    """What the tests below share."""

    def setUp(self):
        super().setUp()
        self.begin(self.client)

    @staticmethod
    def begin(client):
        client.call("market.put", {"market": market("m")})

    def bulk(self, people, last=False):
        """Send them in parts, the last of which may say so."""
        all_parts = parts(people)
        for i, rows in enumerate(all_parts):
            more = {"last": True} if last and i == len(all_parts) - 1 else {}
            answer = self.ask("import.apply", entity="profile", rows=rows,
                              bulk=True, **more)
            self.assertEqual(answer["accepted"], len(rows), answer)

    def found(self, client=None, limit=1000):
        """Who is found for the job, as (id, score, tie)."""
        answer = (client or self.client).call(
            "match.people", {"market": "m", "lot": 1, "job": 1,
                             "limit": limit})
        return [(c["id"], c["score"], c["tie"])
                for c in answer["lot"]["jobs"][0].get("candidates", ())]

    def wait_for_index(self):
        self.assertTrue(harness.until(
            lambda: not self.ask("stats")["deferred"], 60), "no index came")

    def same_as(self, people):
        """What is found is what a store finds that was given the same people
        one by one."""
        other = self.new_daemon().fresh()
        client = other.client()
        self.begin(client)
        client.load("profile", people)
        self.assertEqual(self.found(), self.found(client))


class Visible(Bulk):
    def test_they_are_stored_at_once_and_matched_after_the_last(self):
        self.bulk(person(n) for n in range(700))
        self.assertEqual(self.ask("stats")["profiles"], 700)
        self.assertTrue(self.ask("stats")["deferred"])
        self.ask("profile.get", id="p-7")
        self.assertEqual(self.found(), [])
        self.bulk([person(700)], last=True)
        self.wait_for_index()
        self.same_as([person(n) for n in range(701)])

    def test_without_a_last_part_the_daemon_waits_a_while(self):
        self.bulk([fit(1)])
        self.assertEqual(self.found(), [])
        self.wait_for_index()
        self.assertEqual([id for id, _, _ in self.found()], ["p-1"])

    def test_replaced_and_other_profiles_are_matched_at_once(self):
        self.ask("profile.put", profile=fit(1))
        self.bulk(fit(n, hours_max=33) for n in range(4))
        self.assertEqual([id for id, _, _ in self.found()], ["p-1"])
        # One that waits is replaced by one that differs in little.
        self.ask("profile.put", profile=fit(2, hours_max=34))
        self.ask("profile.put", profile=fit(9))
        self.assertEqual({id for id, _, _ in self.found()},
                         {"p-1", "p-2", "p-9"})
        self.bulk([fit(5)], last=True)
        self.wait_for_index()
        self.same_as([fit(n, hours_max=33) for n in (0, 1, 3)]
                     + [fit(2, hours_max=34), fit(5), fit(9)])

    def test_other_entities_and_repeats_mean_nothing_by_it(self):
        made = market("x")
        answer = self.ask("import.apply", entity="market", rows=[made],
                          bulk=True, last=True)
        self.assertEqual(answer["accepted"], 1)
        self.assertFalse(self.ask("stats")["deferred"])
        rows = [fit(1), fit(1), {"id": "p-2"}]
        answer = self.ask("import.apply", entity="profile", rows=rows,
                          bulk=True, last=True)
        self.assertEqual(answer["accepted"], 1)
        self.assertEqual([r["row"] for r in answer["rejected"]], [2, 3])
        self.wait_for_index()
        self.same_as([fit(1)])

    def test_who_is_erased_before_the_index_comes_is_in_none(self):
        self.bulk(person(n) for n in range(50))
        self.ask("profile.erase", id="p-7")
        self.bulk([person(50)], last=True)
        self.wait_for_index()
        self.refused("NOT_FOUND", "profile.get", id="p-7")
        self.same_as([person(n) for n in range(51) if n != 7])


class DuringTheBuild(Bulk):
    """What happens while a build waits, and while it goes on to its end."""

    def setUp(self):
        super().setUp()
        self.assertEqual(self.daemon.stop(), 0)
        self.go_on = self.daemon.restart_waiting()
        self.client = self.daemon.client()
        self.client.load("profile", (person(n) for n in range(300)))
        self.before = self.found()
        self.bulk(person(n) for n in range(300, MANY))
        self.assertEqual(self.found(), self.before)
        self.bulk([person(MANY)], last=True)
        self.assertTrue(harness.until(lambda: "build" in self.ask("stats")),
                        "no build began")

    def test_matches_are_those_of_before_until_they_are_those_of_after(self):
        build = self.ask("stats")["build"]
        self.assertLessEqual(build["records"], MANY + 2 + 1000)
        self.assertLessEqual(build["bytes"], build["bytes_all"])
        self.assertEqual(self.found(), self.before)
        self.go_on()
        while self.ask("stats")["deferred"]:
            found = self.found()
            if found != self.before:
                self.assertFalse(self.ask("stats")["deferred"])
        self.same_as([person(n) for n in range(MANY + 1)])

    def test_writes_of_the_meantime_are_in_the_new_index(self):
        gone, changed, n = set(), {}, 0
        while self.ask("stats")["deferred"]:
            # Some of the live index, some that wait, some new.
            erased = (n % 300, 300 + n * 7, MANY - n)[n % 3]
            put = ((n + 150) % 300, 303 + n * 7, 2 * MANY + n)[n % 3]
            if erased not in gone and erased not in changed:
                self.ask("profile.erase", id="p-%d" % erased)
                gone.add(erased)
            if put not in gone:
                changed[put] = person(put, hours_max=34)
                self.ask("profile.put", profile=changed[put])
            n += 1
            if n == 60:
                self.go_on()
        self.assertGreaterEqual(n, 60, "the build did not wait")
        self.same_as([changed.get(who) or person(who)
                      for who in sorted(set(range(MANY + 1)) | set(changed))
                      if who not in gone])

    def test_a_stop_in_the_middle_goes_on_at_the_next_start(self):
        self.daemon.signal(signal.SIGTERM)
        self.go_on()
        self.assertEqual(self.daemon.wait(), 0)
        self.client = self.daemon.restart().client()
        self.wait_for_index()
        self.same_as([person(n) for n in range(MANY + 1)])


class Killed(Bulk):
    """kill -9 after each commit there is, from the first part to the end of
    the build; then at moments between them."""

    def mortal(self, commits):
        """A daemon that dies after so many commits; its endpoint is None when
        it did before it said so."""
        daemon = self.new_daemon("tests/claused-dies", env={
            "CLAUSED_TEST_DIE_AFTER": str(commits)})
        daemon.launch("--init")
        said = harness.lines_within(daemon.process.stdout,
                                    harness.PATIENCE_S)
        daemon.endpoint = said.split()[1] if said else None
        return daemon

    @staticmethod
    def answer(daemon, raw, method, params, key):
        """The answer, None when the daemon died before it gave one."""
        raw.ask(method, params, k=key)
        while True:
            dead = daemon.process.poll() is not None
            answer = raw.receive(0 if dead else 0.05)
            if answer or dead:
                return answer and answer[1]

    def kill_after(self, commits):
        """False when the daemon outlived all that there was to do."""
        daemon = self.mortal(commits)
        all_parts = parts((person(n) for n in range(120)), 40)
        todo = [("market.put", {"market": market("m")}, "market")]
        todo += [("import.apply", self.part(all_parts, i), "part-%d" % i)
                 for i in range(len(all_parts))]
        answer = daemon.endpoint
        if daemon.endpoint:
            with harness.Raw(daemon.endpoint) as raw:
                for method, params, key in todo:
                    if answer:
                        answer = self.answer(daemon, raw, method, params, key)
                while answer and answer.get("deferred", True):
                    answer = self.answer(daemon, raw, "stats", {}, "s")
        if not answer:
            self.assertEqual(daemon.wait(), -signal.SIGKILL)
            self.finish(daemon, all_parts)
            return True
        # The rest of it could still die, where nobody looks.
        daemon.kill()
        self.finish(daemon, all_parts)
        return False

    @staticmethod
    def part(all_parts, i):
        more = {"last": True} if i == len(all_parts) - 1 else {}
        return dict(entity="profile", rows=all_parts[i], bulk=True, **more)

    def finish(self, daemon, all_parts):
        """Send everything again, with the same keys."""
        daemon.binary = os.path.join(harness.BUILD, "claused")
        daemon.env = dict(os.environ)
        # Killed before its first commit, it has left no store.
        made = os.path.exists(os.path.join(daemon.store, "claused.store"))
        self.client = (daemon.start() if made else daemon.fresh()).client()
        self.daemon = daemon
        self.begin(self.client)
        for i in range(len(all_parts)):
            self.client.call("import.apply", self.part(all_parts, i),
                             key="part-%d" % i)
        self.wait_for_index()
        self.assertEqual(self.ask("stats")["profiles"], 120)
        self.assertEqual(self.found(), self.expected)

    def test_nothing_is_lost_and_nothing_twice(self):
        self.client.load("profile", (person(n) for n in range(120)))
        self.expected = self.found()
        commits = 1
        while self.kill_after(commits):
            commits += 1
        # Its stamp, the market, three parts, begin, write, switch, ...
        self.assertGreaterEqual(commits, 8)

    def test_wherever_the_kill_comes(self):
        chance = random.Random(5)
        people = [person(n) for n in range(MANY // 4)]
        self.bulk(people, last=True)
        for _ in range(6):
            for _ in range(chance.randrange(60)):
                self.ask("ping")
            self.daemon.kill()
            status, said, log = self.daemon.check()
            self.assertEqual(status, 0, said + log)
            self.client = self.daemon.restart().client()
        self.wait_for_index()
        self.same_as(people)


class Clausectl(Bulk):
    """clausectl import: by itself for long files, or with --bulk."""

    def write(self, name, lines):
        path = os.path.join(self.daemon.home, name)
        with open(path, "w") as f:
            f.writelines(json.dumps(line) + "\n" for line in lines)
        return path

    def clausectl(self, status, *argv):
        done = subprocess.run(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", "en", "--json"] + list(argv),
            capture_output=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done.stdout.decode(), done.stderr.decode()

    def test_a_long_file_with_bad_rows(self):
        people = [person(n) for n in range(1200)]
        bad = dict(people[77], commune="99999")
        path = self.write("p.ndjson", people[:77] + [bad] + people[78:]
                          + [{"id": "x", "name": "nobody"}, people[0]])
        said, log = self.clausectl(DATA, "import", "profiles", path, "--bulk")
        told = json.loads(said)
        self.assertEqual((told["accepted"], told["created"],
                          told["rejected"]), (1199, 1199, 3))
        with open(path + ".rejects") as f:
            self.assertEqual([json.loads(l)["row"] for l in f],
                             [78, 1201, 1202])
        # It has waited until all can be matched.
        self.assertFalse(self.ask("stats")["deferred"])
        self.same_as(people[:77] + people[78:])

    def test_how_long_a_file_is_decides(self):
        generation = self.ask("stats")["generation"]
        path = self.write("few.ndjson", [person(n) for n in range(600)])
        self.clausectl(DONE, "import", "profiles", path)
        self.assertEqual(self.ask("stats")["generation"], generation)
        few = profile("x")
        path = self.write("many.ndjson", (dict(few, id="q-%d" % n)
                                          for n in range(50001)))
        self.clausectl(DONE, "import", "profiles", path)
        stats = self.ask("stats")
        self.assertEqual((stats["profiles"], stats["generation"],
                          stats["deferred"]), (50601, generation + 1, False))

    def test_only_profiles_have_it(self):
        path = self.write("m.ndjson", [market("z")])
        _, log = self.clausectl(USAGE, "import", "markets", path, "--bulk")
        self.assertIn("--bulk", log)


class OfOtherTables(Bulk):
    """An index that was derived from other tables answers nothing."""

    def test_it_is_built_before_anybody_is_answered(self):
        self.client.load("profile", (person(n) for n in range(300)))
        expected, revision = self.found(), self.ask("stats")["revision"]
        self.assertEqual(self.daemon.stop(), 0)
        path = next(p for p, _ in self.daemon.files()
                    if p.endswith("data.mdb"))
        with open(path, "r+b") as f:
            data = f.read()
            # The counters of the store: the revision, then the stamp.
            counters = re.compile(b"state" + revision.to_bytes(8, "big"))
            places = [m.end() for m in counters.finditer(data)]
            self.assertTrue(places)
            for place in places:
                f.seek(place)
                f.write(b"\x11" * 8)
        status, said, _ = self.daemon.check()
        self.assertEqual(status, 0)
        self.assertIn("other tables", said)
        self.client = self.daemon.restart().client()
        self.assertIn("other tables", self.daemon.log())
        self.assertEqual(self.found(), expected)
        self.assertEqual(self.ask("stats")["generation"], 2)


if __name__ == "__main__":
    harness.main()
