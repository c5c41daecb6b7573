#include "tests/fuzz/fuzz_hostres.h"

#include <linux/rtnetlink.h>

#include "plugins/hostres/rtmsg.h"

/* Half of the inputs as counters, half as names, by the first byte; the sequence number is 1. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct if_snapshot snapshot;
    bool links = size > 0 && (data[0] & 1) != 0;
    struct rt_dump dump = {.seq = 1, .type = links ? RTM_NEWLINK : RTM_NEWSTATS};

    if (size == 0)
        return 0;
    char *copy = malloc(size - 1 + (size == 1)); /* not a byte more, so that ASan sees a step beyond */
    if (copy == NULL)
        abort();
    memcpy(copy, data + 1, size - 1);
    snapshot.n = 0;
    (links ? rt_parse_links : rt_parse_stats)(copy, size - 1, &dump, &snapshot);
    for (size_t i = 0; i < snapshot.n; i++)
        if (snapshot.entry[i].key.index == 0 || (links && snapshot.entry[i].key.name[0] == '\0'))
            abort();
    (void)rt_gone(copy, size - 1);
    free(copy);
    return 0;
}
