/* JSON parameters from a client: what is accepted is in range, and comes through a round trip unchanged. */
#include <stddef.h>
#include <stdint.h>

#include "plugins/eperf/params.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[EPERF_ERROR_MAX];
    struct eperf_params p, q;
    json_t *o = json_loadb((const char *)data, size, JSON_DECODE_INT_AS_REAL, NULL);
    if (o && params_from_json(&p, o, error)) {
        if (!eperf_params_check(&p, error) || p.streams < 1 || p.streams > EPERF_STREAMS_MAX || !p.block_len ||
            p.block_len > EPERF_BLOCK_MAX)
            __builtin_trap();
        json_t *x = params_to_json(&p);
        if (!x || !params_from_json(&q, x, error))
            __builtin_trap();
        json_t *y = params_to_json(&q);
        if (!json_equal(x, y))
            __builtin_trap();
        json_decref(x);
        json_decref(y);
    }
    json_decref(o);
    return 0;
}
