-- The words of lots and activities as numbers, and what they are worth.
SET search_path = public, dump;

CREATE FUNCTION term_rome(rome int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 1000000 + rome;

CREATE UNLOGGED TABLE sectors AS
    SELECT sector, row_number() OVER ()::int AS number,
           dense_rank() OVER (ORDER BY sector_group)::int AS group_number
    FROM dump.sectors;
ALTER TABLE sectors ADD PRIMARY KEY (sector);
CREATE UNIQUE INDEX ON sectors (number);

-- type C: a CPV code, S: a sector.
CREATE FUNCTION code_terms(type text, code text)
RETURNS TABLE (term int, level int)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT ('1' || left(digits, n))::int,
           CASE n WHEN 2 THEN 500 WHEN 3 THEN 700 WHEN 4 THEN 850 ELSE 1000 END
    FROM (SELECT left(code, 2) || rtrim(substr(code, 3, 6), '0')
          WHERE type = 'C') c (digits),
         generate_series(2, least(5, length(digits))) n
    UNION ALL
    SELECT ('100' || digits)::int + 10000000, 1000
    FROM (SELECT left(code, 2) || rtrim(substr(code, 3, 6), '0')
          WHERE type = 'C') c (digits)
    WHERE length(digits) < 5
    UNION ALL
    SELECT 2000000 + number, 1000 FROM sectors WHERE type = 'S' AND sector = code
    UNION ALL
    SELECT 3000000 + group_number, 400 FROM sectors
    WHERE type = 'S' AND sector = code
$$;
