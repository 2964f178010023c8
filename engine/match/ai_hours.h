/*
 * Hours of an association intermédiaire's employee in firms: a cap over the
 * months after the first placement (Code du travail L5132-9), with
 * derogations by place or by structure.  MATCHING.md section 17.
 */
#ifndef ENGINE_MATCH_AI_HOURS_H
#define ENGINE_MATCH_AI_HOURS_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

/* How much of MISSION may be done on the day ON.  STRUCTURE (NULL: unknown) is
 * the AI, ID its id: its own derogation counts before that of its places.
 * Texts live in ARENA or the reference.  ERR_NOMEM. */
enum err ai_hours_show(const struct reference *ref, struct arena *arena,
                       int64_t on, const struct ai_mission *mission,
                       const struct structure *structure, struct slice id,
                       struct ai_standing *out);

#endif
