/*
 * Rights.  Until keys exist every caller has the development role; this is
 * the seam where a key becomes a role and a territory.
 */
#include <stdarg.h>
#include <stdio.h>

#include "engine/call.h"

int rights_allow(const struct call *call, const void *object)
{
    (void)object; /* the development role has the whole territory */
    return (call->role & (verb_rows[call->verb].roles | DEVELOPMENT)) != 0;
}

unsigned rights_readers(const struct call *call)
{
    return call->role;
}

enum err call_refuse(struct call *call, enum err name, const char *field,
                     const char *hint, ...)
{
    char text[300];
    va_list args;

    va_start(args, hint);
    vsnprintf(text, sizeof text, hint, args);
    va_end(args);
    faults_add(&call->faults, call->arena, name, slice_of(field), "%s", text);
    return name;
}
