/* The rtnetlink sockets of one source: one that asks, one that hears of changes. */
#ifndef SCM_HOSTRES_RTNL_H
#define SCM_HOSTRES_RTNL_H

#include "plugins/hostres/snapshot.h"

/* One thread. */
struct rtnl {
    int ask, hear; /* -1: not open */
    uint32_t seq;
    char *buf; /* RTNL_BUFFER bytes */
};

enum { RTNL_BUFFER = 32768 /* the kernel fills no more in one answer */ };

/* Opens both in this network namespace. Returns 0, or an errno and nothing is open. */
int rtnl_open(struct rtnl *r);

/* Whether any link appeared, vanished or changed since the last call (or so much did that the kernel lost
 * count). One system call where nothing did. */
bool rtnl_changed(struct rtnl *r);

/* All interfaces' counters, names empty. Returns 0 or an errno (EOPNOTSUPP: a kernel before 4.7), out is
 * empty then; adds to *bad what could not be read. */
int rtnl_stats(struct rtnl *r, struct if_snapshot *out, uint64_t *bad);

/* All interfaces' indexes and names, counters undefined. As rtnl_stats(). */
int rtnl_links(struct rtnl *r, struct if_snapshot *out, uint64_t *bad);

void rtnl_close(struct rtnl *r);

#endif
