#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/cpustat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpustat c;
    char *text = padded(data, size);

    if (cpustat_parse(text, size, &c) && c.busy > c.total)
        abort();
    free(text);
    return 0;
}
