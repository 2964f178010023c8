"""The section Groups of engine/MATCHING.md, written again and plainly: who could
answer together."""

import itertools

import brute
import facilitators
from brute import finalise, fnv1a, put

CANDIDATES, CONSIDERED, MEMBERS = 1000, 64, 4


class Candidate:
    def __init__(self, lot, structure, hit):
        self.hit, self.siren = hit, structure["siret"][:9]
        a = structure["activities"][hit["activity"] - 1]
        self.communes = frozenset()
        if lot.places:
            self.communes = frozenset(lot._within(
                structure, a.get("zone") or {},
                lot.tables.commune(structure["commune"])))
        jobs = lot.lot.get("jobs", [])
        self.jobs = {n for n, j in enumerate(jobs, 1)
                     if not a.get("rome") or j["rome"] in a["rome"]}
        free, months = a.get("free_hours"), lot.lot.get("months", 0)
        self.hours = None if free is None or not months else free * months
        self.alone = covers(lot, [self])

    def order(self):
        return -self.hit["score"], self.hit["tie"], self.hit["id"].encode()


def covers(lot, group):
    """Every commune, every job, and the hours, if they are known."""
    if set().union(*(c.communes for c in group)) != set(lot.place):
        return False
    if len(set().union(*(c.jobs for c in group))) < len(
            lot.lot.get("jobs", [])):
        return False
    hours = [c.hours for c in group]
    return (lot.hours is None or None in hours or sum(hours) >= lot.hours)


def considered(lot, others):
    """Layer by layer those who add most."""
    picked, before = [], -1
    while CONSIDERED < len(others) and before < len(picked) < CONSIDERED:
        before, communes, jobs = len(picked), set(), set()
        while len(picked) < CONSIDERED:
            gains = [(lot.tables.population(c.communes - communes),
                      len(c.communes - communes), len(c.jobs - jobs))
                     if c not in picked else (0, 0, 0) for c in others]
            most = max(gains)
            if most == (0, 0, 0):
                break
            best = others[gains.index(most)]
            picked.append(best)
            communes |= best.communes
            jobs |= best.jobs
    picked += [c for c in others if c not in picked]
    return sorted(picked[:CONSIDERED], key=Candidate.order)


def minimal(lot, people):
    for size in range(2, MEMBERS + 1):
        for group in itertools.combinations(people, size):
            if (len({c.siren for c in group}) == size and covers(lot, group)
                    and not any(covers(lot, group[:i] + group[i + 1:])
                                for i in range(size))):
                yield group


class Firms:
    """What operators are already in, over all lots of the question."""

    def __init__(self, market):
        self.grouping = market.get("grouping")
        self.max_lots = market.get("max_lots")
        self.mandataires, self.lots = set(), {}

    def take(self, number, members):
        """The mandataire, None when the group cannot be."""
        free = [c for c in members if c.siren not in self.mandataires]
        for c in members:
            lots = self.lots.get(c.siren, set())
            if number in lots:
                if self.grouping == "ONE_EACH":
                    return None
            elif self.max_lots is not None and len(lots) >= self.max_lots:
                return None
        if not free:
            return None
        self.mandataires.add(free[0].siren)
        for c in members:
            self.lots.setdefault(c.siren, set()).add(number)
        return free[0]


