"""The rules of engine/MATCHING.md, written again and plainly.

Written from that page alone: it shares nothing with the engine but the
reference tables under store/reference/.  Objects are dicts as they travel on
the wire; answers are dicts as the daemon's msgpack bodies decode.  Every
candidate is looked at for every question; only territories and distances are
kept between questions, for speed.
"""

import datetime

import hours
from tables import Tables, micro

RULES = 1
KINDS = ("EI ACI AI ETTI EITI GEIQ EA EATT ESAT SEP").split()
IAE = {"EI", "ACI", "AI", "ETTI"}
HAND = {"EA", "EATT", "ESAT"}
CLAUSE_KINDS = {"RES_IAE": IAE, "RES_HAND": HAND, "RES_MIX": IAE | HAND,
                "RES_UNKNOWN": IAE | HAND, "RES_PRISON": {"SEP"},
                "OBJ": IAE | {"EITI"}}
SHARED = {"RES_HAND", "RES_IAE", "RES_MIX", "RES_UNKNOWN"}
HIRERS_OUT = {"AI", "ETTI", "GEIQ", "EATT"}  # they lend people: DISP
WARNINGS = (("OBJ", "KIND_EITI"), ("RES_PRISON", "KIND_SEP"),
            ("RES_ESS", "RES_ESS"), ("RES_UNKNOWN", "RES_UNKNOWN"))
STRUCTURE_REASONS = ("INACTIVE AGREEMENT_EXPIRED KIND_NOT_ALLOWED "
                     "SHARE_LT_50 MODE_NOT_ALLOWED ACTIVITY "
                     "NATIONWIDE_EXCLUDED ZONE NO_CAPACITY AMOUNT").split()
PERSON_REASONS = ("NO_CONSENT SUSPENDED EXPIRED NOT_ELIGIBLE JOB DISTANCE "
                  "MOBILITY NOT_AVAILABLE HOURS").split()
ACTIVITY_REASONS = STRUCTURE_REASONS[4:]
STRUCTURE_WEIGHTS = {"activity": 300, "coverage": 250, "proximity": 150,
                     "capacity": 200, "jobs": 100}
PERSON_WEIGHTS = {"job": 450, "distance": 250, "waiting": 200,
                  "availability": 100}
PUBLICS = ("DELD BRSA BOETH JEUNE SENIOR50 QPV REFUGIE PPSMJ IAE ASS AAH "
           "INVALIDITE GEIQ EPIDE E2C OTHER").split()
WIDTHS = ("COM", "EPCI", "DEP", "REG", "FR")  # the narrowest first
UNKNOWN = 500


def modes_of(kind):
    return {"DISP"} if kind in HIRERS_OUT else {"PREST", "BUILD"}


class NotFound(Exception):
    """There is no such object, lot or job."""


# ---- Numbers and dates ----------------------------------------------------

def day(text):
    """A civil date as a number of days, None when absent."""
    if text is None:
        return None
    return datetime.date(int(text[:4]), int(text[5:7]),
                         int(text[8:])).toordinal()


def text_of(number):
    return datetime.date.fromordinal(number).isoformat()


def months_between(first, last):
    a = datetime.date.fromordinal(first)
    b = datetime.date.fromordinal(last)
    return (b.year - a.year) * 12 + b.month - a.month - (b.day < a.day)


def last_sunday(year, month):
    """At 01:00 UTC of this day summer time begins (March), ends (October)."""
    end = datetime.date(year, month, 31)
    return end - datetime.timedelta(days=(end.weekday() + 1) % 7)


def paris_hours(utc):
    """What the clocks of Paris are ahead of UTC."""
    one = datetime.time(1, tzinfo=datetime.timezone.utc)
    begins = datetime.datetime.combine(last_sunday(utc.year, 3), one)
    ends = datetime.datetime.combine(last_sunday(utc.year, 10), one)
    return 2 if utc.year >= 1980 and begins <= utc < ends else 1


def moment_of(text):
    """A deadline as a moment; a bare date ends with its day in Paris."""
    utc = datetime.timezone.utc
    if len(text) > 10:
        return datetime.datetime.fromisoformat(
            text.replace("Z", "+00:00").replace("z", "+00:00")
        ).astimezone(utc).replace(microsecond=0)
    end = datetime.datetime.fromisoformat(text + "T23:59:59+00:00")
    return next(at for at in (end - datetime.timedelta(hours=h)
                              for h in (1, 2))
                if at + datetime.timedelta(hours=paris_hours(at)) == end)


