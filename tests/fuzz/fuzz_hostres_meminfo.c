#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/meminfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meminfo m;
    uint64_t used;
    char *text = padded(data, size);

    meminfo_parse(text, size, &m);
    if (meminfo_used(&m, &used) && used > m.bytes[MEM_TOTAL])
        abort();
    free(text);
    return 0;
}
