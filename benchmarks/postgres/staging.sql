-- The tables of `generate dump`, as they are.  They go once the tables that
-- are asked have been made of them.
CREATE SCHEMA dump;
SET search_path = dump;
CREATE UNLOGGED TABLE communes (commune int, rank int, insee text,
    population int, department text, region text, epci text, ept text,
    centred int, approximate int, x int, y int, z int, lat int, lon int);
CREATE UNLOGGED TABLE romes (rome smallint, code text);
CREATE UNLOGGED TABLE fits (wish smallint, job smallint, fit smallint);
CREATE UNLOGGED TABLE sectors (sector text, sector_group text);
CREATE UNLOGGED TABLE profiles (profile int, id text, key bigint, commune int,
    mobility smallint, vehicle smallint, licences int, criteria int,
    codes smallint[], untils smallint[], pass_until smallint,
    suspended_until smallint, hours_min smallint, hours_max smallint,
    available smallint, registered smallint, consent smallint,
    contact smallint);
CREATE UNLOGGED TABLE postings (rome smallint, profile int);
CREATE UNLOGGED TABLE structures (structure int, id text, key bigint, kind int,
    home int, x int, y int, z int, status int, agreement_from int,
    agreement_until int, public_share int);
CREATE UNLOGGED TABLE activities (structure int, activity int, modes int,
    within_km int, nationwide int, free_hours int, lot_min bigint,
    lot_max bigint, derived int);
CREATE UNLOGGED TABLE activity_romes (structure int, activity int, rome int);
CREATE UNLOGGED TABLE activity_codes (structure int, activity int, type text,
    code text);
CREATE UNLOGGED TABLE zones (structure int, activity int, code text);
CREATE UNLOGGED TABLE lots (lot int, market text, number int, key bigint,
    start int, amount bigint, months int, modes int);
CREATE UNLOGGED TABLE clauses (lot int, kind int, hours int, publics int,
    modes int);
CREATE UNLOGGED TABLE jobs (lot int, job int, key bigint, rome smallint,
    commune int, seats int, hours_week int, weeks int, start int,
    vehicle int, licence int);
CREATE UNLOGGED TABLE places (lot int, code text);
CREATE UNLOGGED TABLE lot_codes (lot int, type text, code text);
