"""Every cell of roles x verbs x own, other, absent: over the wire, with keys.

Two worlds mirror each other, one in the territory of all keys (DEP:76), one
elsewhere, whose objects say AILLEURS.  What is elsewhere must be answered with
the bytes of what does not exist, and never be told.
"""
import copy
import datetime
import os
import re

import harness
import claused
import msgpack
import zmq

OWN, OTHER, ABSENT = "own", "other", "absent"
HOME = {OWN: "76540", OTHER: "59350", ABSENT: "59350"}
SIRET = {OWN: "73282932000074", OTHER: "00000001800010",
         ABSENT: "00000006700017"}
ROLES = ("portal", "facilitator", "batch", "admin")
MARK = b"AILLEURS"
TODAY = datetime.datetime.now(datetime.timezone.utc).date()
SOON = (TODAY + datetime.timedelta(days=30)).isoformat()


def name(which):
    """The same length everywhere, so that replies may be compared."""
    return {OWN: "here-01", OTHER: "AILLEURS", ABSENT: "nowhere1"}[which]


def structure(which):
    return {"siret": SIRET[which], "kind": "EI", "name": name(which),
            "commune": HOME[which], "activities": [{
                "cpv": ["90910000"], "rome": ["K2204"], "free_hours": 900,
                "zone": {"codes": ["COM:" + HOME[which]]}}]}


def market(which):
    return {"id": name(which), "object": name(which), "deadline": SOON,
            "contract_type": "SERVICES", "amount": 9000000,
            "buyer": {"name": name(which), "category": "LOCAL"},
            "lots": [{"cpv": ["90910000"], "places": ["COM:" + HOME[which]],
                      "months": 12, "amount": 9000000, "start": SOON,
                      "clauses": [{"kind": "RES_IAE", "hours": 600}],
                      "jobs": [{"rome": "K2204", "hours_week": 24, "weeks": 40,
                                "commune": HOME[which], "start": SOON}]}]}


def profile(which):
    return {"id": name(which), "commune": HOME[which], "mobility_km": 30,
            "rome": ["K2204"], "criteria": [{"code": "RSA"}],
            "consent_on": TODAY.isoformat(), "referent": name(which)}


def facilitator(which):
    return {"id": name(which), "organisation": name(which),
            "territories": ["COM:" + HOME[which]]}


def unclaused(which):
    plain = market(which)
    del plain["lots"][0]["clauses"]
    return dict(plain, id=name(which) + "-u", status="PLANNED")


def hours(which):
    return {"person": name(which), "market": name(which), "lot": 1,
            "clause": 1, "from": "2026-01-05", "hundredths": 700,
            "replace": True}


def structure_id(which):
    return SIRET[which] + "-EI"


