-- The best structures of a lot.  A place is one commune, or territories whose
-- cover was counted beforehand; each has its statement, and both find
-- candidates by department and word, never by reading a zone.
--
-- What is left of the candidates is scored, the best activity of a structure
-- kept, and ties are broken among those that reach the last score alone.
-- Components in the order of the rules.
CREATE FUNCTION structure_score(level int, coverage bigint, km int,
    free_hours int, months int, asked bigint, seats bigint, all_seats int)
RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((300 * level + 250 * coverage + 150 * (1000 - 10 * least(100, km))
         + 200 * CASE WHEN free_hours IS NULL OR months = 0 OR asked = 0
                      THEN 500
                      ELSE least(1000, 1000 * free_hours::bigint * months
                                           / asked) END
         + 100 * (1000 * seats / all_seats)) / 1000)::int;

CREATE FUNCTION structures_top(k int, start_ int, kinds_ int, share_ bool,
    modes_ int, amount_ bigint, months_ int, asked_ bigint, terms_ int[],
    levels_ int[], seats_ int[], all_seats int, departments_ int[],
    territories_ int[], commune_ int, people_ bigint, communes_ int,
    key_ bigint) RETURNS SETOF hit
LANGUAGE plpgsql STABLE AS $$
DECLARE
    at record;
BEGIN
    IF commune_ >= 0 THEN
        SELECT x::bigint, y::bigint, z::bigint INTO at
        FROM communes WHERE commune = commune_;
        RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT o.activity, bool_or(o.whole) AS whole, max(t.level) AS level,
                   sum(t.seats) AS seats
            FROM unnest(terms_, levels_, seats_) t (term, level, seats),
            LATERAL (SELECT o.activity, o.whole FROM offers o
                     WHERE o.department = ANY (departments_ || 0)
                       AND o.term = t.term OFFSET 0) o
            GROUP BY o.activity
        ), scored AS MATERIALIZED (
            SELECT structure, max(structure_score(level, 1000,
                CASE WHEN home = commune_ THEN 0
                     ELSE width_bucket(q - 1, limits()) END,
                free_hours, months_, asked_, seats, all_seats)) AS score
            FROM found, LATERAL (
                SELECT a.*, (a.x - at.x) * (a.x - at.x)
                          + (a.y - at.y) * (a.y - at.y)
                          + (a.z - at.z) * (a.z - at.z) AS q
                FROM activities a WHERE a.activity = found.activity
                  AND (kinds_ >> a.kind) & 1 = 1
                  AND (modes_ = 0 OR a.modes & modes_ <> 0)
                  AND (a.agreement_from IS NULL OR a.agreement_from <= start_)
                  AND (a.agreement_until IS NULL
                       OR a.agreement_until >= start_)
                  AND (NOT share_ OR a.public_share IS NULL
                       OR a.public_share >= 50)
                  AND (amount_ < 0 OR (a.lot_min IS NULL OR a.lot_min <= amount_)
                       AND (a.lot_max IS NULL OR a.lot_max >= amount_))
                OFFSET 0) a
            WHERE whole OR home = commune_
               OR q <= reach
            GROUP BY structure
        ), last AS (
            SELECT score FROM scored ORDER BY score DESC OFFSET k - 1 LIMIT 1
        )
        SELECT structure, c.score
        FROM scored c JOIN structures USING (structure)
        WHERE c.score >= coalesce((SELECT score FROM last), 0)
        ORDER BY c.score DESC, tie(key_, key), id LIMIT k;
    ELSE
        RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT activity, max(level) AS level, max(seats) AS seats
            FROM (SELECT o.activity, d.department, max(t.level) AS level,
                         sum(t.seats) AS seats
                  FROM unnest(departments_ || 0) d (department),
                  unnest(terms_, levels_, seats_) t (term, level, seats),
                  LATERAL (SELECT o.activity FROM offers o
                           WHERE o.department = d.department
                             AND o.term = t.term OFFSET 0) o
                  GROUP BY o.activity, d.department) o
            GROUP BY activity
        ), scored AS MATERIALIZED (
            SELECT structure, max(structure_score(level,
                CASE WHEN nationwide THEN 1000
                     WHEN people_ > 0 THEN 1000 * people / people_
                     ELSE 1000 * communes / communes_ END,
                coalesce(km, 100), free_hours, months_, asked_, seats,
                all_seats)) AS score
            FROM found, LATERAL (
                SELECT a.structure, a.free_hours, a.nationwide
                FROM activities a WHERE a.activity = found.activity
                  AND (kinds_ >> a.kind) & 1 = 1
                  AND (modes_ = 0 OR a.modes & modes_ <> 0)
                  AND (a.agreement_from IS NULL OR a.agreement_from <= start_)
                  AND (a.agreement_until IS NULL
                       OR a.agreement_until >= start_)
                  AND (NOT share_ OR a.public_share IS NULL
                       OR a.public_share >= 50)
                  AND (amount_ < 0 OR (a.lot_min IS NULL OR a.lot_min <= amount_)
                       AND (a.lot_max IS NULL OR a.lot_max >= amount_))
                OFFSET 0) a,
            LATERAL (
                SELECT sum(c.people)::bigint AS people,
                       sum(c.communes) AS communes, min(c.km) AS km
                FROM unnest(territories_) t (territory),
                LATERAL (SELECT c.people, c.communes, c.km FROM covers c
                         WHERE c.territory = t.territory
                           AND c.activity = found.activity OFFSET 0) c) c
            WHERE nationwide OR communes > 0
            GROUP BY structure
        ), last AS (
            SELECT score FROM scored ORDER BY score DESC OFFSET k - 1 LIMIT 1
        )
        SELECT structure, c.score
        FROM scored c JOIN structures USING (structure)
        WHERE c.score >= coalesce((SELECT score FROM last), 0)
        ORDER BY c.score DESC, tie(key_, key), id LIMIT k;
    END IF;
END $$;
