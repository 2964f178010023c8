"""What the daemon knows of people, where it is, and how it goes away."""
import datetime
import json
import os
import signal
import subprocess

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

    def refused_start(self, *said):
        self.daemon.launch()
        self.assertEqual(self.daemon.wait(), 78, said)
        for word in said:
            self.assertIn(word, self.daemon.log())

    def test_a_key_that_is_lost_is_told_and_not_made_again(self):
        """Without hours, too: lines of the access log were made with it."""
        self.ask("profile.put", profile=profile("zelda-1"))
        self.assertEqual(self.daemon.stop(), 0)
        names = sorted(os.listdir(os.path.dirname(self.secret(""))))
        year, = (n for n in names if n.startswith("access-2"))
        self.assertEqual(names, [year, "access-chain", "person-token"])
        for name in names:
            with self.subTest(name):
                os.rename(self.secret(name), self.secret("aside"))
                self.refused_start(name + ": missing", "--new-secrets")
                self.assertFalse(os.path.exists(self.secret(name)))
                os.rename(self.secret("aside"), self.secret(name))
        with open(self.secret("person-token"), "r+b") as f:
            kept = f.read()
            f.seek(0)
            f.write(kept[::-1])
        self.refused_start("not the key of this store")
        with open(self.secret("person-token"), "r+b") as f:
            f.write(kept)
        self.daemon.start()

    def test_new_keys_are_made_when_they_are_asked_for(self):
        self.an_hour("p-1")
        self.assertEqual(self.daemon.stop(), 0)
        names = sorted(os.listdir(os.path.dirname(self.secret(""))))
        for name in names:
            os.unlink(self.secret(name))
        self.refused_start("person-token: missing")
        self.daemon.launch("--new-secrets")
        self.assertEqual(self.daemon.wait(), 0)
        self.assertEqual(
            sorted(os.listdir(os.path.dirname(self.secret("")))), names)
        self.daemon.start()
        self.client = self.daemon.client()
        self.refused("NOT_FOUND", "profile.erase", field="id", id="p-1")
        self.an_hour("p-2")
        self.ask("profile.erase", id="p-2")

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