# The questions that name an object, of each verb: WHICH -> parameters.
QUESTIONS = {
    "structure.put": [lambda w: {"structure": structure(w)}],
    "structure.get": [lambda w: {"id": structure_id(w)}],
    "structure.delete": [lambda w: {"id": structure_id(w)},
                         lambda w: {"id": structure_id(w), "if_rev": 999999}],
    "market.put": [lambda w: {"market": market(w)}],
    "market.get": [lambda w: {"id": name(w)}],
    "market.delete": [lambda w: {"id": name(w)}],
    "profile.put": [lambda w: {"profile": profile(w)}],
    "profile.get": [lambda w: {"id": name(w)}],
    "profile.erase": [lambda w: {"id": name(w)}],
    "profile.eligibility": [lambda w: {"profile": name(w)}],
    "facilitator.put": [lambda w: {"facilitator": facilitator(w)}],
    "facilitator.get": [lambda w: {"id": name(w)}],
    "facilitator.delete": [lambda w: {"id": name(w)}],
    "facilitator.route": [lambda w: {"market": name(w)}],
    "import.check": [lambda w: {"entity": "market", "rows": [market(w)]},
                     lambda w: {"entity": "profile", "rows": [profile(w)]}],
    "import.apply": [lambda w: {"entity": "market", "rows": [market(w)]},
                     lambda w: {"entity": "profile", "rows": [profile(w)]}],
    "match.structures": [lambda w: {"market": name(w), "lot": 1}],
    "match.people": [lambda w: {"market": name(w), "lot": 1, "job": 1}],
    "match.market": [lambda w: {"market": name(w)}],
    "match.explain": [
        lambda w: {"market": name(w), "lot": 1, "structure": structure_id(w)},
        lambda w: {"market": name(OWN), "lot": 1, "profile": name(w)},
        lambda w: {"market": name(OWN), "lot": 1,
                   "structure": structure_id(w)}],
    "match.reasons": [lambda w: {"market": name(w), "lot": 1}],
    "match.reverse": [lambda w: {"structure": structure_id(w)},
                      lambda w: {"profile": name(w)}],
    "match.group": [lambda w: {"market": name(w), "lot": 1}],
    "rescore.get": [lambda w: {"market": name(w), "lot": 1}],
    "hours.plan": [lambda w: {"market": name(w), "lot": 1}],
    "hours.record": [lambda w: {"entries": [hours(w)]}],
    "hours.summary": [lambda w: {"market": name(w)}],
    "hours.pool": [lambda w: {"market": name(w)}],
    "assess.obligation": [lambda w: {"market": name(w)}],
    "assess.market": [lambda w: {"market": name(w)}],
    "assess.reserved": [lambda w: {"market": name(w), "lot": 1}],
    "assess.scan": [lambda w: {"markets": [name(w)]}],
    "key.revoke": [lambda w: {"id": "spare-" + name(w)}],
}
# Those that name none: whatever they tell must be the caller's.
LISTS = {
    "structure.list": {}, "market.list": {}, "profile.list": {},
    "facilitator.list": {}, "hours.list": {}, "hours.summary": {},
    "retention.list": {"days": 730}, "assess.scan": {}, "rescore.status": {},
    "hours.pool": {"territory": "FR"}, "events.since": {"since": 0},
    "key.list": {}, "hello": {}, "ping": {}, "stats": {"verbs": False},
    "territory.blank": {}, "territory.communes": {"communes": ["76540"]},
    "territory.postcodes": {"postcodes": ["76000"]},
}
# Who sees nobody may not ask about one person: refused at the field.
NOT_FOR = {(role, "match.reverse", 1) for role in ("portal", "batch")}


def roles_of_verbs():
    """verbs.def, read again: {wire name: (class, {role})}."""
    rows = {}
    with open(os.path.join(harness.TOP, "protocol", "verbs.def")) as file:
        for kind, wire, roles in re.findall(
                r'^(READ|SLOW|WRITE)\(\w+, "([^"]+)", ([A-Z| ]+)\)',
                file.read(), re.M):
            names = {r.strip().lower() for r in roles.split("|")}
            rows[wire] = kind, set(ROLES) if "everyone" in names else names
    return rows


class World(harness.Transcript):
    """Both worlds, and a key of each role that is limited to the one."""
    shared = True

    @classmethod
    def setUpClass(cls):
        cls.daemon = harness.Daemon().keyed(*(
            line for role in ROLES
            for line in ("[quota.%s]" % role, "rate = 0")
            if role != "admin")).fresh()
        cls.client = cls.daemon.as_key("root")
        cls.sockets = {}
        for role in ROLES:
            cls.register(role, role, ["DEP:76"])
            cls.sockets[role] = cls.raw(role)
        cls.register("all", "batch", ["FR"])
        cls.register("every", "facilitator", ["FR"])
        cls.register("spare-" + name(OWN), "portal", ["DEP:76"])
        cls.register("spare-" + name(OTHER), "portal", ["DEP:59"])
        cls.all = cls.daemon.as_key("all")
        cls.fill()
        run = cls.all.call("rescore.start")
        assert harness.until(lambda: cls.all.call("rescore.status")["state"]
                             == "done"), run
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        for raw in cls.sockets.values():
            raw.socket.close()
        super().tearDownClass()

    @classmethod
    def register(cls, key, role, territories):
        pair = cls.daemon.pair(key)
        cls.client.call("key.put", {"key": {
            "id": key, "public_key": pair["public"], "role": role,
            "territories": territories}})

    @classmethod
    def raw(cls, key):
        with open(os.path.join(cls.daemon.home, key + ".key")) as file:
            secret = file.read().strip().encode()
        return harness.Raw(cls.daemon.endpoint, CURVE_SECRETKEY=secret,
                           CURVE_PUBLICKEY=zmq.curve_public(secret),
                           CURVE_SERVERKEY=cls.daemon.server_key.encode())

    @classmethod
    def fill(cls):
        """Both worlds as they shall be, whatever was done to them."""
        for which in (OWN, OTHER):
            for entity, make in (("structure", structure), ("market", market),
                                 ("profile", profile),
                                 ("facilitator", facilitator)):
                cls.all.call(entity + ".put", {entity: make(which)})
            cls.all.call("market.put", {"market": unclaused(which)})
            cls.all.call("hours.record", {"entries": [hours(which)]})

    def tell(self, role, method, params):
        """Status, and the bytes of the body."""
        type(self).count += 1
        raw = self.sockets[role]
        raw.ask(method, params, i=self.count, k="k-%d" % self.count)
        assert raw.socket.poll(harness.PATIENCE_S * 1000), (role, method)
        _, header, body = raw.socket.recv_multipart()
        header = msgpack.unpackb(header)
        self.assertEqual(header["i"], self.count)
        return header["s"], header["rev"], body


