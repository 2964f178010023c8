"""Random stores from a seed, made so that every rule has something to decide.

A store lives round a handful of communes, ROME codes, CPV codes, sectors and
dates, so that candidates meet lots often, equal scores are common, and values
fall on both sides of every boundary.  All of it is invented.
"""

import datetime
import random

import brute
import tables

ISLANDS = ("85113", "29155", "22016", "29083")  # in no EPCI
CITIES = ("75056", "69123", "13055")
DISTRICTS = ("75112", "75101", "69385", "13208")
OVERSEAS = ("971", "972", "973", "974", "976")
DESERTED = ("55039", "55050", "55139", "55189")  # nobody lives there
FAR = ("97801", "97502", "98818", "98735")
ROMES = ("A1203 A1202 A1201 F1704 F1702 F1701 F1606 K2204 K2202 K2304 D1101 "
         "D1106 N1103 N1105 G1602 G1603 H2102 I1203").split()
CPVS = ("45000000-7 45200000 45210000 45211000 45211100 45211341 45212000 "
        "45233200 77310000 77310000-6 77300000 77000000 90910000 90911200 "
        "90900000 90000000 55520000-1 55523100 79710000").split()
SECTORS = ("espaces-verts nettoyage restauration batiment peinture voirie "
           "blanchisserie numerique").split()
MOBILITIES = (0, 5, 10, 20, 30, 50, 50, 100, 100, 200, 500, 500)
LICENCES = "AM A1 A2 A B1 B BE C1 C CE D1 D DE".split()
CRITERIA = ("AAH ASE ASS CAP_BEP DELD DETENTION_MJ DETLD FLE JEUNE PI PM "
            "PSH_PR QPV REF_DA RSA SENIOR TH ZRR INVALIDITE GEIQ EPIDE E2C "
            "OTHER").split()
LEVELLED = CRITERIA[:18]
PUBLICS = brute.PUBLICS
RESERVED = ("RES_HAND", "RES_IAE", "RES_MIX", "RES_UNKNOWN", "RES_PRISON",
            "RES_ESS")
PLAIN = ("EXEC", "EXEC", "EXEC_MANDATORY", "CRIT", "OBJ", "PRIVATE")
VERSION = "test-1"  # of imported tables
CONTRACTS = "CDI CDD CDDI CTTI INTERIM".split()


