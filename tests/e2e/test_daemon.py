"""The process: start, lock, stop, signals, what it logs, what it erases."""
import glob
import os
import random
import signal
import socket
import subprocess
import unittest

import harness
from examples import job, lot, market, profile, structure

USAGE, DAMAGED, EXISTS, LOCKED, CONFIG = 64, 66, 73, 75, 78


class Starting(harness.Transcript):
    def setUp(self):
        self.daemon = self.new_daemon()

    def exits(self, status, *flags, **options):
        self.daemon.launch(*flags, **options)
        self.assertEqual(self.daemon.wait(), status, self.daemon.log())

    def test_version_is_told(self):
        said = subprocess.run([self.daemon.binary, "--version"], timeout=60,
                              stdout=subprocess.PIPE, check=True).stdout
        self.assertRegex(said.decode(), r"^claused \d+\.\d+\.\d+")

    def notified(self):
        """A socket like systemd's, to which the daemon will tell things, and
        each 100 ms that it lives."""
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(told.close)
        told.settimeout(harness.PATIENCE_S)
        self.daemon.env["NOTIFY_SOCKET"] = os.path.join(self.daemon.home,
                                                        "notify")
        self.daemon.env["WATCHDOG_USEC"] = "200000"
        told.bind(self.daemon.env["NOTIFY_SOCKET"])
        return told

    def test_a_loop_that_hangs_feeds_no_watchdog(self):
        self.daemon.binary = os.path.join(harness.BUILD, "tests",
                                          "claused-hangs")
        told = self.notified()
        raw = harness.Raw(self.daemon.fresh().endpoint)
        self.addCleanup(raw.socket.close)
        raw.ask("ping", {})
        self.assertEqual(raw.receive()[1], {})
        while told.recv(100) != b"WATCHDOG=1":
            pass
        raw.ask("ping", {"echo": "hang"})
        told.settimeout(1)
        with self.assertRaises(socket.timeout):
            # One may have been on its way, not eleven.
            for _ in range(11):
                self.assertEqual(told.recv(100), b"WATCHDOG=1")
        self.assertIsNone(self.daemon.process.poll())
        self.daemon.kill()

    def logging_to(self, where):
        """A daemon of its own whose stderr is what a shell calls WHERE."""
        other = self.new_daemon()
        script = os.path.join(other.home, "logging")
        with open(script, "w") as f:
            f.write("#!/bin/sh\nexec %s \"$@\" 2>%s\n" % (
                other.binary, where))
        os.chmod(script, 0o755)
        other.binary = script
        return other

    def lose_a_line(self, daemon, client):
        before = client.call("stats", {})["log_lost"]
        daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: client.call("stats", {})["log_lost"] > before))

    def test_a_log_on_a_full_disk_is_dropped_and_counted(self):
        full = self.logging_to("/dev/full").fresh()
        client = full.client()
        self.lose_a_line(full, client)
        client.call("market.put", {"market": market("M-1")})
        self.assertEqual(full.stop(), 0)

    def test_a_log_that_nobody_reads_stops_nothing(self):
        other = self.logging_to("$HOME/fifo")
        other.env["HOME"] = other.home
        fifo = os.path.join(other.home, "fifo")
        os.mkfifo(fifo)
        pipe = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        self.addCleanup(os.close, pipe)
        with self.assertRaises(BlockingIOError):
            while True:
                os.write(pipe, b"x" * 4096)
        client = other.fresh().client()
        for _ in range(3):
            self.lose_a_line(other, client)
        lost = client.call("stats", {})["log_lost"]
        with self.assertRaises(BlockingIOError):
            while True:
                os.read(pipe, 65536)
        other.signal(signal.SIGHUP)
        said = b""

        def told():
            nonlocal said
            try:
                said += os.read(pipe, 65536)
            except BlockingIOError:
                pass
            return b"read again" in said
        self.assertTrue(harness.until(told))
        self.assertIn(b"%d lines of this log were lost" % lost, said)
        self.assertEqual(client.call("stats", {})["log_lost"], lost)
        self.assertEqual(other.stop(), 0)

    def test_nothing_takes_the_place_of_a_log_that_is_closed(self):
        closed = self.logging_to("&-").fresh()
        client = closed.client()
        client.call("market.put", {"market": market("M-1")})
        closed.signal(signal.SIGHUP)
        client.call("market.put", {"market": market("M-2")})
        self.assertEqual(closed.stop(), 0)
        for path, content in closed.files():
            self.assertNotIn(b"to read again", content, path)

    @unittest.skipUnless(os.geteuid() == 0, "only root can be warned of it")
    def test_root_is_warned_and_nobody_else(self):
        self.daemon.fresh()
        self.assertIn("started as root", self.daemon.log())
        self.assertEqual(self.daemon.stop(), 0)
        other = self.new_daemon()
        as_nobody = os.path.join(other.home, "as-nobody")
        with open(as_nobody, "w") as f:
            f.write("#!/bin/sh\nexec setpriv --reuid=65534 --regid=65534 "
                    "--clear-groups %s \"$@\"\n" % other.binary)
        os.chmod(as_nobody, 0o755)
        os.chown(other.home, 65534, 65534)
        other.binary = as_nobody
        other.fresh()
        self.assertNotIn("started as root", other.log())
        self.assertEqual(other.stop(), 0)

    def test_systemd_is_told_of_start_life_and_end(self):
        told = self.notified()
        self.daemon.fresh()
        first = [told.recv(100), told.recv(100)]
        self.assertEqual(sorted(first), [b"READY=1", b"WATCHDOG=1"])
        self.assertEqual(told.recv(100), b"WATCHDOG=1")
        self.assertEqual(self.daemon.stop(), 0)
        said = b""
        while said != b"STOPPING=1":
            said = told.recv(100)

    def test_a_wrong_command_line_is_usage(self):
        self.exits(USAGE, "--no-such-flag")
        done = subprocess.run([self.daemon.binary], timeout=60,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, USAGE)
        self.assertTrue(done.stderr)

    def test_only_init_creates_a_store(self):
        self.exits(DAMAGED)
        self.assertFalse(os.path.exists(self.daemon.store))

    def test_init_over_a_store_is_refused(self):
        self.client = self.daemon.fresh().client()
        self.ask("market.put", market=market())
        self.assertEqual(self.daemon.stop(), 0)
        before = sorted(self.daemon.files())
        self.exits(EXISTS, "--init")
        self.assertEqual(sorted(self.daemon.files()), before)

    def test_init_over_other_files_is_refused(self):
        os.mkdir(self.daemon.store)
        with open(os.path.join(self.daemon.store, "letters"), "w") as f:
            f.write("mine")
        for flags in ((), ("--init",)):
            self.daemon.launch(*flags)
            self.assertIn(self.daemon.wait(), (DAMAGED, EXISTS))
            self.assertEqual([b for _, b in self.daemon.files()], [b"mine"])

    def test_a_second_daemon_on_one_store_is_refused(self):
        self.client = self.daemon.fresh().client()
        second = self.new_daemon(store=self.daemon.store)
        second.launch()
        self.assertEqual(second.wait(), LOCKED, second.log())
        self.assertEqual(self.ask("ping"), {})

    def test_a_damaged_store_is_refused_and_left_as_it_is(self):
        self.daemon.fresh()
        self.assertEqual(self.daemon.stop(), 0)
        data, = glob.glob(self.daemon.store + "/env-*/data.mdb")
        marker = os.path.join(self.daemon.store, "claused.store")
        for path, content in ((data, b""), (data, b"x" * 4096),
                              (marker, b""), (marker, b"something else\n")):
            with self.subTest((os.path.basename(path), len(content))):
                with open(path, "rb") as f:
                    good = f.read()
                with open(path, "wb") as f:
                    f.write(content)
                self.exits(DAMAGED)
                with open(path, "rb") as f:
                    self.assertEqual(f.read(), content)
                with open(path, "wb") as f:
                    f.write(good)
        self.daemon.restart()

    def test_a_wrong_configuration_is_refused(self):
        self.daemon.config = os.path.join(self.daemon.home, "conf")
        for text in ("[claused]\nno_such_setting = 1\n",
                     "[claused]\nslow_ms = soon\n",
                     "[weights.people]\njob = 1000\ndistance = 1\n"
                     "waiting = 0\navailability = 0\n"):
            with self.subTest(text):
                with open(self.daemon.config, "w") as f:
                    f.write(text)
                self.exits(CONFIG, "--init")
                self.assertFalse(os.path.exists(self.daemon.store))

    def test_an_ipc_endpoint_works(self):
        path = "ipc://" + os.path.join(self.daemon.home, "socket")
        self.client = self.daemon.start("--init", listen=path).client()
        self.assertEqual(self.ask("ping"), {})

    def test_an_endpoint_in_use_is_told(self):
        self.daemon.fresh()
        second = self.new_daemon()
        second.launch("--init", listen=self.daemon.endpoint)
        self.assertNotIn(second.wait(), (0, None))
        self.assertIn("listen", second.log())


