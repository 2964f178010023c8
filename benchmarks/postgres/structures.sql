-- Structures as a careful user stores them: what a zone covers of each
-- department and EPCI is counted once, when a zone is written, as are the
-- kilometres from home; the words of an activity (ROME, CPV by prefix, sector,
-- group) are numbers in one inverted list by department.
-- Structures of another number stand in a schema of their own, with the name of
-- the variable "schema".
CREATE SCHEMA IF NOT EXISTS :"schema";
SET search_path = :"schema", public, dump;

-- The zones and the sectors of this world; others would need their own rows.
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM dump.zones
                       WHERE code !~ '^(DEP:.*|REG:.*|FR)$');
    ASSERT NOT EXISTS (SELECT FROM dump.activities a WHERE NOT EXISTS (
        SELECT FROM dump.activity_romes r
        WHERE (r.structure, r.activity) = (a.structure, a.activity)));
END $$;

CREATE UNLOGGED TABLE structures AS
    SELECT structure, id, key, kind, home, x, y, z
    FROM dump.structures ORDER BY structure;
ALTER TABLE structures ADD PRIMARY KEY (structure);

-- Activities that can match at all (active, hours left), with what their
-- structure's filters read.  Kinds that lend people (AI, ETTI, GEIQ, EATT) can
-- do DISP, the others PREST and BUILD.
CREATE UNLOGGED TABLE activities AS
SELECT row_number() OVER (ORDER BY c.rank, structure, a.activity)::int
           AS activity,
       structure, a.activity AS number, s.kind, s.x, s.y, s.z, s.home,
       s.agreement_from, s.agreement_until, s.public_share,
       CASE WHEN a.modes = 0 THEN can ELSE a.modes & can END AS modes,
       a.free_hours, a.lot_min, a.lot_max, a.within_km,
       coalesce(reach(a.within_km), -1) AS reach,
       a.nationwide = 1 AS nationwide
FROM dump.activities a
JOIN dump.structures s USING (structure)
JOIN communes c ON c.commune = s.home,
LATERAL (SELECT CASE WHEN s.kind IN (2, 3, 5, 7) THEN 1 ELSE 6 END AS can) k
WHERE s.status = 0 AND a.free_hours IS DISTINCT FROM 0;
ALTER TABLE activities ADD PRIMARY KEY (activity);
CREATE UNIQUE INDEX ON activities (structure, number);

-- ---- What zones cover ----------------------------------------------------

-- Communes in bands of 0.2 degrees, so that a circle is some ranges.
CREATE UNLOGGED TABLE grid AS
    SELECT ((lat + 90000000) / 200000) * 1048576 + (lon + 180000000) / 400
               AS place,
           commune, area, population, x, y, z
    FROM communes WHERE centred ORDER BY place;
CREATE INDEX ON grid (place) INCLUDE (commune, area, population, x, y, z);
VACUUM ANALYZE grid;

-- Those that a circle may hold, with the squares of their distances.
CREATE FUNCTION around(x_ bigint, y_ bigint, z_ bigint, km int)
RETURNS TABLE (commune int, area int, population int, q bigint)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1000 AS $$
    SELECT g.commune, g.area, g.population,
           (g.x - x_) * (g.x - x_) + (g.y - y_) * (g.y - y_)
               + (g.z - z_) * (g.z - z_)
    FROM (SELECT degrees(asin(z_ / 1073741824.0::float8)) * 1e6 + 90000000
                     AS lat,
                 degrees(atan2(y_, x_)) * 1e6 + 180000000 AS lon,
                 degrees(r) * 1e6 AS high,
                 degrees(asin(least(1, sin(r) / cos(asin(
                     z_ / 1073741824.0::float8))))) * 1e6 AS wide
          FROM (SELECT (km + 0.05::float8) / 6371.0088 AS r) c OFFSET 0) w,
    generate_series(floor((lat - high) / 200000)::int,
                    floor((lat + high) / 200000)::int) band,
    LATERAL (SELECT * FROM grid g
             WHERE g.place BETWEEN
                 band * 1048576 + floor((lon - wide) / 400)::int
                 AND band * 1048576 + ceil((lon + wide) / 400)::int OFFSET 0) g
$$;

-- By position and area within 100 km, which is as far as proximity reaches:
-- the kilometres to the nearest commune.
CREATE UNLOGGED TABLE sites AS
    SELECT DISTINCT x::bigint, y::bigint, z::bigint FROM structures;
ANALYZE sites;
CREATE UNLOGGED TABLE near AS
SELECT x, y, z, area, width_bucket(q - 1, limits()) AS km
FROM sites, LATERAL (SELECT area, min(q) AS q FROM around(x, y, z, 100)
                     GROUP BY area) n
