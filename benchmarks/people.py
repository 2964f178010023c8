#!/usr/bin/python3
"""people.py DATA [--n N] [--seed S] [--on DATE]: invented job-seekers.

Writes profiles as NDJSON on stdout.  Nobody is real: every pseudonym begins
with `synthetic-`.  Shares are those of jobseeker-statistics.tsv; communes are
drawn by population, occupations by hirings.  The same seed gives the same
bytes.  What the statistics do not say is said here, at ASSUMED.
"""
import argparse
import bisect
import csv
import datetime
import itertools
import json
import os
import random
import sys

# Share of a published table: (population, dimension, category).
SHARES = {
    "young": ("demandeurs d'emploi A-B-C", "age", "under 25"),
    "old": ("demandeurs d'emploi A-B-C", "age", "50 and over"),
    "a_year": ("demandeurs d'emploi A-B-C",
               "registration 1 year or more (DELD)", "yes"),
    "rsa": ("demandeurs d'emploi A-B-C", "RSA rights open", "yes"),
    "disabled": ("demandeurs d'emploi A-B-C",
                 "RQTH (bénéficiaires de l'obligation d'emploi)", "yes"),
    "cap": ("salariés de l'IAE", "level of education", "CAP-BEP"),
    "below_cap": ("salariés de l'IAE", "level of education", "below CAP"),
    "drives": ("chômeurs (agglomération lyonnaise)", "can drive a car",
               "unemployed"),
    "near": ("demandeurs d'emploi", "distance of the job found",
             "in the commune of residence"),
    "far": ("demandeurs d'emploi", "distance of the job found",
            "more than 50 km away"),
    "part_time": ("demandeurs d'emploi RQTH", "looks for part time",
                  "others"),
    "part_time_disabled": ("demandeurs d'emploi RQTH",
                           "looks for part time", "RQTH"),
}
# Counts whose quotient is a share.
IN_QPV = (("demandeurs d'emploi en QPV", "stock", "A-B-C"),
          ("demandeurs d'emploi A-B-C", "stock", "A-B-C"))
# ASSUMED, for want of a figure: proofs hold three to twelve months; those
# registered for a year or more are spread evenly up to three; a fifth have a
# PASS; one in thirty has not been heard of for two years.
PASS, SILENT = 0.2, 1 / 30


def rows(data, name):
    with open(os.path.join(data, name), encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)


def shares(data):
    values = {}
    for row in rows(data, "jobseeker-statistics.tsv"):
        key = (row["population"], row["dimension"], row["category"])
        values[key] = float(row["value"])
    found = {name: values[key] / 100 for name, key in SHARES.items()}
    found["qpv"] = values[IN_QPV[0]] / values[IN_QPV[1]]
    return found


class Urn:
    """Things drawn by weight."""

    def __init__(self, weighed):
        self.things, weights = zip(*weighed)
        self.upto = list(itertools.accumulate(weights))

    def draw(self, chance):
        return self.things[bisect.bisect(self.upto,
                                         chance.random() * self.upto[-1])]


def communes(data):
    return Urn((row["insee"], int(row["population"]))
               for row in rows(data, "communes.tsv")
               if row["type"] == "COM" and row["population"] not in ("", "0"))


def occupations(data):
    return Urn((row["rome"], float(row["hirings_lbb_2021"]))
               for row in rows(data, "rome-demand.tsv")
               if row["hirings_lbb_2021"] not in ("", "0"))


def criteria(chance, share, on, months, disabled):
    """What the person can prove, and until when."""
    age = chance.random()
    held = [("RSA", chance.random() < share["rsa"]),
            ("DETLD", months >= 24), ("DELD", 12 <= months < 24),
            ("JEUNE", age < share["young"]),
            ("SENIOR", age >= 1 - share["old"]), ("TH", disabled),
            ("QPV", chance.random() < share["qpv"]),
            ("CAP_BEP", chance.random() < share["cap"] + share["below_cap"])]
    return [{"code": code,
             "until": str(on + datetime.timedelta(chance.randint(90, 365)))}
            for code, is_held in held if is_held]


def mobility(chance, share):
    where = chance.random()
    if where < share["near"]:
        return chance.randint(3, 10)
    if where < 1 - share["far"]:
        return chance.randint(10, 50)
    return chance.randint(50, 100)


def person(n, chance, share, on, home, work):
    a_year = chance.random() < share["a_year"]
    days = chance.randint(365, 1095) if a_year else chance.randint(1, 364)
    disabled = chance.random() < share["disabled"]
    part = chance.random() < share["part_time_disabled" if disabled
                                   else "part_time"]
    made = {"id": "synthetic-%06d" % n, "commune": home.draw(chance),
            "mobility_km": mobility(chance, share),
            "rome": sorted({work.draw(chance)
                            for _ in range(chance.randint(1, 3))}),
            "criteria": criteria(chance, share, on, days // 30, disabled),
            "hours_min": 10 if part else 24, "hours_max": 24 if part else 39,
            "registered_on": str(on - datetime.timedelta(days)),
            "referent": "synthetic", "consent_on": str(
                on - datetime.timedelta(800 if chance.random() < SILENT
                                        else chance.randint(1, 300)))}
    if chance.random() < share["drives"]:
        made.update(vehicle=True, licences=["B"])
    if chance.random() < PASS:
        made["pass_until"] = str(on
                                 + datetime.timedelta(chance.randint(1, 729)))
    return made


def people(data, n, seed, on):
    chance = random.Random(seed)
    share, home, work = shares(data), communes(data), occupations(data)
    for i in range(1, n + 1):
        yield person(i, chance, share, on, home, work)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data")
    parser.add_argument("--n", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--on", type=datetime.date.fromisoformat,
                        default=datetime.date.today())
    ask = parser.parse_args()
    for made in people(ask.data, ask.n, ask.seed, ask.on):
        json.dump(made, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
