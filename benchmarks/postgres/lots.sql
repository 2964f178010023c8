-- Lots and jobs as an application asks about them: what the law makes of the
-- clauses is settled when a lot is read, and a question brings it along.
SET search_path = public, dump;

CREATE UNLOGGED TABLE lots AS SELECT lot FROM dump.lots;
CREATE UNLOGGED TABLE world AS
    SELECT :day::int AS day, month_key(:day) AS month;

-- By clause kind: who may answer, and whether half must be disadvantaged.
CREATE UNLOGGED TABLE clause_law (kind int PRIMARY KEY, kinds int, share bool);
INSERT INTO clause_law VALUES (0, 1023, false), (1, 1023, false),
    (2, 1023, false), (3, 448, true), (4, 15, true), (5, 463, true),
    (6, 512, false), (7, 1023, false), (8, 463, true), (9, 31, false),
    (10, 1023, false);

-- By public: the criteria that prove it; 8 (IAE) is a PASS.
CREATE UNLOGGED TABLE public_law (public int PRIMARY KEY, criteria int);
INSERT INTO public_law VALUES (0, 264), (1, 1), (2, 516), (3, 64), (4, 32),
    (5, 16384), (6, 4096), (7, 32768), (8, 0), (9, 2), (10, 4), (11, 262144),
    (12, 524288), (13, 1048576), (14, 2097152), (15, 4194304);
-- Where a public of the list proves nothing (store/reference/publics.tsv).
CREATE UNLOGGED TABLE public_refused (department text, public int);
INSERT INTO public_refused VALUES ('29', 4), ('84', 4);
CREATE UNLOGGED TABLE public_proofs AS
SELECT c.commune, p.public, p.criteria
FROM dump.communes c, public_law p
WHERE (c.department, p.public) NOT IN (SELECT * FROM public_refused);
CREATE INDEX ON public_proofs (commune) INCLUDE (public, criteria);

-- modes wanted, publics listed (RES_HAND without any lists BOETH), hours.
CREATE UNLOGGED TABLE law AS
SELECT l.lot, greatest((SELECT day FROM world), l.start) AS start,
       l.modes | coalesce(bit_or(c.modes) & 7, 0) AS modes,
       coalesce(bit_or(CASE WHEN c.kind = 3 AND c.publics = 0 THEN 4
                            ELSE c.publics END), 0) AS publics,
       coalesce(bit_and(w.kinds), 1023) AS kinds,
       coalesce(bool_or(w.share), false) AS share,
       sum(c.hours) AS hours
FROM dump.lots l LEFT JOIN dump.clauses c USING (lot)
LEFT JOIN clause_law w USING (kind)
GROUP BY l.lot, l.start, l.modes;
ALTER TABLE law ADD PRIMARY KEY (lot);

-- ---- A question of people ------------------------------------------------

-- Proof of eligibility: one of the criteria WANTED, or a PASS, or as many
-- criteria of the second level as LEVEL2 (99: they prove nothing here).  When
-- no clause lists publics: any public or first level, and two, or three when
-- modes are wanted and DISP is none of them.
CREATE UNLOGGED TABLE jobs AS
SELECT j.lot, j.job, j.key, j.rome, c.x::bigint, c.y::bigint, c.z::bigint,
       c.lat, c.lon,
       greatest(w.day, coalesce(j.start, l.start)) AS start,
       -- A person fits between; unknown hours fit everybody.
       coalesce(j.hours_week, 99) AS hours_least,
       coalesce(j.hours_week, 0) AS hours_most,
       coalesce(j.vehicle, 0) << 13 | coalesce(1 << j.licence, 0) AS drives,
       coalesce((SELECT bit_or(criteria) FROM public_proofs p
                 WHERE p.commune = j.commune
                   AND (l.publics = 0 OR (l.publics >> public) & 1 = 1)),
                0) AS wanted,
       l.publics = 0 OR (l.publics >> 8) & 1 = 1 AS pass,
       CASE WHEN l.publics <> 0 THEN 99
            WHEN l.modes = 0 OR l.modes & 1 = 1 THEN 2
            ELSE 3 END AS level2
FROM dump.jobs j JOIN law l USING (lot) JOIN communes c USING (commune), world w;
ALTER TABLE jobs ADD PRIMARY KEY (lot, job);

