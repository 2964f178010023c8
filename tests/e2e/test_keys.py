"""Who is let in: nobody without a key, unless the daemon was told so."""
import datetime
import os
import re
import signal
import subprocess

import harness
import claused
import zmq

DAY = datetime.timedelta(days=1)


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


class Development(harness.Transcript):
    """Without keys: on this machine only, asked for, and shouted about."""

    def test_nobody_serves_without_keys_by_accident(self):
        daemon = self.new_daemon()
        daemon.development = False
        daemon.launch("--init")
        self.assertEqual(daemon.wait(), 78)
        self.assertIn("--development", daemon.log())

    def test_without_keys_the_network_is_not_listened_to(self):
        for listen in ("tcp://*:*", "tcp://0.0.0.0:*", "tcp://10.0.0.1:*",
                       "tcp://127.example.org:*", "tcp://[::]:*"):
            with self.subTest(listen):
                daemon = self.new_daemon()
                daemon.launch("--init", listen=listen)
                self.assertEqual(daemon.wait(), 78, daemon.log())

    def test_the_log_shouts_at_each_start_whatever_its_level(self):
        daemon = self.new_daemon()
        with open(daemon.home + "/conf", "w") as conf:
            conf.write("[claused]\nlog_level = 3\n")
        daemon.config = daemon.home + "/conf"
        daemon.fresh()
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.log().count("NEVER SERVE REAL PEOPLE"), 2)


class Keyed(harness.Transcript):
    """A daemon with keys, its first admin, and clients of every sort."""

    settings = ()

    def setUp(self):
        self.daemon = self.new_daemon().keyed(*self.settings).fresh()
        self.client = self.daemon.as_key("root")

    def register(self, name, role="portal", territories=("DEP:76",), **more):
        pair = self.daemon.pair(name)
        return self.ask("key.put", key=dict(
            more, id=name, public_key=pair["public"], role=role,
            territories=list(territories)))

    def silent(self, **options):
        """Whoever connects like this is never answered."""
        with harness.Raw(self.daemon.endpoint, **options) as raw:
            raw.ask("ping", {})
            self.assertIsNone(raw.receive(0.5), options)

    def curve(self, public, secret):
        return {"CURVE_PUBLICKEY": public, "CURVE_SECRETKEY": secret,
                "CURVE_SERVERKEY": self.daemon.server_key.encode()}


class Handshake(Keyed):
    def test_whoever_has_a_key_is_known_by_it(self):
        self.assertEqual(self.ask("hello")["key"], "conf:root")
        self.assertEqual(self.ask("hello")["role"], "admin")
        self.register("one")
        said = self.daemon.as_key("one").hello()
        self.assertEqual((said["key"], said["role"]), ("one", "portal"))
        self.assertEqual(said["request_bytes"], 64 * 1024)

    def test_strangers_get_nothing(self):
        public, secret = zmq.curve_keypair()
        self.silent(**self.curve(public, secret))
        self.silent()
        self.silent(PLAIN_USERNAME=b"root", PLAIN_PASSWORD=b"root")
        self.assertTrue(harness.until(
            lambda: self.ask("stats")["handshakes_failed"] >= 3))
        self.ask("ping")

    def test_another_servers_key_reaches_nobody(self):
        self.register("one")
        wrong = self.daemon.client(
            identity=self.daemon.home + "/one.key", deadline=0.5, retries=0,
            server_key=zmq.curve_keypair()[0].decode())
        with self.assertRaises(claused.Timeout):
            wrong.ping()

    def test_a_key_is_good_from_its_first_day_to_its_last(self):
        on = today()
        for name, days, good in (
                ("over", {"until": on - DAY}, False),
                ("early", {"from": on + 2 * DAY}, False),
                ("last", {"until": on + DAY}, True),
                ("first", {"from": on}, True)):
            with self.subTest(name):
                days = {k: v.isoformat() for k, v in days.items()}
                self.register(name, **days)
                if good:
                    self.daemon.as_key(name).ping()
                    continue
                client = self.daemon.as_key(name, deadline=0.5, retries=0)
                with self.assertRaises(claused.Timeout):
                    client.ping()

    def test_the_daemon_serves_several_doors_with_the_same_keys(self):
        daemon = self.new_daemon().keyed()
        daemon.launch("--init", listen="tcp://127.0.0.1:* ipc://%s/door"
                      % daemon.home)
        said = harness.lines_within(daemon.process.stdout, 20).split()
        self.assertEqual(len(said), 3, daemon.log())
        for daemon.endpoint in said[1:]:
            daemon.as_key("root").ping()
            with harness.Raw(daemon.endpoint) as raw:
                raw.ask("ping", {})
                self.assertIsNone(raw.receive(0.3))


