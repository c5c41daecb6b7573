#include "plugins/hostres/iftrack.h"

#include <math.h>
#include <stdlib.h>

static int by_name(const void *a, const void *b)
{
    return memcmp(((const struct iftrack_entry *)a)->key.name, ((const struct iftrack_entry *)b)->key.name,
                  IF_NAME_SIZE);
}

static int make_room(struct iftrack *t, size_t n)
{
    if (n <= t->size)
        return 0;
    size_t size = n + n / 2;
    struct iftrack_entry *entry = reallocarray(t->entry, size, sizeof *entry);
    if (entry != NULL)
        t->entry = entry;
    struct iftrack_entry *spare = reallocarray(t->spare, size, sizeof *spare);
    if (spare != NULL)
        t->spare = spare;
    if (entry == NULL || spare == NULL)
        return -1;
    t->size = size;
    return 0;
}

/* The entry of an interface that is new or has changed places. old: the last one under its name, or NULL. */
static struct iftrack_entry settle(const struct iftrack *t, struct iftrack_entry *old,
                                   const struct if_key *key)
{
    struct iftrack_entry e = {.key = *key, .wanted = match_wants(t->match, key->name)};

    if (old == NULL)
        return e;
    if (if_key_equal(&old->key, key))
        e = *old;
    else if (old->held)
        e.hold_ns = old->hold_ns;
    else
        e.hold_ns = old->seen_ns + t->forget_ns;
    old->taken = true;
    e.taken = false;
    return e;
}

/* Interfaces came, went or changed places. */
static int reorder(struct iftrack *t, const struct if_snapshot *s, uint64_t now_ns)
{
    size_t all = s->n;

    if (make_room(t, s->n + t->all) != 0)
        return -1;
    if (t->all > 0)
        qsort(t->entry, t->all, sizeof *t->entry, by_name);
    for (size_t i = 0; i < s->n; i++) {
        struct iftrack_entry wanted = {.key = s->entry[i].key};
        struct iftrack_entry *old =
            t->all == 0 ? NULL : bsearch(&wanted, t->entry, t->all, sizeof *t->entry, by_name);
        t->spare[i] = settle(t, old, &s->entry[i].key);
    }
    for (size_t i = 0; i < t->all; i++) {
        const struct iftrack_entry *gone = &t->entry[i];
        if (!gone->taken && now_ns - gone->seen_ns < t->forget_ns)
            t->spare[all++] = *gone;
    }
    struct iftrack_entry *swap = t->entry;
    t->entry = t->spare;
    t->spare = swap;
    t->n = s->n;
    t->all = all;
    return 0;
}

static bool same_order(const struct iftrack *t, const struct if_snapshot *s)
{
    if (t->n != s->n)
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (!if_key_equal(&t->entry[i].key, &s->entry[i].key))
            return false;
    return true;
}

int iftrack_update(struct iftrack *t, const struct if_snapshot *s, uint64_t now_ns)
{
    if (!same_order(t, s) && reorder(t, s, now_ns) != 0) {
        t->n = 0;
        return -1;
    }
    for (size_t i = 0; i < s->n; i++) {
        struct iftrack_entry *e = &t->entry[i];

        e->before_ns = e->seen_ns;
        e->seen_ns = now_ns;
        for (size_t d = 0; d < 2; d++) {
            e->before[d] = e->octets[d];
            e->octets[d] = s->entry[i].count[IF_RX_OCTETS + d];
        }
        e->held = now_ns < e->hold_ns;
    }
    return 0;
}

double iftrack_percent(const struct iftrack_entry *e, size_t direction)
{
    uint64_t now = e->octets[direction], before = e->before[direction];

    if (e->speed == 0 || e->before_ns == 0 || e->seen_ns <= e->before_ns || now < before)
        return NAN;
    double seconds = (double)(e->seen_ns - e->before_ns) / 1e9;
    return fmin(100, 100 * 8 * (double)(now - before) / seconds / (double)e->speed);
}

void iftrack_free(struct iftrack *t)
{
    free(t->entry);
    free(t->spare);
    t->entry = t->spare = NULL;
    t->n = t->all = t->size = 0;
}
