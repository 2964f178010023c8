#!/usr/bin/python3
"""Random stores, asked of the daemon and of the brute force: every answer must
be the same.

    compare.py --build build --stores 1000 [--seed 1] [--jobs 2]

Store number i comes from seed SEED + i alone, so `--stores 1 --seed N` repeats
one.  Now and then the same rows are brought into a second store by another
way, and every reply must have the same bytes.  The run fails on a difference,
and also when it has not met every reason or too few ties at the cut.
"""

import argparse
import collections
import datetime
import json
import multiprocessing
import os
import random
import sys
import time

import msgpack

import brute
import daemon
import generate
import groups
import tables

TWICE = 10        # one store in so many is built a second time
REASON_HITS = 20  # each reason, in 1,000 stores
TIE_SHARE = 0.30  # of the answers with lists
SHOWN = 5         # differences told in full
REVERSED = 4      # winners, and others, asked for their lots, a store
REVERSED_HITS = 10  # that they have, a store, at least


# ---- Questions ------------------------------------------------------------

def lists_of(answer):
    """The scores of every ranked list in an answer."""
    for lot in answer.get("lots") or [answer["lot"]]:
        yield [h["score"] for h in lot.get("structures", ())]
        for job in lot.get("jobs", ()):
            yield [h["score"] for h in job.get("candidates", ())]


def ids_of(answer):
    """Everyone in an answer, structures and people."""
    for lot in answer.get("lots") or [answer["lot"]]:
        yield from (h["id"] for h in lot.get("structures", ()))
        for job in lot.get("jobs", ()):
            yield from (h["id"] for h in job.get("candidates", ()))


def tied(answer, limit):
    """Does a list go on, beyond the limit, with the same score?"""
    return any(len(s) > limit and s[limit - 1] == s[limit]
               for s in lists_of(answer))


def pick_limit(r, answer):
    """Often where the score does not change."""
    cuts = [k for scores in lists_of(answer)
            for k in range(1, min(len(scores), 1000))
            if scores[k - 1] == scores[k]]
    if cuts and r.random() < 0.75:
        return r.choice(cuts)
    return r.choice((None, 1, 2, 3, 5, 10, 100, 1000))


def shortened(answer, limit):
    """The answer to the same question with a smaller limit."""
    lots = []
    for lot in answer.get("lots") or [answer["lot"]]:
        lot = dict(lot)
        if "structures" in lot:
            lot["structures"] = lot["structures"][:limit]
        if "jobs" in lot:
            lot["jobs"] = [dict(j) for j in lot["jobs"]]
            for job in lot["jobs"]:
                if "candidates" in job:
                    job["candidates"] = job["candidates"][:limit]
        lots.append(lot)
    answer = dict(answer, **({"lots": lots} if "lots" in answer
                             else {"lot": lots[0]}))
    return dict(answer, approximate=brute.marked(
        {k: v for k, v in answer.items() if k in ("lot", "lots")}))


