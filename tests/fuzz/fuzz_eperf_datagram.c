/* Datagrams into a receiver's books, which must stay consistent. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plugins/eperf/datagram.h"
#include "plugins/eperf/udp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct datagram_books b;
    memset(&b, 0, sizeof b);
    if (!size)
        return 0;
    bool wide = data[0] & 1;
    size_t cut = data[0] & 2 ? 16 : 12;
    (void)udp_answer(data + 1, size - 1);
    for (size_t at = 1; at < size; at += cut) {
        struct datagram d;
        size_t n = size - at < cut ? size - at : cut;
        if (datagram_read(data + at, n, wide, b.highest, &d))
            datagram_enter(&b, &d, n, (double)at);
        if (b.lost < 0 || b.received > size || !isfinite(b.jitter) || b.jitter < 0 ||
            b.duplicates + b.reordered > b.received)
            __builtin_trap();
    }
    return 0;
}
