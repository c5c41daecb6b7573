/* A hostile peer's bytes through the control machine, both roles; the first byte picks role and state. */
#include <stddef.h>
#include <stdint.h>

#include "plugins/eperf/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control c;
    if (size < 2)
        return 0;
    control_init(&c, data[0] & 1 ? ROLE_SERVER : ROLE_CLIENT);
    control_go(&c, (enum state)((data[0] >> 1) % (ST_OVER + 1)));
    size_t step = data[1] % 64 + 1u;
    for (size_t at = 2; at < size && control_want(&c);) {
        size_t n = control_want(&c) < step ? control_want(&c) : step;
        n = n < size - at ? n : size - at;
        enum event e = control_feed(&c, data + at, n);
        if (e == EV_ERROR && (control_want(&c) || !c.error[0]))
            __builtin_trap();
        if ((e == EV_PARAMS || e == EV_RESULTS) && !json_is_object(c.json))
            __builtin_trap();
        at += n;
    }
    control_clear(&c);
    return 0;
}
