-- Design D: what an expert would write by hand.  A covering b-tree is searched
-- outwards from the work; the search stops when nobody farther away could enter
-- the list.
SET search_path = public;

CREATE INDEX wishes_ring ON wishes (place, registered) INCLUDE (profile, key, x,
    y, z, reach, criteria, criteria2, mobility, available, hours_min, hours_max,
    drives, consent, consent_until, suspended_until, pass_until, until1,
    until2);

-- The rings are rings of score.  How far somebody may live and still reach a
-- score depends on what the wish is worth and on how far the person would go:
-- for each worth and class of mobility, level 850 is another circle.  A step
-- reads, in one statement, what lies between the circles of the last level
-- and those of its own, as ranges of the index, a nested loop over them; it
-- keeps those who may still be among the best, and the search ends when the
-- last of the best has the level.
CREATE FUNCTION ring_top(k int, on_month int, on_day int, grace int,
    rome_ int, x_ bigint, y_ bigint, z_ bigint, lat int, lon int, start_ int,
    hours_least int, hours_most int, drives_ int, wanted_ int, pass_ bool,
    level2 int, key_ bigint) RETURNS SETOF hit
LANGUAGE plpgsql STABLE AS $$
DECLARE
    -- Of the search: the level reached and the next, and the score of the last
    -- of the best (-1: there are fewer).
    was int := 1001;
    level int := 950;
    last int := -1;
    -- Those found that may still be among the best.
    profiles int[] := '{}';
    keys bigint[] := '{}';
    scores int[] := '{}';
    -- The work on the map, in units of the index.
    north int := lat + 90000000;
    east int := lon + 180000000;
    shrink float8 := cos(radians(lat / 1e6));
