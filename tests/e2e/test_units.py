"""What the timers run, as systemd would run it: with the key and the names
that each unit loads, in a directory that no unit but it can enter."""
import glob
import os
import shlex
import shutil
import subprocess
import unittest

import harness
from examples import profile

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
UNITS = os.path.join(harness.TOP, "packaging")


def settings(unit):
    """The unit's lines, as (name, value)."""
    with open(os.path.join(UNITS, unit)) as f:
        lines = [line.strip() for line in f]
    return [tuple(line.split("=", 1)) for line in lines
            if "=" in line and not line.startswith("#")]


class Timers(harness.Transcript):
    def setUp(self):
        self.daemon = self.new_daemon().keyed().fresh()
        self.etc = self.daemon.home
        for name, public in (("night", None),
                             ("server", self.daemon.server_key)):
            pair = self.daemon.pair(name) if not public else {"public": public}
            with open(os.path.join(self.etc, name + ".key.pub"), "w") as f:
                print(pair["public"], file=f)
            if not public:
                self.daemon.as_key("root").call("key.put", {"key": {
                    "id": name, "public_key": pair["public"],
                    "role": "batch", "territories": ["FR"]}})

    def loaded(self, unit):
        """The directory of its credentials, as systemd leaves it: readable
        by root's group, which has nobody in it."""
        there = os.path.join(self.daemon.home, "credentials", unit)
        os.makedirs(there)
        for name, value in settings(unit):
            if name != "LoadCredential":
                continue
            name, path = value.split(":")
            self.assertEqual(os.path.dirname(path), "/etc/claused")
            path = os.path.join(self.etc, os.path.basename(path))
            with open(path, "rb") as f, \
                    open(os.path.join(there, name), "wb") as out:
                out.write(f.read())
            os.chmod(os.path.join(there, name), 0o440)
        return there

    def run_unit(self, unit):
        there = self.loaded(unit)
        env = dict(os.environ, CREDENTIALS_DIRECTORY=there,
                   CLAUSED_ENDPOINT=self.daemon.endpoint)
        for name, value in settings(unit):
            if name == "Environment":
                name, value = value.replace("%d", there).split("=", 1)
                env[name] = value
        for name, value in settings(unit):
            if name != "ExecStart":
                continue
            argv = shlex.split(value)
            self.assertEqual(argv[0], "@PREFIX@/bin/clausectl")
            argv[0] = os.path.join(harness.BUILD, "clausectl")
            done = subprocess.run(argv, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, env=env,
                                  timeout=6 * harness.PATIENCE_S)
            self.assertEqual(done.returncode, 0, (unit, argv, done.stdout))

    def test_each_does_its_work_with_the_key_that_it_loads(self):
        timers = sorted(glob.glob(os.path.join(UNITS, "*.timer")))
        self.assertEqual(len(timers), 3)
        for timer in timers:
            self.run_unit(os.path.basename(timer).replace(".timer",
                                                          ".service.in"))


@unittest.skipUnless(shutil.which("logrotate", path=PATH),
                     "there is no logrotate")
class Rotation(harness.Transcript):
    def verify(self, path):
        return subprocess.run(
            [self.daemon.binary, "--store", self.daemon.store,
             "--verify-access", path], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=harness.PATIENCE_S).returncode

    def test_twelve_months_of_the_access_log_are_kept_and_each_is_whole(self):
        path = self.daemon.store + ".access.log"
        with open(os.path.join(UNITS, "claused.logrotate")) as f:
            text = f.read()
        tell = [l for l in text.splitlines() if "systemctl" in l]
        self.assertEqual(len(tell), 1)
        text = text.replace("/var/log/claused/access.log", path).replace(
            tell[0], "kill -HUP %d" % self.daemon.process.pid)
        config = os.path.join(self.daemon.home, "rotate")
        with open(config, "w") as f:
            f.write(text)
        os.chmod(config, 0o644)
        for month in range(15):
            self.ask("profile.put", profile=profile("p-%d" % month))
            before = os.stat(path).st_ino
            subprocess.run(["logrotate", "--force", "--state",
                            config + ".state", config], check=True,
                           env=dict(os.environ, PATH=PATH),
                           timeout=harness.PATIENCE_S)
            self.assertTrue(harness.until(
                lambda: os.path.exists(path) and os.path.getsize(path) and
                os.stat(path).st_ino != before))
        kept = glob.glob(path + ".*")
        self.assertEqual(len(kept), 11)
        for old in kept + [path]:
            self.assertEqual(self.verify(old), 0, old)


class Credentials(harness.Transcript):
    """Which files are taken for private."""

    def setUp(self):
        self.daemon = self.new_daemon().keyed().fresh()
        self.dir = os.path.join(self.daemon.home, "given")
        os.mkdir(self.dir)
        self.key = self.copy(self.dir)

    def copy(self, folder):
        path = os.path.join(folder, "root.key")
        with open(self.daemon.home + "/root.key", "rb") as f, \
                open(path, "wb") as out:
            out.write(f.read())
        return path

    def ctl(self, path, folder):
        return subprocess.run(
            [os.path.join(harness.BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--identity", path,
             "--server-key", self.daemon.server_key, "ping"],
            env=dict(os.environ, CREDENTIALS_DIRECTORY=folder),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            timeout=harness.PATIENCE_S).returncode

    def python(self, path, folder):
        old = os.environ.get("CREDENTIALS_DIRECTORY")
        os.environ["CREDENTIALS_DIRECTORY"] = folder
        try:
            self.daemon.client(identity=path,
                               server_key=self.daemon.server_key).ping()
        except PermissionError:
            return 74
        finally:
            if old is None:
                del os.environ["CREDENTIALS_DIRECTORY"]
            else:
                os.environ["CREDENTIALS_DIRECTORY"] = old
        return 0

    def test_a_credential_may_be_readable_for_its_group_and_nothing_more(self):
        beside = self.dir + "-of-others"
        os.mkdir(beside)
        rows = ((self.key, 0o440, 0), (self.key, 0o400, 0),
                (self.key, 0o600, 0), (self.key, 0o460, 74),
                (self.key, 0o450, 74), (self.key, 0o444, 74),
                (self.key, 0o441, 74),
                (self.copy(beside), 0o440, 74),
                (os.path.join(self.dir, "..", "root.key"), 0o440, 74))
        for path, mode, status in rows:
            os.chmod(path, mode)
            for how in (self.ctl, self.python):
                with self.subTest(path=path, mode=oct(mode), how=how):
                    self.assertEqual(how(path, self.dir), status)

    def test_the_daemon_asks_the_same_of_its_own(self):
        self.daemon.stop()
        server = self.daemon.home + "/server.key"
        for folder, mode, status in ((self.daemon.home, 0o440, None),
                                     (self.daemon.home, 0o460, 78),
                                     (self.daemon.home[:-1], 0o440, 78),
                                     ("", 0o440, 78)):
            os.chmod(server, mode)
            self.daemon.env["CREDENTIALS_DIRECTORY"] = folder
            if status is None:
                self.daemon.start()
                self.daemon.stop()
            else:
                self.daemon.launch()
                self.assertEqual(self.daemon.wait(), status, (folder, mode))


if __name__ == "__main__":
    harness.main()