def deadline_day(text):
    """Its civil date in Paris."""
    if text is None:
        return None
    at = moment_of(text)
    return (at + datetime.timedelta(hours=paris_hours(at))).date().toordinal()


def is_open(market, on):
    deadline = deadline_day(market.get("deadline"))
    return (market.get("status", "OPEN") == "OPEN"
            and (deadline is None or deadline >= on))


def fnv1a(text):
    h = 0xcbf29ce484222325
    for byte in text.encode():
        h = ((h ^ byte) * 0x100000001b3) & 0xffffffffffffffff
    return h


def finalise(z):
    mask = 0xffffffffffffffff
    z ^= z >> 30
    z = (z * 0xbf58476d1ce4e5b9) & mask
    z ^= z >> 27
    z = (z * 0x94d049bb133111eb) & mask
    return z ^ (z >> 31)


def tie_of(lot_key, candidate):
    return "%016x" % finalise(fnv1a(lot_key) ^ fnv1a(candidate))


# ---- What a caller writes, made what the store holds ----------------------

def distinct(values):
    return list(dict.fromkeys(values))


class Store:
    """Plain lists of stored objects, and the questions they answer."""

    def __init__(self, tables):
        self.tables = tables
        self.structures, self.profiles, self.markets = {}, {}, {}

    def _commune(self, holder):
        if holder.get("commune") is not None:
            holder["commune"] = self.tables.current(holder["commune"])

    def _clean(self, value):
        """Absent and nil are the same; repeats in a list of codes go."""
        if isinstance(value, dict):
            return {k: self._clean(v) for k, v in value.items()
                    if v is not None}
        if isinstance(value, list):
            if value and isinstance(value[0], dict):
                return [self._clean(v) for v in value]
            return distinct(value)
        return value

    def put_structure(self, wire):
        s = self._clean(wire)
        self._commune(s)
        s["id"] = "%s-%s" % (s["siret"], s["kind"])
        s["from"] = day(s.get("agreement_from"))
        s["until"] = day(s.get("agreement_until"))
        s["point"] = None
        if s.get("lat") is not None and s.get("lon") is not None:
            s["point"] = self.tables.vector(micro(s["lat"]), micro(s["lon"]))
        for a in s.get("activities", []):
            codes = (a.get("zone") or {}).get("codes")
            if codes:
                a["zone"]["codes"] = distinct(
                    self.tables.current_code(c) for c in codes)
            a["cpv_stripped"] = [stripped(c) for c in a.get("cpv", [])]
        self.structures[s["id"]] = s

    def put_profile(self, wire):
        p = self._clean(wire)
        self._commune(p)
        for name in ("pass_until", "pass_suspended_until", "available_from",
                     "registered_on", "consent_on", "last_contact_on"):
            p[name] = day(p.get(name))
        p["proofs"] = [(c["code"], day(c.get("until")))
                       for c in p.get("criteria", [])]
        self.profiles[p["id"]] = p

    def put_market(self, wire):
        m = self._clean(wire)
        for lot in m["lots"]:
            if lot.get("places"):
                lot["places"] = distinct(self.tables.current_code(c)
                                         for c in lot["places"])
            for job in lot.get("jobs", []):
                self._commune(job)
        self.markets[m["id"]] = m

    # ---- The verbs --------------------------------------------------------

    def ask(self, verb, body):
        self.asked_rules = False  # of law, about people
        answer = getattr(self, verb.replace(".", "_"))(body)
        if self.asked_rules:
            answer["reference"] = answer["reference"] + [
                self.tables.eligibility.stamp, self.tables.publics.stamp]
        return answer

    def _market(self, body):
        if body["market"] not in self.markets:
            raise NotFound(body["market"])
        return self.markets[body["market"]]

    def _made(self, body):
        return {"on": body["on"], "rules": RULES,
                "reference": self.tables.versions(), "approximate": False}

    def _head(self, body):
        return {"market": body["market"], **self._made(body)}

    def hours_plan(self, body):
        return hours.plan(self, body)

    def hours_summary(self, body):
        return hours.summary(self, body)

    def hours_pool(self, body):
        import pool  # which knows this module
        return pool.pool(self, body)

    def match_structures(self, body):
        market = self._market(body)
        lot = Lot(self, market, body.get("lot", 1), body)
        answer = self._head(body)
        answer["lot"] = lot.answer()
        put(answer["lot"], "structures", lot.structures(limit_of(body)))
        answer["approximate"] = marked(answer)
        return answer

    def match_people(self, body):
        market = self._market(body)
        lot = Lot(self, market, body.get("lot", 1), body)
        answer = self._head(body)
        answer["lot"] = lot.answer()
        put(answer["lot"], "jobs",
            [j.people(limit_of(body)) for j in lot.jobs(body.get("job"))])
        answer["approximate"] = marked(answer)
        return answer

    def match_market(self, body):
        market = self._market(body)
        answer = self._head(body)
        answer["lots"] = []
        for number in range(1, len(market["lots"]) + 1):
            lot = Lot(self, market, number, body)
            part = lot.answer()
            put(part, "structures", lot.structures(limit_of(body)))
            put(part, "jobs",
                [j.people(limit_of(body)) for j in lot.jobs(None)])
            answer["lots"].append(part)
        answer["approximate"] = marked(answer)
        return answer

    def match_reasons(self, body):
        market = self._market(body)
        lot = Lot(self, market, body.get("lot", 1), body)
        answer = self._head(body)
        answer["lot"] = lot.number
        put(answer, "warnings", lot.warnings())
        answer["structures"] = tally(
            [lot.structure(s)[0] for s in self.structures.values()],
            STRUCTURE_REASONS)
        put(answer, "jobs", [
            {"job": j.number, **tally(
                [j.person(p)[0] for p in self.profiles.values()],
                PERSON_REASONS)} for j in lot.jobs(None)])
        return answer

    def match_explain(self, body):
        market = self._market(body)
        lot = Lot(self, market, body.get("lot", 1), body)
        answer = self._head(body)
        answer["lot"] = lot.number
        put(answer, "warnings", lot.warnings())
        if "structure" in body:
            if body["structure"] not in self.structures:
                raise NotFound(body["structure"])
            reason, index, hit = lot.structure(
                self.structures[body["structure"]])
            verdict = {"matched": reason is None}
            put(verdict, "reason", reason)
            if reason is not None:
                put(verdict, "activity", index)
            put(verdict, "hit", hit)
            answer["structure"] = verdict
        else:
            if body["profile"] not in self.profiles:
                raise NotFound("profile")
            person = self.profiles[body["profile"]]
            verdicts = []
            for j in lot.jobs(body.get("job")):
                reason, hit = j.person(person)
                verdict = {"job": j.number, "matched": reason is None}
                put(verdict, "reason", reason)
                put(verdict, "hit", hit)
                verdicts.append(verdict)
            put(answer, "jobs", verdicts)
        answer["approximate"] = marked(answer)
        return answer

    def _open_lots(self, body):
        for market in self.markets.values():
            if is_open(market, day(body["on"])):
                for number in range(1, len(market["lots"]) + 1):
                    yield Lot(self, market, number, body)

    def match_reverse(self, body):
        answer, hits = self._made(body), []
        if "structure" in body:
            if body["structure"] not in self.structures:
                raise NotFound(body["structure"])
            s = self.structures[body["structure"]]
            answer.update(structure=s["id"], name=s["name"])
            for lot in self._open_lots(body):
                reason, _, hit = lot.structure(s)
                if reason is None:
                    hits.append((lot.key, lot.reversed(hit)))
            name = "lots"
        else:
            if body["profile"] not in self.profiles:
                raise NotFound("profile")
            p = self.profiles[body["profile"]]
            answer["profile"] = p["id"]
            self.asked_rules = True
            for lot in self._open_lots(body):
                for j in lot.jobs(None):
                    reason, hit = j.person(p)
                    if reason is None:
                        hits.append((j.key, j.reversed(hit)))
            name = "jobs"
        hits.sort(key=lambda h: (-h[1]["score"], h[1]["tie"],
                                 h[0].encode()))
        put(answer, name, [hit for _, hit in hits[:limit_of(body)]])
        answer["approximate"] = marked(answer)
        return answer


