/* What the fuzz targets of hostres share: the input as the parsers of /proc text want it. */
#ifndef SCM_TESTS_FUZZ_HOSTRES_H
#define SCM_TESTS_FUZZ_HOSTRES_H

#include <stdint.h>
#include <stdlib.h>

#include "plugins/hostres/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy with nothing but the padding behind it, so that ASan sees a step beyond. */
static inline char *padded(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + SCAN_PAD);

    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    return text;
}

#endif
