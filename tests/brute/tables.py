"""Codes, territories and distances of engine/MATCHING.md section 2.

Reads store/reference/*.tsv and takes the tables a user would import.  Sets of
communes are frozensets of INSEE codes' numbers; what is expensive is kept.
"""

import bisect
import functools
import math
import os

EARTH = 6371.0088
CHORDS = [2 * math.sin(k / (2 * EARTH)) for k in range(20016)]
T = [math.floor(s * s * 2.0 ** 60) for s in CHORDS]  # s ** 2 rounds otherwise

LINK_LEVEL = {"Proche": 700, "Evolution": 500}


def micro(degrees):
    """Decimal degrees as millionths, rounded half away from zero."""
    scaled = abs(degrees) * 1e6
    whole = math.floor(scaled)
    whole += scaled - whole >= 0.5
    return -whole if degrees < 0 else whole


def vector_of(lat, lon):
    """The unit vector x 2^30 of a position in millionths of a degree."""
    phi = lat / 1e6 * math.pi / 180
    lam = lon / 1e6 * math.pi / 180
    return tuple(math.floor(2.0 ** 30 * v + 0.5) for v in
                 (math.cos(phi) * math.cos(lam),
                  math.cos(phi) * math.sin(lam), math.sin(phi)))


def square(a, b):
    return (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2


def km_of(q):
    """The least k with q <= T[k]."""
    return bisect.bisect_left(T, q)


def rounded(numerator, denominator):
    """Half away from zero."""
    n = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -n if numerator < 0 else n


REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                         "..", "store", "reference")


def rows_of(name):
    with open(os.path.join(REFERENCE, name + ".tsv"), encoding="utf-8") as f:
        head, *lines = f.read().split("\n")
    head = head.split("\t")
    return [dict(zip(head, line.split("\t"))) for line in lines if line]


class Commune:
    """A current commune as the bundled tables have it."""

    def __init__(self, row):
        self.insee, self.dep, self.reg = (
            row["insee"], row["department"], row["region"])
        self.epci, self.ept = row["epci"], row["ept"]
        self.population = int(row["population"] or 0)
        self.name = row["name"]


class Centres:
    """A table of centres, and what follows for the communes it lacks."""

    def __init__(self, communes, known, vague):
        """KNOWN: number -> (lat, lon) in millionths; VAGUE: numbers."""
        sums = {}
        for n, (lat, lon) in known.items():
            c = communes[n]
            total = sums.setdefault(c.epci, [0, 0, 0])
            total[0] += c.population * lat
            total[1] += c.population * lon
            total[2] += c.population
        at, self.vague = dict(known), set(vague)
        for n, c in enumerate(communes):
            if n in known:
                continue
            self.vague.add(n)
            total = sums.get(c.epci) if c.epci else None
            if total and total[2]:
                at[n] = (rounded(total[0], total[2]),
                         rounded(total[1], total[2]))
        self.vectors = {n: vector_of(*position) for n, position in at.items()}
        self.by_z = sorted((v[2], n) for n, v in self.vectors.items())
        self.heights = [z for z, _ in self.by_z]


# Tables of rules, which decide no match.
RULES = ("assess", "eligibility", "hours", "publics", "thresholds", "wording")


class Bundled:
    """The tables under store/reference/, read once a process."""

    def __init__(self):
        self.communes = [Commune(row) for row in rows_of("communes")]
        self.number = {c.insee: n for n, c in enumerate(self.communes)}
        self.everything = frozenset(range(len(self.communes)))
        self.areas, self.departments = {}, {}
        for n, c in enumerate(self.communes):
            self.departments.setdefault(c.dep, []).append(c)
            for code in ("DEP:" + c.dep, "REG:" + c.reg, "EPCI:" + c.epci,
                         "EPCI:" + c.ept):
                self.areas.setdefault(code, set()).add(n)
        self.areas = {k: frozenset(v) for k, v in self.areas.items()}
        self.names = {kind + row["code"]: row["name"]
                      for kind, table in (("DEP:", "departments"),
                                          ("REG:", "regions"))
                      for row in rows_of(table)}
        # A former code needs one successor, in the department of its digits.
        self.former = {}
        for row in rows_of("former"):
            now, old = row["current"].split("|"), row["old"]
            if len(now) == 1 and old.startswith(
                    self.communes[self.number[now[0]]].dep):
                self.former[old] = now[0]
        centres = rows_of("centres")
        self.positions = {self.number[row["insee"]]:
                          (micro(float(row["lat"])), micro(float(row["lon"])))
                          for row in centres}
        self.centres = Centres(
            self.communes, self.positions,
            {self.number[row["insee"]] for row in centres
             if row["approximate"] == "1"})
        # What decides a match: the tables of facts.
        self.versions = {row["table"]: row["version"]
                         for row in rows_of("tables")
                         if row["table"] not in RULES}


def amended(name, rows):
    """The bundled table of rules with these in the place of all rows of the
    same names, as reference.import takes it."""
    given = {row["rule"] for row in rows}
    return [{k: row[k] for k in ("rule", "value", "from", "until", "source")
             if row[k]} for row in rows_of(name)
            if row["rule"] not in given] + rows


class Rules:
    """A table of rules: the bundled one, or ROWS in its place."""

    def __init__(self, name, rows, version):
        self.rows = rows_of(name) if rows is None else rows
        if rows is None:
            version, = (row["version"] for row in rows_of("tables")
                        if row["table"] == name)
        self.stamp = "%s@%s" % (name, version)

    @functools.lru_cache(None)
    def on(self, day):
        """(first, second) -> value, of the rows in force."""
        return {tuple(row["rule"].split("/", 1)): row["value"]
                for row in self.rows
                if row["from"] <= day <= (row.get("until") or "9999")}


