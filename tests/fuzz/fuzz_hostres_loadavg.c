#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/loadavg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double l[3];
    char *text = padded(data, size);

    if (loadavg_parse(text, size, l) && !(l[0] >= 0 && l[1] >= 0 && l[2] >= 0))
        abort();
    free(text);
    return 0;
}