class Asked:
    """The questions of one world with the answers they must get."""

    def __init__(self, world, bundled):
        self.world, self.r = world, random.Random(world.seed ^ 0x5eed)
        self.store = groups.Store(tables.Tables(
            bundled, version=generate.VERSION, **world.imports))
        for row in world.structures:
            self.store.put_structure(row)
        for row in world.profiles:
            self.store.put_profile(row)
        for row in world.markets + world.more_markets:
            self.store.put_market(row)
        for row in world.facilitators:
            self.store.put_facilitator(row)
        self.questions, self.expected = [], []
        self.seen = collections.Counter()
        self.winners = set()
        for market in world.markets:
            self._market(market)
        for name, everyone in (("structure", list(self.store.structures)),
                               ("profile", list(self.store.profiles))):
            ids = sorted(self.winners & set(everyone))
            for one in (self.r.sample(ids, min(REVERSED, len(ids)))
                        + self.r.sample(everyone, REVERSED)):
                self._reverse(name, one)

        for market in world.markets:
            self._route(market)
        self._groups(world.markets[0])
        self._blank()

    def _ask(self, verb, body):
        answer = self.store.ask(verb, body)
        self.questions.append((verb, body))
        self.expected.append(answer)
        return answer

    def _ranked(self, verb, body):
        full = self.store.ask(verb, dict(body, limit=1000))
        self.winners.update(ids_of(full))
        limit = pick_limit(self.r, full)
        if limit is not None:
            body = dict(body, limit=limit)
        self.questions.append((verb, body))
        self.expected.append(shortened(full, limit or 20))
        self.seen["answers with lists"] += 1
        tie = tied(full, limit or 20)
        self.seen["ties at the cut"] += tie
        self.seen["ties at the cut of " + verb] += tie
        self.seen["answers of " + verb] += 1
        self.seen["hits"] += sum(map(len, lists_of(self.expected[-1])))

    def _reverse(self, name, one):
        """On another day, too: other markets are open then."""
        day = self.world.on + datetime.timedelta(
            days=self.r.choice((0, 0, 0, 0, -1, 1, 2, 31)))
        body = dict(self.world.options(), **{name: one, "on": day.isoformat()})
        full = self.store.ask("match.reverse", dict(body, limit=1000))
        list_ = full.get("lots", full.get("jobs", ()))
        scores = [hit["score"] for hit in list_]
        cuts = [k for k in range(1, len(scores))
                if scores[k - 1] == scores[k]]
        limit = self.r.choice(cuts or (None, 1, 2, 5, 1000))
        if limit is not None:
            body["limit"] = limit
        self._ask("match.reverse", body)
        self.seen["answers of match.reverse"] += 1
        self.seen["reversed hits"] += len(scores)
        self.seen["ties at the cut of match.reverse"] += bool(cuts)

    def _route(self, market):
        body = self._body(market)
        if self.r.random() < 0.2:
            body["lot"] = self.r.randint(1, len(market["lots"]))
        km = self.r.choice((None, None, 0, 5, 20, 200, 1000))
        if km is not None:
            body["adjacent_km"] = km
        answer = self._ask("facilitator.route", body)
        for zone in answer.get("zones", ()):
            self.seen[zone["step"].lower() + " zones"] += 1
        self.seen["facilitators of markets"] += len(
            answer.get("facilitators", ()))

    def _groups(self, market):
        """Now and then the same market with other rules for groups."""
        body = self._body(market, "kinds", "nationwide", "structure_weights")
        if self.r.random() < 0.3:
            body["lot"] = self.r.randint(1, len(market["lots"]))
        limit = self.r.choice((None, 1, 3, 100))
        if limit is not None:
            body["limit"] = limit
        for lot in self._ask("match.group", body)["lots"]:
            self.seen["groups found"] += lot["found"]
            self.seen["lots with groups"] += lot["found"] > 0
            self.seen["lots with more candidates than considered"] += (
                not lot["exact"])
            for group in lot.get("groups", ()):
                self.seen["groups of %d" % len(group["members"])] += 1

    def _blank(self):
        r = self.r
        answer = self._ask("territory.blank", {
            "on": self.world.on.isoformat(), "page_size": r.choice((1, 7)),
            "territories": r.choice((None, self.world.some_zones()))})
        while "next" in answer and r.random() < 0.8:
            body = dict(self.questions[-1][1], page_token=answer["next"])
            answer = self._ask("territory.blank", body)
        self.seen["blank communes"] += answer["communes"]
        self.seen["open markets in blank communes"] += answer["markets"]

    def _body(self, market, *names):
        body = {"market": market["id"], "on": self.world.on.isoformat()}
        options = self.world.options()
        return dict(body, **{k: options[k] for k in names if k in options})

    def _market(self, market):
        both = ("kinds", "nationwide", "structure_weights", "grace",
                "person_weights")
        if self.r.random() < 0.5:
            self._ranked("match.market", self._body(market, *both))
        for number, lot in enumerate(market["lots"], 1):
            self._ranked("match.structures", dict(
                self._body(market, *both[:3]), lot=number))
            body = dict(self._body(market, *both[3:]), lot=number)
            if lot["jobs"] and self.r.random() < 0.3:
                body["job"] = self.r.randint(1, len(lot["jobs"]))
            self._ranked("match.people", body)
            self._reasons(dict(self._body(market, *both), lot=number))
            self._explain(dict(self._body(market, *both), lot=number))

    def _reasons(self, body):
        answer = self._ask("match.reasons", body)
        for tally in [answer["structures"]] + answer.get("jobs", []):
            self.seen["candidates"] += tally["candidates"]
            for row in tally.get("reasons", ()):
                self.seen[row["reason"]] += row["count"]

    def _explain(self, body):
        """Some who may well be winners, and anyone."""
        last = self.expected[-3]["lot"], self.expected[-2]["lot"]
        winners = [h["id"] for h in last[0].get("structures", ())]
        people = [h["id"] for j in last[1].get("jobs", ())
                  for h in j.get("candidates", ())]
        r = self.r
        for name, ids, everyone in (
                ("structure", winners, list(self.store.structures)),
                ("profile", people, list(self.store.profiles))):
            for one in (r.sample(ids, min(2, len(ids)))
                        + r.sample(everyone, 3)):
                answer = self._ask("match.explain",
                                   dict(body, **{name: one}))
                self.seen["explained"] += 1
                self.seen["explained hits"] += '"hit"' in json.dumps(answer)