class Tables:
    """The tables of one store: the bundled ones, and those a user imported
    (rows as reference.import takes them) in the place of theirs."""

    def __init__(self, bundled, centres=None, rome_links=None, sectors=None,
                 eligibility=None, publics=None, version="1"):
        self.bundled, self.centres = bundled, bundled.centres
        self.eligibility = Rules("eligibility", eligibility, version)
        self.publics = Rules("publics", publics, version)
        self.in_use, self.imported = bundled.versions.copy(), {}
        for table, rows in (("centres", centres), ("rome-links", rome_links),
                            ("sectors", sectors)):
            if rows is not None:
                self.in_use.pop(table, None)
                self.imported[table] = version
        self.links, self.groups = {}, {}
        for row in rome_links or ():
            pair = row["rome"], row["target"]
            self.links[pair] = max(self.links.get(pair, 0),
                                   LINK_LEVEL[row["kind"]])
        for row in sectors or ():
            self.groups[row["sector"]] = row["group"]
        if centres is not None:
            number = bundled.number
            self.centres = Centres(
                bundled.communes,
                {number[row["commune"]]: (micro(row["lat"]),
                                          micro(row["lon"]))
                 for row in centres},
                {number[row["commune"]] for row in centres
                 if row.get("approximate")})
        for name in ("set_of", "union", "circle", "nearest", "inside",
                     "any_vague", "population"):
            setattr(self, name, functools.lru_cache(None)(
                getattr(self, "_" + name)))

    # ---- Codes ------------------------------------------------------------

    def current(self, insee):
        """The commune that a code means today; KeyError when refused."""
        if insee in self.bundled.number:
            return insee
        return self.bundled.former[insee]

    def current_code(self, code):
        level, _, rest = code.partition(":")
        if level == "COM":
            return "COM:" + self.current(rest)
        if level == "NEAR":
            insee, _, km = rest.partition(":")
            return "NEAR:%s:%s" % (self.current(insee), km)
        return code

    def commune(self, insee):
        return self.bundled.number[insee]

    def versions(self):
        return ["%s@%s" % pair for pair in sorted(self.in_use.items())
                + sorted(self.imported.items())]

    def link(self, wanted, target):
        return self.links.get((wanted, target), 0)

    def group(self, sector):
        return self.groups.get(sector)

    # ---- Territories ------------------------------------------------------

    def _set_of(self, code):
        level, _, rest = code.partition(":")
        if level == "FR":
            return self.bundled.everything
        if level == "COM":
            return frozenset([self.commune(rest)])
        if level == "NEAR":
            insee, _, km = rest.partition(":")
            home = self.commune(insee)
            return self.circle(self.centre_of(home), int(km)) | {home}
        return self.bundled.areas[code]

    def _union(self, codes):
        if len(codes) == 1:
            return self.set_of(codes[0])
        return frozenset().union(*(self.set_of(c) for c in codes))

    def _circle(self, vector, km):
        """Only those whose height differs by less than the radius can lie
        in it: q is at least the square of one difference."""
        if vector is None:
            return frozenset()
        reach = math.isqrt(T[km])
        heights, vectors = self.centres.heights, self.centres.vectors
        first = bisect.bisect_left(heights, vector[2] - reach)
        last = bisect.bisect_right(heights, vector[2] + reach)
        return frozenset(n for _, n in self.centres.by_z[first:last]
                         if square(vectors[n], vector) <= T[km])

    def zone_in_place(self, zone, point, home, places):
        """The communes of the places that lie in the zone."""
        within_km = zone.get("within_km")
        if within_km is None:
            point = None  # so that equal zones are one entry
        return self.inside(tuple(zone.get("codes", ())), within_km, point,
                           home, places)

    def _inside(self, codes, within_km, point, home, places):
        place = self.union(places)
        if within_km is None:
            found = self.union(codes) & place
        else:
            found = self._around(point or self.centre_of(home), within_km,
                                 place)
        return found | {home} if home in place else found

    def _around(self, vector, km, place):
        """circle(vector, km) & place, by the shorter way."""
        if len(place) > 4000:
            return self.circle(vector, km) & place
        if vector is None:
            return frozenset()
        vectors = self.centres.vectors
        return frozenset(n for n in place if n in vectors
                         and square(vectors[n], vector) <= T[km])

    def _population(self, communes):
        return sum(self.bundled.communes[n].population for n in communes)

    # ---- Distances --------------------------------------------------------

    def vector(self, lat, lon):
        return vector_of(lat, lon)

    def centre_of(self, n):
        return self.centres.vectors.get(n)

    def km(self, a, b):
        """None when one of the two has no centre."""
        vectors = self.centres.vectors
        if a not in vectors or b not in vectors:
            return None
        return km_of(square(vectors[a], vectors[b]))

    def _nearest(self, vector, places):
        """Kilometres to the nearest commune of the places."""
        if vector is None:
            return None
        vectors = self.centres.vectors
        known = [vectors[n] for n in self.union(places) if n in vectors]
        if not known:
            return None
        return km_of(min(square(vector, v) for v in known))

    def vague(self, n):
        return n in self.centres.vague

    def _any_vague(self, places):
        return not self.centres.vague.isdisjoint(self.union(places))
