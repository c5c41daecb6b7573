/* rrd_header_check() on any bytes: no read outside them, and a reason with every refusal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "console/rrd_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[RRD_WHY_MAX] = "";
    uint8_t *exact = malloc(size > 0 ? size : 1); /* a byte too far is seen */

    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    if (!rrd_header_check(exact, size, size, "value", "AVERAGE", why) && why[0] == '\0')
        abort();
    free(exact);
    return 0;
}
