"""Whatever says who somebody is goes through everything the daemon does; then
every artefact is searched for it, byte by byte."""
import json
import os
import resource
import signal
import subprocess
import tempfile

import harness
from examples import facilitator, market, profile

# In every text of a person that is stored, refused or asked for.  In no log.
MARKS = (b"zqxwv", b"612345678", b"6 12 34 56 78", b"185057800608", b"ywvzq",
         b"PPSMJ", b"DETENTION_MJ")
CODES = [{"code": "DETENTION_MJ"}, {"code": "RSA"}]
SETTINGS = ("log_level = 7", "slow_ms = 1")


def person(name, **more):
    return profile("zqxwv-" + name, referent="zqxwv-referent-" + name,
                   criteria=CODES, **more)


def bad_profiles():
    """Each is refused, each for another reason, each holds a marker."""
    yield dict(person("bad"), zqxwvUnknown=1)
    yield dict(person("bad"), zqxwv_nom="zqxwv-value")
    yield dict(person("bad"), referent="0612345678")
    yield dict(person("bad"), referent="zqxwv-06 12 34 56 78")
    yield dict(person("bad"), referent="zqxwv@exemple.fr")
    yield dict(person("bad"), referent="1850578006084")
    yield dict(person("bad"), referent="zqxwv !")
    yield dict(person("bad"), id="zqxwv" * 40)
    yield dict(person("bad"), id="zqxwv\n\x1b[31m")
    yield dict(person("bad"), commune="zqxwv-1")
    yield dict(person("bad"), rome=["zqxwv-2"])
    yield dict(person("bad"), licences=["zqxwv-3"])
    yield dict(person("bad"), contracts="zqxwv-4")
    yield dict(person("bad"), criteria=[{"code": "zqxwv-5"}])
    yield dict(person("bad"), criteria=[{"code": "RSA", "zqxwv": "zqxwv"}])
    yield dict(person("bad"), pass_from="zqxwv-6")
    yield dict(person("bad"), pass_from="2026-05-02",
               pass_until="2026-05-01")
    yield dict(person("bad"), vehicle="zqxwv-7")
    yield {"zqxwv-8": {"zqxwv": ["zqxwv"]}}


