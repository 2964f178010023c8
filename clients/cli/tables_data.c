/*
 * Our two tables of derivations, compiled in as they are and ended by a NUL.
 * The paths are relative to the root of the repository, where make runs.
 */
#include "clients/cli/tables.h"

#define BUNDLE(name, file)                                                     \
    __asm__(".pushsection .rodata\n"                                           \
            ".global " #name "_tsv\n"                                          \
            ".hidden " #name "_tsv\n" #name "_tsv:\n"                          \
            ".incbin \"clients/cli/" file "\"\n"                               \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char name##_tsv[] __attribute__((visibility("hidden")))

BUNDLE(naf_activities, "naf-activities.tsv");
BUNDLE(cpv_rome, "cpv-rome.tsv");

struct slice tables_naf_activities(void)
{
    return slice_of(naf_activities_tsv);
}

struct slice tables_cpv_rome(void)
{
    return slice_of(cpv_rome_tsv);
}
