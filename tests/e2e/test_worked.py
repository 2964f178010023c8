"""The `worked` blocks of engine/MATCHING.md, put to a daemon: each in an empty
store, with its objects and its questions."""
import json
import os
import re
import sys

import harness

sys.path.insert(0, os.path.join(harness.TOP, "tests", "brute"))
import vectors  # noqa: E402

# The verb that takes the rows of a member.
PUTS = (("structures", "structure.put", "structure"),
        ("profiles", "profile.put", "profile"),
        ("facilitators", "facilitator.put", "facilitator"),
        ("markets", "market.put", "market"))


def blocks():
    with open(vectors.PAGE, encoding="utf-8") as page:
        return [json.loads(block) for block in re.findall(
            r"^```worked\n(.*?)^```$", page.read(), re.M | re.S)]


class Worked(harness.Transcript):
    shared = True

    def setUp(self):
        self.empty()

    def question(self, one):
        if "refused" in one:
            self.refused(one["refused"], one["verb"], **one["body"])
            return
        answer = self.ask(one["verb"], **one["body"])
        wrong = vectors.missing(one["expect"], answer)
        self.assertIsNone(wrong, json.dumps(answer, indent=1))

    def test_the_page_is_true(self):
        page = blocks()
        self.assertGreaterEqual(len(page), 1)
        for block in page:
            self.empty()
            for member, verb, name in PUTS:
                for row in block.get(member, ()):
                    self.ask(verb, **{name: row})
            for one in block["ask"]:
                with self.subTest(block["name"], body=one["body"]):
                    self.question(one)


if __name__ == "__main__":
    harness.main()
