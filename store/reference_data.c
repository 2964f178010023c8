/*
 * The bundled tables (store/reference/NAME.tsv), compiled in as they are.  The
 * paths are relative to the root of the repository, where make runs.
 */
#include "store/reference_parts.h"

#define BUNDLE(table)                                                          \
    __asm__(".pushsection .rodata\n"                                           \
            ".global reference_" #table "_tsv\n"                               \
            ".hidden reference_" #table "_tsv\n"                               \
            "reference_" #table "_tsv:\n"                                      \
            ".incbin \"store/reference/" #table ".tsv\"\n"                     \
            ".global reference_" #table "_end\n"                               \
            ".hidden reference_" #table "_end\n"                               \
            "reference_" #table "_end:\n"                                      \
            ".byte 0\n"                                                        \
            ".popsection\n");                                                  \
    extern const char reference_##table##_tsv[]                                \
        __attribute__((visibility("hidden")));                                 \
    extern const char reference_##table##_end[]                                \
        __attribute__((visibility("hidden")))

BUNDLE(tables);
BUNDLE(communes);
BUNDLE(centres);
BUNDLE(departments);
BUNDLE(regions);
BUNDLE(epcis);
BUNDLE(former);
BUNDLE(thresholds);
BUNDLE(wording);
BUNDLE(eligibility);
BUNDLE(publics);
BUNDLE(hours);
BUNDLE(assess);

#define ROW(table)                                                             \
    {                                                                          \
#table, reference_##table##_tsv, reference_##table##_end               \
    }
static const struct {
    const char *name;
    const char *from;
    const char *end;
} bundles[] = {ROW(tables),  ROW(communes),    ROW(centres), ROW(departments),
               ROW(regions), ROW(epcis),       ROW(former),  ROW(thresholds),
               ROW(wording), ROW(eligibility), ROW(publics), ROW(hours),
               ROW(assess)};

struct slice reference_bundle(const char *name)
{
    for (size_t i = 0; i < sizeof bundles / sizeof bundles[0]; i++) {
        if (slice_equal(slice_of(name), slice_of(bundles[i].name))) {
            struct slice text = {bundles[i].from,
                                 (size_t)(bundles[i].end - bundles[i].from)};

            return tsv_after_head(text);
        }
    }
    return (struct slice){NULL, 0};
}
