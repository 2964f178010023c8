/*
 * msgpack-c's packers, over memory that has room.  See pack.h.
 */
#include "protocol/pack.h"

#include <msgpack.h>

static int store(void *end, const char *bytes, size_t len)
{
    char **at = end;

    memcpy(*at, bytes, len);
    *at += len;
    return 0;
}

char *pack_long_int(char *at, int64_t number)
{
    msgpack_packer pack = {&at, store};

    msgpack_pack_int64(&pack, number);
    return at;
}

char *pack_bool(char *at, int64_t number)
{
    msgpack_packer pack = {&at, store};

    if (number)
        msgpack_pack_true(&pack);
    else
        msgpack_pack_false(&pack);
    return at;
}

char *pack_real(char *at, double real)
{
    msgpack_packer pack = {&at, store};

    msgpack_pack_double(&pack, real);
    return at;
}

char *pack_long_str(char *at, size_t len)
{
    msgpack_packer pack = {&at, store};

    msgpack_pack_str(&pack, len);
    return at;
}

char *pack_long_array(char *at, size_t n)
{
    msgpack_packer pack = {&at, store};

    msgpack_pack_array(&pack, n);
    return at;
}

char *pack_long_map(char *at, size_t n)
{
    msgpack_packer pack = {&at, store};

    msgpack_pack_map(&pack, n);
    return at;
}
