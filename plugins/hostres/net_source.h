/* Where interface counters come from; behind it /proc/net/dev or rtnetlink. */
#ifndef SCM_HOSTRES_NET_SOURCE_H
#define SCM_HOSTRES_NET_SOURCE_H

#include "plugins/hostres/snapshot.h"

struct net_source;

/* Opens a source; one that cannot be read now may be later. NULL where memory is at its end. One thread at a
 * time. */
struct net_source *net_source_open(const char *proc_root);

/* Reads all interfaces into out. Returns 0, or an errno (out is empty then); adds what could not be read to
 * *bad. */
int net_source_read(struct net_source *s, struct if_snapshot *out, uint64_t *bad);

void net_source_close(struct net_source *s);

#endif
