"""What the end-to-end tests stand on: a real daemon in a fresh store, and
transcripts: `ask` must succeed, `refused` must not.

The build to test is in CLAUSED_BUILD (default: build).
"""
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, os.environ.get("CLAUSED_BUILD", "build"))
sys.path.insert(0, os.path.join(TOP, "clients", "python"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import claused  # noqa: E402
import msgpack  # noqa: E402
import zmq  # noqa: E402

# Under a sanitizer or valgrind all is slower, and memory is another;
# nothing here is about speed.
SLOW = any(how in BUILD for how in ("asan", "tsan", "valgrind"))
PATIENCE_S = 120 if SLOW else 60
STOP_S = 5


def lines_within(stream, seconds):
    """The first line of a pipe, or '' when the time is over or it closed."""
    ready, _, _ = select.select([stream], [], [], seconds)
    return stream.readline().decode() if ready else ""


def own_proc():
    """Is /proc there, and does it number processes as this one does?"""
    try:
        return os.readlink("/proc/self") == str(os.getpid())
    except OSError:
        return False


class Daemon:
    """One store directory, and the daemon that serves it from time to time."""

    development = True  # nobody is asked for a key

    def __init__(self, binary="claused", env=None, config=None, store=None):
        self.binary = os.path.join(BUILD, binary)
        self.home = tempfile.mkdtemp(prefix="claused-e2e-")
        self.store = store or os.path.join(self.home, "store")
        self.env = dict(os.environ, **(env or {}))
        self.config = config
        self.log_path = os.path.join(self.home, "log")
        self.process = None
        self.endpoint = None
        self.clients = []
        self.open = []

    def launch(self, *flags, listen="tcp://127.0.0.1:*"):
        """Start it and return the process, whatever becomes of it."""
        argv = [self.binary, "--store", self.store, "--listen", listen]
        if self.development:
            argv += ["--development"]
        if self.config:
            argv += ["--config", self.config]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                argv + list(flags), stdout=subprocess.PIPE, stderr=log,
                env=self.env)
        return self.process

    def start(self, *flags, listen="tcp://127.0.0.1:*"):
        """Start it and wait for its one line."""
        self.launch(*flags, listen=listen)
        line = lines_within(self.process.stdout, PATIENCE_S)
        said = re.fullmatch(r"listening (\S+)\n", line)
        if not said:
            self.kill()
            raise AssertionError("no `listening` line but %r; log:\n%s"
                                 % (line, self.log()))
        self.endpoint = said.group(1)
        return self

    def fresh(self):
        return self.start("--init")

    def wait(self, seconds=PATIENCE_S):
        """The exit status, once it has ended by itself."""
        try:
            return self.process.wait(seconds)
        finally:
            if self.process.poll() is not None:
                self.process.stdout.close()

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGTERM; the exit status, None when it took longer than allowed."""
        self.signal(signal.SIGTERM)
        try:
            return self.wait(STOP_S * (6 if SLOW else 1))
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def kill(self):
        self.process.kill()
        return self.wait()

    def restart(self, binary=None, env=None):
        if binary:
            self.binary = os.path.join(BUILD, binary)
            self.env = dict(os.environ, **(env or {}))
        return self.start()

    def restart_waiting(self):
        """With the daemon that waits within builds and batches, until what is
        returned is called."""
        fifo = os.path.join(self.home, "fifo")
        os.mkfifo(fifo)
        self.restart("tests/claused-waits", {"CLAUSED_TEST_FIFO": fifo})
        return lambda: self.open.append(os.open(fifo, os.O_RDWR))

    def keyed(self, *settings):
        """Serve with keys: root is its first admin, and SETTINGS are lines of
        its configuration."""
        self.development = False
        server = self.pair("server")
        self.server_key = server["public"]
        root = self.pair("root")
        self.config = os.path.join(self.home, "claused.conf")
        with open(self.config, "w") as file:
            print("[claused]", "server_key = " + server["file"], *settings,
                  "[quota.admin]", "rate = 1000", "burst = 1000",
                  "[admins]", "root = " + root["public"], sep="\n", file=file)
        return self

    def pair(self, name):
        """A pair in a file of its own: {file, public}."""
        public, secret = zmq.curve_keypair()
        path = os.path.join(self.home, name + ".key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            print(secret.decode(), file=file)
        return {"file": path, "public": public.decode()}

    def as_key(self, name, **options):
        """A client that shows the key of that name."""
        return self.client(identity=os.path.join(self.home, name + ".key"),
                           server_key=self.server_key, **options)

    def client(self, **options):
        options.setdefault("deadline", PATIENCE_S)
        client = claused.connect(self.endpoint, **options)
        self.clients.append(client)
        return client

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def files(self):
        """Every file of the store and its bytes; one that goes away
        meanwhile holds nothing."""
        for folder, _, names in os.walk(self.store):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    with open(path, "rb") as f:
                        content = f.read()
                except FileNotFoundError:
                    continue
                yield path, content

    def check(self):
        """claused --check: the exit status and what it said."""
        done = subprocess.run([self.binary, "--check", "--store", self.store],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=6 * PATIENCE_S, env=self.env)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def close(self):
        """Stop it if it runs; the exit status, None when it did not run.  A
        store that was left in order must be in order."""
        status = None
        for client in self.clients:
            client.close()
        if self.process and self.process.poll() is None:
            status = self.stop()
            if status == 0:
                sound, said, log = self.check()
                assert sound == 0, said + log
        elif self.process:
            self.process.stdout.close()
        while self.open:
            os.close(self.open.pop())
        self.last_words = self.log() if status else ""
        shutil.rmtree(self.home, ignore_errors=True)
        return status


class Raw:
    """A socket that says whatever it is told to."""

    def __init__(self, endpoint, kind=zmq.DEALER, **options):
        self.socket = zmq.Context.instance().socket(kind)
        self.socket.setsockopt(zmq.LINGER, 0)
        for name, value in options.items():
            self.socket.setsockopt(getattr(zmq, name), value)
        self.socket.connect(endpoint)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *frames):
        self.socket.send_multipart([f if isinstance(f, bytes)
                                    else msgpack.packb(f) for f in frames])

    def ask(self, method, params, **header):
        header.setdefault("i", 1)
        self.send(b"CLAUSE01", dict(header, m=method), params)

    def receive(self, seconds=PATIENCE_S):
        """Header and body of the next reply; None when there is none."""
        if not self.socket.poll(int(seconds * 1000)):
            return None
        frames = self.socket.recv_multipart()
        if frames[0] == b"":
            frames = frames[1:]
        assert frames[0] == b"CLAUSE01" and len(frames) == 3, frames
        return (msgpack.unpackb(frames[1]),
                msgpack.unpackb(frames[2], strict_map_key=False))

    def body_bytes(self, seconds=PATIENCE_S):
        assert self.socket.poll(int(seconds * 1000)), "no reply"
        return self.socket.recv_multipart()[-1]


class Transcript(unittest.TestCase):
    """A test that is a conversation with one daemon of its own."""

    maxDiff = None
    shared = False
    daemon = None

    @classmethod
    def setUpClass(cls):
        if cls.shared:
            cls.daemon = Daemon().fresh()
            cls.client = cls.daemon.client()

    @classmethod
    def tearDownClass(cls):
        if cls.shared:
            status = cls.daemon.close()
            assert status == 0, "the daemon ended with %r:\n%s" % (
                status, cls.daemon.last_words)

    def setUp(self):
        if not self.shared:
            self.daemon = self.new_daemon().fresh()
            self.client = self.daemon.client()

    def empty(self):
        """Of a shared daemon: nothing is left of the test before."""
        for entity, remove in (("structure", "delete"), ("market", "delete"),
                               ("facilitator", "delete"),
                               ("profile", "erase")):
            for row in list(self.client.each(entity + ".list")):
                id = row.get("id") or row["siret"] + "-" + row["kind"]
                self.ask("%s.%s" % (entity, remove), id=id)

    def new_daemon(self, *args, **options):
        daemon = Daemon(*args, **options)
        self.addCleanup(self.end, daemon)
        return daemon

    def end(self, daemon):
        running = daemon.process and daemon.process.poll() is None
        status = daemon.close()
        if running:
            self.assertEqual(status, 0, "SIGTERM: the daemon ends with 0\n" +
                             daemon.last_words)

    def call(self, method, params):
        """An answer or an exception, at once when the daemon has died."""
        try:
            self.assertIsNone(self.daemon.process.poll(),
                              "the daemon has died:\n" + self.daemon.log())
            return self.client.call(method, params)
        except claused.Timeout:
            if self.daemon.process.poll() is not None:
                self.fail("the daemon died:\n" + self.daemon.log())
            raise

    def ask(self, method, **params):
        """The result; a refusal is the test's failure."""
        return self.call(method, params)

    def refused(self, name, method, *, field=None, **params):
        """The refusal NAME, whose first problem is at FIELD and says what
        to do about it."""
        try:
            answer = self.call(method, params)
        except claused.Refused as e:
            self.assertEqual(e.name, name, e)
            self.assertTrue(e.message, "every refusal has a text")
            if field is not None:
                self.assertTrue(e.data, "a refused field is told")
                self.assertEqual(e.data[0].get("field"), field, e)
                self.assertTrue(e.data[0].get("hint"), e)
            return e
        self.fail("%s was accepted: %r" % (method, answer))

    def ctl(self, *args, lang="en", status=0):
        """What clausectl prints."""
        done = subprocess.run(
            [os.path.join(BUILD, "clausectl"), "--connect",
             self.daemon.endpoint, "--lang", lang, *args],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=self.daemon.home, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.decode()

    def revision(self):
        return self.ask("stats").get("revision", 0)


def until(condition, seconds=PATIENCE_S):
    """Wait for what another process does; True when it came."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        os.sched_yield()
    return True


def main():
    unittest.main(argv=sys.argv)