class Access(Privacy):
    """Who asked for people, when, why and for whom: and nobody can tell who
    they are without the key."""

    def setUp(self):
        super().setUp()
        self.path = self.daemon.store + ".access.log"

    def lines(self, path=None):
        with open(path or self.path) as f:
            return [l.split() for l in f.read().splitlines()]

    def told(self, verb):
        return [l for l in self.lines() if l[3] == verb]

    def verify(self, path=None):
        done = subprocess.run(
            [self.daemon.binary, "--store", self.daemon.store,
             "--verify-access", path or self.path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return done.returncode, done.stdout

    def test_every_look_and_every_change_has_a_line(self):
        self.ask("market.put", market=market())
        self.ask("structure.list")
        self.assertEqual(len(self.lines()), 1, "nothing of people yet")
        self.ask("profile.put", profile=profile("zelda-1"))
        self.ask("profile.put", profile=profile("zelda-2"))
        self.ask("profile.get", id="zelda-1")
        self.refused("NOT_FOUND", "profile.get", id="zelda-9")
        self.ask("match.people", market="M-1")
        self.ask("match.explain", market="M-1", profile="zelda-1")
        self.ask("profile.list")
        self.ask("profile.erase", id="zelda-1")
        put = self.told("profile.put")
        self.assertEqual([l[6] for l in put], ["1", "1"])
        one, two = (l[7] for l in put)
        self.assertRegex(one, "^[0-9a-f]{16}$")
        self.assertNotEqual(one, two)
        for verb, status, people in (
                ("profile.get", "NONE", {one}),
                ("match.explain", "NONE", {one}),
                ("profile.list", "NONE", {one, two}),
                ("profile.erase", "NONE", {one})):
            line = self.told(verb)[0]
            self.assertEqual((line[2], line[4], set(line[7].split(","))),
                             ("development", status, people), line)
        self.assertEqual(self.told("profile.get")[1][4:8],
                         ["NOT_FOUND", "-", "0", "-"])
        with open(self.path) as f:
            self.assertNotIn("zelda", f.read())

    def test_the_purpose_is_a_word_of_the_header(self):
        with harness.Raw(self.daemon.endpoint) as raw:
            for said, kept in (("follow-up", "follow-up"), (None, "-"),
                               ("Zelda-4711", "?"), ("0612345678", "?")):
                header = {} if said is None else {"p": said}
                raw.ask("profile.list", {}, **header)
                self.assertEqual(raw.receive()[0]["s"], 0)
                self.assertEqual(self.told("profile.list")[-1][5], kept)
            raw.ask("profile.list", {}, p="x" * 33)
            self.assertEqual(raw.receive()[1]["name"], "BAD_HEADER")

    def purposes(self, verb, *command, **more):
        self.ctl(*command, **more)
        return self.told(verb)[-1][5]

    def test_clausectl_says_why_it_asks(self):
        self.ask("market.put", market=market())
        self.ask("profile.put", profile=profile("p-1"))
        for verb, command, why in (
                ("match.market", ("match", "M-1"), "placement"),
                ("profile.list", ("profile", "list"), "follow-up"),
                ("profile.eligibility", ("eligibility", "p-1"), "eligibility"),
                ("hours.list", ("export", "hours", "-"), "transfer"),
                ("profile.list", ("export", "profiles", "-"), "transfer"),
                ("retention.list", ("retention",), "retention"),
                ("profile.get", ("profile", "get", "p-1", "--purpose",
                                 "request"), "request"),
                ("profile.erase", ("profile", "erase", "p-1", "--yes"),
                 "erasure")):
            self.assertEqual(self.purposes(verb, *command), why, command)
        before = self.lines()
        self.ctl("profile", "list", "--purpose", "zelda", status=64)
        self.assertEqual(self.lines(), before)

    def test_a_client_says_why_it_asks(self):
        self.client = self.daemon.client(purpose="follow-up")
        self.ask("profile.list")
        list(self.client.many([("profile.list", {})]))
        self.assertEqual([l[5] for l in self.told("profile.list")],
                         ["follow-up"] * 2)
        for bad in ("", "Zelda", "x" * 33, "p 1"):
            with self.assertRaises(ValueError):
                self.daemon.client(purpose=bad)

    def test_it_goes_on_over_a_restart_and_a_rotation(self):
        self.ask("profile.put", profile=profile("p-1"))
        self.daemon.stop()
        self.daemon.restart()
        self.client = self.daemon.client()
        self.ask("profile.get", id="p-1")
        self.assertEqual([l[0] for l in self.lines()], ["1", "2", "3"])
        self.assertEqual(self.lines()[1][7], self.lines()[2][7])
        os.rename(self.path, self.path + ".1")
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(lambda: os.path.exists(self.path) and
                                      self.lines()))
        self.ask("profile.get", id="p-1")
        first = self.lines(self.path + ".1")
        self.assertEqual(self.lines()[0][7], first[-1][-1])
        self.assertEqual([l[0] for l in self.lines()], ["4", "5"])
        for path in (self.path, self.path + ".1"):
            self.assertEqual(self.verify(path)[0], 0)

    def test_whoever_changes_a_line_is_found(self):
        for n in range(8):
            self.ask("profile.put", profile=profile("p-%d" % n))
        self.daemon.stop()
        status, said = self.verify()
        self.assertEqual(status, 0)
        with open(self.path, "rb") as f:
            whole = f.read()
        lines = whole.splitlines(keepends=True)
        self.assertIn("9 lines, the last 9 " +
                      lines[-1].split()[-1].decode(), said)
        flipped = [whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:]
                   for i in range(len(whole) // 2, len(whole), 37)]
        made = {"gap": lines[:3] + lines[4:],
                "swap": lines[:3] + [lines[4], lines[3]] + lines[5:],
                "twice": lines[:3] + [lines[2]] + lines[3:],
                "head": lines[1:], "torn": lines[:-1] + [lines[-1][:50]]}
        for i, bad in enumerate(flipped + [b"".join(m)
                                           for m in made.values()]):
            with open(self.path + ".bad", "wb") as f:
                f.write(bad)
            self.assertEqual(self.verify(self.path + ".bad")[0], 66, i)
        self.daemon.start()

    def test_a_torn_line_is_cut_off_and_the_next_one_follows(self):
        self.ask("profile.put", profile=profile("p-1"))
        self.daemon.stop()
        with open(self.path, "a") as f:
            f.write("3 2026-11-23T")
        self.daemon.restart()
        self.client = self.daemon.client()
        self.ask("profile.get", id="p-1")
        self.assertEqual([l[0] for l in self.lines()], ["1", "2", "3"])
        self.assertEqual(self.verify()[0], 0)

    def test_its_disk_is_full_and_the_service_goes_on(self):
        config = os.path.join(self.daemon.home, "conf")
        with open(config, "w") as f:
            f.write("[claused]\naccess_log = /dev/full\n")
        full = self.new_daemon(config=config).fresh()
        client = full.client()
        for n in range(50):
            client.call("profile.put", {"profile": profile("p-%d" % n)})
        self.assertEqual(client.call("profile.get", {"id": "p-7"})["id"],
                         "p-7")
        self.assertEqual(client.call("stats", {})["access_lost"], 52)
        self.assertEqual(full.log().count("cannot be written"), 1)

    def test_what_was_lost_is_told_when_there_is_room_again(self):
        self.ask("profile.put", profile=profile("p-1"))
        os.rename(self.path, self.path + ".1")
        os.symlink("/dev/full", self.path)
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["access_lost"] > 0))
        self.ask("profile.get", id="p-1")
        os.remove(self.path)
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(lambda: os.path.exists(self.path) and
                                      self.lines()))
        self.ask("profile.get", id="p-1")
        self.assertEqual([l[3] for l in self.lines()],
                         ["begin", "lost", "profile.get"])
        self.assertEqual(self.lines()[1][6], "2")
        self.assertEqual(self.verify()[0], 0)

    def test_a_year_that_is_over_links_to_nobody(self):
        year = datetime.datetime.now(datetime.timezone.utc).year
        for old in (year - 1, year - 2, year - 3):
            with open(self.secret("access-%d" % old), "wb") as f:
                os.fchmod(f.fileno(), 0o600)
                f.write(b"x" * 32)
        self.daemon.stop()
        self.daemon.restart()
        self.client = self.daemon.client()
        kept = {n for n in os.listdir(self.daemon.store + ".secrets")
                if n.startswith("access-2")}
        self.assertEqual(kept, {"access-%d" % year, "access-%d" % (year - 1)})


