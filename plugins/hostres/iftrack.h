/* What the reader remembers of each interface from one read to the next: whether it is wanted, its share of
 * the link's speed, and whether its name is still the same interface. Pure.
 *
 * Why the last: collectd and RRD files take a rate from two counters under one name. Where a name passes to
 * another interface (rename, delete and create) with a higher counter, that rate is a spike that never was.
 * So the counters of such a name are withheld until collectd and the RRD file have both given the old ones
 * up: a gap, never a spike. */
#ifndef SCM_HOSTRES_IFTRACK_H
#define SCM_HOSTRES_IFTRACK_H

#include "plugins/hostres/match.h"
#include "plugins/hostres/snapshot.h"

struct iftrack_entry {
    struct if_key key;
    bool wanted;        /* by Interface and IgnoreSelected */
    bool held;          /* its counters must not be dispatched in this read */
    bool taken;         /* only while the order is made anew */
    uint64_t hold_ns;   /* they may be from this time on */
    uint64_t seen_ns;   /* time of the snapshot it was last in */
    uint64_t octets[2]; /* received, sent, at seen_ns */
    uint64_t before_ns; /* of the snapshot before that; 0: there was none of this interface */
    uint64_t before[2]; /* octets then */
    uint64_t speed;     /* of the link, bits/s; 0: not known */
    uint64_t speed_ns;  /* when to ask for it next */
};

/* Zero-initialised with the first two set is ready. One thread. Owner calls iftrack_free(). */
struct iftrack {
    const struct match *match;
    uint64_t forget_ns; /* how long a name's counters live on in collectd and RRD files */

    /* [0..n-1] in the order of the last snapshot, up to all those gone not long ago */
    struct iftrack_entry *entry;
    size_t n, all, size;
    struct iftrack_entry *spare; /* the other half of a reordering, of the same size */
};

/* Takes the next snapshot, of time now_ns (monotonic). Afterwards entry[i] is of s->entry[i]. 0, or -1 where
 * memory is at its end (then n is 0). */
int iftrack_update(struct iftrack *t, const struct if_snapshot *s, uint64_t now_ns);

/* Received (0) or sent (1) between the last two snapshots as percent of what the link could carry, at most
 * 100; NaN where speed or rate is not known, or the counter went back. */
double iftrack_percent(const struct iftrack_entry *e, size_t direction);

void iftrack_free(struct iftrack *t);

#endif
