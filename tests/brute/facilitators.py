"""Section 11 of engine/MATCHING.md, written again and plainly: who covers
what, who leads, who takes over where nobody is."""

import brute
from brute import day, fnv1a, finalise, put
from tables import km_of, square

LEVELS = ("COMMUNE", "EPCI", "DEPARTMENT")


def level_of(code):
    return {"COM": 0, "NEAR": 0, "EPCI": 1}.get(code.partition(":")[0], 2)


class Cover:
    """Facilitators as they answer on a day."""

    def __init__(self, store, on):
        self.store, self.tables, self.on = store, store.tables, on
        self.everyone = {f["id"]: f for f in store.facilitators.values()}
        self.answers = {id: self._who(id) for id in self.everyone}
        sets = {}  # (who, level) -> communes
        for id, f in self.everyone.items():
            for code in f.get("territories", []):
                if self.answers[id] is not None:
                    key = self.answers[id], level_of(code)
                    sets[key] = sets.get(key, frozenset()) | (
                        self.tables.set_of(code))
        self.level = {}
        for (_, level), communes in sets.items():
            for c in communes:
                self.level[c] = min(level, self.level.get(c, level))
        self.covers = {
            (who, level): {c for c in communes if self.level[c] == level}
            for (who, level), communes in sets.items()}

    def _away(self, id):
        f = self.everyone[id]
        first, last = day(f.get("absent_from")), day(f.get("absent_until"))
        return ((first is not None or last is not None)
                and (first is None or first <= self.on)
                and (last is None or self.on <= last))

    def _who(self, id):
        if not self._away(id):
            return id
        backup = self.everyone[id].get("backup")
        if backup not in self.everyone or self._away(backup):
            return None
        return backup

    def whole(self, who):
        return set().union(*(communes for (w, _), communes
                             in self.covers.items() if w == who))

    def place(self, lot):
        if lot.get("places"):
            return self.tables.union(tuple(lot["places"]))
        return frozenset(self.tables.commune(j["commune"])
                         for j in lot.get("jobs", []) if "commune" in j)

    def open_places(self):
        for market in self.store.markets.values():
            if brute.is_open(market, self.on):
                yield frozenset().union(*map(self.place, market["lots"]))


class Route:
    def __init__(self, store, market, body):
        self.cover = Cover(store, day(body["on"]))
        self.store, self.market, self.body = store, market, body
        self.tables = store.tables
        self.row = store.tables.bundled.communes.__getitem__
        self.vague = False
        wanted = body.get("lot")
        if wanted is not None and not 1 <= wanted <= len(market["lots"]):
            raise brute.NotFound("lot")
        self.lots = [(n, lot, self.cover.place(lot)) for n, lot in enumerate(
            market["lots"], 1) if wanted in (None, n)]
        self.hours = {n: brute.Lot(store, market, n, body).hours
                      for n, _, _ in self.lots}
        self.loads = {}

    def _share(self, n, part, place):
        if self.hours[n] is None:
            return None
        weigh = self.tables.population
        if not weigh(frozenset(place)):
            weigh = len
        return self.hours[n] * weigh(frozenset(part)) // weigh(
            frozenset(place))

    def _extent(self, n, part, place):
        out = {"communes": len(part),
               "population": self.tables.population(frozenset(part))}
        put(out, "hours", self._share(n, part, place))
        return out

    def _parts(self, who):
        out = []
        for n, _, place in self.lots:
            for level, step in enumerate(LEVELS):
                part = self.cover.covers.get((who, level), set()) & place
                if part:
                    out.append(dict({"lot": n, "step": step},
                                    **self._extent(n, part, place)))
        return out

    def _tie(self, who):
        return finalise(fnv1a(self.market["id"]) ^ fnv1a(who))

    def _load(self, who):
        if who not in self.loads:
            mine = self.cover.whole(who)
            load = sum(not mine.isdisjoint(place)
                       for place in self.cover.open_places())
            etp = self.cover.everyone[who].get("etp_percent")
            self.loads[who] = load, etp and 10000 * load // etp
        return self.loads[who]

    def _order(self, who):
        each = self._load(who)[1]
        return each is None, each or 0, self._tie(who), who.encode()

    def _coordinators(self, region):
        return {self.cover.answers[id]
                for id, f in self.cover.everyone.items()
                if "REG:" + region in f.get("coordinator_of", [])} - {None}

    def _adjacent(self, middle, zone):
        """The id of who is next door, None without."""
        vectors = self.tables.centres.vectors
        self.vague |= self.tables.vague(middle)
        if middle not in vectors:
            return None
        found = [(square(vectors[middle], vectors[c]), self.row(c).insee, c)
                 for c in self.cover.level if c in vectors]
        if not found:
            return None
        q, insee, nearest = min(found)
        self.vague |= self.tables.vague(nearest)
        if km_of(q) > self.body.get("adjacent_km", 50):
            return None
        zone.update(commune=insee, km=km_of(q))
        return min({who for (who, _), communes in self.cover.covers.items()
                    if nearest in communes}, key=self._order)

    def _fall(self, middle, zone):
        zone["why"] = ["NO_FACILITATOR"]
        if len(self.row(middle).dep) == 3:
            zone["why"].append("OVERSEAS")
        else:
            who = self._adjacent(middle, zone)
            if who is not None:
                return zone.update(step="ADJACENT", facilitator=who)
            zone["why"].append("NONE_NEAR")
        found = self._coordinators(self.row(middle).reg)
        if found:
            return zone.update(step="COORDINATOR",
                               facilitator=min(found, key=self._order))
        zone["why"].append("NO_COORDINATOR")
        zone["step"] = "WHITE_ZONE"

    def _zones(self):
        for n, _, place in self.lots:
            blank = [c for c in place if c not in self.cover.level]
            for department in sorted({self.row(c).dep for c in blank}):
                here = [c for c in blank if self.row(c).dep == department]
                zone = dict({"lot": n, "department": department},
                            **self._extent(n, here, place))
                self._fall(min(here, key=lambda c: (
                    -self.row(c).population, self.row(c).insee)), zone)
                yield zone

    def _facilitator(self, who, zones):
        f = self.cover.everyone[who]
        parts = self._parts(who)
        load, each = self._load(who)
        out = {"id": who, "organisation": f["organisation"],
               "load": load, "tie": "%016x" % self._tie(who)}
        put(out, "contact", f.get("contact"))
        put(out, "stands_in_for", sorted(
            (id for id, it in self.cover.answers.items()
             if it == who and id != who), key=str.encode))
        named = {s for _, lot, _ in self.lots for s in lot.get("sectors", [])}
        put(out, "sectors", [s for s in f.get("sectors", []) if s in named])
        if any(h is not None for h in self.hours.values()):
            out["hours"] = sum(x.get("hours", 0) for x in parts + [
                z for z in zones if z.get("facilitator") == who])
        put(out, "etp_percent", f.get("etp_percent"))
        put(out, "load_per_etp", each)
        put(out, "parts", parts)
        return out

    def answer(self, head):
        zones = list(self._zones())
        told = ({who for who in self.cover.everyone if self._parts(who)}
                | {z["facilitator"] for z in zones if "facilitator" in z})
        found = [self._facilitator(who, zones) for who in told]
        found.sort(key=lambda f: (-f.get("hours", 0),) + self._order(f["id"]))
        warnings = ["NO_PLACE"] * any(not p for _, _, p in self.lots)
        if not brute.is_open(self.market, self.cover.on):
            warnings.append("NOT_OPEN")
        put(head, "warnings", warnings)
        put(head, "lead", found[0]["id"] if found else None)
        put(head, "facilitators", found)
        put(head, "zones", zones)
        head["approximate"] = self.vague
        return head


