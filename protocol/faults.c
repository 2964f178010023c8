/*
 * Faults and the paths to them.
 */
#include "protocol/path.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/wire.h"

/* More steps than any depth allowed makes. */
#define STEPS 64

/* At most MAX bytes of TEXT, never cut within a character. */
static struct slice cut(struct slice text, size_t max)
{
    if (text.len > max)
        text.len = utf8_span((struct slice){text.data, max});
    return text;
}

size_t path_write(const struct path *path, char out[PATH_MAX_BYTES + 1])
{
    const struct path *steps[STEPS];
    size_t n = 0, used = 0;

    for (; path && n < STEPS; path = path->up)
        steps[n++] = path;
    out[0] = '\0';
    while (n-- && used < PATH_MAX_BYTES) {
        size_t room = PATH_MAX_BYTES + 1 - used;
        struct slice name = cut(steps[n]->name, room - 1);

        if (steps[n]->name.data)
            used += (size_t)snprintf(out + used, room, "%s%.*s",
                                     used ? "." : "", (int)name.len, name.data);
        else
            used +=
                (size_t)snprintf(out + used, room, "[%zu]", steps[n]->index);
    }
    return used < PATH_MAX_BYTES ? used : PATH_MAX_BYTES;
}

struct slice path_text(const struct path *path, struct arena *arena)
{
    char text[PATH_MAX_BYTES + 1];
    struct slice copy = {text, path_write(path, text)};

    copy = arena_copy(arena, copy);
    return copy.data ? copy : SLICE("");
}

void faults_add(struct faults *faults, struct arena *arena, enum err name,
                struct slice path, const char *hint, ...)
{
    char text[HINT_MAX_BYTES + 1];
    struct fault *fault;
    va_list args;
    int n;

    if (faults->n == FAULTS_MAX)
        return;
    va_start(args, hint);
    n = vsnprintf(text, sizeof text, hint, args);
    va_end(args);
    if (n < 0)
        n = 0;
    fault = &faults->at[faults->n++];
    fault->name = name;
    fault->field = arena_copy(arena, cut(path, PATH_MAX_BYTES));
    fault->hint = arena_copy(
        arena, cut((struct slice){text, (size_t)n}, sizeof text - 1));
}
