#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/meminfo.h"

/* Twice: once by searching, once in the places that the search has noted. Both must say the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct meminfo_layout layout = {0};
    struct meminfo m, again;
    uint64_t used;
    char *text = padded(data, size);

    size_t bad = meminfo_parse(text, size, &layout, &m);
    if (meminfo_used(&m, &used) && used > m.bytes[MEM_TOTAL])
        abort();
    if (meminfo_parse(text, size, &layout, &again) != bad || again.has != m.has ||
        memcmp(again.bytes, m.bytes, sizeof m.bytes) != 0)
        abort();
    free(text);
    return 0;
}