class Rotation(Keyed):
    """A new server key beside the old one, until every client has it."""

    def serve(self, *more, doors):
        """With these settings more; what the daemon listens at."""
        with open(self.daemon.config) as file:
            lines = [line for line in file.read().splitlines()
                     if line.split(" ")[0] not in
                     ("server_key", "old_server_key", "old_listen")]
        lines[1:1] = more
        with open(self.daemon.config, "w") as file:
            print(*lines, sep="\n", file=file)
        self.daemon.launch(listen=doors)
        said = harness.lines_within(self.daemon.process.stdout,
                                    harness.PATIENCE_S)
        self.assertTrue(said, self.daemon.log())
        return said.split()[1:]

    def known_by(self, public, endpoint, **options):
        """A client of key `one` that has this of the daemon's."""
        self.daemon.server_key, self.daemon.endpoint = public, endpoint
        return self.daemon.as_key("one", **options)

    def shut(self, public, endpoint):
        client = self.known_by(public, endpoint, deadline=0.5, retries=0)
        with self.assertRaises(claused.Timeout):
            client.ping()

    def test_clients_go_over_to_the_new_key_and_the_old_one_ends(self):
        self.register("one")
        first = "ipc://%s/first" % self.daemon.home
        second = "ipc://%s/second" % self.daemon.home
        old, new = self.daemon.server_key, self.daemon.pair("new")
        before = "server_key = %s/server.key" % self.daemon.home
        after = "server_key = " + new["file"]
        self.daemon.stop()
        self.assertEqual(self.serve(before, doors=first), [first])
        slow = self.known_by(old, first)
        slow.ping()
        self.daemon.stop()
        doors = self.serve(after, "old_" + before, "old_listen = " + first,
                           doors=second)
        self.assertEqual(doors, [second, first])
        self.assertNotIn("comes by the old", self.daemon.log())
        for _ in range(2):
            slow.ping()
            self.known_by(old, first).ping()
        quick = self.known_by(new["public"], second)
        self.assertEqual(quick.hello()["key"], "one")
        self.assertEqual(self.daemon.log().count(
            "key one comes by the old server key"), 1)
        self.shut(new["public"], first)
        self.shut(old, second)
        self.daemon.stop()
        self.assertEqual(self.serve(after, doors=second), [second])
        quick.ping()
        self.shut(old, first)
        self.shut(old, second)

    def test_half_a_rotation_is_refused(self):
        self.daemon.stop()
        server = "server_key = %s/server.key" % self.daemon.home
        ipc = "ipc://%s/door" % self.daemon.home
        for more in (["old_listen = " + ipc], ["old_" + server],
                     ["old_listen = " + ipc, "old_server_key = /none"]):
            with self.subTest(more):
                with open(self.daemon.config, "w") as file:
                    print("[claused]", server, *more, sep="\n", file=file)
                self.daemon.launch()
                self.assertEqual(self.daemon.wait(), 78)
                self.assertIn("old_server_key" if "/none" not in more[-1]
                              else "/none", self.daemon.log())


