/* One reading of all network interfaces, whatever source it came from. */
#ifndef SCM_HOSTRES_SNAPSHOT_H
#define SCM_HOSTRES_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { IF_NAME_SIZE = 16 }; /* the kernel's IFNAMSIZ, its '\0' included */

/* The counters, in the order of collectd's four interface types: two of each, received then sent. */
enum if_counter {
    IF_RX_OCTETS,
    IF_TX_OCTETS,
    IF_RX_PACKETS,
    IF_TX_PACKETS,
    IF_RX_ERRORS,
    IF_TX_ERRORS,
    IF_RX_DROPPED,
    IF_TX_DROPPED,
    IF_COUNTERS
};

/* Who an interface is. name is padded with '\0' to its full size, so that two names compare as plain memory.
 * index is the kernel's ifindex, unique in its namespace at any time, or 0 where the source does not know it.
 * The kernel gives one out again where it is asked to (ip link add index, a link that moves between
 * namespaces): life is another then; the same source only can tell. */
struct if_key {
    char name[IF_NAME_SIZE];
    uint32_t index, life;
};

struct if_entry {
    struct if_key key;
    uint64_t count[IF_COUNTERS]; /* since the interface appeared; 64 bits, may reset or wrap */
};

/* Grows, never shrinks; zero-initialised is empty. One thread. Owner calls snapshot_free(). */
struct if_snapshot {
    struct if_entry *entry;
    size_t n, size;
    unsigned has; /* bit per if_counter: the source has this counter */
};

enum {
    IF_HAS_ALL = (1 << IF_COUNTERS) - 1,
    IF_SNAPSHOT_MAX = 1 << 17 /* interfaces; more are not ours to hold */
};

/* Room for one more entry at the end (not counted in n until the caller does so); NULL where memory or
 * IF_SNAPSHOT_MAX is at its end. */
struct if_entry *snapshot_slot_slow(struct if_snapshot *s);
static inline struct if_entry *snapshot_slot(struct if_snapshot *s)
{
    return s->n < s->size ? &s->entry[s->n] : snapshot_slot_slow(s);
}
void snapshot_free(struct if_snapshot *s);

static inline bool if_name_equal(const char a[IF_NAME_SIZE], const char b[IF_NAME_SIZE])
{
    return memcmp(a, b, IF_NAME_SIZE) == 0;
}

static inline bool if_key_equal(const struct if_key *a, const struct if_key *b)
{
    return a->index == b->index && a->life == b->life && if_name_equal(a->name, b->name);
}

#endif