def luhn_digit(digits):
    total = 0
    for i, d in enumerate(reversed(digits)):
        n = int(d) * (2 if i % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return str(-total % 10)


class World:
    """One random store and the questions to put to it."""

    def __init__(self, seed, bundled):
        self.r = r = random.Random(seed)
        self.seed, self.bundled = seed, bundled
        self.on = datetime.date(2026, 1, 1) + datetime.timedelta(
            days=r.randrange(700))
        near = self._days(-1, 0, 0, 1, 10, 31)
        self.starts = [self._day(n) for n in near]
        self.communes = self._communes()
        self.zones = self._zones()
        self.points = [self._point() for _ in range(4)]
        self.romes = r.sample(ROMES, r.randint(4, 8))
        self.cpvs = r.sample(CPVS, r.randint(4, 9))
        self.sectors = r.sample(SECTORS, r.randint(3, 6))
        self.amounts = [r.randint(1, 400) * 100000 for _ in range(3)]
        self.imports = self._imports()
        # Few large, many small: 20 to 300 and 200 to 2,000.
        n = int(20 * 15 ** r.random() ** 2)
        m = int(200 * 10 ** r.random() ** 2)
        self.structures = self._structures(n)
        self.profiles = [self._profile(i) for i in range(m)]
        self.markets = [self._market(i) for i in range(r.randint(1, 3))]
        # The reverse looks at all of them, the other questions at the first.
        self.more_markets = [self._market(i) for i in range(
            10, 10 + r.choice((0, 2, 5, 15)))]
        for market in self.markets:
            market["grouping"] = r.choice((None, None, "ALLOWED", "ONE_EACH",
                                           "FORBIDDEN"))
            market["max_lots"] = r.choice((None, None, 1, 2))
        n = r.choice((0, 1, 3, 8, 20))
        self.facilitators = [self._facilitator(i, n) for i in range(n)]

    # ---- Small choices ----------------------------------------------------

    def _days(self, *fixed):
        return list(fixed) + [self.r.randint(-40, 400) for _ in range(2)]

    def _day(self, offset):
        return (self.on + datetime.timedelta(days=offset)).isoformat()

    def _maybe(self, chance, make):
        return make() if self.r.random() < chance else None

    def _some(self, values, low, high):
        values = list(values)
        n = min(len(values), self.r.randint(low, high))
        return self.r.sample(values, n)

    def _edge(self, base):
        """A date on, just before or just after one that matters."""
        return (datetime.date.fromisoformat(base) + datetime.timedelta(
            days=self.r.choice((-300, -30, -1, -1, 0, 0, 1, 1, 30, 300)))
            ).isoformat()

    # ---- Places -----------------------------------------------------------

    def _communes(self):
        """Communes of two departments, a big one, and a few odd ones."""
        r, areas = self.r, self.bundled.departments
        kind = r.random()
        if kind < 0.15:
            departments = [r.choice(OVERSEAS), r.choice(OVERSEAS)]
        elif kind < 0.3:
            departments = ["2A", "2B"]
        elif kind < 0.35:
            departments = ["55", "54"]
        else:
            departments = r.sample(sorted(areas), 2)
        pool = []
        for department in departments:
            own = areas[department]
            pool += [c.insee for c in r.sample(own, min(len(own), 4))]
            epci = r.choice(own).epci
            same = [c.insee for c in own if epci and c.epci == epci]
            pool += r.sample(same, min(len(same), 5))
            pool.append(max(own, key=lambda c: c.population).insee)
        pool += r.sample(CITIES, 1)
        if r.random() < 0.3:
            pool += r.sample(ISLANDS, 2)
        if r.random() < 0.2:
            pool += r.sample(FAR, 1)
        self.written = [c for c in r.sample(DISTRICTS, 1)]
        here = set(departments)
        self.written += [old for old, now in self.bundled.former.items()
                         if self._row(now).dep in here][:3]
        self.core = DESERTED if "55" in here else pool[:4]
        return pool + list(self.core)

    def _row(self, insee):
        return self.bundled.communes[self.bundled.number[insee]]

    def _commune(self):
        x = self.r.random()
        if x < 0.03:
            return self.r.choice(self.written)
        return self.r.choice(self.core if x < 0.5 else self.communes)

    def _zones(self):
        """Territory codes that lie near each other."""
        zones = []
        for insee in self.communes:
            row = self._row(insee)
            zones += ["COM:" + insee, "COM:" + insee, "DEP:" + row.dep]
            zones += ["EPCI:" + code for code in (row.epci, row.ept) if code]
            zones.append("NEAR:%s:%d" % (insee, self.r.choice(
                (0, 3, 5, 10, 25, 60, 150))))
        zones += ["COM:" + c for c in self.written]
        zones += ["NEAR:%s:10" % self.r.choice(self.written)]
        zones += ["REG:" + self._row(self.communes[0]).reg, "FR"]
        zones += ["DEP:" + self._row(c).dep for c in self.core] * 2
        return zones

    def _codes(self, high):
        if self.r.random() < 0.5:
            return self._some(["COM:" + self._commune() for _ in range(high)]
                              + self._some(self.zones, 1, 1), 1, high)
        return self._some(self.zones, 1, high)

    def _point(self):
        lat, lon = self._position(self.r.choice(self.communes))
        return [round(v / 1e6 + self.r.uniform(-0.2, 0.2), 7)
                for v in (lat, lon)]

    def _position(self, insee):
        return self.bundled.positions.get(self.bundled.number[insee],
                                          (46500000, 2500000))

    # ---- Imported tables --------------------------------------------------

    def _imports(self):
        """Tables a user imports: about a quarter of the stores has some."""
        r, out = self.r, {}
        if r.random() < 0.2:
            out["centres"] = self._centres()
        if r.random() < 0.25:
            pairs = {(a, b, kind) for a in self.romes for b in self.romes
                     for kind in ("Proche", "Evolution")
                     if a != b and r.random() < 0.3}
            if pairs:
                out["rome_links"] = [
                    {"rome": a, "target": b, "kind": k}
                    for a, b, k in sorted(pairs)]
        if r.random() < 0.25:
            out["sectors"] = [
                {"sector": s, "group": r.choice(("a", "b"))}
                for s in self.sectors if r.random() < 0.8] or [
                {"sector": "autre", "group": "a"}]
        if r.random() < 0.25:
            out["publics"] = tables.amended("publics", self._publics())
        if r.random() < 0.25:
            out["eligibility"] = tables.amended("eligibility", self._levels())
        return out

    def _in_force(self, rule, values):
        """A rule that changes once, on a day that matters; sometimes of the
        territory's own only from then on."""
        r, turn = self.r, self._day(self.r.choice((-1, 0, 1, 40)))
        last = datetime.date.fromisoformat(turn) - datetime.timedelta(days=1)
        rows = [{"rule": rule, "value": v, "from": begin, "source": "invented"}
                for v, begin in zip(values, ("1900-01-01", turn))]
        rows[0]["until"] = last.isoformat()
        return rows if rule.startswith("FR") or r.random() < 0.7 else rows[1:]

    def _publics(self):
        r, rows = self.r, []
        places = sorted({z for z in self.zones
                         if not z.startswith("NEAR") and z != "FR"
                         and z.partition(":")[2] not in self.written})
        for place in self._some(places, 0, 6) + ["FR"]:
            for public in self._some(PUBLICS, 1, 5):
                rows += self._in_force("%s/%s" % (place, public), [
                    r.choice(("NONE", "PASS", "|".join(
                        self._some(CRITERIA + ["PASS"], 1, 4)) + ";if so"))
                    for _ in range(2)])
        return rows

    def _levels(self):
        r, rows = self.r, []
        for code in self._some(LEVELLED, 1, 8):
            rows += self._in_force(code + "/level",
                                   [r.choice("12") for _ in range(2)])
        for kind in self._some(("EI", "ACI", "AI", "ETTI", "EITI"), 1, 5):
            for level in ("level1", "level2"):
                rows += self._in_force("%s/%s" % (kind, level), [
                    r.choice("1223") for _ in range(2)])
        # All but a territory's rules must have every day.
        first = {row["rule"] for row in rows if row["from"] == "1900-01-01"}
        return [row for row in rows if row["rule"] in first]

    def _centres(self):
        """A poor table: most communes take the mean of their EPCI, or have
        no centre at all."""
        r, rows = self.r, []
        wanted = {c for c in self.communes if r.random() < 0.7}
        wanted.add(self.communes[0])
        wanted |= {c.insee for c in r.sample(self.bundled.communes, 60)}
        for insee in sorted(wanted):
            lat, lon = self._position(insee)
            at = {"commune": insee, "lat": (lat + r.randint(-9000, 9000)) / 1e6,
                  "lon": (lon + r.randint(-9000, 9000)) / 1e6}
            if r.random() < 0.2:
                at["approximate"] = True
            rows.append(at)
        return rows

    def tables(self):
        """The tables of this store as the brute force takes them."""
        return brute.Tables(self.bundled, version=VERSION, **self.imports)

    # ---- Structures -------------------------------------------------------

    def _structures(self, n):
        rows, seen = [], set()
        while len(rows) < n:
            siret = self._siret()
            for kind in self._some(brute.KINDS, 1, 1 + (
                    self.r.random() < 0.1)):
                if (siret, kind) not in seen and len(rows) < n:
                    seen.add((siret, kind))
                    rows.append(self._structure(siret, kind))
        return rows

    def _siret(self):
        siren = "000%05d" % self.r.randint(1, 99999)  # no real one
        siren += luhn_digit(siren)
        nic = siren + "%04d" % self.r.randint(1, 999)
        return nic + luhn_digit(nic)

    def _structure(self, siret, kind):
        r = self.r
        s = {"siret": siret, "kind": kind, "name": "Structure " + siret[:6],
             "commune": self._commune(),
             "status": self._maybe(0.3, lambda: r.choice(
                 ("active",) * 4 + ("inactive", "suspended", "closed"))),
             "public_share": r.choice((None, 0, 49, 50, 51, 80, 80, 100)),
             "turnover": self._maybe(0.1, lambda: r.randint(0, 10**9)),
             "networks": self._maybe(0.1, lambda: ["coorace"])}
        dates = sorted(self._edge(r.choice(self.starts)) for _ in range(2))
        s["agreement_from"] = dates[0] if r.random() < 0.15 else None
        s["agreement_until"] = dates[1] if r.random() < 0.2 else None
        if r.random() < 0.2:
            lat, lon = r.choice(self.points)
            s["lat"], s["lon"] = lat, lon
        s["activities"] = [self._activity(kind) for _ in range(
            r.choice((0, 1, 1, 1, 1, 2, 2, 3, 4)))]
        return s

    def _activity(self, kind):
        r = self.r
        amounts = sorted(r.choice(self.amounts) + r.choice((-1, 0, 0, 1))
                         for _ in range(2))
        can = ("DISP",) if kind in brute.HIRERS_OUT else ("PREST", "BUILD")
        return {
            "sectors": self._maybe(0.5, lambda: self._some(
                self.sectors, 0, 3)),
            "cpv": self._maybe(0.75, lambda: self._some(self.cpvs, 1, 3)),
            "rome": self._maybe(0.5, lambda: self._some(self.romes, 0, 4)),
            "modes": r.choice((None, None, None, [], list(can), list(can),
                               [can[0]], ["DISP"], ["PREST"])),
            "zone": self._zone(),
            "free_hours": r.choice((None, 0, 10, 10, 50, 100, 1000)),
            "lot_min": amounts[0] if r.random() < 0.25 else None,
            "lot_max": amounts[1] if r.random() < 0.25 else None,
            "derived": r.choice((None, None, False, True))}

    def _zone(self):
        x = self.r.random()
        if x < 0.1:
            return self.r.choice((None, {}, {"codes": []}))
        if x < 0.25:
            codes = ["FR"] + self._codes(2)
            return {"codes": codes[:self.r.randint(1, len(codes))]}
        if x < 0.65:
            return {"codes": self._codes(4)}
        return {"within_km": self.r.choice(
            (0, 1, 2, 5, 10, 20, 50, 100, 300, 1000))}

    # ---- Markets ----------------------------------------------------------

    def _market(self, index):
        r = self.r
        concession = r.random() < 0.15
        m = {"id": "M-%d-%d" % (self.seed, index),
             "object": "Invented market %d" % index,
             "contract_type": "CONCESSION" if concession else r.choice(
                 (None, "WORKS", "SERVICES")),
             "status": r.choice((None, None, "OPEN", "OPEN", "DRAFT",
                                 "CLOSED", "AWARDED")),
             "deadline": self._deadline(),
             "buyer": self._maybe(0.3, lambda: {"name": "A buyer",
                                                "category": "LOCAL"})}
        m["lots"] = [self._lot(concession)
                     for _ in range(r.choice((1, 1, 2, 3)))]
        return m

    def _deadline(self):
        """Dates and moments round midnight in Paris."""
        r = self.r
        on = self._day(r.choice((-1, 0, 0, 1, 30)))
        return r.choice((None, None, on, on + "T12:00:00+02:00",
                         on + "T22:30:00Z", on + "T23:30:00Z",
                         on + "T00:10:00+01:00", on + "T20:00:00-04:00"))

    def _lot(self, concession):
        r = self.r
        lot = {"object": self._maybe(0.5, lambda: "Invented lot"),
               "cpv": self._maybe(0.7, lambda: self._some(self.cpvs, 0, 2)),
               "sectors": self._maybe(0.5, lambda: self._some(
                   self.sectors, 0, 2)),
               "modes": self._maybe(0.25, lambda: self._some(
                   ("DISP", "PREST", "BUILD"), 0, 2)),
               "places": None if r.random() < 0.07 else self._codes(3),
               "amount": r.choice((None, *self.amounts)),
               "months": r.choice((None, 0, 1, 3, 6, 12)),
               "start": r.choice((None, *self.starts)),
               "clauses": self._clauses(concession),
               "jobs": [self._job() for _ in range(r.choice((0, 1, 1, 2,
                                                             3)))]}
        return lot

    def _clauses(self, concession):
        r = self.r
        kinds = [r.choice(PLAIN) for _ in range(r.choice((0, 0, 1, 1, 2)))]
        if r.random() < 0.35:
            kind = r.choice(RESERVED)
            if not (concession and kind == "RES_MIX"):
                kinds.insert(r.randint(0, len(kinds)), kind)
                if r.random() < 0.1:
                    kinds.append(kind)
        return [{"kind": kind,
                 "hours": r.choice((None, None, 0, 150, 600, 5000)),
                 "publics": r.choice((None, None, [])) if r.random() < 0.7
                 else self._some(PUBLICS, 1, 7),
                 "modes": r.choice((None, None, None, [], ["HIRE"], ["DISP"],
                                    ["DISP", "HIRE"], ["PREST"],
                                    ["PREST", "BUILD"])),
                 "rate": r.choice((None, 500))} for kind in kinds]

    def _job(self):
        r = self.r
        return {"rome": r.choice(self.romes),
                "title": self._maybe(0.2, lambda: "Invented job"),
                "seats": r.choice((None, 1, 2, 3, 7)),
                "hours_week": r.choice((None, None, 20, 24, 35, 35)),
                "weeks": r.choice((None, 4, 10, 26)),
                "start": r.choice((None, None, *self.starts)),
                "commune": None if r.random() < 0.4 else self._commune(),
                "vehicle": r.choice((None, None, False, True)),
                "licence": self._maybe(0.15, lambda: r.choice(
                    ("B", "B", "B", "C", "AM"))),
                "derived": r.choice((None, None, False, True))}

    # ---- Facilitators -----------------------------------------------------

    def _facilitator(self, index, n):
        r = self.r
        away = sorted(self._edge(self._day(0)) for _ in range(2))
        return {
            "id": "F-%d-%d" % (self.seed, index), "organisation": "Invented",
            "contact": self._maybe(0.2, lambda: "somewhere"),
            "territories": self._some(self.zones, 0, 4),
            "sectors": self._maybe(0.3, lambda: self._some(
                self.sectors, 0, 3)),
            "etp_percent": r.choice((None, 30, 50, 100, 100, 100, 250)),
            "coordinator_of": self._maybe(0.2, lambda: self._some(
                {"REG:" + self._row(c).reg for c in self.communes}, 1, 2)),
            "backup": self._maybe(0.4, lambda: "F-%d-%d" % (
                self.seed, r.choice([i for i in range(n + 1)
                                     if i != index]))),
            "absent_from": self._maybe(0.2, lambda: away[0]),
            "absent_until": self._maybe(0.2, lambda: away[1])}

    def some_zones(self):
        """Current codes, as a question must name them."""
        return self._some([z for z in self.zones if not any(
            old in z for old in self.written)], 1, 3)

    # ---- People -----------------------------------------------------------

    def _profile(self, index):
        r = self.r
        p = {"id": "p.%d-%05d" % (self.seed, index * 7919 % 100003),
             "commune": self._commune(),
             "mobility_km": r.choice(MOBILITIES),
             "vehicle": r.choice((None, False, True, True)),
             "licences": r.choice((None, [], ["B"], ["B"], ["AM", "B"],
                                   self._some(LICENCES, 1, 3))),
             "rome": self._some(self.romes, 0 if r.random() < 0.1 else 1, 4),
             "criteria": [self._criterion() for _ in range(
                 r.choice((0, 1, 2, 2, 3, 4)))],
             "pass_until": self._maybe(0.3, lambda: self._edge(
                 r.choice(self.starts))),
             "pass_suspended_until": self._maybe(0.06, lambda: self._edge(
                 r.choice(self.starts))),
             "available_from": self._maybe(0.35, self._available),
             "registered_on": self._maybe(0.8, self._registered),
             "contracts": self._maybe(0.1, lambda: self._some(
                 CONTRACTS, 1, 2)),
             "consent_on": self._maybe(0.98, self._consent),
             "last_contact_on": self._maybe(0.2, self._consent)}
        low, high = sorted(r.choice((1, 15, 20, 24, 34, 35, 36, 48))
                           for _ in range(2))
        p["hours_min"] = low if r.random() < 0.3 else None
        p["hours_max"] = high if r.random() < 0.3 else None
        return p

    def _criterion(self):
        until = self._maybe(0.4, lambda: self._edge(self.r.choice(
            self.starts)))
        return {"code": self.r.choice(CRITERIA), "until": until}

    def _available(self):
        base = datetime.date.fromisoformat(self.r.choice(self.starts))
        return (base + datetime.timedelta(days=self.r.choice(
            (-30, 0, 1, 7, 13, 14, 14, 15, 30)))).isoformat()

    def _registered(self):
        """On the day of the month, the day after, and anywhere."""
        months = self.r.choice((0, 1, 2, 6, 6, 12, 12, 23, 24, 25, 40))
        year, month = divmod(self.on.year * 12 + self.on.month - 1 - months,
                             12)
        day = min(self.on.day, 28) + self.r.choice((0, 0, 0, -1, 1))
        return datetime.date(year, month + 1, 1).isoformat()[:8] + "%02d" % (
            min(28, max(1, day)))

    def _consent(self):
        return self._day(self.r.choice((-731, -730, -729, -400, -400, -100,
                                        -100, -100, -50, -10, -10, -1, 0, 1)))

    # ---- Questions --------------------------------------------------------

    def options(self):
        """What a question about structures and people may add."""
        r = self.r
        return {k: v for k, v in {
            "kinds": self._maybe(0.1, lambda: self._some(
                brute.KINDS, 1, 9)),
            "nationwide": r.choice((None,) * 5 + ("include", "exclude",
                                               "only")),
            "structure_weights": self._maybe(0.15, lambda: self._weights(
                brute.STRUCTURE_WEIGHTS)),
            "grace": r.choice((None, None, None, None, 0, 1, 30, 365)),
            "person_weights": self._maybe(0.15, lambda: self._weights(
                brute.PERSON_WEIGHTS))}.items() if v is not None}

    def _weights(self, names):
        cuts = sorted(self.r.choice((0, 100, 300, 333, 500, 900, 1000))
                      for _ in range(len(names) - 1))
        return {name: high - low for name, low, high in zip(
            names, [0] + cuts, cuts + [1000])}