# ---- Differences ----------------------------------------------------------

def differences(expected, got, path=""):
    """Paths at which two answers differ, with both values."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in list(expected) + [n for n in got if n not in expected]:
            yield from differences(expected.get(name), got.get(name),
                                   path + "." + name)
    elif (isinstance(expected, list) and isinstance(got, list)
          and len(expected) == len(got)):
        for i, pair in enumerate(zip(expected, got), 1):
            yield from differences(*pair, "%s[%d]" % (path, i))
    elif expected != got or type(expected) is not type(got):
        yield path.lstrip("."), expected, got


def told(asked, question, expected, got):
    """A difference as a person wants it: how to repeat it, what it is about,
    and the rows that took part."""
    verb, body = question
    lines = ["DIFFERENCE in the store of seed %d: %s %s" % (
        asked.world.seed, verb, json.dumps(body))]
    for path, ours, theirs in list(differences(expected, got))[:6]:
        lines += ["  %s" % path,
                  "    brute force: %s" % json.dumps(ours)[:600],
                  "    daemon:      %s" % json.dumps(theirs)[:600]]
    if "lot" in body:
        market = asked.store.markets[body["market"]]
        lines.append("  lot: " + json.dumps(market["lots"][body["lot"] - 1]))
    for name, rows in (("structure", asked.store.structures),
                       ("profile", asked.store.profiles)):
        if name in body:
            row = {k: v for k, v in rows[body[name]].items()
                   if v is not None and v != []}
            lines.append("  %s: %s" % (name, json.dumps(row)))
    return "\n".join(lines)


# ---- One store ------------------------------------------------------------

def rows_of(world):
    return {"structures": world.structures, "profiles": world.profiles,
            "markets": world.markets + world.more_markets,
            "facilitators": world.facilitators}


def another_way(running, world):
    """The same store by a longer road: some rows come as others first, some
    come that must go, and the order is another."""
    r = random.Random(world.seed ^ 0x0ddba11)
    rows = {name: r.sample(list_, len(list_))
            for name, list_ in rows_of(world).items()}
    wrong = [dict(row, id=other["id"]) for row, other in zip(
        rows["profiles"][::4], rows["profiles"][1::4])]
    leaving = [dict(row, id="leaving-%d" % i)
               for i, row in enumerate(rows["profiles"][:20])]
    moved = [dict(row, id=other["id"]) for row, other in zip(
        rows["markets"][::2], rows["markets"][1::2])]
    withdrawn = dict(rows["markets"][0], id="withdrawn")
    closed = [dict(row, siret=other["siret"], kind=other["kind"])
              for row, other in zip(rows["structures"][::3],
                                    rows["structures"][1::3])]
    running.load({"structures": closed, "profiles": wrong + leaving,
                  "markets": moved + [withdrawn]}, {})
    running.load({"profiles": rows["profiles"]}, world.imports)
    for row in leaving:
        running.client.call("profile.erase", {"id": row["id"]})
    gone = rows["structures"][0]
    running.load({"structures": rows["structures"]}, {})
    running.client.call("structure.delete", {
        "id": "%s-%s" % (gone["siret"], gone["kind"])})
    running.load({"structures": [gone], "markets": rows["markets"],
                  "facilitators": rows["facilitators"]}, {})
    running.client.call("market.delete", {"id": "withdrawn"})


def one_store(build, bundled, seed):
    """(what was seen, questions that failed, what to tell about them)."""
    world = generate.World(seed, bundled)
    asked = Asked(world, bundled)
    seen, failed, says = asked.seen, 0, []
    with daemon.Daemon(build) as running:
        running.load(rows_of(world), world.imports)
        replies = running.raw(asked.questions)
    for question, expected, (status, body) in zip(
            asked.questions, asked.expected, replies):
        got = msgpack.unpackb(body)
        if status != 0 or got != expected:
            failed += 1
            says.append(told(asked, question, expected, got))
    if seed % TWICE == 0:
        with daemon.Daemon(build) as running:
            another_way(running, world)
            again = running.raw(asked.questions)
        for question, one, two in zip(asked.questions, replies, again):
            seen["replies compared by bytes"] += 1
            if one != two:
                failed += 1
                says.append("OTHER BYTES after another way into the store "
                            "of seed %d: %s %s" % (seed, question[0],
                                                   json.dumps(question[1])))
    seen["questions"] = len(asked.questions)
    seen["structures"] = len(world.structures)
    seen["profiles"] = len(world.profiles)
    for name in world.imports:
        seen["stores with imported " + name] = 1
    return seen, failed, says[:SHOWN]


# ---- The run --------------------------------------------------------------

def work(arguments):
    build, seed = arguments
    try:
        return one_store(build, BUNDLED, seed)
    except SystemExit as e:
        return collections.Counter(), 1, ["seed %d: %s" % (seed, e)]


def coverage(seen, stores):
    """What a run of this size must have met."""
    need = max(1, REASON_HITS * stores // 1000)
    for reason in brute.STRUCTURE_REASONS + brute.PERSON_REASONS:
        if seen[reason] < need:
            yield "reason %s met %d times, not %d" % (reason, seen[reason],
                                                      need)
    if seen["ties at the cut"] < TIE_SHARE * seen["answers with lists"]:
        yield "too few ties at the cut"
    if seen["reversed hits"] < REVERSED_HITS * stores:
        yield "too few open lots that fit somebody"


def main():
    args = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    args.add_argument("--build", default="build")
    args.add_argument("--stores", type=int, default=100)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--jobs", type=int, default=os.cpu_count())
    args = args.parse_args()
    began = time.monotonic()
    print("seeds %d to %d" % (args.seed, args.seed + args.stores - 1),
          flush=True)

    seen, passed, failed, shown = collections.Counter(), 0, 0, 0
    seeds = range(args.seed, args.seed + args.stores)
    with multiprocessing.Pool(args.jobs) as pool:
        for counts, wrong, says in pool.imap(
                work, [(args.build, seed) for seed in seeds]):
            seen.update(counts)
            passed += max(0, counts["questions"] - wrong)
            failed += wrong
            for text in says:
                if shown < SHOWN:
                    print(text, flush=True)
                shown += 1

    for reason in brute.STRUCTURE_REASONS + brute.PERSON_REASONS:
        print("%9d %s" % (seen[reason], reason))
    for name in sorted(n for n in seen if not n.isupper()):
        print("%9d %s" % (seen[name], name))
    print("%8.1f%% of the answers have a tie at the cut" % (
        100 * seen["ties at the cut"]
        / max(1, seen["answers with lists"])))
    for lack in coverage(seen, args.stores):
        print("FAIL " + lack)
        failed += 1
    print("%d stores in %.0f s" % (args.stores, time.monotonic() - began))
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    BUNDLED = tables.Bundled()
    sys.exit(main())
