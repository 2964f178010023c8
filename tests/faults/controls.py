#!/usr/bin/python3
"""controls.py [NAME...]: each promise is broken in a copy, and its test must
go red.

A control is a patch of one file (controls/NAME.patch; it must apply), built
into a directory of its own beside the objects of the real daemon, and the
command that must fail with it.  That the same command passes with the real
daemon is what `make test` and `make faults` show.
"""
import concurrent.futures
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.join(HERE, "..", "..")
BUILD = os.environ.get("CLAUSED_BUILD", "build")
AT_ONCE = 2
LONGEST_S = 120
FAULTS, E2E = "tests/faults/", "tests/e2e/"

# name: (promise, the words that tell what is broken, the test that goes red)
CONTROLS = {
    "no-sync": ("P1", "LMDB does not sync", [FAULTS + "powercut.py", "60"]),
    "reply-before-commit": ("P1", "the reply leaves before the commit",
                            [FAULTS + "powercut.py", "60"]),
    "disk-error-as-full": ("P1", "it goes on after an error of the disk",
                           [FAULTS + "sweep.py", "3", "sync"]),
    "no-lock": ("P1", "two daemons may have one store",
                [FAULTS + "process.py", "0"]),
    "no-look-at-the-start": ("P1", "a damaged store is opened unseen",
                             [FAULTS + "damage.py", "30"]),
    "forgotten-key": ("P2", "a write sent again happens again",
                      [FAULTS + "crash.py", "2"]),
    "dropped-silently": ("P2", "a reply is dropped and not counted",
                         [FAULTS + "clients.py", "slow=20000"]),
    "missed-event": ("P2", "the loop sleeps over a request",
                     [FAULTS + "clients.py", "pings=30000"]),
    "journal-gap": ("P3", "the journal leaves a number out",
                    [FAULTS + "crash.py", "2"]),
    "journal-without-chain": ("P3", "an event does not cover the one before",
                              [FAULTS + "crash.py", "2"]),
    "number-without-bounds": ("P4", "a decoder without its bound",
                              [E2E + "test_malformed.py"]),
    "depth-without-bound": ("P4", "a scan without its bound",
                            [E2E + "test_malformed.py"]),
    "verb-without-gate": ("P5", "a handler without its gate",
                          [E2E + "test_keys.py"]),
    "object-without-gate": ("P5", "an object without its territory",
                            [E2E + "test_keys.py"]),
    "erased-but-kept": ("P6", "compaction leaves the old file",
                        [E2E + "test_daemon.py", "-k", "after_compaction"]),
    "half-wiped": ("P6", "what a kill left of the old file stays",
                   [E2E + "test_crash.py", "KilledWhileWiping"]),
    "order-by-chance": ("P7", "ties follow the memory's layout",
                        ["tests/brute/vectors.py", "--build", "BUILD"]),
}


def build(name):
    """The directory of the broken daemon."""
    where = "%s/controls/%s" % (BUILD, name)
    made = subprocess.run(["make", "-s", "B=" + BUILD, where + "/claused"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        sys.exit("controls: %s does not build:\n%s"
                 % (name, made.stdout.decode()))
    return where


def goes_red(name):
    """Whether it did, and the line that says why."""
    _, _, argv = CONTROLS[name]
    where = build(name)
    try:
        done = subprocess.run(["/usr/bin/python3"] + [
            where if a == "BUILD" else a for a in argv],
                              stdout=subprocess.PIPE, timeout=LONGEST_S,
                              stderr=subprocess.STDOUT, errors="replace",
                              env=dict(os.environ, CLAUSED_BUILD=where))
    except subprocess.TimeoutExpired:
        return False, "took too long"
    why = [line for line in done.stdout.splitlines()
           if line.startswith(("BROKEN", "AssertionError", "FAIL"))]
    # Whoever cannot even begin has shown nothing.
    return done.returncode == 1 and bool(why), (why or [
        done.stdout[-2000:]])[0]


def main():
    os.chdir(TOP)
    names = sys.argv[1:] or list(CONTROLS)
    patches = {f[:-6] for f in os.listdir(os.path.join(HERE, "controls"))}
    if patches != set(CONTROLS):
        sys.exit("controls: patches and table differ: %s"
                 % sorted(patches ^ set(CONTROLS)))
    green = 0
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, (red, why) in zip(names, pool.map(goes_red, names)):
            promise, what, argv = CONTROLS[name]
            green += not red
            print("%-5s %-4s %s: %s: %s" % (
                "red" if red else "GREEN", promise, what,
                " ".join(os.path.basename(a) for a in argv), why[:100]),
                flush=True)
    print("controls: %d broken, %d went red, %.0f s" % (
        len(names), len(names) - green, time.monotonic() - began))
    sys.exit(1 if green else 0)


if __name__ == "__main__":
    main()
