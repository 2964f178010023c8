-- What every query shares: whole kilometres, months waited, the tie number.
-- Kilometres and ties are those of engine/MATCHING.md to the last bit;
-- `pg CONNINFO check` compares them with the C ones.

-- T[km]: the greatest q (sum of the squares of the differences of two vectors)
-- that is within km kilometres.  The same doubles as in C, in the same order.
CREATE FUNCTION reach(km int) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN floor((2 * sin(km / (2 * 6371.0088::float8)))
             * (2 * sin(km / (2 * 6371.0088::float8)))
             * 1152921504606846976::float8)::bigint;

-- T[0] to T[500].  Folded into a constant when a statement is planned, so that
-- width_bucket(q - 1, limits()) counts, by halving, the limits below q: the
-- least km with q <= T[km].
CREATE FUNCTION limits() RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT array_agg(reach(km) ORDER BY km) FROM generate_series(0, 500) km);

-- Year, month and day in one number, so that (a - b) >> 5 is the whole months
-- from b to a: a day takes five bits, and a borrow from them is the month that
-- is not over yet.
CREATE FUNCTION month_key(day int) RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((extract(year FROM date '1970-01-01' + day) * 12
         + extract(month FROM date '1970-01-01' + day)) * 32
        + extract(day FROM date '1970-01-01' + day))::int;

-- The finaliser of splitmix64 over key xor id, its first bit turned so that
-- signed numbers sort as unsigned ones do.  PostgreSQL refuses a product of
-- more than 63 bits: the low halves are multiplied with their signs, and what
-- overflows is shifted out.  Some 2 microseconds, so that it is asked only of
-- those who may enter a list.
CREATE FUNCTION tie(key bigint, id bigint) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    z bigint := key # id;
    low bigint;
    p bigint;
BEGIN
    z := z # ((z >> 30) & 17179869183);
    low := (z << 32) >> 32;
    p := low * 484763065;
    z := (((p >> 32) + low * -1084733587
           + ((z >> 32) - (low >> 32)) * 484763065) << 32) | (p & 4294967295);
    z := z # ((z >> 27) & 137438953471);
    low := (z << 32) >> 32;
    p := low * 321982955;
    z := (((p >> 32) + low * -1798288965
           + ((z >> 32) - (low >> 32)) * 321982955) << 32) | (p & 4294967295);
    RETURN (z # ((z >> 31) & 8589934591)) # (-9223372036854775808)::bigint;
END $$;

-- A row of an answer: the number of a person or a structure, and the score.
CREATE TYPE hit AS (number int, score int);