class Store(brute.Store):
    """A store that knows facilitators, too."""

    def __init__(self, tables):
        super().__init__(tables)
        self.facilitators = {}

    def put_facilitator(self, wire):
        f = self._clean(wire)
        if f.get("territories"):
            f["territories"] = brute.distinct(
                self.tables.current_code(c) for c in f["territories"])
        self.facilitators[f["id"]] = f

    def facilitator_route(self, body):
        return Route(self, self._market(body), body).answer(self._head(body))

    def territory_blank(self, body):
        cover = Cover(self, day(body["on"]))
        row = self.tables.bundled.communes.__getitem__
        where = self.tables.union(tuple(body.get("territories") or ["FR"]))
        blank = frozenset(where - cover.level.keys())
        places = list(cover.open_places())
        names = self.tables.bundled.names

        def count(communes):
            return sum(not communes.isdisjoint(place) for place in places)

        def area(kind, code, communes):
            return {"code": code, "name": names[kind + code],
                    "communes": len(communes),
                    "population": self.tables.population(
                        frozenset(communes)),
                    "markets": count(communes)}

        def areas(kind, code_of, communes):
            found = {}
            for c in communes:
                found.setdefault(code_of(row(c)), set()).add(c)
            return [area(kind, *pair) for pair in sorted(found.items())]

        answer = self._made(body)
        del answer["approximate"]
        answer.update(communes=len(blank), markets=count(blank),
                      population=self.tables.population(blank))
        put(answer, "departments", areas("DEP:", lambda c: c.dep, blank))
        coordinated = {code for id, f in cover.everyone.items()
                       if cover.answers[id] is not None
                       for code in f.get("coordinator_of", [])}
        put(answer, "regions", [
            region for region in areas("REG:", lambda c: c.reg, where)
            if "REG:" + region["code"] not in coordinated])
        rows = sorted((row(c).insee, c) for c in blank
                      if row(c).insee > body.get("page_token", ""))
        size = body.get("page_size", 100)
        put(answer, "rows", [
            {"commune": insee, "name": row(c).name, "department": row(c).dep,
             "population": row(c).population, "markets": count({c})}
            for insee, c in rows[:size]])
        if len(rows) > size:
            answer["next"] = rows[size - 1][0]
        return answer
