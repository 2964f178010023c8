-- Communes, and the territories that places and zones are made of.
SET search_path = public, dump;

-- Areas: the communes of one department, EPCI and EPT.  Every territory is a
-- sum of areas.
CREATE UNLOGGED TABLE areas AS
    SELECT row_number() OVER ()::int AS area, department, region, epci, ept,
           sum(population)::bigint AS population, count(*)::int AS communes
    FROM dump.communes GROUP BY department, region, epci, ept;

CREATE UNLOGGED TABLE communes AS
    SELECT commune, rank, c.population, x, y, z, lat, lon, centred = 1 AS centred,
           area
    FROM dump.communes c JOIN areas a
        ON c.department = a.department
        AND coalesce(c.epci, '') = coalesce(a.epci, '')
        AND coalesce(c.ept, '') = coalesce(a.ept, '')
    ORDER BY commune;
ALTER TABLE communes ADD PRIMARY KEY (commune);

CREATE UNLOGGED TABLE territories AS
    SELECT row_number() OVER ()::int AS territory, code,
           population::bigint, communes::int
    FROM (SELECT 'DEP:' || department AS code, sum(population) AS population,
                 sum(communes) AS communes
          FROM areas GROUP BY 1
          UNION ALL
          SELECT 'REG:' || region, sum(population), sum(communes)
          FROM areas GROUP BY 1
          UNION ALL
          SELECT 'EPCI:' || code, sum(population), sum(communes)
          FROM areas, LATERAL (VALUES (epci), (ept)) e (code)
          WHERE code IS NOT NULL GROUP BY 1) t;
ALTER TABLE territories ADD PRIMARY KEY (territory);
CREATE UNIQUE INDEX ON territories (code);

CREATE UNLOGGED TABLE territory_areas AS
    SELECT territory, area
    FROM areas, LATERAL (VALUES ('DEP:' || department), ('REG:' || region),
                                ('EPCI:' || epci), ('EPCI:' || ept)) t (code)
    JOIN territories USING (code);
CREATE INDEX ON territory_areas (area);
VACUUM ANALYZE areas, communes, territories, territory_areas;
