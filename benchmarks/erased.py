#!/usr/bin/python3
"""What does it cost to forget somebody, and until when is it so?

    benchmarks/erased.py STORE [BUILD]

In a copy of STORE, made beside it and removed: 100 people are put and erased
one by one, a round trip each; then the store is compacted, and every file of
it and beside it is searched for them.  Prints milliseconds of an erasure (median, greatest),
seconds of the compaction and how long the slowest question took meanwhile.
"""
import os
import shutil
import sys
import tempfile
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
os.environ.setdefault("CLAUSED_BUILD",
                      sys.argv[2] if len(sys.argv) > 2 else "build")
sys.path.insert(0, os.path.join(TOP, "tests", "e2e"))
import harness  # noqa: E402

PEOPLE = 100
MARK = "forgetme"
PATIENCE_S = 3600
CHUNK = 1 << 24


def profile(i):
    return {"id": "%s-%03d" % (MARK, i), "commune": "76540",
            "mobility_km": 30, "rome": ["K2204"], "criteria": [{"code": "RSA"}],
            "consent_on": "2026-01-01", "referent": MARK}


def seconds(ask):
    began = time.monotonic()
    ask()
    return time.monotonic() - began


def holds(path):
    """Does the file hold the mark, also across two chunks?"""
    with open(path, "rb") as file:
        end = b""
        while True:
            chunk = file.read(CHUNK)
            if not chunk:
                return False
            if MARK.encode() in end + chunk:
                return True
            end = chunk[-len(MARK):]


def marked(store):
    return sorted(os.path.join(top, name) for top, _, names in os.walk(store)
                  for name in names if holds(os.path.join(top, name)))


def measure(daemon):
    client = daemon.client(deadline=PATIENCE_S)
    stats = client.call("stats")
    print("%d profiles, %d MiB" % (stats["profiles"],
                                   stats["map_used"] >> 20))
    for i in range(PEOPLE):
        client.call("profile.put", {"profile": profile(i)})
    print("files that hold them: %d" % len(marked(os.path.dirname(daemon.store))))
    took = sorted(seconds(lambda: client.call(
        "profile.erase", {"id": profile(i)["id"]})) for i in range(PEOPLE))
    print("an erasure: %.1f ms, greatest %.1f ms"
          % (1000 * took[PEOPLE // 2], 1000 * took[-1]))
    done, slowest = stats["compactions"], 0
    began = time.monotonic()
    client.call("compact")
    while client.call("stats")["compactions"] == done:
        slowest = max(slowest, seconds(
            lambda: client.call("profile.list", {"page_size": 1})))
        assert time.monotonic() - began < PATIENCE_S
    print("the compaction: %.1f s, the slowest question meanwhile %.1f ms"
          % (time.monotonic() - began, 1000 * slowest))
    left = marked(os.path.dirname(daemon.store))
    print("files that hold them: %d" % len(left))
    return 1 if left else 0


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = sys.argv[1].rstrip("/")
    home = tempfile.mkdtemp(prefix="erased-", dir=os.path.dirname(
        os.path.abspath(source)))
    daemon = harness.Daemon(store=os.path.join(home, "store"))
    try:
        shutil.copytree(source, daemon.store)
        if os.path.isdir(source + ".secrets"):
            shutil.copytree(source + ".secrets", daemon.store + ".secrets")
        daemon.launch()
        said = harness.lines_within(daemon.process.stdout, PATIENCE_S)
        daemon.endpoint = said.split()[1]
        return measure(daemon)
    finally:
        daemon.close()
        shutil.rmtree(home)


if __name__ == "__main__":
    sys.exit(main())
