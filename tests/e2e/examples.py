"""Small valid objects; each test changes what it is about."""


def luhn(digits):
    """The digit that makes DIGITS pass."""
    total = 0
    for i, c in enumerate(reversed(digits)):
        n = int(c) * (2 if i % 2 == 0 else 1)
        total += n - 9 if n > 9 else n
    return str(-total % 10)


def siret(n):
    """The nth invented SIRET: no SIREN begins with three zeros."""
    siren = "000%05d" % n
    siren += luhn(siren)
    return siren + "0001" + luhn(siren + "0001")


def structure(n=1, kind="EI", commune="76351", **more):
    """more: fields; those of an activity go into the only one."""
    activity = {"cpv": ["90910000"], "modes": ["PREST"],
                "zone": {"codes": ["DEP:76"]}}
    if kind in ("AI", "ETTI", "GEIQ", "EATT"):
        activity["modes"] = ["DISP"]
    for name in ("sectors", "cpv", "rome", "modes", "zone", "free_hours",
                 "lot_min", "lot_max"):
        if name in more:
            activity[name] = more.pop(name)
    made = {"siret": siret(n), "kind": kind, "name": "DEMO %d" % n,
            "commune": commune, "activities": [activity]}
    return dict(made, **more)


def structure_id(n=1, kind="EI"):
    return "%s-%s" % (siret(n), kind)


def lot(**more):
    made = {"cpv": ["90910000"], "places": ["COM:76351"],
            "clauses": [{"kind": "EXEC", "hours": 500}],
            "jobs": [job()]}
    made.update(more)
    return {k: v for k, v in made.items() if v is not None}


def job(**more):
    return dict({"rome": "K2204", "seats": 1, "hours_week": 30, "weeks": 20,
                 "commune": "76351"}, **more)


def market(id="M-1", lots=None, **more):
    return dict({"id": id, "object": "DEMO", "contract_type": "SERVICES",
                 "lots": [lot()] if lots is None else lots}, **more)


def profile(id="p-1", **more):
    return dict({"id": id, "commune": "76351", "mobility_km": 20,
                 "rome": ["K2204"], "criteria": [{"code": "RSA"}],
                 "hours_min": 20, "hours_max": 35,
                 "registered_on": "2026-01-15", "consent_on": "2026-09-01"},
                **more)


def facilitator(id="F-1", **more):
    return dict({"id": id, "organisation": "DEMO " + id,
                 "territories": ["DEP:76"], "etp_percent": 100}, **more)
