#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/speed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = padded(data, size);

    if (speed_parse(text, size) % 1000000 != 0)
        abort();
    free(text);
    return 0;
}
