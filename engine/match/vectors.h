/*
 * Loops over columns are compiled twice, and the better one for this processor
 * is chosen when the program is loaded.
 */
#ifndef ENGINE_MATCH_VECTORS_H
#define ENGINE_MATCH_VECTORS_H

/* ThreadSanitizer's choosers would run before it has begun, and clang 14 gives
 * them names that other files do not find. */
#if defined __SANITIZE_THREAD__ || defined __clang__
#define VECTORS
#else
#define VECTORS __attribute__((target_clones("avx2", "default")))
#endif

#endif
