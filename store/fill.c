/*
 * Filling an environment that nobody reads yet, in order of keys and in
 * bounded transactions: compaction, upgrade and restore all write so.
 */
#include "store/private.h"

/* What is written between two commits: far from where LMDB would spill. */
#define FILL_BYTES ((size_t)8 << 20)

int store_fill_put(struct store_fill *fill, enum store_db db, MDB_val *key,
                   MDB_val *value)
{
    int rc;

    if (!fill->txn && (rc = mdb_txn_begin(fill->to->env, NULL, 0, &fill->txn)))
        return rc;
    if ((rc = mdb_put(fill->txn, fill->to->db[db], key, value, MDB_APPEND)))
        return rc;
    fill->bytes += key->mv_size + value->mv_size;
    return fill->bytes < FILL_BYTES ? 0 : store_fill_end(fill, 0);
}

int store_fill_end(struct store_fill *fill, int rc)
{
    MDB_txn *txn = fill->txn;

    fill->txn = NULL;
    fill->bytes = 0;
    if (!txn)
        return rc;
    if (!rc)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}