class Growing(harness.Transcript):
    def setUp(self):
        self.daemon = self.new_daemon()
        self.daemon.config = os.path.join(self.daemon.home, "conf")
        with open(self.daemon.config, "w") as f:
            f.write("[claused]\nmap_mib = 1\n")
        self.client = self.daemon.fresh().client()

    def test_a_store_outgrows_the_map_it_began_with(self):
        loaded = self.client.load("profile", (profile("p-%05d" % i)
                                              for i in range(6000)))
        self.assertEqual((loaded.accepted, loaded.rejected), (6000, []))
        stats = self.ask("stats")
        self.assertEqual(stats["profiles"], 6000)
        self.assertGreater(stats["map_used"], 2 ** 20)
        self.assertGreater(stats["map_size"], 2 ** 20)
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        self.assertEqual(self.ask("stats")["profiles"], 6000)

    @unittest.skipIf(harness.SLOW, "sanitizers need terabytes")
    def test_a_process_that_may_not_map_so_much_maps_less(self):
        daemon = self.new_daemon()
        limited = os.path.join(daemon.home, "limited")
        with open(limited, "w") as f:
            f.write("#!/bin/sh\nulimit -v 4000000\nexec %s \"$@\"\n"
                    % daemon.binary)
        os.chmod(limited, 0o755)
        # Made with room to spare, served without.
        self.client = daemon.fresh().client()
        plenty = self.ask("stats")["map_size"]
        self.ask("profile.put", profile=profile("p-1"))
        self.assertEqual(daemon.stop(), 0)
        daemon.binary = limited
        self.client = daemon.start().client()
        self.assertLess(self.ask("stats")["map_size"], 4000000 * 1024)
        self.assertGreater(plenty, 2 ** 35)
        self.ask("profile.get", id="p-1")

    def test_a_rebuilt_index_answers_the_same(self):
        self.client.load("profile", (profile("p-%05d" % i)
                                     for i in range(3000)))
        self.client.load("structure", (structure(n) for n in range(1, 200)))
        self.ask("market.put", market=market())
        before = self.ask("match.market", market="M-1", on="2026-11-23")
        old = self.ask("stats")["generation"]
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.start("--rebuild").client()
        self.ask("profile.put", profile=profile("p-00000"))

        def rebuilt():
            stats = self.ask("stats")
            return stats["generation"] != old and not stats["rebuilding"]

        self.assertTrue(harness.until(rebuilt))
        self.assertEqual(self.ask("match.market", market="M-1",
                                  on="2026-11-23"), before)

    def used(self):
        stats = self.ask("stats")
        return stats["map_used"] - stats["map_free"]

    def test_used_pages_stay_within_the_data(self):
        chance = random.Random(11)
        self.client.load("profile", (profile("p-%05d" % i)
                                     for i in range(2000)))
        self.ask("market.put", market=market())
        greatest = 0
        for n in range(60):
            who = chance.sample(range(2000), 100)
            self.client.load("profile", (
                profile("p-%05d" % i, available_from="2027-01-%02d"
                        % (1 + (i + n) % 28)) for i in who))
            self.ask("match.people", market="M-1", lot=1, job=1)
            greatest = max(greatest, self.used())
        full = self.ask("stats")["map_used"]
        self.daemon.signal(signal.SIGUSR1)
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["map_used"] < full))
        # Compacted, the store is what it holds and nothing else.
        self.assertLess(greatest, 1.5 * self.used())

    def test_memory_of_its_own_stays_small(self):
        if harness.SLOW:
            self.skipTest("sanitizers have memory of their own")
        if not harness.own_proc():
            self.skipTest("this /proc is of other processes")
        self.client.load("profile", (profile("p-%05d" % i)
                                     for i in range(6000)))
        self.ask("market.put", market=market())
        self.ask("match.reasons", market="M-1")
        with open("/proc/%d/status" % self.daemon.process.pid) as f:
            anonymous = [line.split()[1] for line in f
                         if line.startswith("RssAnon")]
        self.assertLess(int(anonymous[0]), 256 * 1024)