def put(target, name, value):
    """What is absent or an empty list is left out."""
    if value is not None and value != []:
        target[name] = value


def limit_of(body):
    return body.get("limit", 20)


def marked(value):
    """Is any hit in here marked APPROXIMATE?"""
    if isinstance(value, dict):
        return ("APPROXIMATE" in value.get("marks", ())
                or any(marked(v) for v in value.values()))
    return isinstance(value, list) and any(marked(v) for v in value)


def tally(reasons, order):
    counts = [{"reason": r, "count": reasons.count(r)} for r in order
              if r in reasons]
    out = {"candidates": len(reasons), "matched": reasons.count(None)}
    put(out, "reasons", counts)
    return out


def ranked(hits, limit):
    hits.sort(key=lambda h: (-h["score"], h["tie"], h["id"].encode()))
    return hits[:limit]


def total(components, weights):
    return sum(weights[c] * components[c] for c in weights) // 1000


def settle(hit, components):
    """Unknown components count 500 and are named."""
    unknown = [c for c in components if components[c] is None]
    hit["components"] = {c: UNKNOWN if v is None else v
                         for c, v in components.items()}
    put(hit, "unknown", unknown)
    return hit


# ---- A structure for a lot ------------------------------------------------

def stripped(cpv):
    digits = cpv[:8]
    return digits[:2] + digits[2:].rstrip("0")