# What says who or what somebody is.
MARKERS = (b"zelda", b"DETENTION_MJ")


class Portals(Privacy):
    """Who may see people sees them; the others count them, by fives."""

    def setUp(self):
        self.daemon = self.new_daemon().keyed().fresh()
        self.root = self.daemon.as_key("root")
        for name, role, more in (
                ("buyer", "portal", {}), ("night", "batch", {}),
                ("prescriber", "portal", {"grants": ["pseudonyms"]}),
                ("far", "portal", {"grants": ["pseudonyms"],
                                   "territories": ["DEP:2A"]}),
                ("facilitator", "facilitator", {})):
            pair = self.daemon.pair(name)
            self.root.call("key.put", {"key": dict(
                {"id": name, "public_key": pair["public"], "role": role,
                 "territories": ["FR" if role == "batch" else "DEP:76"]},
                **more)})
        self.as_("facilitator")
        self.ask("market.put", market=market())

    def as_(self, name):
        self.client = self.daemon.as_key(name)

    def people(self, n):
        self.as_("facilitator")
        for i in range(n):
            self.ask("profile.put", profile=profile(
                "zelda-%d" % i, criteria=[{"code": "RSA"},
                                          {"code": "DETENTION_MJ"}]))

    def job(self, name, **more):
        self.as_(name)
        return self.ask("match.people", market="M-1", **more)["lot"]["jobs"][0]

    def test_a_buyer_counts_by_fives_and_never_fewer_than_five(self):
        told = []
        for n in range(13):
            self.people(n)
            job = self.job("buyer")
            self.assertNotIn("candidates", job)
            self.assertEqual(job.get("people"), n - n % 5 if n >= 5 else None)
            for band in job.get("fit", []):
                self.assertEqual(band["people"] % 5, 0)
                self.assertGreaterEqual(band["people"], 5)
            told.append(job)
        self.assertEqual(told[5:10], [told[5]] * 5)
        self.assertEqual(self.job("buyer", limit=1), told[-1])

    def test_a_prescriber_sees_pseudonyms_where_it_works(self):
        self.people(6)
        job = self.job("prescriber")
        self.assertEqual(len(job["candidates"]), 6)
        self.assertNotIn("people", job)
        self.assertEqual(len(self.job("facilitator")["candidates"]), 6)
        self.as_("far")
        self.refused("NOT_FOUND", "match.people", market="M-1")

    def test_reasons_results_and_figures_are_cut_in_the_same_way(self):
        self.people(8)
        self.as_("night")
        self.rescore()
        self.as_("buyer")
        tally, = self.ask("match.reasons", market="M-1")["jobs"]
        self.assertEqual((tally["candidates"], tally["matched"]), (5, 5))
        kept, = self.ask("rescore.get", market="M-1")["jobs"]
        self.assertEqual(kept, {"job": 1, "people": 5})
        self.assertNotIn("profiles", self.ask("stats"))
        self.as_("night")
        self.assertEqual(self.ask("stats")["profiles"], 5)
        self.as_("buyer")
        self.refused("FORBIDDEN", "hours.plan", hours=100, weeks=10,
                     persons=[{"profile": "zelda-1"}])

    def test_no_verb_shows_people_to_who_may_not_see_them(self):
        """Every verb there is, asked by every caller that may not see
        people: neither a pseudonym nor a criterion comes back."""
        self.people(9)
        self.ask("hours.record", entries=[
            {"person": "zelda-1", "market": "M-1", "from": "2026-10-05",
             "hundredths": 700}])
        token = self.ask("hours.list")["rows"][0]["person"].encode()
        self.as_("night")
        self.rescore()
        params = {"market": "M-1", "profile": "zelda-1", "id": "zelda-1"}
        methods = self.ask("hello")["methods"]
        for name, markers in (("buyer", MARKERS + (token,)),
                              ("prescriber", MARKERS[1:] + (token,)),
                              ("night", MARKERS + (token,))):
            shown = 0
            self.as_(name)
            for method in methods:
                for n in range(8):
                    asked = {k: v for i, (k, v) in enumerate(params.items())
                             if n >> i & 1}
                    body = self.raw_body(method, asked)
                    shown += b"zelda" in body
                    for marker in markers:
                        self.assertNotIn(marker, body, (name, method, asked))
            if name == "prescriber":
                self.assertGreater(shown, 0, "nothing was asked")

    def raw_body(self, method, params):
        """The reply as text, refusals with their hints, too."""
        try:
            return json.dumps(self.client.call(method, params),
                              default=str).encode()
        except harness.claused.Refused as e:
            return str(e.data).encode()


