#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/pressure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pressure p;
    char *text = padded(data, size);

    pressure_parse(text, size, &p);
    if ((p.has >> PRESSURE_KINDS) != 0)
        abort();
    free(text);
    return 0;
}