CREATE VIEW first_jobs AS
SELECT lot, job, key,
       concat_ws('|', month, day, 14, rome, x, y, z, lat, lon, start,
                 hours_least, hours_most, drives, wanted, pass, level2, key)
           AS parameters
FROM jobs, world WHERE job = 1;

-- ---- A question of structures --------------------------------------------

-- A place as one commune, or as territories of one form.
CREATE UNLOGGED TABLE lot_places AS
SELECT lot, max(commune) AS commune,
       array_remove(array_agg(DISTINCT department), NULL) AS departments,
       array_remove(array_agg(DISTINCT territory), NULL) AS territories
FROM (
    SELECT lot, c.commune, t.territory AS department, NULL::int AS territory
    FROM dump.places p JOIN dump.communes d ON p.code = 'COM:' || d.insee
    JOIN communes c USING (commune) JOIN territories t
        ON t.code = 'DEP:' || d.department
    UNION ALL
    SELECT lot, NULL, d.territory, t.territory
    FROM dump.places p JOIN territories t USING (code)
    JOIN territory_areas USING (territory) JOIN areas a USING (area)
    JOIN territories d ON d.code = 'DEP:' || a.department) e
GROUP BY lot;
ALTER TABLE lot_places ADD PRIMARY KEY (lot);

DO $$ BEGIN
    ASSERT (SELECT count(*) FROM lot_places) = (SELECT count(*) FROM lots);
    -- One commune, EPCI or region, or departments: what this world asks, and
    -- what sums over territories answer.
    ASSERT NOT EXISTS (
        SELECT FROM dump.places GROUP BY lot
        HAVING count(DISTINCT split_part(code, ':', 1)) > 1
            OR count(*) > 1 AND bool_or(code !~ '^DEP:')
            OR bool_or(code !~ '^(COM|DEP|EPCI|REG):'));
END $$;

-- hours asked: of the clauses, else of the jobs.
CREATE UNLOGGED TABLE questions_of_lots AS
WITH asked AS (
    SELECT lot, sum(coalesce(seats, 1))::int AS seats,
           sum(coalesce(seats, 1) * hours_week * weeks) AS hours
    FROM dump.jobs GROUP BY lot
), extents AS (
    SELECT lot, sum(population)::bigint AS people, sum(communes)::int AS communes
    FROM (SELECT lot, unnest(territories) AS territory FROM lot_places) p
    JOIN territories USING (territory) GROUP BY lot
), words AS (
    SELECT lot, array_agg(term) AS terms, array_agg(level) AS levels,
           array_agg(seats) AS seats
    FROM (SELECT lot, term_rome(rome) AS term, 600 AS level,
                 sum(coalesce(seats, 1))::int AS seats
          FROM dump.jobs GROUP BY lot, rome
          UNION ALL
          SELECT lot, term, max(level), 0
          FROM dump.lot_codes c, LATERAL code_terms(c.type, c.code)
          GROUP BY lot, term) w
    GROUP BY lot
)
SELECT l.lot, l.key, w.start, w.kinds, w.share, w.modes,
       coalesce(l.amount, -1) AS amount, coalesce(l.months, 0) AS months,
       coalesce(nullif(w.hours, 0), a.hours, 0) AS asked, words.terms,
       words.levels, words.seats, a.seats AS all_seats, p.departments,
       p.territories, coalesce(p.commune, -1) AS commune,
       coalesce(e.people, c.population) AS people,
       coalesce(e.communes, 1) AS communes
FROM dump.lots l JOIN law w USING (lot) JOIN words USING (lot)
JOIN lot_places p USING (lot) JOIN asked a USING (lot)
LEFT JOIN extents e USING (lot)
LEFT JOIN communes c ON c.commune = p.commune;
ALTER TABLE questions_of_lots ADD PRIMARY KEY (lot);

CREATE VIEW lot_questions AS
SELECT lot, key,
       concat_ws('|', start, kinds, share, modes, amount, months, asked, terms,
                 levels, seats, all_seats, departments, territories, commune,
                 people, communes, key) AS parameters
FROM questions_of_lots;
DROP TABLE law, lot_places, public_proofs;
VACUUM ANALYZE jobs, lots, questions_of_lots;
