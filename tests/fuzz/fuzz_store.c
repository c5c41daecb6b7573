/* The store's journal: any bytes. The records found lie within it, and what was found is found again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "agent/store_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct found {
    const char *data;
    size_t size, n;
};

static void record(void *arg, const char *text, size_t len)
{
    struct found *f = arg;

    if (text < f->data || text + len > f->data + f->size)
        abort();
    f->n++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct found all = {(const char *)data, size, 0}, again = all;
    size_t bad;
    size_t good = store_records((const char *)data, size, record, &all, &bad);

    if (good > size || (good == 0) != (all.n == 0))
        abort();
    if (store_records((const char *)data, good, record, &again, &bad) != good || again.n != all.n)
        abort();
    return 0;
}