class Signals(harness.Transcript):
    def new_daemon(self, *args, **options):
        daemon = super().new_daemon(*args, **options)
        daemon.config = os.path.join(daemon.home, "conf")
        self.configure("", daemon)
        return daemon

    def configure(self, text, daemon=None):
        with open((daemon or self.daemon).config, "w") as f:
            f.write("[claused]\nslow_ms = 100000\n" + text)

    def test_sigterm_answers_or_refuses_what_is_in_flight(self):
        acknowledged = []
        with harness.Raw(self.daemon.endpoint) as raw:
            for i in range(200):
                raw.ask("market.put", {"market": market("m-%d" % i)}, i=i,
                        k="k-%d" % i)
            raw.receive()
            acknowledged.append(0)
            self.assertEqual(self.daemon.stop(), 0)
            while True:
                reply = raw.receive(0.5)
                if reply is None:
                    break
                if reply[0]["s"] == 0:
                    acknowledged.append(reply[0]["i"])
                else:
                    self.assertEqual(reply[1]["name"], "STOPPING")
        self.client = self.daemon.restart().client()
        for i in acknowledged:
            self.ask("market.get", id="m-%d" % i)

    def test_sigint_is_a_clean_stop_too(self):
        self.daemon.signal(signal.SIGINT)
        self.assertEqual(self.daemon.wait(), 0)

    def score(self):
        answer = self.ask("match.structures", market="M-1")
        return answer["lot"]["structures"][0]

    def test_sighup_reads_the_configuration_again(self):
        self.ask("structure.put", structure=structure(free_hours=1))
        self.ask("market.put", market=market())
        before = self.score()
        self.configure("[weights.structures]\nactivity = 1000\ncoverage = 0\n"
                       "proximity = 0\ncapacity = 0\njobs = 0\n")
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: self.score()["score"] != before["score"]))
        self.assertEqual(self.score()["score"],
                         self.score()["components"]["activity"])

    def test_sighup_with_a_wrong_configuration_keeps_the_old_one(self):
        self.ask("structure.put", structure=structure())
        self.ask("market.put", market=market())
        before = self.score()
        self.configure("[weights.structures]\nactivity = 7\n")
        lines = len(self.daemon.log())
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: len(self.daemon.log()) > lines))
        self.assertEqual(self.score(), before)

    def holds(self, marker):
        return any(marker in content for _, content in self.daemon.files())

    def test_after_compaction_no_file_holds_what_was_erased(self):
        marker = "zq-marker-7731"
        self.ask("profile.put", profile=profile(marker))
        self.ask("profile.put", profile=profile("p-stays"))
        self.assertTrue(self.holds(marker.encode()))
        self.ask("profile.erase", id=marker)
        self.daemon.signal(signal.SIGUSR1)
        self.assertTrue(harness.until(
            lambda: not self.holds(marker.encode())),
            "the marker is still in a file")
        self.ask("profile.get", id="p-stays")
        self.refused("NOT_FOUND", "profile.get", id=marker)
        self.ask("profile.put", profile=profile("p-new"))
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        self.assertEqual(self.ask("stats")["profiles"], 2)
        self.assertFalse(self.holds(marker.encode()))


