#include "plugins/hostres/snapshot.h"

#include <stdlib.h>

struct if_entry *snapshot_slot_slow(struct if_snapshot *s)
{
    if (s->size >= IF_SNAPSHOT_MAX)
        return NULL;
    size_t size = s->size == 0 ? 32 : s->size * 2;
    struct if_entry *grown = reallocarray(s->entry, size, sizeof *grown);

    if (grown == NULL)
        return NULL;
    s->entry = grown;
    s->size = size;
    return &s->entry[s->n];
}

void snapshot_free(struct if_snapshot *s)
{
    free(s->entry);
    *s = (struct if_snapshot){0};
}