# What is of the daemon, of the time or of the store as a whole.
OF_THE_DAEMON = {
    "revision", "rev", "generation", "uptime_s", "readers", "map_used",
    "map_free", "map_size", "disk_percent", "sent_replies", "write_queue",
    "slow_queue", "reply_queue", "handshakes_failed", "run", "started",
    "finished", "elapsed_ms", "next", "compactions", "deferred", "rebuilding",
}
UNASKED = {"backup"}  # what it tells is of a file, and for those who keep it


def told_of_objects(value):
    if isinstance(value, dict):
        return {k: told_of_objects(v) for k, v in value.items()
                if k not in OF_THE_DAEMON}
    if isinstance(value, list):
        return [told_of_objects(v) for v in value]
    return value


class Elsewhere(World):
    """Whatever happens elsewhere, a limited key is told the same."""

    @classmethod
    def fill(cls):
        super().fill()
        # Somebody who works in both worlds, and a market in both.
        cls.all.call("facilitator.put", {"facilitator": dict(
            facilitator(OWN), etp_percent=100,
            territories=["COM:76540", "COM:59350"])})
        cls.all.call("market.put", {"market": dict(
            market(OWN), id="here-both",
            lots=market(OWN)["lots"] + market(OTHER)["lots"])})

    def more_elsewhere(self):
        for kind in ("AI", "ACI", "ETTI", "GEIQ", "EA", "ESAT"):
            self.all.call("structure.put", {"structure": dict(
                structure(OTHER), kind=kind)})
        for i in range(6):
            there = dict(market(OTHER), id="AILLEURS-%d" % i)
            if i % 3 == 1:
                there.update(status="UNSUCCESSFUL")
            elif i % 3 == 2:
                there = dict(unclaused(OTHER), id="AILLEURS-%d" % i)
            self.all.call("market.put", {"market": there})
        for i in range(12):
            self.all.call("profile.put", {"profile": dict(
                profile(OTHER), id="AILLEURS-%d" % i)})
            self.all.call("hours.record", {"entries": [dict(
                hours(OTHER), person="AILLEURS-%d" % i, lot=1 + i % 2,
                market=("AILLEURS", "here-both")[i % 2])]})
        for i in range(3):
            self.all.call("facilitator.put", {"facilitator": dict(
                facilitator(OTHER), id="AILLEURS-%d" % i)})
            self.register("AILLEURS-%d" % i, "facilitator", ["DEP:59"])
        run = self.all.call("rescore.start")["run"]
        self.assertTrue(harness.until(
            lambda: self.all.call("rescore.status").get("last", {}).get("run")
            == run))

    def all_told(self):
        """Every question but a write, of every role: what it is told."""
        told = {}
        for method, (kind, roles) in sorted(roles_of_verbs().items()):
            if kind == "WRITE" or method in UNASKED:
                continue
            asks = [ask(OWN) for ask in QUESTIONS.get(method, ())]
            if method in LISTS:
                asks.append(LISTS[method])
            self.assertTrue(asks, "no question of " + method)
            for role in sorted(roles):
                for i, ask in enumerate(asks):
                    status, _, body = self.tell(role, method, ask)
                    told[role, method, i] = status, told_of_objects(
                        msgpack.unpackb(body, strict_map_key=False))
        return told

    def test_what_is_added_elsewhere_changes_no_answer(self):
        before = self.all_told()
        self.more_elsewhere()
        after = self.all_told()
        self.assertEqual(before.keys(), after.keys())
        for cell in before:
            with self.subTest(cell=cell):
                self.assertEqual(after[cell], before[cell])
        self.assertGreater(sum(t[0] == 0 for t in before.values()), 80)
        self.assertIn("profiles", self.client.call("stats"))

    def test_a_batch_forgets_the_own_alone(self):
        for which in (OWN, OTHER):
            plain = profile(which)
            del plain["consent_on"]
            self.all.call("profile.put", {"profile": dict(
                plain, id="over-" + name(which))})
        every = self.daemon.as_key("every")
        told = msgpack.unpackb(self.tell("batch", "retention.run", {})[2])
        self.assertEqual((told["looked_at"], told["erased"]), (2, 1))
        self.refused_as(every, "over-" + name(OWN))
        every.call("profile.erase", {"id": "over-" + name(OTHER)})

    def refused_as(self, client, pseudonym):
        with self.assertRaises(claused.Refused) as caught:
            client.call("profile.get", {"id": pseudonym})
        self.assertEqual(caught.exception.name, "NOT_FOUND")