class Canary(harness.Transcript):
    """In development: one caller may do everything."""

    def setUp(self):
        self.temporary = tempfile.mkdtemp(prefix="claused-canary-")
        self.addCleanup(os.rmdir, self.temporary)  # and nothing is in it
        self.daemon = self.new_daemon(env={"TMPDIR": self.temporary})
        self.configure()
        self.daemon.fresh()
        self.client = self.daemon.client()
        self.callers()

    def configure(self):
        self.daemon.config = os.path.join(self.daemon.home, "conf")
        with open(self.daemon.config, "w") as f:
            print("[claused]", *SETTINGS, sep="\n", file=f)

    def callers(self):
        pass

    def as_(self, role):
        pass

    def attempt(self, method, **params):
        """The refusal must come."""
        with self.assertRaises(harness.claused.Refused, msg=params):
            self.call(method, params)

    # ---- What is done -----------------------------------------------------

    def life(self):
        self.as_("facilitator")
        self.ask("market.put", market=market())
        self.ask("facilitator.put", facilitator=facilitator(contact="ywvzq-c"))
        for name in ("kept", "gone", "late", "job"):
            self.ask("profile.put", profile=person(name))
        self.ask("profile.get", id="zqxwv-kept")
        self.ask("profile.list")
        self.ask("profile.eligibility", profile="zqxwv-kept")
        self.ask("match.people", market="M-1")
        self.ask("match.market", market="M-1")
        self.ask("match.explain", market="M-1", profile="zqxwv-kept")
        self.ask("match.reasons", market="M-1")
        self.ask("match.reverse", profile="zqxwv-kept")
        self.ask("hours.plan", hours=100, weeks=10,
                 persons=[{"profile": "zqxwv-kept"}])
        self.ask("hours.record", entries=[
            {"person": "zqxwv-" + name, "market": "M-1", "from": "2026-10-05",
             "hundredths": 700, "pooling": "zqxwv-agreement"}
            for name in ("kept", "gone")])
        self.ask("hours.list")
        self.ask("hours.summary", market="M-1")

    def refusals(self):
        self.as_("facilitator")
        rows = list(bad_profiles())
        for bad in rows:
            self.attempt("profile.put", profile=bad)
        for method in ("profile.get", "profile.erase", "profile.eligibility",
                       "match.reverse"):
            self.attempt(method, id="zqxwv-nobody", profile="zqxwv-nobody")
        self.attempt("match.explain", market="M-1", profile="zqxwv-nobody")
        self.attempt("profile.put", profile=person("kept"), if_rev=99)
        for field in ("person", "market", "pooling", "contract", "zqxwv"):
            self.attempt("hours.record", entries=[dict(
                {"person": "zqxwv-kept", "market": "M-1", "from": "2026-10-06",
                 "hundredths": 700}, **{field: "zqxwv 06 12 34 56 78"})])
        self.as_("night")
        for method in ("import.check", "import.apply"):
            told = self.ask(method, entity="profile", rows=rows)
            self.assertEqual(len(told["rejected"]), len(rows))

    def malformed(self):
        with self.raw() as raw:
            raw.ask("zqxwv.verb", {})
            self.assertTrue(raw.receive())
            raw.ask("profile.put", {"profile": person("raw")}, k="zqxwv-once",
                    p="zqxwv-0", zqxwv="zqxwv")
            self.assertTrue(raw.receive())
            raw.send(b"CLAUSE01", {"i": 2, "m": "profile.get"}, b"\xc1zqxwv")
            self.assertTrue(raw.receive())
            raw.send(b"CLAUSE01", b"\xc1zqxwv-header", b"zqxwv-body")
            raw.send(b"zqxwv-magic", b"zqxwv", b"zqxwv")
            raw.ask("ping", {})
            while raw.receive()[0].get("i") != 1:
                pass

    def raw(self):
        return harness.Raw(self.daemon.endpoint)

    def night(self):
        self.as_("night")
        self.ask("rescore.start", on="2026-11-02")
        self.assertTrue(harness.until(
            lambda: self.ask("rescore.status")["state"] == "done"))
        self.ask("rescore.get", market="M-1")
        self.as_("facilitator")
        self.ask("profile.put", profile=person("late",
                                               consent_on="2020-01-01"))
        self.ask("retention.list")
        self.ask("profile.erase", id="zqxwv-gone")
        self.as_("night")
        self.assertEqual(self.ask("retention.run")["erased"], 1)
        done = self.ask("stats")["compactions"]
        self.ask("compact")
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["compactions"] > done),
            self.daemon.log())
        before = self.daemon.log().count("read again")
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: self.daemon.log().count("read again") > before))

    # ---- What is searched -------------------------------------------------

    def clean(self, what, content, marks=MARKS):
        low = content.lower()
        for mark in marks:
            at = low.find(mark.lower())
            self.assertEqual(at, -1, "%s: %r" % (
                what, content[max(0, at - 80):at + 40]))

    def clean_file(self, path, marks=MARKS):
        with open(path, "rb") as f:
            content = f.read()
        self.assertTrue(content, path)
        self.clean(path, content, marks)

    def descriptors(self):
        """Files outside its own home that the daemon has open."""
        folder = "/proc/%d/fd" % self.daemon.process.pid
        for name in os.listdir(folder):
            path = os.readlink(os.path.join(folder, name))
            if path.startswith("/") and not path.startswith(
                    (self.daemon.home, "/dev/", "/memfd:")):
                yield path

    def held(self, mark):
        return [path for path, content in self.daemon.files()
                if mark in content]

    def told(self, method, **params):
        return json.dumps(self.ask(method, **params), default=str).encode()

    def test_no_file_elsewhere_is_open(self):
        if not harness.own_proc():
            self.skipTest("this /proc is of other processes")
        self.life()
        self.night()
        self.assertEqual(list(self.descriptors()), [])

    def test_no_artefact_says_who_somebody_is(self):
        self.life()
        self.refusals()
        self.malformed()
        self.assertTrue(self.held(b"zqxwv-gone"), "the search finds nothing")
        self.assertTrue(self.held(b"zqxwv-late"))
        self.night()
        self.assertTrue(self.held(b"zqxwv-kept"))
        for mark in (b"zqxwv-gone", b"referent-gone", b"zqxwv-late",
                     b"referent-late"):
            self.assertEqual(self.held(mark), [])
        self.as_("admin")
        self.clean("stats", self.told("stats"))
        self.clean("events", self.told("events.since", since=0))
        backup = self.ask("backup")["backup"] + ".sealed"
        self.others()
        log = self.daemon.log_path
        self.clean_file(log)
        self.assertEqual(self.daemon.stop(), 0)
        self.clean_file(os.path.join(self.daemon.store + ".backups", backup))
        self.clean_file(self.daemon.store + ".access.log")
        self.clean_file(log)
        # Whatever lies beside the store: keys, backups, logs.
        for folder, _, names in os.walk(self.daemon.home):
            for name in names:
                if not folder.startswith(self.daemon.store + os.sep) and \
                        folder != self.daemon.store:
                    self.clean_file(os.path.join(folder, name))

    def others(self):
        pass