class Change(Keyed):
    """What an admin changes holds for connections that are open."""

    def test_a_revoked_key_is_refused_at_its_next_request(self):
        self.register("one")
        one = self.daemon.as_key("one")
        one.ping()
        self.ask("key.revoke", id="one")
        for method in ("ping", "market.get", "no.such", "market.put"):
            with self.assertRaises(claused.Refused) as caught:
                one.call(method, {"id": "M-1"})
            self.assertEqual(caught.exception.name, "KEY_ENDED")
            self.assertEqual(caught.exception.status_name, "UNAUTHENTICATED")
        again = self.daemon.as_key("one", deadline=0.5, retries=0)
        with self.assertRaises(claused.Timeout):
            again.ping()
        self.refused("KEY_REVOKED", "key.put", field="key.id", key={
            "id": "one", "role": "portal",
            "public_key": self.daemon.pair("one-again")["public"]})
        rev = self.ask("key.revoke", id="one")["rev"]
        self.assertEqual(self.ask("stats")["revision"], rev)

    def test_days_and_role_change_at_the_next_request(self):
        self.register("one", role="facilitator")
        one = self.daemon.as_key("one")
        one.profile.list()
        row = self.ask("key.list")["rows"][0]
        self.ask("key.put", key=dict(row, role="portal"))
        with self.assertRaises(claused.Refused) as caught:
            one.profile.list()
        self.assertEqual(caught.exception.name, "FORBIDDEN")
        self.ask("key.put", key=dict(row, until=(today() - DAY).isoformat()))
        with self.assertRaises(claused.Refused) as caught:
            one.ping()
        self.assertEqual(caught.exception.name, "KEY_ENDED")
        self.ask("key.put", key=row)
        one.profile.list()

    def test_another_pair_under_the_same_id_ends_the_first(self):
        self.register("one")
        one = self.daemon.as_key("one")
        one.ping()
        row = self.ask("key.list")["rows"][0]
        other = self.daemon.pair("other")
        self.ask("key.put", key=dict(row, public_key=other["public"]))
        with self.assertRaises(claused.Refused):
            one.ping()
        self.assertEqual(self.daemon.as_key("other").hello()["key"], "one")

    def test_the_admins_of_the_file_change_with_it(self):
        other = self.daemon.pair("other")
        self.ask("ping")
        with open(self.daemon.config) as file:
            text = file.read()
        with open(self.daemon.config, "w") as file:
            file.write(re.sub("root = .*", lambda _: "other = "
                              + other["public"], text))
        self.daemon.signal(signal.SIGHUP)
        self.assertTrue(harness.until(
            lambda: "read again" in self.daemon.log()))
        with self.assertRaises(claused.Refused) as caught:
            self.client.ping()
        self.assertEqual(caught.exception.name, "KEY_ENDED")
        self.assertEqual(self.daemon.as_key("other").hello()["key"],
                         "conf:other")

    def test_keys_survive_a_restart(self):
        self.register("one")
        self.register("two")
        self.ask("key.revoke", id="two")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.daemon.as_key("one").ping()
        with self.assertRaises(claused.Timeout):
            self.daemon.as_key("two", deadline=0.5, retries=0).ping()

    def test_what_is_no_key_is_refused(self):
        good = self.daemon.pair("good")["public"]
        self.register("taken")
        taken = self.ask("key.list")["rows"][0]["public_key"]
        for name, field, change in (
                ("BAD_KEY", "key.public_key", {"public_key": "x" * 39 + " "}),
                ("BAD_KEY", "key.public_key", {"public_key": "#" * 40}),
                ("RANGE", "key.public_key", {"public_key": "x" * 41}),
                ("KEY_TAKEN", "key.public_key", {"public_key": taken}),
                ("BAD_CODE", "key.role", {"role": "root"}),
                ("CODE_UNTYPED", "key.territories[1]",
                 {"territories": ["76"]}),
                ("BAD_DEPT", "key.territories[1]",
                 {"territories": ["DEP:00"]}),
                ("BAD_CODE", "key.grants[1]", {"grants": ["all"]}),
                ("BAD_ORDER", "key.from", {"from": "2027-01-02",
                                           "until": "2027-01-01"})):
            with self.subTest(str(change)):
                key = {"id": "k", "role": "portal", "public_key": good}
                self.refused(name, "key.put", field=field,
                             key=dict(key, **change))
        self.refused("NOT_FOUND", "key.revoke", field="id", id="nobody")

    def test_an_admin_of_a_territory_makes_keys_of_it_alone(self):
        self.register("local", role="admin")
        everywhere = self.client
        self.client = self.daemon.as_key("local")
        self.register("inside", territories=["COM:76540"])
        for where in (["DEP:27"], ["COM:76540", "DEP:27"], ["FR"], []):
            self.refused("NOT_FOUND", "key.put", field="key", key={
                "id": "wide", "role": "portal", "territories": where,
                "public_key": self.daemon.pair("wide")["public"]})
        self.client = everywhere
        self.register("outside", territories=["DEP:27"])
        self.client = self.daemon.as_key("local")
        self.assertEqual([k["id"] for k in self.ask("key.list")["rows"]],
                         ["inside", "local"])
        self.refused("NOT_FOUND", "key.revoke", field="id", id="outside")


