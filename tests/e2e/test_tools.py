"""The tools that say whether all is well must be able to say that it is
not."""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness

NAME = "test_pre" + "tended"  # so that no test's name holds it
TALLY = "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: 0"


class Tools(unittest.TestCase):
    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="claused-tools-")
        self.addCleanup(shutil.rmtree, self.home)

    def write(self, path, text, mode=0o644):
        path = os.path.join(self.home, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def run_tool(self, *argv):
        done = subprocess.run(argv, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=300)
        return done.returncode, done.stdout.decode()


class Runner(Tools):
    """tests/run over suites that are shell scripts."""

    def suite(self, *lines):
        self.write("tests/" + NAME, "#!/bin/sh\n" + "\n".join(lines),
                   0o755)

    def verdict(self, pattern=NAME):
        status, said = self.run_tool(
            os.path.join(harness.TOP, "tests", "run"), self.home, pattern)
        return status, said.splitlines()[-1]

    def test_a_suite_that_passes(self):
        self.suite("echo '%s' >&2" % (TALLY % (3, 3, 0)))
        self.assertEqual(self.verdict(), (0, "3 passed, 0 failed"))

    def test_a_suite_with_a_failure(self):
        self.suite("echo '%s' >&2" % (TALLY % (3, 1, 2)), "exit 1")
        self.assertEqual(self.verdict(), (1, "1 passed, 2 failed"))

    def test_a_suite_that_ran_nothing(self):
        self.suite("echo '%s' >&2" % (TALLY % (0, 0, 0)))
        self.assertEqual(self.verdict(), (1, "0 passed, 1 failed"))

    def test_a_suite_that_says_nothing(self):
        self.suite("exit 0")
        self.assertEqual(self.verdict(), (1, "0 passed, 1 failed"))

    def test_a_suite_that_leaks_after_its_tally(self):
        self.suite("echo '%s' >&2" % (TALLY % (3, 3, 0)), "kill -ABRT $$")
        self.assertEqual(self.verdict(), (1, "3 passed, 1 failed"))

    def leak(self, *frames):
        lines = ["ERROR: LeakSanitizer: detected memory leaks"]
        lines += ["    #%d 0x7f00 %s" % f for f in enumerate(frames)]
        self.suite(*["echo '%s' >&2" % line for line in
                     [TALLY % (3, 3, 0)] + lines], "exit 23")
        return self.verdict()

    def test_a_leak_of_ours_fails_and_one_of_the_runner_does_not(self):
        runner = ("in __interceptor_calloc x.cpp:77",
                  " (/usr/lib/libcriterion.so.3+0x1a332)")
        self.assertEqual(self.leak(*runner), (0, "3 passed, 0 failed"))
        self.assertEqual(self.leak(runner[0], "in arena_new protocol/arena.c",
                                   runner[1]), (1, "3 passed, 1 failed"))
        self.assertEqual(self.leak(), (1, "3 passed, 1 failed"))

    def test_a_filter_that_matches_nothing(self):
        self.suite("echo '%s' >&2" % (TALLY % (3, 3, 0)))
        self.assertEqual(self.verdict("no_such_" + "test"),
                         (1, "0 passed, 1 failed"))


class Fences(Tools):
    def test_a_tree_within_its_fences_passes(self):
        self.assertEqual(self.run_tool(
            os.path.join(harness.TOP, "packaging", "fences"))[0], 0)

    def test_each_breach_is_found(self):
        os.mkdir(os.path.join(self.home, "packaging"))
        shutil.copy(os.path.join(harness.TOP, "packaging", "fences"),
                    os.path.join(self.home, "packaging"))
        for path, line in (
                ("engine/a.c", "#include <msgpack.h>"),
                ("clients/a.c", "#include <lmdb.h>"),
                ("store/a.c", "#include <uv.h>"),
                ("engine/match/a.c", "#include <uv.h>"),
                ("engine/loop.c", "# include <zmq.h>"),
                ("engine/a.c", "#include <jansson.h>"),
                ("engine/a.c", "    mdb_get(txn, dbi, &key, &data);"),
                ("protocol/a.c", '#include "store/store.h"'),
                ("store/a.c", '#include "protocol/codec.h"'),
                ("store/a.c", '#include "engine/call.h"'),
                ("engine/match/a.c", '#include "engine/server.h"'),
                ("engine/a.c", '#include "tests/support/world.h"'),
                ("clients/a.h", '#include "engine/call.h"'),
                ("engine/match/a.c", "    now = time(NULL);"),
                ("clients/cli/a.c", "    strcpy(to, from);"),
                ("engine/a.h", "/* TO" + "DO: later */")):
            with self.subTest((path, line)):
                self.write(path, line + "\n")
                status, said = self.run_tool(self.home + "/packaging/fences")
                self.assertEqual(status, 1)
                self.assertIn(path, said)
                os.remove(os.path.join(self.home, path))
        status, said = self.run_tool(self.home + "/packaging/fences")
        self.assertEqual(status, 0, said)

    def test_zeromq_in_its_own_file_is_no_breach(self):
        os.mkdir(os.path.join(self.home, "packaging"))
        shutil.copy(os.path.join(harness.TOP, "packaging", "fences"),
                    os.path.join(self.home, "packaging"))
        for path, line in (("engine/zsock.c", "#include <zmq.h>"),
                           ("clients/c/a.c", "#include <zmq.h>"),
                           ("store/a.c", '#include "protocol/types.h"'),
                           ("engine/match/a.h",
                            '#include "engine/match/match.h"')):
            self.write(path, line + "\n")
        self.assertEqual(self.run_tool(self.home + "/packaging/fences")[0], 0)


class RealFiles(Tools):
    def test_demo_real_without_data_says_so(self):
        status, said = self.run_tool(os.path.join(
            harness.TOP, "benchmarks", "demo-real"), harness.BUILD, "")
        self.assertEqual(status, 0)
        self.assertIn("DATA", said)

    def test_invented_people_are_the_same_each_time_and_labelled(self):
        data = os.path.join(harness.TOP, "..", "shared", "data")
        if not os.path.isdir(data):
            self.skipTest("no statistics here")
        argv = [os.path.join(harness.TOP, "benchmarks", "people.py"), data,
                "--n", "50", "--on", "2026-11-23"]
        first = self.run_tool(*argv)
        self.assertEqual(first, self.run_tool(*argv))
        self.assertNotEqual(first, self.run_tool(*argv, "--seed", "2"))
        lines = first[1].splitlines()
        self.assertEqual(len(lines), 50)
        self.assertTrue(all('"id": "synthetic-' in line for line in lines))


if __name__ == "__main__":
    harness.main()