class Keyed(Canary):
    """With keys: every caller does what it may, and a caller that may see
    nobody is told of nobody."""

    def configure(self):
        self.daemon.keyed(*SETTINGS, *(
            "[quota.%s]\nrate = 1000\nburst = 1000" % role
            for role in ("facilitator", "portal")))

    def raw(self):
        with open(os.path.join(self.daemon.home, "facilitator.key")) as f:
            secret = f.read().strip().encode()
        return harness.Raw(self.daemon.endpoint, CURVE_SECRETKEY=secret,
                           CURVE_PUBLICKEY=harness.zmq.curve_public(secret),
                           CURVE_SERVERKEY=self.daemon.server_key.encode())

    def callers(self):
        self.root = self.daemon.as_key("root")
        for name, role, zone in (("facilitator", "facilitator", "DEP:76"),
                                 ("night", "batch", "FR"),
                                 ("far", "facilitator", "DEP:2A"),
                                 ("buyer", "portal", "DEP:76")):
            self.root.call("key.put", {"key": {
                "id": name, "public_key": self.daemon.pair(name)["public"],
                "role": role, "territories": [zone]}})

    def as_(self, role):
        self.client = self.root if role == "admin" else \
            self.daemon.as_key(role)

    def others(self):
        """Every verb, by who may not see these people, with pseudonyms and
        without: nothing comes back but what was asked with."""
        for name in ("far", "buyer"):
            self.as_(name)
            for method in self.ask("hello")["methods"]:
                for params in ({}, {"market": "M-1"}, {"id": "M-1"},
                               {"market": "M-1", "profile": "p-1"},
                               {"profile": "p-1"}, {"id": "zqxwv-kept"},
                               {"profile": profile("zqxwv-kept")}):
                    try:
                        body = self.told(method, **params)
                    except harness.claused.Refused as e:
                        body = str((e.message, e.data)).encode()
                    self.clean((name, method, params), body,
                               MARKS[:-3] if method.startswith("facil")
                               else MARKS[:-2])


class Memory(harness.Transcript):
    def dies(self, argv=None):
        """Does SIGABRT leave a core of a process that may dump one?"""
        process = subprocess.Popen(argv, cwd=self.daemon.home) if argv \
            else self.daemon.process
        resource.prlimit(process.pid, resource.RLIMIT_CORE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -os.WTERMSIG(status)
        return os.WCOREDUMP(status)

    def test_a_daemon_that_dies_leaves_no_core(self):
        if not self.dies(["sleep", "60"]):
            self.skipTest("nobody leaves a core here")
        self.ask("profile.put", profile=person("core"))
        self.assertFalse(self.dies())


if __name__ == "__main__":
    harness.main()
