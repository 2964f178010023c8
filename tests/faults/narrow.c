/*
 * Loaded under memcheck, which has no room for the address space that a store
 * asks for: LMDB is told of a gibibyte at most.
 */
#include <dlfcn.h>
#include <lmdb.h>

#define ROOM ((size_t)1 << 30)

/* The function behind ours: POSIX wants the cast that ISO C forbids. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int mdb_env_set_mapsize(MDB_env *env, size_t bytes)
{
    return REAL(mdb_env_set_mapsize)(env, bytes < ROOM ? bytes : ROOM);
}
