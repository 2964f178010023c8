-- Everything that is asked into the server's own cache, and how large it is;
-- the variable "schema" says of what.
CREATE EXTENSION IF NOT EXISTS pg_prewarm;
SELECT 'size', nspname || '.' || relname, pg_size_pretty(pg_relation_size(c.oid))
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace,
LATERAL (SELECT pg_prewarm(c.oid)) warm
WHERE nspname = :'schema' AND relkind IN ('r', 'i') AND relpersistence = 'u'
ORDER BY pg_relation_size(c.oid) DESC LIMIT 12;
