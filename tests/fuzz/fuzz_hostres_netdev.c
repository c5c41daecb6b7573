#include "tests/fuzz/fuzz_hostres.h"

#include "plugins/hostres/netdev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct netdev_layout layout; /* as in the plugin: kept from one reading to the next */
    static struct if_snapshot snapshot;
    char *text = padded(data, size);

    netdev_parse(text, size, &layout, &snapshot);
    for (size_t i = 0; i < snapshot.n; i++) {
        const char *name = snapshot.entry[i].key.name;
        size_t len = strnlen(name, IF_NAME_SIZE);
        if (len == 0 || len == IF_NAME_SIZE || memchr(name, '/', len) != NULL ||
            memchr(name, '\n', len) != NULL)
            abort();
        for (; len < IF_NAME_SIZE; len++)
            if (name[len] != '\0')
                abort();
    }
    free(text);
    return 0;
}