BEGIN
    -- In a large town the best of all, at home and with full marks, may be more
    -- than are asked for: then nobody else need be looked at.
    SELECT coalesce(array_agg(profile), '{}') INTO profiles
    FROM (SELECT profile
          FROM classes, LATERAL (
              SELECT w.profile, w.key
              FROM wishes w, LATERAL (
                  SELECT CASE WHEN start_ <= until1 THEN criteria
                              WHEN start_ <= until2 THEN criteria2
                              ELSE (SELECT coalesce(bit_or(criterion), 0)
                                    FROM proofs p
                                    WHERE p.profile = w.profile
                                      AND (until IS NULL
                                           OR until >= start_)) END) e (held)
              WHERE w.place = (rome_::bigint << 34) + (class::bigint << 32)
                            + (north / 200000 * 1048576 + east / 400)
                AND registered <= on_month - (24 << 5) AND available <= start_
                AND hours_min <= hours_least AND hours_max >= hours_most
                AND drives & drives_ = drives_
                AND consent <= on_day AND consent_until >= on_day
                AND suspended_until < start_
                AND x = x_ AND y = y_ AND z = z_
                AND (held & wanted_ <> 0
                     OR pass_ AND pass_until >= start_
                     OR level2 < 99
                        AND bit_count((held & 208048)::bit(32)) >= level2)
              OFFSET 0) w
          ORDER BY tie(key_, key), profile LIMIT k) best;
    IF cardinality(profiles) = k THEN
        RETURN QUERY SELECT unnest(profiles), 1000;
        RETURN;
    END IF;
    profiles := '{}';
    LOOP
        WITH circles AS (
            SELECT fit, class,
                   -- The greatest km whose component reaches D; -1: none does.
                   CASE WHEN d0 > 1000 THEN -1 WHEN d0 <= 0 THEN farthest
                        ELSE (farthest * (1001 - d0) + 999) / 1000 - 1 END AS km0,
                   CASE WHEN d1 > 1000 THEN -1 WHEN d1 <= 0 THEN farthest
                        ELSE (farthest * (1001 - d1) + 999) / 1000 - 1 END AS km1
            FROM (VALUES (1000), (700), (500), (300)) f (fit),
            classes,
            -- What is left for distance when all else is best.
            LATERAL (SELECT (1000 * was - 300000 - 450 * fit + 249) / 250,
                            (1000 * level - 300000 - 450 * fit + 249) / 250)
                d (d0, d1)
            OFFSET 0
        ), boxes AS (
            SELECT fit, class, km0 >= 0 AS hollow,
                   degrees(r0) * 1e6 AS high0, degrees(r1) * 1e6 AS high1,
                   degrees(asin(least(1, sin(r0) / shrink))) * 1e6 AS wide0,
                   degrees(asin(least(1, sin(r1) / shrink))) * 1e6 AS wide1
            FROM circles,
            LATERAL (SELECT (greatest(km0, 0) + 0.05::float8) / 6371.0088,
                            (km1 + 0.05::float8) / 6371.0088 OFFSET 0)
                r (r0, r1)
            WHERE km1 > km0
        ), ranges AS MATERIALIZED (
            SELECT fit, (class::bigint << 32) | (band * 1048576 + low) AS low,
                   (class::bigint << 32) | (band * 1048576 + high) AS high
            FROM boxes,
            generate_series(floor((north - high1) / 200000)::int,
                            floor((north + high1) / 200000)::int) band,
            LATERAL (
                SELECT hollow AND band
                       BETWEEN floor((north - high0) / 200000)
                       AND floor((north + high0) / 200000)) h (is_hollow),
            LATERAL (
                SELECT floor((east - wide1) / 400)::int,
                       CASE WHEN is_hollow
                            THEN floor((east - wide0) / 400)::int - 1
                            ELSE floor((east + wide1) / 400)::int END
                UNION ALL
                SELECT floor((east + wide0) / 400)::int + 1,
                       floor((east + wide1) / 400)::int WHERE is_hollow)
                side (low, high)
        ), found AS MATERIALIZED (
            SELECT * FROM unnest(profiles, keys, scores) o (profile, key, score)
            UNION ALL
            SELECT profile, key, score
            FROM ranges JOIN fits f ON f.job = rome_ AND f.fit = ranges.fit,
            LATERAL (
                SELECT w.profile, w.key,
                    (450 * ranges.fit
                     + 250 * (1000 - 1000 * width_bucket(
                           (x - x_) * (x - x_) + (y - y_) * (y - y_)
                           + (z - z_) * (z - z_) - 1, limits())
                           / greatest(mobility, 1))
                     + 200 * (1000 * least(24, greatest(0,
                           (on_month - registered) >> 5)) / 24)
                     + 100 * CASE WHEN available <= start_ THEN 1000
                                  ELSE 1000 - 1000 * (available - start_)
                                       / grace END) / 1000 AS score
                FROM wishes w, LATERAL (
                    SELECT CASE WHEN start_ <= until1 THEN criteria
                                WHEN start_ <= until2 THEN criteria2
                                ELSE (SELECT coalesce(bit_or(criterion), 0)
                                      FROM proofs p
                                      WHERE p.profile = w.profile
                                        AND (until IS NULL
                                             OR until >= start_)) END) e (held)
                WHERE w.place BETWEEN (f.wish::bigint << 34) + ranges.low
                                  AND (f.wish::bigint << 34) + ranges.high
                  AND available <= start_ + grace
                  AND hours_min <= hours_least AND hours_max >= hours_most
                  AND drives & drives_ = drives_
                  AND consent <= on_day AND consent_until >= on_day
                  AND suspended_until < start_
                  AND (x - x_) * (x - x_) + (y - y_) * (y - y_)
                      + (z - z_) * (z - z_) <= reach
                  AND (held & wanted_ <> 0
                       OR pass_ AND pass_until >= start_
                       OR level2 < 99
                          AND bit_count((held & 208048)::bit(32)) >= level2)
                OFFSET 0) w
            WHERE score >= last
        ), bar AS (
            SELECT score FROM found ORDER BY score DESC OFFSET 3 * k - 1 LIMIT 1
        )
        SELECT coalesce(array_agg(profile), '{}'), coalesce(array_agg(key), '{}'),
               coalesce(array_agg(score), '{}')
        INTO profiles, keys, scores
        FROM found WHERE score >= coalesce((SELECT score FROM bar), last);
        last := coalesce(
            (SELECT max(score) FROM unnest(profiles, scores) o (profile, score)
             GROUP BY profile ORDER BY 1 DESC OFFSET k - 1 LIMIT 1), -1);
        EXIT WHEN last >= level OR level <= 0;
        was := level;
        level := CASE WHEN last >= 0 THEN last WHEN level > 900 THEN 850
                      WHEN level > 800 THEN 700 ELSE 0 END;
    END LOOP;
    RETURN QUERY
        SELECT profile, max(score)
        FROM unnest(profiles, keys, scores) o (profile, key, score)
        WHERE score >= last GROUP BY profile, key
        ORDER BY max(score) DESC, tie(key_, key), profile LIMIT k;
END $$;