class Groups:
    def __init__(self, store, market, number, body, firms):
        self.lot = brute.Lot(store, market, number, body)
        self.tables, self.firms = store.tables, firms
        self.forbidden = market.get("grouping") == "FORBIDDEN"
        self.limit = body.get("limit", 10)
        found = []
        for s in store.structures.values():
            reason, _, hit = self.lot.structure(s)
            if reason is None:
                found.append(Candidate(self.lot, s, hit))
        self.all = sorted(found, key=Candidate.order)[:CANDIDATES]
        self.told = []

    def _jobs(self, numbers):
        return [{"job": n, "rome": self.lot.lot["jobs"][n - 1]["rome"]}
                for n in sorted(numbers)]

    def _tell(self, c, *names):
        self.told.append(c.hit)
        return {n: c.hit[n] for n in ("id", "name", "kind") + names}

    def _member(self, c):
        out = self._tell(c, "commune", "score", "activity")
        put(out, "unknown", c.hit.get("unknown"))
        put(out, "places", [z for z in self.lot.places
                            if self.tables.set_of(z) <= c.communes])
        if self.lot.places:
            out.update(communes=len(c.communes),
                       population=self.tables.population(c.communes))
        put(out, "jobs", self._jobs(c.jobs))
        put(out, "free", c.hours)
        return out

    def _share(self, members):
        asked = self.lot.hours
        if asked is None or any("free" not in m for m in members):
            return
        each = [min(m["free"], asked) for m in members]
        for m, n in zip(members, each):
            m["hours"] = asked * n // sum(each)
        members[0]["hours"] += asked - sum(m["hours"] for m in members)

    def _score(self, group):
        return sum(c.hit["score"] for c in group) // len(group)

    def _tie(self, group):
        ids = sorted(c.hit["id"] for c in group)
        return "%016x" % finalise(fnv1a(self.lot.key) ^ fnv1a("+".join(ids)))

    def _group(self, group):
        members = sorted(group, key=lambda c: (
            -self.tables.population(c.communes), -len(c.communes))
            + c.order())
        mandataire = self.firms.take(self.lot.number, members)
        if mandataire is None:
            return None
        told = [self._member(c) for c in members]
        self._share(told)
        return {"mandataire": mandataire.hit["id"],
                "score": self._score(group), "tie": self._tie(group),
                "members": told}

    def _missing(self, answer):
        lot = self.lot
        have = set().union(*(c.communes for c in self.all))
        put(answer, "missing", [z for z in lot.places
                                if not self.tables.set_of(z) <= have])
        put(answer, "missing_jobs", self._jobs(
            set(range(1, len(lot.lot.get("jobs", [])) + 1))
            - set().union(*(c.jobs for c in self.all))))
        hours = [c.hours for c in self.all]
        if lot.hours is not None and None not in hours:
            short = lot.hours - sum(sorted(hours)[-MEMBERS:])
            if short > 0:
                answer["missing_hours"] = short

    def answer(self):
        lot = self.lot
        others = [c for c in self.all if not c.alone]
        people = considered(lot, others)
        answer = {"lot": lot.number}
        put(answer, "object", lot.lot.get("object"))
        put(answer, "warnings", lot.warnings())
        answer.update(candidates=len(self.all), considered=len(people),
                      exact=len(self.all) < CANDIDATES
                      and len(others) <= CONSIDERED)
        put(answer, "alone", [self._tell(c, "score")
                              for c in self.all if c.alone][:100])
        self._missing(answer)
        groups = [] if self.forbidden else sorted(
            minimal(lot, people),
            key=lambda g: (len(g), -self._score(g), self._tie(g)))
        answer["found"] = len(groups)
        told = []
        for group in groups:
            if len(told) < self.limit:
                one = self._group(group)
                told += [one] if one else []
        put(answer, "groups", told)
        return answer


class Store(facilitators.Store):
    """A store that knows facilitators and groups."""

    def match_group(self, body):
        market = self._market(body)
        lots = range(1, len(market["lots"]) + 1)
        if "lot" in body:
            if body["lot"] not in lots:
                raise brute.NotFound("lot")
            lots = [body["lot"]]
        firms = Firms(market)
        made = [Groups(self, market, n, body, firms) for n in lots]
        answer = self._head(body)
        put(answer, "grouping", market.get("grouping"))
        put(answer, "max_lots", market.get("max_lots"))
        answer["lots"] = [g.answer() for g in made]
        answer["approximate"] = brute.marked([g.told for g in made])
        return answer
