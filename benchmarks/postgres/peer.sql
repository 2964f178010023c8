-- The nearest existing system (le Marche de l'inclusion), its schema and its
-- query, over the same structures and lots.  It selects and does not rank, so
-- nothing here is compared with anything.  What it lacks is made to fit: the
-- sector of an activity is its first CPV division, a lot's its divisions; a
-- post code is a commune; of an EPCI, its communes; the country is included.
SET search_path = public, dump;
CREATE SCHEMA peer;
SET search_path = peer, dump, public;

CREATE TABLE sector (id bigint PRIMARY KEY, slug text UNIQUE, group_id bigint);
CREATE TABLE perimeter (id bigint PRIMARY KEY, kind text, name text, slug text,
    insee_code text UNIQUE, post_codes text[] NOT NULL DEFAULT '{}',
    department_code text NOT NULL DEFAULT '',
    region_code text NOT NULL DEFAULT '', coords geography(Point, 4326));
CREATE INDEX ON perimeter USING gist (coords);
CREATE TABLE siae (id bigint PRIMARY KEY, name text, kind text, is_active bool,
    is_delisted bool, contact_email text NOT NULL, city text, post_code text,
    department text, region text, coords geography(Point, 4326),
    super_badge bool, completion_rate int, interest_count int DEFAULT 0,
    view_count int DEFAULT 0);
CREATE INDEX ON siae (name);
CREATE INDEX ON siae (kind);
CREATE INDEX ON siae (is_active);
CREATE INDEX ON siae (is_delisted);
CREATE INDEX ON siae USING gist (coords);
CREATE TABLE activity (id bigint PRIMARY KEY, siae_id bigint REFERENCES siae,
    sector_id bigint REFERENCES sector, presta_type text[] NOT NULL,
    geo_range text NOT NULL DEFAULT '', radius_km int);
CREATE INDEX ON activity (siae_id);
CREATE INDEX ON activity (sector_id);
CREATE INDEX ON activity (geo_range);
CREATE INDEX ON activity (presta_type);
CREATE INDEX ON activity (sector_id, geo_range) INCLUDE (siae_id, radius_km);
CREATE TABLE activity_location (activity_id bigint REFERENCES activity,
    perimeter_id bigint REFERENCES perimeter,
    PRIMARY KEY (activity_id, perimeter_id));
CREATE INDEX ON activity_location (perimeter_id);
CREATE TABLE tender (id bigint PRIMARY KEY, siae_kind text[] NOT NULL
    DEFAULT '{}', presta_type text[] NOT NULL DEFAULT '{}',
    location_id bigint REFERENCES perimeter, distance_km int,
    include_country bool DEFAULT false, is_country bool DEFAULT false);
CREATE TABLE tender_sector (tender_id bigint, sector_id bigint,
    PRIMARY KEY (tender_id, sector_id));
CREATE TABLE tender_perimeter (tender_id bigint, perimeter_id bigint,
    PRIMARY KEY (tender_id, perimeter_id));

INSERT INTO sector
    SELECT DISTINCT left(code, 2)::int, left(code, 2), 1
    FROM (SELECT code FROM dump.activity_codes WHERE type = 'C'
          UNION SELECT code FROM dump.lot_codes WHERE type = 'C') c;
INSERT INTO perimeter
    SELECT commune, 'CITY', insee, insee, insee, ARRAY[insee], department,
           region, CASE WHEN centred = 1
                        THEN st_makepoint(lon / 1e6, lat / 1e6)::geography END
    FROM dump.communes;
INSERT INTO perimeter
    SELECT 100000 + row_number() OVER (), 'DEPARTMENT', department, department,
           department, '{}', '', region, NULL
    FROM (SELECT DISTINCT department, region FROM dump.communes) d;
INSERT INTO perimeter
    SELECT 200000 + row_number() OVER (), 'REGION', 'R' || region,
           'R' || region, 'R' || region, '{}', '', region, NULL
    FROM (SELECT DISTINCT region FROM dump.communes) r;
INSERT INTO siae
    SELECT structure, 'S' || structure, (ARRAY['EI', 'ACI', 'AI', 'ETTI',
               'EITI', 'GEIQ', 'EA', 'EATT', 'ESAT', 'SEP'])[kind + 1],
           status = 0, false, 'x@example.org', insee, insee, department,
           'R' || region,
           st_makepoint(degrees(atan2(s.y, s.x)),
                        degrees(asin(s.z / 1073741824.0)))::geography
    FROM dump.structures s JOIN dump.communes ON commune = home;
INSERT INTO activity
    SELECT structure * 8 + a.activity, structure, left(min(code), 2)::int,
           CASE WHEN kind IN (2, 3, 5, 7) THEN ARRAY['DISP']
                ELSE ARRAY['PREST', 'BUILD'] END,
           CASE WHEN nationwide = 1 THEN 'COUNTRY'
                WHEN within_km IS NOT NULL THEN 'CUSTOM'
                ELSE 'ZONES' END, within_km
    FROM dump.activities a JOIN dump.structures s USING (structure)
    JOIN dump.activity_codes c USING (structure, activity)
    WHERE type = 'C'
    GROUP BY structure, a.activity, kind, nationwide, within_km;
INSERT INTO activity_location
    SELECT structure * 8 + activity, id
    FROM dump.zones JOIN perimeter
        ON insee_code = CASE WHEN code LIKE 'DEP:%' THEN substr(code, 5)
                             ELSE 'R' || substr(code, 5) END
    WHERE code <> 'FR';
INSERT INTO tender (id, presta_type, include_country)
    SELECT lot, array_remove(ARRAY[CASE WHEN modes & 1 > 0 THEN 'DISP' END,
        CASE WHEN modes & 2 > 0 THEN 'PREST' END,
        CASE WHEN modes & 4 > 0 THEN 'BUILD' END], NULL), true
    FROM dump.lots;
INSERT INTO tender_sector
    SELECT DISTINCT lot, left(code, 2)::int FROM dump.lot_codes
    WHERE type = 'C';
INSERT INTO tender_perimeter
    SELECT lot, id FROM dump.places JOIN perimeter
        ON insee_code = CASE WHEN code LIKE 'REG:%' THEN 'R' || substr(code, 5)
                             ELSE split_part(code, ':', 2) END
    WHERE code !~ '^EPCI:'
    UNION
    SELECT lot, commune FROM dump.places JOIN dump.communes
        ON code = 'EPCI:' || epci;
VACUUM ANALYZE sector, perimeter, siae, activity, activity_location, tender,
    tender_sector, tender_perimeter;

-- The query as its ORM shapes it, in one statement.
CREATE FUNCTION single(tender_ int) RETURNS SETOF public.hit
LANGUAGE sql STABLE AS $$
WITH t AS (
    SELECT t.*, l.coords AS lpt,
           coalesce(l.kind = 'CITY' AND t.distance_km > 0, false) AS by_km,
           EXISTS (SELECT 1 FROM peer.tender_perimeter x
                   WHERE x.tender_id = t.id) AS has_p,
           EXISTS (SELECT 1 FROM peer.tender_sector x
                   WHERE x.tender_id = t.id) AS has_s
    FROM peer.tender t LEFT JOIN peer.perimeter l ON l.id = t.location_id
    WHERE t.id = tender_)
SELECT s.id::int, 0 FROM t, peer.siae s
WHERE s.is_active AND NOT s.is_delisted AND s.kind <> 'OPCS'
  AND s.contact_email <> ''
  AND (cardinality(t.siae_kind) = 0 OR s.kind = ANY (t.siae_kind))
  AND EXISTS (
    SELECT 1 FROM peer.activity a WHERE a.siae_id = s.id
      AND (cardinality(t.presta_type) = 0 OR a.presta_type && t.presta_type)
      AND (NOT t.has_s OR EXISTS (
          SELECT 1 FROM peer.tender_sector x
          WHERE x.tender_id = t.id AND x.sector_id = a.sector_id))
      AND CASE
        WHEN t.is_country THEN a.geo_range = 'COUNTRY'
        WHEN t.by_km THEN st_dwithin(s.coords, t.lpt, t.distance_km * 1000.0)
            IS TRUE OR (t.include_country AND a.geo_range = 'COUNTRY')
        WHEN t.has_p THEN CASE
            WHEN a.geo_range = 'COUNTRY' AND t.include_country THEN true
            WHEN a.geo_range = 'COUNTRY' THEN false
            ELSE EXISTS (
                SELECT 1 FROM peer.tender_perimeter tp
                JOIN peer.perimeter p ON p.id = tp.perimeter_id
                WHERE tp.tender_id = t.id AND (
                    (a.geo_range = 'ZONES' AND EXISTS (
                        SELECT 1 FROM peer.activity_location al
                        JOIN peer.perimeter z ON z.id = al.perimeter_id
                        WHERE al.activity_id = a.id AND (z.id = p.id
                          OR (p.kind = 'CITY' AND z.kind = 'DEPARTMENT'
                              AND z.insee_code = p.department_code)
                          OR (p.kind <> 'REGION' AND z.kind = 'REGION'
                              AND z.insee_code = 'R' || p.region_code))))
                    OR (p.kind = 'CITY' AND a.geo_range = 'CUSTOM'
                        AND a.radius_km >= st_distance(s.coords, p.coords)
                                           / 1000)
                    OR (p.kind = 'CITY' AND s.post_code = ANY (p.post_codes))
                    OR (p.kind = 'DEPARTMENT' AND s.department = p.insee_code)
                    OR (p.kind = 'REGION' AND s.region = p.name))) END
        WHEN t.include_country THEN a.geo_range = 'COUNTRY'
        ELSE true END)
ORDER BY s.name
$$;

-- The same rows as a careful user would ask for them: the tender's sectors and
-- perimeters once, and from them to the activities.
CREATE FUNCTION careful(tender_ int) RETURNS SETOF public.hit
LANGUAGE plpgsql STABLE AS $$
DECLARE
    t peer.tender;
    secs bigint[];
    zids bigint[];
    pcs text[];
    deps text[];
    regs text[];
    pts geography[];
BEGIN
    SELECT * INTO t FROM peer.tender WHERE id = tender_;
    SELECT array_agg(sector_id) INTO secs
    FROM peer.tender_sector WHERE tender_id = tender_;
    SELECT array_agg(z.id) INTO zids
    FROM peer.tender_perimeter tp JOIN peer.perimeter p ON p.id = perimeter_id
    JOIN peer.perimeter z ON z.id = p.id OR z.insee_code IN (
        CASE WHEN p.kind = 'CITY' THEN p.department_code END,
        CASE WHEN p.kind <> 'REGION' THEN 'R' || p.region_code END)
    WHERE tender_id = tender_;
    SELECT (SELECT array_agg(c) FROM (
                SELECT unnest(p.post_codes) FROM peer.perimeter p
                JOIN peer.tender_perimeter tp ON p.id = perimeter_id
                WHERE tender_id = tender_) u (c)),
           array_agg(p.insee_code) FILTER (WHERE p.kind = 'DEPARTMENT'),
           array_agg(p.name) FILTER (WHERE p.kind = 'REGION'),
           array_agg(p.coords) FILTER (WHERE p.kind = 'CITY'
                                       AND p.coords IS NOT NULL)
    INTO pcs, deps, regs, pts
    FROM peer.tender_perimeter tp JOIN peer.perimeter p ON p.id = perimeter_id
    WHERE tender_id = tender_;
    RETURN QUERY
    SELECT s.id::int, 0 FROM peer.siae s JOIN (
        SELECT DISTINCT a.siae_id
        FROM peer.activity a JOIN peer.siae s ON s.id = a.siae_id
        WHERE (secs IS NULL OR a.sector_id = ANY (secs))
          AND (cardinality(t.presta_type) = 0
               OR a.presta_type && t.presta_type)
          AND s.is_active AND NOT s.is_delisted AND s.kind <> 'OPCS'
          AND s.contact_email <> ''
          AND (cardinality(t.siae_kind) = 0 OR s.kind = ANY (t.siae_kind))
          AND CASE a.geo_range WHEN 'COUNTRY' THEN t.include_country
              ELSE s.post_code = ANY (pcs) OR s.department = ANY (deps)
                OR s.region = ANY (regs)
                OR (a.geo_range = 'ZONES' AND EXISTS (
                    SELECT 1 FROM peer.activity_location al
                    WHERE al.activity_id = a.id
                      AND al.perimeter_id = ANY (zids)))
                OR (a.geo_range = 'CUSTOM' AND EXISTS (
                    SELECT 1 FROM unnest(pts) g
                    WHERE st_dwithin(s.coords, g, a.radius_km * 1000.0)))
              END) h ON h.siae_id = s.id
    ORDER BY s.name;
END $$;

CREATE VIEW questions AS
    SELECT id::int AS lot, 0::bigint AS key, id::text AS parameters
    FROM tender;
