"""A claused of its own in a fresh store, spoken to in twenty lines."""

import os
import shutil
import subprocess
import sys
import tempfile

import msgpack
import zmq

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "clients", "python"))
import claused  # noqa: E402  (its path was just added)

WAIT_S = 60
MEMORY = "/dev/shm"
TABLES = {"centres": "centres", "rome_links": "rome-links",
          "sectors": "sectors"}
RULES = ("eligibility", "publics")  # whole tables


class Refused(Exception):
    """The daemon's refusal, by name."""


class Daemon:
    """`with Daemon("build") as d: d.load(rows); d.ask(verb, body)`."""

    def __init__(self, build):
        self.dir = tempfile.mkdtemp(
            prefix="claused-", dir=MEMORY if os.path.isdir(MEMORY) else None)
        self.said = open(os.path.join(self.dir, "log"), "wb")
        self.process = subprocess.Popen(
            [os.path.join(build, "claused"), "--store",
             os.path.join(self.dir, "store"), "--init",
             "--listen", "tcp://127.0.0.1:*", "--development"],
            stdout=subprocess.PIPE, stderr=self.said)
        line = self.process.stdout.readline().decode().split()
        if len(line) != 2 or line[0] != "listening":
            self.close()
            raise SystemExit("the daemon did not start: %r" % line)
        self.client = claused.connect(line[1], deadline=WAIT_S, retries=0)
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(line[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.socket.close()
        self.close()

    def close(self):
        """Stop it; a daemon that stops badly is a failure of the run."""
        self.process.terminate()
        try:
            status = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.process.stdout.close()
        self.said.close()
        with open(os.path.join(self.dir, "log"), errors="replace") as log:
            told = log.read()
        shutil.rmtree(self.dir, ignore_errors=True)
        if status != 0 and sys.exc_info()[0] is None:
            raise SystemExit("the daemon ended with %s:\n%s" % (
                status, told[-4000:]))

    # ---- Writing, through the module that portals use ---------------------

    def load(self, world, imports, version="test-1"):
        """WORLD: {"structures": [...], "profiles": ..., "markets": ...}."""
        for name, rows in imports.items():
            self._table(name, rows, version)
        for entity in ("structure", "profile", "market", "facilitator"):
            rows = world.get(entity + "s")
            if rows:
                loaded = self.client.load(entity, rows)
                if loaded.rejected:
                    raise SystemExit("refused: %r" % loaded.rejected[:3])
        if world.get("hours"):
            self.client.call("hours.record", {"entries": world["hours"]})

    def _table(self, name, rows, version):
        answer = self.client.call("reference.import", {
            "table": TABLES.get(name, name), "version": version,
            "source": "invented", "part": 1, "last": True,
            "rules" if name in RULES else name: rows})
        if answer.get("rejected"):
            raise SystemExit("refused: %r" % answer["rejected"][:3])

    # ---- Asking, bytes for bytes ------------------------------------------

    def raw(self, questions):
        """The reply bodies to (verb, body) pairs, as bytes, in order."""
        answers = {}
        for i, (verb, body) in enumerate(questions):
            self.socket.send_multipart([
                b"CLAUSE01", msgpack.packb({"i": i, "m": verb}),
                msgpack.packb(body)])
            if i >= 16:
                self._receive(answers)
        while len(answers) < len(questions):
            self._receive(answers)
        return [answers[i] for i in range(len(questions))]

    def _receive(self, answers):
        if not self.socket.poll(WAIT_S * 1000):
            raise SystemExit("the daemon does not answer")
        _, header, body = self.socket.recv_multipart()
        header = msgpack.unpackb(header)
        answers[header["i"]] = header["s"], body

    def ask(self, verb, body):
        status, answer = self.raw([(verb, body)])[0]
        answer = msgpack.unpackb(answer)
        if status != 0:
            raise Refused(answer.get("name"), answer.get("data"))
        return answer
