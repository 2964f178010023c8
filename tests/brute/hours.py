"""hours.plan and hours.summary, by clause, by the page (engine/MATCHING.md section 18), plainly."""

import datetime
import itertools

import tables

BOUNDS = {"amount": (0, 10 ** 13), "labour_share": (0, 10000),
          "rate": (0, 10000), "hourly_cost": (1, 10 ** 7)}


class Refused(Exception):
    """The refusal's name."""


class Rules:
    """The bundled table: a method's own rules, then the national ones."""

    def __init__(self, method, on):
        self.method, self.values = method, {}
        for row in tables.rows_of("hours"):
            if row["from"] <= on and (not row["until"] or on <= row["until"]):
                self.values[row["rule"]] = int(row["value"])

    def get(self, rule):
        own = self.values.get("%s/%s" % (self.method, rule))
        return self.values.get("NATIONAL/" + rule) if own is None else own


def days(text):
    return datetime.date.fromisoformat(text).toordinal()


class Plan:
    def __init__(self, store, body):
        for name, (least, most) in BOUNDS.items():
            if name in body and not least <= body[name] <= most:
                raise Refused("RANGE")
        self.store, self.body, self.assumed = store, body, []
        self.rules = Rules("NATIONAL", body["on"])
        self.market, self.lot, self.clause = {}, {}, {}
        self.find_market()

    def find_market(self):
        body = self.body
        if "market" not in body:
            return
        self.market = self.store.markets.get(body["market"])
        lot, clause = body.get("lot", 1), body.get("clause", 1)
        if self.market is None or lot > len(self.market["lots"]):
            raise Refused("NOT_FOUND")
        self.lot = self.market["lots"][lot - 1]
        clauses = self.lot.get("clauses", [])
        if clauses or clause > 1:
            if clause > len(clauses):
                raise Refused("NOT_FOUND")
            self.clause = clauses[clause - 1]

    def rule(self, name, word):
        value = self.rules.get(name)
        if value is None:
            raise Refused("MISSING_FIELD")
        self.assumed.append(word)
        return value

    def said(self, field, name):
        if field in self.body:
            return self.body[field]
        return self.rule(name, name)

    def share(self):
        if "labour_share" in self.body:
            return self.body["labour_share"]
        for cpv in self.lot.get("cpv", []):
            for n in range(8, 1, -1):
                if self.rules.get("LABOUR_SHARE/" + cpv[:n]) is not None:
                    return self.rule("LABOUR_SHARE/" + cpv[:n],
                                     "LABOUR_SHARE")
        raise Refused("MISSING_FIELD")

    def rate(self):
        if "rate" not in self.body and "rate" in self.clause:
            return self.clause["rate"]
        return self.said("rate", "RATE")

    def of_amount(self, amount):
        share, rate = self.share(), self.rate()
        cost = self.said("hourly_cost", "HOURLY_COST")
        return {"formula": "AMOUNT", "amount": amount, "labour_share": share,
                "rate": rate, "hourly_cost": cost,
                "labour_hours": amount * share // (cost * 10 ** 4),
                "hours": amount * share * rate // (cost * 10 ** 8)}

    def hours(self):
        body = self.body
        given = [n for n in ("hours", "labour_hours", "amount") if n in body]
        if len(given) > 1 or (not given and not self.market):
            raise Refused("MISSING_FIELD")
        if "hours" in body:
            return {"formula": "STATED", "hours": body["hours"]}
        if "labour_hours" in body:
            rate = self.rate()
            return {"formula": "LABOUR", "labour_hours": body["labour_hours"],
                    "rate": rate, "hours": body["labour_hours"] * rate // 10000}
        if "amount" in body:
            return self.of_amount(body["amount"])
        if "hours" in self.clause and "rate" not in body:
            return {"formula": "STATED", "hours": self.clause["hours"]}
        if "amount" in self.lot:
            return self.of_amount(self.lot["amount"])
        if len(self.market["lots"]) == 1 and "amount" in self.market:
            return self.of_amount(self.market["amount"])
        raise Refused("MISSING_FIELD")

    # ---- People -----------------------------------------------------------

    def worker(self, number, said, weeks, week):
        p = self.store.profiles.get(said.get("profile"), {})
        most = min([x for x in (said.get("hours_week"), p.get("hours_max"))
                    if x is not None] or [week])
        asked = self.body.get("hours_week")
        offered = most if asked is None else min(most, asked)
        part = {"person": number, "hours_week": 0, "hours": 0}
        if (asked or 0) > most or offered < (p.get("hours_min") or 0):
            return dict(part, limit="WEEK")
        floor = self.rules.get("WEEK_MIN/%s" % said.get("kind"))
        if floor is None:
            floor = self.rules.get("WEEK_MIN")
        if offered < floor:
            return dict(part, limit="WEEK_TOO_SHORT")
        start = self.body.get("start") or self.lot.get("start")
        if start and p.get("available_from") and weeks is not None:
            late = max(0, p["available_from"] - days(start))
            weeks = max(0, weeks - -(-late // 7))
        weeks = min([x for x in (weeks, said.get("weeks")) if x is not None]
                    or [0])
        part.update(hours_week=offered, hours=offered * weeks)
        if not weeks:
            part["limit"] = "NOT_AVAILABLE"
        caps = [("CAP", said.get("cap"))]
        if said.get("kind") == "AI" and self.body.get("in_firm", True):
            most, = (int(row["value"]) for row in tables.rows_of("eligibility")
                     if row["rule"] == "FR/ai_hours")
            caps.append(("AI_480H", max(0, most - said.get("ai_hours", 0))))
        for word, cap in caps:
            if cap is not None and cap < part["hours"]:
                part.update(hours=cap, limit=word)
        return part

    def sets(self, workers, need):
        """All of them that do, none to spare."""
        found = []
        for n in range(1, len(workers) + 1):
            for some in itertools.combinations(workers, n):
                total = sum(w["hours"] for w in some)
                if total >= need > total - min(w["hours"] for w in some):
                    members = sum(1 << w["person"] for w in some)
                    found.append((n, total, members, some))
        found.sort(key=lambda f: f[:3])
        return [{"persons": list(some), "hours": total, "spare": total - need}
                for _, total, _, some in found[:self.body.get("limit", 10)]]

    def answer(self):
        body = self.body
        answer = {"on": body["on"], "rules": 1, "counting": "NATIONAL"}
        answer.update((n, body[n]) for n in ("market",) if n in body)
        if self.lot:
            answer["lot"] = body.get("lot", 1)
        if self.clause:
            answer["clause"] = body.get("clause", 1)
        answer.update(self.hours())
        hours, year = answer["hours"], self.rules.get("YEAR")
        answer["fte"] = (200 * hours + year) // (2 * year)
        answer["size"] = ("ENOUGH" if hours >= self.rules.get("SIZE_ENOUGH")
                          else "POOL" if hours >= self.rules.get("SIZE_POOL")
                          else "SMALL")
        weeks = body.get("weeks") or self.lot.get("months", 0) * 52 // 12
        week = body.get("hours_week") or self.rule("WEEK", "HOURS_WEEK")
        answer["hours_week"] = week
        if weeks:
            answer.update(weeks=weeks, persons=-(-hours // (week * weeks)))
        for field, by in (("hours_each", "headcount"),
                          ("hours_operation", "operations")):
            if by in body:
                answer[field] = hours * 100 // body[by]
        if self.assumed:
            answer["assumed"] = self.assumed
        workers = [self.worker(i, said, weeks or None, week)
                   for i, said in enumerate(body.get("persons", ()), 1)]
        if workers:
            covered = sum(w["hours"] for w in workers)
            answer.update(workers=workers, feasible=covered >= hours,
                          covered=covered, missing=max(0, hours - covered))
            sets = self.sets(workers, hours)
            if sets:
                answer["sets"] = sets
        return answer


def plan(store, body):
    return Plan(store, body).answer()


# ---- What was recorded ----------------------------------------------------

def part(h, first, length):
    return 0 if first <= 0 else h if first >= length else h * first // length


def months_after(start, months):
    """The day before the same day so many months later."""
    first = datetime.date.fromordinal(start)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    begin = datetime.date(year, month + 1, 1).toordinal()
    last = datetime.date(year + (month + 1) // 12, (month + 1) % 12 + 1,
                         1).toordinal() - 1
    return min(begin + first.day - 1, last) - 1


class Clause:
    def __init__(self, market, lot, clause, entries, rules, on):
        self.market, self.lot, self.clause = market, lot, clause
        self.rules, self.on = rules, on
        self.sums = {"planned": 0, "committed": 0, "done": 0, "counted": 0}
        self.training, self.expected = 0, None
        self.span, self.persons = [], set()
        for entry in entries:
            self.add(entry)

    def add(self, e):
        first, last = days(e["from"]), days(e.get("until", e["from"]))
        length, state = last - first + 1, e.get("state", "DONE")
        if state == "PLANNED":
            self.sums["planned"] += e["hundredths"]
            self.expected = (self.expected or 0) + part(
                e["hundredths"], self.on - first + 1, length)
            self.span += [first, last]
        elif state == "COMMITTED":
            self.sums["committed"] += e["hundredths"]
        else:
            if first <= self.on:
                self.persons.add(e["person"])
                self.add_done(e, first, min(last, self.on), length)

    def add_done(self, e, first, last, length):
        done = part(e["hundredths"], last - first + 1, length)
        self.sums["done"] += done
        item = e.get("item", "WORK")
        pooled = item == "OTHER_OPERATION" and e.get("pooling")
        share = self.rules.get("POOLED" if pooled else item)
        bonus = self.rules.get("CONTRACT/%s" % e.get("contract"))
        share = share * (10000 if bonus is None else bonus) // 10000
        inside = done
        if "eligible_until" in e and days(e["eligible_until"]) < last:
            inside = part(e["hundredths"],
                          days(e["eligible_until"]) - first + 1, length)
        after = self.rules.get("AFTER_END")
        counted = (inside * share // 10000
                   + (done - inside) * share // 10000 * after // 10000)
        if item == "TRAINING":
            self.training += counted
        else:
            self.sums["counted"] += counted

    def row(self):
        s, hours = self.sums, self.clause.get("hours")
        due = None if hours is None else hours * 100
        cap = self.rules.get("TRAINING_CAP")
        s["counted"] += min(self.training, (s["counted"] if due is None
                                            else due) * cap // 10000)
        start, months = self.lot.get("start"), self.lot.get("months")
        if self.expected is None and start and months:
            self.span = [days(start), months_after(days(start), months)]
            if due is not None:
                self.expected = part(due, self.on - self.span[0] + 1,
                                     self.span[1] - self.span[0] + 1)
        row = dict(s, persons=len(self.persons))
        if due is not None:
            if self.expected is not None:
                self.expected = min(self.expected, due)
            row.update(due=due, remaining=max(0, due - s["counted"]),
                       surplus=max(0, s["counted"] - due))
            if due:
                row["progress"] = (s["counted"] * 2000 + due) // (due * 2)
        if self.expected is not None:
            row["expected"] = self.expected
        if self.span:
            for name, day in (("from", min(self.span)),
                              ("until", max(self.span))):
                row[name] = datetime.date.fromordinal(day).isoformat()
        alerts = self.alerts(due, row)
        if alerts:
            row["alerts"] = alerts
        return row

    def alerts(self, due, row):
        running = (self.market.get("status") in ("AWARDED", "CLOSED")
                   or row["committed"] or row["done"])
        if not running or (due is not None and not row["remaining"]):
            return []
        if self.expected is None:
            return ["NO_SCHEDULE"]
        slack = self.expected * self.rules.get("LATE") // 10000
        return [word for word, so in (
            ("NOT_STARTED", self.expected and not row["done"]),
            ("BEHIND", row["counted"] < self.expected - slack),
            ("OVERDUE", max(self.span) < self.on
             and row["counted"] < self.expected)) if so]


def entries_of(store):
    """One for each clause: the parts of a shared entry, the first with what
    the others' shares leave."""
    for entry in store.hours:
        parts = entry.get("parts") or [dict(entry, share=10000)]
        shares = [entry["hundredths"] * p["share"] // 10000 for p in parts]
        shares[0] = entry["hundredths"] - sum(shares[1:])
        for p, h in zip(parts, shares):
            yield dict(entry, market=p["market"], lot=p.get("lot", 1),
                       clause=p.get("clause", 1), hundredths=h)


def summary(store, body):
    rows, rules = [], Rules("NATIONAL", body["on"])
    if body.get("market", "") not in list(store.markets) + [""]:
        raise Refused("NOT_FOUND")
    for name in sorted(store.markets):
        if body.get("market", name) != name:
            continue
        market = store.markets[name]
        for i, lot in enumerate(market["lots"], 1):
            for k, clause in enumerate(lot.get("clauses", []), 1):
                entries = [e for e in entries_of(store)
                           if (e["market"], e["lot"], e["clause"])
                           == (name, i, k)]
                if entries or "hours" in clause:
                    made = Clause(market, lot, clause, entries, rules,
                                  days(body["on"]))
                    rows.append(dict(made.row(), market=name, lot=i, clause=k))
    return {"on": body["on"], "by": "CLAUSE", "rows": rows or None}
