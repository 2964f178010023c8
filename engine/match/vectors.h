/*
 * Loops over columns are compiled twice, and the better one for this processor
 * is chosen when the program is loaded.
 */
#ifndef ENGINE_MATCH_VECTORS_H
#define ENGINE_MATCH_VECTORS_H

/* ThreadSanitizer's choosers would run before it has begun. */
#ifdef __SANITIZE_THREAD__
#define VECTORS
#else
#define VECTORS __attribute__((target_clones("avx2", "default")))
#endif

#endif
