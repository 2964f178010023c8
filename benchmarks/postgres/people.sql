-- People as a careful user stores them for this question: one row a wish,
-- everything that the filters and the score need in it, so that no question
-- joins; dates as days in two bytes, with bounds in the place of what is
-- unknown; rows of one ROME code together, in Hilbert order of their homes.
SET search_path = public, dump;
CREATE EXTENSION postgis;

-- The rules read distances that are known; in this world they are.
DO $$ BEGIN
    ASSERT NOT EXISTS (SELECT FROM dump.profiles JOIN dump.communes
                       USING (commune) WHERE centred = 0 OR mobility > 500);
    ASSERT NOT EXISTS (SELECT FROM dump.profiles
                       WHERE registered IS NULL OR consent IS NULL
                          OR cardinality(codes) > 4);
END $$;

-- What a wish is worth for a job.
CREATE UNLOGGED TABLE fits AS
    SELECT job, fit, wish FROM dump.fits ORDER BY job, fit DESC, wish;
ALTER TABLE fits ADD PRIMARY KEY (job, fit, wish);

-- Until the first criterion ends, all hold; from then to the second day on which
-- one ends, those in criteria2; after that, see proofs.
CREATE UNLOGGED TABLE people AS
SELECT profile, key, commune, mobility, criteria, until1,
       coalesce(least(CASE WHEN untils[1] > until1 THEN untils[1] END,
                      CASE WHEN untils[2] > until1 THEN untils[2] END,
                      CASE WHEN untils[3] > until1 THEN untils[3] END,
                      CASE WHEN untils[4] > until1 THEN untils[4] END),
                32767::smallint) AS until2,
       CASE WHEN codes[1] IS NULL OR untils[1] <= until1 THEN 0
            ELSE 1 << codes[1] END
       | CASE WHEN codes[2] IS NULL OR untils[2] <= until1 THEN 0
              ELSE 1 << codes[2] END
       | CASE WHEN codes[3] IS NULL OR untils[3] <= until1 THEN 0
              ELSE 1 << codes[3] END
       | CASE WHEN codes[4] IS NULL OR untils[4] <= until1 THEN 0
              ELSE 1 << codes[4] END AS criteria2,
       coalesce(available, (-32768)::smallint) AS available, registered,
       coalesce(hours_min, 0::smallint) AS hours_min,
       coalesce(hours_max, 99::smallint) AS hours_max,
       (licences | (coalesce(vehicle, 0) << 13))::smallint AS drives, consent,
       (coalesce(contact, consent) + 729)::smallint AS consent_until,
       coalesce(suspended_until, (-32768)::smallint) AS suspended_until,
       coalesce(pass_until, (-32768)::smallint) AS pass_until
FROM (SELECT *, coalesce(least(untils[1], untils[2], untils[3], untils[4]),
                         32767::smallint) AS until1
      FROM dump.profiles OFFSET 0) p;

-- What depends on a day, a distance or a home, once for each of them.
CREATE UNLOGGED TABLE days AS
    SELECT day, month_key(day) FROM generate_series(10000, 32000) day;
CREATE UNLOGGED TABLE homes AS
    SELECT commune, mobility, rank, x, y, z, reach(mobility), lat, lon,
           degrees(r) * 1e6 AS high,
           degrees(asin(least(1, sin(r) / cos(radians(lat / 1e6))))) * 1e6
               AS wide
    FROM dump.communes,
    (SELECT DISTINCT mobility, (mobility + 0.05::float8) / 6371.0088 AS r
     FROM people) m;
VACUUM ANALYZE people, days, homes;

CREATE UNLOGGED TABLE wishes AS
SELECT o.rome,
       -- Where the ring function looks: code, class of mobility, band of 0.2
       -- degrees of latitude, longitude in steps of 0.0004 degrees.
       (o.rome::bigint * 4 + CASE WHEN p.mobility <= 10 THEN 0
                                  WHEN p.mobility <= 30 THEN 1
                                  WHEN p.mobility <= 100 THEN 2
                                  ELSE 3 END) << 32
           | ((h.lat + 90000000) / 200000) * 1048576
           | (h.lon + 180000000) / 400 AS place,
       p.profile, p.key, h.x, h.y, h.z, h.reach, d.month_key AS registered,
       p.criteria, p.criteria2, p.mobility, p.available, p.hours_min,
       p.hours_max, p.drives, p.consent, p.consent_until, p.suspended_until,
       p.pass_until, p.until1, p.until2,
       -- The box that the person would go to work in, by two of its corners.
       st_makeline(
           st_makepoint((h.lon - wide) / 1e6, (h.lat - high) / 1e6),
           st_makepoint((h.lon + wide) / 1e6, (h.lat + high) / 1e6)) AS near
FROM dump.postings o
JOIN people p USING (profile)
JOIN homes h ON h.commune = p.commune AND h.mobility = p.mobility
JOIN days d ON d.day = p.registered
ORDER BY o.rome, h.rank, p.profile;
CREATE UNLOGGED TABLE classes AS
    SELECT ((place >> 32) & 3)::int AS class, max(mobility)::int AS farthest
    FROM wishes GROUP BY class;
DROP TABLE people, days, homes;

-- When single criteria end, of those whose criteria end on several days.
CREATE UNLOGGED TABLE proofs AS
    SELECT profile, until, 1 << code AS criterion
    FROM dump.profiles, unnest(codes, untils) u (code, until)
    WHERE (SELECT count(DISTINCT until) FROM unnest(untils) e (until)) > 1;
CREATE INDEX proofs_of ON proofs (profile) INCLUDE (until, criterion);
VACUUM ANALYZE wishes, proofs, fits, classes;
