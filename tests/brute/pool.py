"""hours.pool by the page (engine/MATCHING.md section 18.5): every set of up to
four works, the best first, no work twice."""

import itertools

import brute
import hours


class Work:
    def __init__(self, store, market, lot, number, job, index, week):
        self.name = (market["id"], number, index)
        self.lot, self.market = number, market["id"]
        clauses = [i for i, c in enumerate(lot.get("clauses", []), 1)
                   if "hours" in c or "rate" in c]
        places = lot.get("places", [])
        place = job.get("commune") or (
            places[0][4:] if len(places) == 1 and places[0][:4] == "COM:"
            else None)
        weeks = job.get("weeks") or lot.get("months", 0) * 52 // 12
        start = job.get("start") or lot.get("start")
        self.clause = clauses[0] if clauses else None
        self.whole = bool(clauses and place and weeks and start)
        if not self.whole:
            return
        self.commune = store.tables.commune(place)
        self.insee, self.rome = place, job["rome"]
        self.first = brute.day(start)
        self.last = self.first + 7 * weeks - 1
        self.week = job.get("hours_week", week)
        self.hours = self.week * weeks


def fit(tables, a, b):
    def one(wanted, target):
        return max(1000 if wanted == target else 0,
                   300 if wanted[:3] == target[:3] else 0,
                   tables.link(wanted, target) or 0)
    return max(one(a.rome, b.rome), one(b.rome, a.rome))


def km(tables, a, b):
    return 0 if a.commune == b.commune else tables.km(a.commune, b.commune)


class Path:
    """Works in the order of their beginning."""

    def __init__(self, works, order, limits):
        self.works = sorted(works, key=order)
        self.order = order
        days = set()
        for w in self.works:
            days |= set(range(w.first, w.last + 1))
        self.span = (min(days), max(days))
        idle = sorted(set(range(self.span[0], self.span[1] + 1)) - days)
        self.days, self.idle = len(days), len(idle)
        self.hours = sum(w.hours for w in self.works)
        self.week = max(sum(w.week for w in self.works
                            if w.first <= day <= w.last) for day in days)
        longest = run = 0
        for i, day in enumerate(idle):
            run = run + 1 if i and idle[i - 1] == day - 1 else 1
            longest = max(longest, run)
        self.possible = (self.week <= limits["week"]
                         and longest <= limits["gap"])

    def key(self):
        return (-self.days, -self.hours, self.idle, len(self.works),
                [self.order(w) for w in self.works])


def pool(store, body):
    rules = hours.Rules("NATIONAL", body["on"])
    on, tables = brute.day(body["on"]), store.tables
    limits = {"km": body.get("km", rules.get("POOL_KM")),
              "gap": body.get("gap_days", rules.get("POOL_GAP_DAYS")),
              "week": body.get("hours_week", rules.get("WEEK"))}
    asked = body.get("market")
    if (asked is None) == ("territory" not in body):
        raise hours.Refused("MISSING_FIELD")
    if asked is not None and asked not in store.markets:
        raise hours.Refused("NOT_FOUND")
    works = {True: [], False: []}
    for name in sorted(store.markets):
        market = store.markets[name]
        for number, lot in enumerate(market["lots"], 1):
            seed = (asked is None or name == asked
                    and body.get("lot", number) == number)
            if not (asked and seed) and not brute.is_open(market, on):
                continue
            for index, job in enumerate(lot.get("jobs", []), 1):
                w = Work(store, market, lot, number, job, index,
                         limits["week"])
                if w.whole and w.last >= on and (
                        asked or w.commune in tables.set_of(
                            body["territory"])):
                    works[seed].append(w)
    all_works = works[True] + works[False]
    places = {w.name: i for i, w in enumerate(all_works)}

    def order(w):
        return (w.first, places[w.name])
    found = []
    for seed in works[True]:
        fellows = [w for w in all_works if w is not seed
                   and not (w in works[True] and order(w) < order(seed))
                   and fit(tables, seed, w)]
        paths = [Path((seed,) + some, order, limits)
                 for n in (1, 2, 3)
                 for some in itertools.combinations(fellows, n)
                 if together((seed,) + some, tables, limits["km"])]
        paths = [p for p in paths if p.possible]
        if paths:
            best = min(paths, key=Path.key)
            best.seed = seed
            found.append(best)
    return tell(tables, sorted(found, key=Path.key), rules, limits,
                body.get("limit", 20))


def together(works, tables, most):
    for a, b in itertools.combinations(works, 2):
        far = km(tables, a, b)
        if far is None or far > most or (a.market, a.lot) == (b.market, b.lot):
            return False
    return True


def tell(tables, found, rules, limits, limit):
    taken, paths = set(), []
    for p in found:
        names = {w.name for w in p.works}
        if names & taken or len(paths) == limit:
            continue
        taken |= names
        months = brute.months_between(p.span[0], p.span[1] + 1)
        paths.append({
            "from": brute.text_of(p.span[0]), "until": brute.text_of(p.span[1]),
            "months": months, "days": p.days, "idle": p.idle,
            "hours": p.hours, "hours_week": p.week,
            "longest": max(w.last - w.first + 1 for w in p.works),
            "reasons": ["LONG_ENOUGH" if months >= rules.get("POOL_MONTHS")
                        else "STILL_SHORT"],
            "pieces": [piece(tables, p, i) for i in range(len(p.works))]})
    return {"km": limits["km"], "gap_days": limits["gap"],
            "hours_week": limits["week"], "paths": paths or None}


def piece(tables, path, i):
    w, level = path.works[i], fit(tables, path.seed, path.works[i])
    made = {"market": w.market, "lot": w.lot, "job": w.name[2],
            "clause": w.clause, "rome": w.rome, "commune": w.insee,
            "from": brute.text_of(w.first), "until": brute.text_of(w.last),
            "hours_week": w.week, "hours": w.hours,
            "reasons": [{1000: "SAME_ROME", 300: "SAME_FAMILY"}.get(
                level, "LINKED_ROME")]}
    if i:
        made["km"] = km(tables, path.works[i - 1], w)
        made["reasons"].append("NEAR" if made["km"] else "SAME_COMMUNE")
        made["reasons"].append(
            "SIDE_BY_SIDE" if any(o.last >= w.first for o in path.works[:i])
            else "NEXT")
    return made
