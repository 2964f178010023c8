/*
 * What an operator may set: claused.conf (inih) and the command line, which
 * wins.  SIGHUP reads the file again; what only a start can change (store,
 * listen, secrets, map_mib, rescore_workers) is then left as it was.
 */
#ifndef ENGINE_CONFIG_H
#define ENGINE_CONFIG_H

#include "protocol/entities.h"

struct config {
    char store[256];
    char listen[256];
    char secrets[272];       /* of keys; empty: STORE.secrets */
    int64_t map_mib;         /* address space of the store to begin with */
    int64_t slow_ms;         /* a request that took longer is logged */
    int64_t rescore_workers; /* threads of the batch; 0: one a core */
    int64_t log_level;       /* 3 errors, 4 warnings, 6 notices, 7 debugging */
    struct structure_weights structure_weights;
    struct person_weights person_weights;
};

/* The built-in values; weights are those of matching.md. */
void config_default(struct config *config);

/* Read FILE over CONFIG, which is untouched on failure.  ERR_NOT_FOUND it
 * cannot be read; ERR_BAD_CODE, ERR_RANGE, ERR_WEIGHTS_SUM with the line and
 * what is wrong in WHY. */
enum err config_read(const char *file, struct config *config, char *why,
                     size_t why_size);

#endif
