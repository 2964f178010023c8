-- Design N, the nightly batch as one statement: for every lot the best
-- structures (job 0) and the best people of each job.
SET search_path = public;

CREATE FUNCTION batch_top(k int, lots_ int[])
RETURNS TABLE (lot int, job int, number int, score int)
LANGUAGE sql STABLE AS $$
    SELECT l.lot, 0, t.number, t.score
    FROM unnest(lots_) l (lot) JOIN questions_of_lots q USING (lot),
    LATERAL structures_top(k, q.start, q.kinds, q.share, q.modes, q.amount,
        q.months, q.asked, q.terms, q.levels, q.seats, q.all_seats,
        q.departments, q.territories, q.commune, q.people, q.communes,
        q.key) t
    UNION ALL
    SELECT j.lot, j.job, t.number, t.score
    FROM unnest(lots_) l (lot) JOIN jobs j USING (lot), world,
    LATERAL gist_top(k, month, day, 14, j.rome, j.x, j.y, j.z, j.lat,
        j.lon, j.start, j.hours_least, j.hours_most, j.drives, j.wanted,
        j.pass, j.level2, j.key) t
$$;