WHERE q <= reach(100);
ANALYZE near;

-- What circles hold of each area, the home commune always.
CREATE UNLOGGED TABLE circles AS
SELECT activity, c.*
FROM activities a, LATERAL (
    SELECT area, sum(population) AS people, count(*) AS communes
    FROM around(a.x, a.y, a.z, a.within_km)
    WHERE q <= a.reach OR commune = a.home GROUP BY area) c
WHERE within_km IS NOT NULL;
ANALYZE circles;

-- What every zone holds of each territory that it meets, and the kilometres
-- from home to it (100 for more): none when home lies in it, else those to its
-- nearest commune.  Departments nearby are there even if the zone holds nothing
-- of them, for a place may be several.  Of a zone that is everywhere only the
-- kilometres count.
CREATE UNLOGGED TABLE covers AS
WITH held AS (
    -- What is held twice is held whole, or it is the home.
    SELECT activity, area, max(people) AS people, max(communes) AS communes
    FROM (SELECT * FROM circles
          UNION ALL
          SELECT activity, area, population, 1
          FROM activities JOIN communes ON commune = home
          UNION ALL
          SELECT a.activity, r.area, r.population, r.communes
          FROM activities a
          JOIN dump.zones z ON (z.structure, z.activity) = (a.structure, number)
          JOIN areas r ON z.code = 'DEP:' || r.department
          UNION ALL
          SELECT a.activity, r.area, r.population, r.communes
          FROM activities a
          JOIN dump.zones z ON (z.structure, z.activity) = (a.structure, number)
          JOIN areas r ON z.code = 'REG:' || r.region) parts
    GROUP BY activity, area
), covered AS (
    SELECT activity, territory, sum(people)::bigint AS people,
           sum(communes)::int AS communes
    FROM held JOIN territory_areas USING (area)
    GROUP BY activity, territory
), from_sites AS (
    SELECT x, y, z, territory, min(km) AS km
    FROM near JOIN territory_areas USING (area) GROUP BY x, y, z, territory
), distances AS (
    SELECT activity, territory, min(km) AS km
    FROM (SELECT activity, territory, km
          FROM activities JOIN from_sites USING (x, y, z)
          UNION ALL
          SELECT activity, territory, 0
          FROM activities JOIN communes ON commune = home
          JOIN territory_areas USING (area)) d
    GROUP BY activity, territory
)
SELECT activity, territory, coalesce(c.people, 0) AS people,
       coalesce(c.communes, 0) AS communes, coalesce(km, 100) AS km,
       coalesce(c.communes = t.communes, false) AS whole
FROM covered c FULL JOIN distances d USING (activity, territory)
JOIN territories t USING (territory)
WHERE c.communes > 0 OR code LIKE 'DEP:%'
   OR activity IN (SELECT activity FROM activities WHERE nationwide);
CREATE UNIQUE INDEX covers_of ON covers (territory, activity)
    INCLUDE (people, communes, km);
ANALYZE covers;

-- ---- What activities do --------------------------------------------------

-- Words as numbers; a word of a lot that equals one of an activity is worth a
-- level, the same for both.  CPV without the zeros at its end: the first two,
-- three, four and five digits, and all of it where it is shorter.
CREATE UNLOGGED TABLE terms AS
    SELECT a.activity, term_rome(rome) AS term
    FROM activities a JOIN dump.activity_romes r
        ON (r.structure, r.activity) = (a.structure, a.number)
    UNION
    SELECT a.activity, term
    FROM activities a JOIN dump.activity_codes c
        ON (c.structure, c.activity) = (a.structure, a.number),
    LATERAL code_terms(c.type, c.code);
ANALYZE terms;

-- Activities by department that their zone meets and term; department 0:
-- everywhere.
CREATE UNLOGGED TABLE offers AS
    SELECT territory AS department, term, activity, whole
    FROM terms JOIN covers USING (activity) JOIN territories USING (territory)
    JOIN activities USING (activity)
    WHERE code LIKE 'DEP:%' AND covers.communes > 0 AND NOT nationwide
    UNION ALL
    SELECT 0, term, activity, true
    FROM terms JOIN activities USING (activity) WHERE nationwide
    ORDER BY department, term, activity;
CREATE INDEX offers_of ON offers (department, term) INCLUDE (activity, whole);
DROP TABLE sites, near, circles, terms;
DROP FUNCTION around;
DROP TABLE grid;
VACUUM ANALYZE structures, activities, covers, offers;