class Budget(Privacy):
    """So many different people a day, and no more."""

    def setUp(self):
        self.daemon = self.new_daemon().keyed(
            "[quota.facilitator]", "people = 10", "people_alert = 5",
            "[quota.portal]", "people = 7", "people_alert = 0").fresh()
        self.root = self.daemon.as_key("root")
        for name, role, grants in (
                ("anne", "facilitator", []), ("bernard", "facilitator", []),
                ("prescriber", "portal", ["pseudonyms"]),
                ("buyer", "portal", [])):
            pair = self.daemon.pair(name)
            self.root.call("key.put", {"key": {
                "id": name, "public_key": pair["public"], "role": role,
                "territories": ["DEP:76"], "grants": grants}})
        self.as_("anne")
        for i in range(12):
            self.ask("profile.put", profile=profile("zelda-%02d" % i))
        self.ask("market.put", market=market())

    def as_(self, name):
        self.client = self.daemon.as_key(name, retries=0)

    def shown(self):
        return {row["key"]: row["people"] for row in
                self.root.call("stats").get("people_shown", [])}

    def get(self, *numbers):
        for i in numbers:
            self.ask("profile.get", id="zelda-%02d" % i)

    def test_the_one_too_many_is_not_shown_and_the_others_are_again(self):
        self.get(*range(10))
        self.get(*range(10))
        said = self.refused("PEOPLE_QUOTA", "profile.get", id="zelda-11")
        self.assertEqual((said.status_name, said.retry),
                         ("RESOURCE_EXHAUSTED", False))
        self.assertNotIn("zelda", str(said.data))
        self.refused("PEOPLE_QUOTA", "profile.list")
        self.refused("PEOPLE_QUOTA", "match.people", market="M-1")
        self.refused("PEOPLE_QUOTA", "match.market", market="M-1")
        self.get(3)
        self.assertEqual(self.shown(), {"anne": 10})
        stats = self.root.call("stats")
        self.assertEqual((stats["people_alerts"], stats["people_refused"]),
                         (1, 4))
        self.assertNotIn("people_shown", self.ask("stats"))

    def test_writing_is_not_seeing(self):
        self.get(*range(10))
        for i in range(12):
            self.ask("profile.put", profile=profile("zelda-%02d" % i))
        self.ask("profile.erase", id="zelda-11")

    def test_each_key_has_its_own_and_each_role(self):
        self.get(*range(10))
        self.as_("bernard")
        self.get(*range(10))
        self.as_("prescriber")
        self.refused("PEOPLE_QUOTA", "match.people", market="M-1")
        self.ask("match.people", market="M-1", limit=7)
        self.as_("buyer")
        job, = self.ask("match.people", market="M-1")["lot"]["jobs"]
        self.assertEqual(job["people"], 10)
        self.assertEqual(self.shown(),
                         {"anne": 10, "bernard": 10, "prescriber": 7})

    def test_the_log_tells_once_which_key_and_nothing_of_people(self):
        self.get(*range(10))
        for _ in range(3):
            self.refused("PEOPLE_QUOTA", "profile.list")
        log = self.daemon.log()
        self.assertEqual(log.count("key anne was shown more than 5"), 1)
        self.assertEqual(log.count("key anne may be shown 10"), 1)
        self.assertNotIn("zelda", log)

    def test_a_restart_forgets_nobody(self):
        self.get(*range(8))
        self.daemon.stop()
        self.daemon.restart()
        self.root = self.daemon.as_key("root")
        self.assertEqual(self.shown(), {"anne": 8})
        self.as_("anne")
        self.get(8, 9)
        self.refused("PEOPLE_QUOTA", "profile.get", id="zelda-10")

    def test_a_quota_read_again_holds_at_once(self):
        self.get(*range(10))
        with open(self.daemon.config) as f:
            text = f.read()
        with open(self.daemon.config, "w") as f:
            f.write(text.replace("people = 10", "people = 12"))
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: "read again" in self.daemon.log()))
        self.get(10, 11)
        self.assertEqual(self.shown(), {"anne": 12})

    def test_yesterday_s_lines_do_not_count(self):
        self.get(*range(10))
        self.daemon.stop()
        path = self.daemon.store + ".access.log"
        with open(path) as f:
            lines = f.read().splitlines()
        today = datetime.datetime.now(datetime.timezone.utc)
        old = (today - datetime.timedelta(days=2)).strftime("%Y-%m-%dT12:")
        with open(path, "w") as f:
            # Two thousand times, so that the day begins far from the end;
            # the last line is as it was, for the daemon goes on behind it.
            for line in lines[:-1] * 2000 + lines[-1:]:
                words = line.split()
                if line is not lines[-1]:
                    words[1] = old + words[1][14:]
                print(*words, file=f)
        self.daemon.restart()
        self.root = self.daemon.as_key("root")
        self.assertEqual(self.shown(), {"anne": 1})


if __name__ == "__main__":
    harness.main()