def cpv_level(a, b):
    if a == b:
        return 1000
    n = 0
    while n < min(len(a), len(b)) and a[n] == b[n]:
        n += 1
    return 1000 if n >= 5 else {4: 850, 3: 700, 2: 500}.get(n, 0)


class Lot:
    def __init__(self, store, market, number, body):
        if not 1 <= number <= len(market["lots"]):
            raise NotFound("lot")
        self.store, self.tables, self.market = store, store.tables, market
        self.number, self.lot = number, market["lots"][number - 1]
        self.body, self.on = body, day(body["on"])
        self.key = "%s/%d" % (market["id"], number)
        self.start = max(self.on, day(self.lot.get("start")) or self.on)
        self.clauses = self.lot.get("clauses", [])
        self.places = tuple(self.lot.get("places", ()))
        self.place = self.tables.union(self.places)
        self.wanted = set(self.lot.get("modes", []))
        for c in self.clauses:
            self.wanted |= set(c.get("modes", [])) - {"HIRE"}
        self.kinds = set(KINDS)
        for c in self.clauses:
            self.kinds &= CLAUSE_KINDS.get(c["kind"], set(KINDS))
        if body.get("kinds"):
            self.kinds &= set(body["kinds"])
        self.share = any(c["kind"] in SHARED for c in self.clauses)
        self.cpv = [stripped(c) for c in self.lot.get("cpv", [])]
        self.rome = {j["rome"] for j in self.lot.get("jobs", [])}
        self.hours = self._asked()
        self.listed = set()
        for c in self.clauses:
            if c.get("publics"):
                self.listed |= set(c["publics"])
            elif c["kind"] == "RES_HAND":
                self.listed.add("BOETH")

    def _asked(self):
        """Hours the lot asks for, None when nobody knows."""
        stated = sum(c.get("hours", 0) for c in self.clauses)
        if stated:
            return stated
        return sum(j.get("seats", 1) * j["hours_week"] * j["weeks"]
                   for j in self.lot.get("jobs", [])
                   if "hours_week" in j and "weeks" in j) or None

    def warnings(self):
        kinds = {c["kind"] for c in self.clauses}
        out = [word for kind, word in WARNINGS if kind in kinds]
        if not self.places:
            out.append("NO_PLACE")
        if not is_open(self.market, self.on):
            out.append("NOT_OPEN")
        return out

    def answer(self):
        out = {"lot": self.number, "start": text_of(self.start)}
        put(out, "object", self.lot.get("object"))
        put(out, "warnings", self.warnings())
        return out

    def reversed(self, hit):
        """The hit of a candidate as one of this lot."""
        out = {k: v for k, v in hit.items()
               if k not in ("id", "name", "kind", "commune")}
        out.update(market=self.market["id"], lot=self.number,
                   start=text_of(self.start))
        put(out, "object", self.lot.get("object", self.market.get("object")))
        put(out, "buyer", self.market.get("buyer", {}).get("name"))
        if "deadline" in self.market:
            out["deadline"] = moment_of(self.market["deadline"]).strftime(
                "%Y-%m-%dT%H:%M:%SZ")
        put(out, "warnings", self.warnings())
        return out

    def jobs(self, number):
        jobs = self.lot.get("jobs", [])
        if number is None:
            return [Job(self, n) for n in range(1, len(jobs) + 1)]
        if number > len(jobs):
            raise NotFound("job")
        return [Job(self, number)]

    def structures(self, limit):
        hits = []
        for s in self.store.structures.values():
            reason, _, hit = self.structure(s)
            if reason is None:
                hits.append(hit)
        return ranked(hits, limit)

    def structure(self, s):
        """(reason, activity, None) or (None, activity, hit)."""
        if s.get("status", "active") != "active":
            return "INACTIVE", None, None
        if ((s["from"] is not None and self.start < s["from"])
                or (s["until"] is not None and self.start > s["until"])):
            return "AGREEMENT_EXPIRED", None, None
        if s["kind"] not in self.kinds:
            return "KIND_NOT_ALLOWED", None, None
        if self.share and s.get("public_share", 50) < 50:
            return "SHARE_LT_50", None, None
        activities = s.get("activities", [])
        if not activities:
            return ("MODE_NOT_ALLOWED" if self.wanted else "ACTIVITY",
                    None, None)
        best = furthest = None
        for index, a in enumerate(activities, 1):
            reason, hit = self._activity(s, index, a)
            if reason is None:
                if best is None or hit["score"] > best["score"]:
                    best = hit
            else:
                rank = ACTIVITY_REASONS.index(reason)
                if furthest is None or rank > furthest[0]:
                    furthest = rank, index, reason
        if best is not None:
            return None, best["activity"], best
        return furthest[2], furthest[1], None

    def _activity(self, s, index, a):
        """Filters 5 to 9, then the score."""
        if self.wanted:
            can = modes_of(s["kind"])
            own = set(a.get("modes", [])) or can
            if not own & can & self.wanted:
                return "MODE_NOT_ALLOWED", None
        level = self._level(a)
        if level == 0:
            return "ACTIVITY", None
        zone = a.get("zone") or {}
        national = "FR" in zone.get("codes", [])
        home = self.tables.commune(s["commune"])
        choice = self.body.get("nationwide", "include")
        if (choice == "exclude" and national and home not in self.place
                or choice == "only" and not national):
            return "NATIONWIDE_EXCLUDED", None
        within = self._within(s, zone, home) if self.places else frozenset()
        if self.places and not within:
            return "ZONE", None
        free = a.get("free_hours")
        if free == 0:
            return "NO_CAPACITY", None
        amount = self.lot.get("amount")
        if amount is not None and not (
                a.get("lot_min", amount) <= amount
                <= a.get("lot_max", amount)):
            return "AMOUNT", None

        km = self._km(s, home)
        components = {
            "activity": level, "coverage": self._coverage(within),
            "proximity": None if km is None else 1000 - 10 * min(100, km),
            "capacity": self._capacity(free), "jobs": self._staffed(a)}
        hit = {"id": s["id"], "name": s["name"], "kind": s["kind"],
               "commune": s["commune"],
               "tie": tie_of(self.key, s["id"]), "activity": index}
        settle(hit, components)
        hit["score"] = total(hit["components"],
                             self.body.get("structure_weights")
                             or STRUCTURE_WEIGHTS)
        if self.places:
            full = len(within) == len(self.place)
            hit["cover"] = "full" if full else "partial"
            if not full:
                put(hit, "missing", [c for c in self.places
                                     if not self.tables.set_of(c) <= within])
        put(hit, "km", km)
        put(hit, "marks", self._marks(s, a, zone, home))
        return None, hit

    def _level(self, a):
        """None: the lot names nothing; 0: nothing in common."""
        sectors = self.lot.get("sectors", [])
        if not (sectors or self.cpv or self.rome):
            return None
        levels = [0]
        for mine in a.get("sectors", []):
            for asked in sectors:
                if mine == asked:
                    levels.append(1000)
                elif (self.tables.group(mine) is not None
                      and self.tables.group(mine) == self.tables.group(asked)):
                    levels.append(400)
        levels += [cpv_level(mine, asked) for mine in a["cpv_stripped"]
                   for asked in self.cpv] if "cpv_stripped" in a else []
        if self.rome & set(a.get("rome", [])):
            levels.append(600)
        return max(levels)

    def _within(self, s, zone, home):
        """The communes of the place that lie in the zone."""
        return self.tables.zone_in_place(zone, s["point"], home, self.places)

    def _coverage(self, within):
        if not self.places:
            return None
        whole = self.tables.population(self.place)
        if whole == 0:
            return 1000 * len(within) // len(self.place)
        return 1000 * self.tables.population(within) // whole

    def _km(self, s, home):
        if not self.places:
            return None
        if home in self.place:
            return 0
        return self.tables.nearest(s["point"] or self.tables.centre_of(home),
                                   self.places)

    def _capacity(self, free):
        months = self.lot.get("months", 0)
        if free is None or months == 0 or self.hours is None:
            return None
        return min(1000, 1000 * free * months // self.hours)

    def _staffed(self, a):
        jobs = self.lot.get("jobs", [])
        if not jobs or not a.get("rome"):
            return None
        seats = [(j.get("seats", 1), j["rome"] in a["rome"]) for j in jobs]
        return (1000 * sum(n for n, staffed in seats if staffed)
                // sum(n for n, _ in seats))

    def _marks(self, s, a, zone, home):
        marks = []
        if self.share and "public_share" not in s:
            marks.append("SHARE_UNKNOWN")
        near = any(c.startswith("NEAR:")
                   for c in (*zone.get("codes", ()), *self.places))
        measured = (zone.get("within_km") is not None
                    or home not in self.place or near)
        vague = ((s["point"] is None and self.tables.vague(home))
                 or self.tables.any_vague(self.places))
        if self.places and measured and vague:
            marks.append("APPROXIMATE")
        if a.get("derived"):
            marks.append("DERIVED")
        return marks


# ---- A person for a job ---------------------------------------------------

class Proofs:
    """What makes a person eligible on a day, for a job somewhere, when these
    modes are wanted: the tables `eligibility` and `publics`."""

    def __init__(self, tables, on, where, wanted):
        self.levels = tables.eligibility.on(on)
        self.kinds = [k for k in KINDS if not wanted or wanted & modes_of(k)]
        best = {}  # public -> (width, size, value) of the narrowest territory
        for (code, public), value in tables.publics.on(on).items():
            area = tables.set_of(code)
            if code == "FR" or where and where <= area:
                row = WIDTHS.index(code.partition(":")[0]), len(area), value
                best[public] = min(best.get(public, row), row)
        self.publics = {public: set(value.split(";")[0].split("|"))
                        for public, (_, _, value) in best.items()}
        self.any_public = set().union(*self.publics.values())

    def prove(self, public, facts):
        return bool(self.publics.get(public, set()) & facts)

    def _enough(self, facts, level):
        asked = [int(self.levels[k, "level%d" % level]) for k in self.kinds
                 if (k, "level%d" % level) in self.levels]
        has = {f for f in facts
               if self.levels.get((f, "level")) == str(level)}
        return bool(asked) and len(has) >= min(asked)

    def suffice(self, facts):
        return bool(self.any_public & facts or "PASS" in facts
                    or self._enough(facts, 1) or self._enough(facts, 2))


class Job:
    def __init__(self, lot, number):
        self.lot, self.tables, self.number = lot, lot.tables, number
        self.job = lot.lot["jobs"][number - 1]
        self.key = "%s/%d" % (lot.key, number)
        on = lot.on
        self.start = max(on, day(self.job.get("start"))
                         or day(lot.lot.get("start")) or on)
        self.grace = lot.body.get("grace", 14)
        self.commune = None
        if "commune" in self.job:
            self.commune = self.tables.commune(self.job["commune"])
        lot.store.asked_rules = True
        self.proofs = Proofs(self.tables, lot.body["on"], self._where(),
                             lot.wanted)

    def _where(self):
        """The communes whose rules count; none: those of the country."""
        return (self.lot.place if self.commune is None
                else frozenset([self.commune]))

    def people(self, limit):
        hits = []
        for p in self.lot.store.profiles.values():
            reason, hit = self.person(p)
            if reason is None:
                hits.append(hit)
        out = {"job": self.number, "rome": self.job["rome"],
               "start": text_of(self.start)}
        put(out, "candidates", ranked(hits, limit))
        return out

    def reversed(self, hit):
        out = self.lot.reversed(hit)
        out.update(job=self.number, start=text_of(self.start))
        for name in ("rome", "title", "commune", "hours_week"):
            put(out, name, self.job.get(name))
        return out

    def person(self, p):
        """(reason, None) or (None, hit)."""
        on, start = self.lot.on, self.start
        consent = p["consent_on"]
        if consent is None or on < consent:
            return "NO_CONSENT", None
        contact = p["last_contact_on"]
        if on >= (consent if contact is None else contact) + 730:
            return "NO_CONSENT", None
        suspended = p["pass_suspended_until"]
        if suspended is not None and suspended >= start:
            return "SUSPENDED", None
        if not self._eligible(p, start):
            return ("EXPIRED" if self._eligible(p, None)
                    else "NOT_ELIGIBLE"), None
        fit = self._fit(p)
        if fit == 0:
            return "JOB", None
        home = self.tables.commune(p["commune"])
        km = self._km(home)
        if km is not None and km > p["mobility_km"]:
            return "DISTANCE", None
        if self.job.get("vehicle") and not p.get("vehicle"):
            return "MOBILITY", None
        if ("licence" in self.job
                and self.job["licence"] not in p.get("licences", [])):
            return "MOBILITY", None
        available = p["available_from"]
        if available is not None and available > start + self.grace:
            return "NOT_AVAILABLE", None
        week = self.job.get("hours_week")
        if week is not None and not (
                p.get("hours_min", week) <= week <= p.get("hours_max", week)):
            return "HOURS", None

        hit = {"id": p["id"], "tie": tie_of(self.key, p["id"])}
        settle(hit, {
            "job": fit,
            "distance": None if km is None else
            1000 - 1000 * km // max(p["mobility_km"], 1),
            "waiting": self._waiting(p),
            "availability": self._availability(available)})
        hit["score"] = total(hit["components"],
                             self.lot.body.get("person_weights")
                             or PERSON_WEIGHTS)
        put(hit, "km", km)
        put(hit, "marks", self._marks(home))
        return None, hit

    def _eligible(self, p, start):
        """At START; None ignores every date."""
        held = {code for code, until in p["proofs"]
                if until is None or start is None or until >= start}
        valid = p["pass_until"] is not None and (
            start is None or p["pass_until"] >= start)
        facts = held | {"PASS"} if valid else held
        if self.lot.listed:
            return any(self.proofs.prove(public, facts)
                       for public in self.lot.listed)
        return self.proofs.suffice(facts)

    def _fit(self, p):
        job, best = self.job["rome"], 0
        for wish in p.get("rome", []):
            if wish == job:
                return 1000
            best = max(best, self.tables.link(wish, job),
                       300 if wish[:3] == job[:3] else 0)
        return best

    def _km(self, home):
        if self.commune is not None:
            if self.commune == home:
                return 0
            return self.tables.km(home, self.commune)
        if not self.lot.places:
            return None
        if home in self.lot.place:
            return 0
        return self.tables.nearest(self.tables.centre_of(home), self.lot.places)

    def _waiting(self, p):
        if p["registered_on"] is None:
            return None
        if p["registered_on"] >= self.lot.on:
            return 0
        months = months_between(p["registered_on"], self.lot.on)
        return 1000 * min(24, months) // 24

    def _availability(self, available):
        late = 0 if available is None else max(0, available - self.start)
        if self.grace == 0:
            return 1000
        return 1000 - 1000 * late // self.grace

    def _marks(self, home):
        marks = []
        if self.commune is not None:
            if home != self.commune and (self.tables.vague(home)
                                         or self.tables.vague(self.commune)):
                marks.append("APPROXIMATE")
        elif self.lot.places and home not in self.lot.place:
            if (self.tables.vague(home)
                    or self.tables.any_vague(self.lot.places)):
                marks.append("APPROXIMATE")
        if self.job.get("derived"):
            marks.append("DERIVED")
        return marks