class Replies(Keyed):
    """What belongs to a key, and what to a connection."""

    market = {"id": "M-1", "object": "x", "lots": [{"places": ["DEP:76"]}]}

    def test_an_idempotency_key_is_its_callers_over_every_connection(self):
        self.register("one")
        self.register("two")
        first = self.daemon.as_key("one").call(
            "market.put", {"market": self.market}, key="same")
        again = self.daemon.as_key("one").call(
            "market.put", {"market": self.market}, key="same")
        self.assertEqual(again, first)
        other = self.daemon.as_key("two").call(
            "market.put", {"market": self.market}, key="same")
        self.assertGreater(other["rev"], first["rev"])
        self.assertFalse(other["created"])

    def test_nobody_is_answered_under_a_name_of_its_own(self):
        """Replies go by these names: who could choose one could take them.
        Whoever chooses one like those that the socket gives, five bytes from
        0, has to guess 32 bits that are seeded by the kernel."""
        self.register("one")
        with open(self.daemon.home + "/one.key") as file:
            secret = file.read().strip().encode()
        curve = self.curve(zmq.curve_public(secret), secret)
        plain = self.new_daemon().fresh()
        for chosen in (b"same", b"fives", b"x" * 255):
            for endpoint, keys in ((self.daemon.endpoint, curve),
                                   (plain.endpoint, {})):
                with harness.Raw(endpoint, ROUTING_ID=chosen, **keys) as raw:
                    raw.ask("ping", {})
                    raw.send(b"bad")
                    self.assertIsNone(raw.receive(0.3), chosen)
        with harness.Raw(self.daemon.endpoint, **curve) as raw:
            raw.ask("ping", {})
            self.assertIsNotNone(raw.receive())


class Quota(Keyed):
    settings = ("[quota.facilitator]", "rate = 1", "burst = 3")

    def test_who_asks_too_often_is_told_to_wait(self):
        self.register("fast", role="facilitator")
        fast = self.daemon.as_key("fast", retries=0)
        got = list(fast.many([("ping", {"echo": str(i)})
                              for i in range(30)], window=8))
        refused = [g for g in got if isinstance(g, claused.Refused)]
        self.assertGreaterEqual(len(refused), 20)
        self.assertLess(len(refused), 30)
        self.assertEqual({(r.name, r.retry) for r in refused},
                         {("BUSY", True)})
        self.assertEqual(self.ask("stats")["over_quota"], len(refused))
        self.register("other", role="portal")
        self.daemon.as_key("other").ping()

    def test_clausectl_waits_until_it_may(self):
        self.register("fast", role="facilitator")
        for _ in range(5):
            subprocess.run(
                [os.path.join(harness.BUILD, "clausectl"), "--connect",
                 self.daemon.endpoint, "--identity", "fast.key",
                 "--server-key", self.daemon.server_key, "ping"],
                cwd=self.daemon.home, timeout=harness.PATIENCE_S, check=True,
                stdout=subprocess.DEVNULL)
        self.assertGreater(self.ask("stats")["over_quota"], 0)

    def test_bad_requests_are_counted_too(self):
        self.register("fast", role="facilitator")
        fast = self.daemon.as_key("fast", retries=0)
        got = list(fast.many([("no.such", {})] * 30, window=8))
        self.assertIn("BUSY", {g.name for g in got})


