/*
 * claused.conf: read whole or refused with a reason, and then nothing of what
 * stood there before has changed.
 */
#include <string.h>

#include "engine/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config before, config;
    char why[300] = "";
    enum err e;

    memset(&before, 0, sizeof before);
    config_default(&before);
    config = before;
    e = config_read(fuzz_file(data, size), &config, why, sizeof why);
    must((e == ERR_NONE) == !why[0]);
    must(!e || !memcmp(&before, &config, sizeof config));
    must(memchr(config.store, 0, sizeof config.store) != NULL);
    must(memchr(config.listen, 0, sizeof config.listen) != NULL);
    must(config.map_mib >= 1);
    return 0;
}
