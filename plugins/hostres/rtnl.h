/* The rtnetlink socket of one source. It asks, and hears of changes of the links on the same queue, so that
 * what changed before an answer is read before it, and to hear costs nothing beside an answer. */
#ifndef SCM_HOSTRES_RTNL_H
#define SCM_HOSTRES_RTNL_H

#include "plugins/hostres/snapshot.h"

enum { RTNL_GONE = 64 /* deaths remembered; only an index that is given out again needs one */ };

/* One thread. */
struct rtnl {
    int fd;    /* -1: not open */
    int watch; /* epoll on fd, made by the first rtnl_changed(); -1: none */
    uint32_t seq;
    bool changed;             /* a change was heard that no rtnl_links() has told yet */
    uint32_t gone[RTNL_GONE]; /* indexes of the last to be heard of as gone; the k-th at k % RTNL_GONE */
    uint32_t deaths;          /* how many were, in all */
    char *buf;                /* RTNL_BUFFER bytes */
    size_t room; /* how much of it a receive offers: RTNL_FEW, and RTNL_BUFFER once there is more to hold */
};

/* The kernel allocates for its answers what was offered before: a page for few interfaces is a tenth cheaper
 * than all that it would ever fill at once, which for many saves calls. */
enum { RTNL_FEW = 4096, RTNL_BUFFER = 32768 };

/* Opens it in this network namespace. Returns 0, or an errno and nothing is open. */
int rtnl_open(struct rtnl *r);

/* Takes what is in the queue (one system call, the cheapest there is, where it is empty); returns whether any
 * link appeared, vanished or changed, or so much did that the kernel lost count, since rtnl_links() last
 * told. */
bool rtnl_changed(struct rtnl *r);

/* All interfaces' counters, names empty. Returns 0 or an errno (EOPNOTSUPP: a kernel before 4.7), out is
 * empty then; adds to *bad what could not be read. */
int rtnl_stats(struct rtnl *r, struct if_snapshot *out, uint64_t *bad);

/* All interfaces' indexes and names, counters undefined. As rtnl_stats(). What changed before is told by it.
 * life is the count of deaths that the last one under this index made; 0 where none is remembered. */
int rtnl_links(struct rtnl *r, struct if_snapshot *out, uint64_t *bad);

void rtnl_close(struct rtnl *r);

#endif
