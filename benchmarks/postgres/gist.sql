-- Design B: one GiST index answers at once what somebody wishes and whether the
-- work is near enough; everybody it finds is scored.  It holds, with the code,
-- the box that a person would go to work in, as its diagonal: the radius is the
-- person's own, so that the index of points (the design one writes first) would
-- have to be asked for the farthest that anybody goes.  Rows lie in the order
-- of codes and of the Hilbert curve.
SET search_path = public;
CREATE EXTENSION btree_gist;
CREATE INDEX wishes_gist ON wishes USING gist (rome, near);

-- One SELECT, which PostgreSQL takes into the statement that calls it.
CREATE FUNCTION gist_top(k int, on_month int, on_day int, grace int,
    rome_ int, x_ bigint, y_ bigint, z_ bigint, lat int, lon int, start_ int,
    hours_least int, hours_most int, drives_ int, wanted_ int, pass_ bool,
    level2 int, key_ bigint) RETURNS SETOF hit
LANGUAGE sql STABLE AS $$
    WITH scored AS MATERIALIZED (
        SELECT w.profile, w.key, w.score
        FROM fits f, LATERAL (
            SELECT profile, key,
                (450 * f.fit
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
            WHERE w.rome = f.wish AND near && st_makepoint(
                  lon / 1e6::float8, lat / 1e6::float8)
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
                      AND bit_count((held & 208048)::bit(32)) >= level2)) w
        WHERE f.job = rome_
    ), bar AS (
        -- Nobody has more than three wishes: among the best 3 K rows are K
        -- people.  Only rows that may be theirs are sorted out and told apart.
        SELECT score FROM scored ORDER BY score DESC OFFSET 3 * k - 1 LIMIT 1
    )
    SELECT profile, max(score)
    FROM scored WHERE score >= coalesce((SELECT score FROM bar), 0)
    GROUP BY profile, key ORDER BY max(score) DESC, tie(key_, key), profile
    LIMIT k
$$;