class Files(Keyed):
    """The secret files, and what clausectl does with them."""

    def ctl_as(self, name, *args, status=0, env=None):
        done = subprocess.run(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--identity", name + ".key",
             "--server-key", self.daemon.server_key, *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.daemon.home, timeout=harness.PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return (done.stdout + done.stderr).decode()

    def test_clausectl_makes_lists_and_revokes_keys(self):
        said = self.ctl_as("root", "key", "new", "portal-1", "--role",
                           "portal", "--territory", "DEP:76,DEP:27",
                           "--grant", "pseudonyms", "--until", "2099-01-31")
        self.assertIn("portal-1.key", said)
        mode = os.stat(self.daemon.home + "/portal-1.key").st_mode & 0o777
        self.assertEqual(mode, 0o600)
        key = self.ask("key.list")["rows"][0]
        self.assertEqual(key["territories"], ["DEP:76", "DEP:27"])
        self.assertEqual(key["grants"], ["pseudonyms"])
        self.assertIn("answers", self.ctl_as("portal-1", "ping"))
        self.ctl_as("portal-1", "key", "list", status=77)
        self.assertIn("2099-01-31", self.ctl_as("root", "key", "list"))
        self.ctl_as("root", "key", "new", "portal-1", "other.key", "--role",
                    "portal", status=5)
        self.assertFalse(os.path.exists(self.daemon.home + "/other.key"))
        self.ctl_as("root", "key", "new", "x", "portal-1.key", "--role",
                    "portal", status=74)
        self.ctl_as("root", "key", "revoke", "portal-1")
        self.assertIn("in force", self.ctl_as("portal-1", "ping", status=77))

    def test_a_holder_may_make_the_pair(self):
        self.ctl_as("root", "key", "pair", "mine.key")
        with open(self.daemon.home + "/mine.key.pub") as file:
            public = file.read().strip()
        self.ctl_as("root", "key", "new", "mine", "--role", "batch",
                    "--territory", "FR", "--public-key", public)
        self.ctl_as("mine", "market", "list")

    def test_a_secret_that_others_may_read_is_not_used(self):
        os.chmod(self.daemon.home + "/root.key", 0o640)
        self.assertIn("chmod 600", self.ctl_as("root", "ping", status=74))
        with self.assertRaises(PermissionError):
            self.daemon.as_key("root")
        self.daemon.stop()
        for change in (lambda f: os.chmod(f, 0o640),
                       lambda f: os.chmod(f, 0o604), os.unlink):
            change(self.daemon.home + "/server.key")
            self.daemon.launch()
            self.assertEqual(self.daemon.wait(), 78)
            self.assertIn("server_key", self.daemon.log())

    def test_the_log_holds_no_key(self):
        self.register("one")
        self.daemon.as_key("one").ping()
        self.silent()
        self.daemon.stop()
        keys = [row["public_key"] for row in ()]
        for name in os.listdir(self.daemon.home):
            if name.endswith(".key"):
                with open(os.path.join(self.daemon.home, name)) as file:
                    secret = file.read().strip()
                keys += [secret, zmq.curve_public(secret.encode()).decode()]
        self.assertGreaterEqual(len(keys), 6)
        for key in keys:
            self.assertNotIn(key[:12], self.daemon.log())


if __name__ == "__main__":
    harness.main()
