/*
 * Our two tables of derivations, compiled in as they are.  The paths are
 * relative to the root of the repository, where make runs.
 */
#include "clients/cli/tables.h"

#define BUNDLE(name, file)                                                     \
    __asm__(".pushsection .rodata\n"                                           \
            ".global " #name "_tsv\n"                                          \
            ".hidden " #name "_tsv\n" #name "_tsv:\n"                          \
            ".incbin \"clients/cli/" file "\"\n"                               \
            ".global " #name "_end\n"                                          \
            ".hidden " #name "_end\n" #name "_end:\n"                          \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char name##_tsv[] __attribute__((visibility("hidden")));      \
    extern const char name##_end[] __attribute__((visibility("hidden")))

BUNDLE(naf_activities, "naf-activities.tsv");
BUNDLE(cpv_rome, "cpv-rome.tsv");

struct slice tables_naf_activities(void)
{
    return (struct slice){naf_activities_tsv,
                          (size_t)(naf_activities_end - naf_activities_tsv)};
}

struct slice tables_cpv_rome(void)
{
    return (struct slice){cpv_rome_tsv, (size_t)(cpv_rome_end - cpv_rome_tsv)};
}
