/*
 * One workspace for each thread that answers questions.
 */
#ifndef ENGINE_WORKSPACES_H
#define ENGINE_WORKSPACES_H

#include "engine/match/workspace.h"

/* This thread's own, made at the first call and freed with the thread; NULL
 * without memory: a match then makes one for itself. */
struct workspace *workspace_of_thread(void);

#endif