class Rights(World):
    def test_each_cell_of_roles_verbs_and_territories(self):
        cells = 0
        # What a batch found goes with its market, so questions come first.
        for method, (kind, roles) in sorted(roles_of_verbs().items(),
                                            key=lambda v: v[1][0] == "WRITE"):
            for role in ROLES:
                for i, ask in enumerate(QUESTIONS.get(method, ())):
                    with self.subTest(role=role, method=method, variant=i):
                        self.cell(role, method, ask, role in roles,
                                  (role, method, i) in NOT_FOR)
                        cells += 3
                    if kind == "WRITE" and role in roles:
                        self.fill()
        self.assertGreater(cells, 400, "questions")

    def cell(self, role, method, ask, allowed, not_for):
        told = {w: self.tell(role, method, ask(w))
                for w in (ABSENT, OTHER, OWN)}
        self.assertEqual(told[OTHER], told[ABSENT])
        self.assertNotIn(MARK, told[OTHER][2])
        if not allowed or not_for:
            self.assertEqual({t[0] for t in told.values()}, {7})
            return
        self.assertIn(told[OWN][0], (0, 10), told[OWN])  # or if_rev
        self.assertNotIn(MARK, told[OWN][2])
        if not method.startswith("import."):
            self.assertEqual(told[OTHER][0], 5, told[OTHER])
        else:
            rows = msgpack.unpackb(told[OTHER][2])
            self.assertEqual((rows["accepted"], rows["rejected"][0]["name"]),
                             (0, "NOT_FOUND"))

    def test_whatever_names_no_object_tells_of_the_own_alone(self):
        for method, (kind, roles) in roles_of_verbs().items():
            for role in ROLES:
                with self.subTest(role=role, method=method):
                    status, _, body = self.tell(role, method,
                                                LISTS.get(method, {"?": 1}))
                    self.assertNotIn(MARK, body)
                    if role not in roles:
                        self.assertEqual(status, 7)
                    elif method in LISTS:
                        self.assertEqual(status, 0, body)
                    else:
                        self.assertNotEqual(status, 7)

    def test_lists_hold_the_own(self):
        for method in ("structure.list", "market.list", "profile.list",
                       "facilitator.list", "hours.list"):
            rows = msgpack.unpackb(self.tell("facilitator", method, {})[2])
            self.assertTrue(rows["rows"], method)
            self.assertNotIn("next", rows)

    def test_people_are_named_to_those_who_see_them(self):
        """One market, two people who suit it, one of them elsewhere."""
        near = dict(profile(OTHER), id="AILLEURS-near", commune="27528",
                    mobility_km=60)
        self.all.call("profile.put", {"profile": near})
        try:
            ask = {"market": name(OWN), "lot": 1, "job": 1}
            every = self.daemon.as_key("every").call("match.people", ask)
            ids = [h["id"] for h in every["lot"]["jobs"][0]["candidates"]]
            self.assertEqual(sorted(ids), ["AILLEURS-near", name(OWN)])
            for method in ("match.people", "match.market"):
                ask = {"market": name(OWN)} if method == "match.market" else ask
                status, _, body = self.tell("facilitator", method, ask)
                self.assertEqual(status, 0)
                self.assertNotIn(MARK, body)
                self.assertIn(name(OWN).encode(), body)
            told = msgpack.unpackb(self.tell(
                "facilitator", "match.reasons",
                {"market": name(OWN), "lot": 1})[2])
            self.assertEqual(told["jobs"][0]["candidates"], 1)
        finally:
            self.daemon.as_key("every").call("profile.erase",
                                             {"id": "AILLEURS-near"})

    def test_an_object_that_moves_is_gone_at_once(self):
        moved = copy.deepcopy(profile(OWN))
        moved["id"] = "nomad"
        self.all.call("profile.put", {"profile": moved})
        self.assertEqual(self.tell("facilitator", "profile.get",
                                   {"id": "nomad"})[0], 0)
        self.all.call("profile.put", {"profile": dict(moved,
                                                      commune="59350")})
        for method in ("profile.get", "profile.erase"):
            gone = self.tell("facilitator", method, {"id": "nomad"})
            none = self.tell("facilitator", method, {"id": "nobody"})
            self.assertEqual(gone, none)
        taken = self.tell("facilitator", "profile.put", {"profile": moved})
        self.assertEqual(taken[0], 5)
        unseen = self.tell("facilitator", "profile.put",
                           {"profile": moved, "if_rev": 7})
        none = self.tell("facilitator", "profile.put",
                         {"profile": dict(moved, id="nobody"), "if_rev": 7})
        self.assertEqual(unseen, none)
        self.daemon.as_key("every").call("profile.erase", {"id": "nomad"})

    def test_territories_that_change_hold_at_the_next_request(self):
        self.register("mover", "facilitator", ["DEP:59"])
        mover = self.sockets["mover"] = self.raw("mover")
        row = [k for k in self.client.call("key.list")["rows"]
               if k["id"] == "mover"][0]
        self.assertIsNotNone(mover)
        self.assertEqual(self.tell("mover", "profile.get",
                                   {"id": name(OTHER)})[0], 0)
        self.client.call("key.put", {"key": dict(row,
                                                 territories=["DEP:76"])})
        self.assertEqual(self.tell("mover", "profile.get",
                                   {"id": name(OTHER)})[0], 5)
        self.assertEqual(self.tell("mover", "profile.get",
                                   {"id": name(OWN)})[0], 0)

    def test_pages_go_past_what_is_not_seen_and_tell_nothing_of_it(self):
        rows = [dict(profile(OTHER), id="AILLEURS-%05d" % i,
                     referent="AILLEURS-%s" % ("x" * 50))
                for i in range(9000)]
        for i in range(0, len(rows), 1000):
            self.all.call("import.apply", {"entity": "profile",
                                           "rows": rows[i:i + 1000]},
                          deadline=20)
        pages, seen, token = 0, [], None
        while pages == 0 or token:
            ask = {"page_token": token} if token else {}
            status, _, body = self.tell("facilitator", "profile.list", ask)
            self.assertEqual(status, 0, body)
            self.assertNotIn(MARK, body)
            page = msgpack.unpackb(body)
            token = page.get("next")
            if token:
                self.assertNotIn(MARK, bytes.fromhex(token))
            seen += [msgpack.unpackb(r)["id"] if isinstance(r, bytes)
                     else r["id"] for r in page.get("rows", ())]
            pages += 1
        self.assertGreater(pages, 1)
        self.assertEqual(seen, [name(OWN)])


if __name__ == "__main__":
    harness.main()