class Logs(harness.Transcript):
    CANARIES = ("canary-id-1", "canary-id-2", "canary.name", "M4242",
                "canary@example.org")

    def test_lines_carry_a_priority(self):
        self.assertEqual(self.daemon.stop(), 0)
        for line in self.daemon.log().splitlines():
            self.assertRegex(line, r"^<[0-7]>\S")

    def test_nothing_about_a_person_is_logged(self):
        one, two, name, rome, mail = self.CANARIES
        self.ask("market.put", market=market())
        self.ask("profile.put", profile=profile(one))
        self.refused("BAD_ROME", "profile.put",
                     profile=profile(two, rome=[rome + "x"]))
        self.refused("PII_FORBIDDEN", "profile.put",
                     profile=dict(profile(two), email=mail))
        self.refused("UNKNOWN_COMMUNE", "profile.put",
                     profile=dict(profile(two), commune="99999"))
        self.ask("import.apply", entity="profile", rows=[
            profile(two), dict(profile(one), name=name)])
        self.ask("match.people", market="M-1", on="2026-11-23")
        self.ask("match.explain", market="M-1", profile=one)
        self.ask("match.reasons", market="M-1")
        self.refused("NOT_FOUND", "match.explain", market="M-1",
                     profile=one + "x")
        self.ask("match.reverse", profile=one)
        self.refused("NOT_FOUND", "match.reverse", profile=one + "x")
        self.ask("profile.erase", id=one)
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.send(b"CLAUSE01", {"i": 1, "m": "profile.put", "k": two},
                     b"\x81\xa7profile\x81\xa2id\xab" + one.encode() + b"\xc1")
            raw.receive()
        self.assertEqual(self.daemon.stop(), 0)
        log = self.daemon.log()
        for canary in self.CANARIES:
            self.assertNotIn(canary, log)

    def test_refusals_do_not_repeat_what_they_refuse_of_a_person(self):
        for bad in (dict(profile(), email="canary@example.org"),
                    dict(profile(), rome=["canary"]),
                    dict(profile(), commune="canar"),
                    dict(profile(), registered_on="canary"),
                    dict(profile(), criteria=[{"code": "canary"}])):
            try:
                self.ask("profile.put", profile=bad)
            except harness.claused.Refused as e:
                self.assertNotIn("canar", str(e))
            else:
                self.fail("%r was accepted" % bad)

    def test_slow_requests_are_logged_without_what_they_hold(self):
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.config = os.path.join(self.daemon.home, "conf")
        with open(self.daemon.config, "w") as f:
            f.write("[claused]\nslow_ms = 1\n")
        self.client = self.daemon.restart().client()
        self.ask("import.apply", entity="profile", rows=[
            profile("canary-%d" % i) for i in range(1000)])
        self.assertEqual(self.daemon.stop(), 0)
        self.assertIn("import.apply", self.daemon.log())
        self.assertNotIn("canary", self.daemon.log())


if __name__ == "__main__":
    harness.main()
