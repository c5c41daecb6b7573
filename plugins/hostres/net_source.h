/* Where interface counters come from; behind it /proc/net/dev or rtnetlink.
 *
 * A counter must never be taken for another interface's, though /proc/net/dev has names only and a name may
 * pass from one interface to another at any time. So a source hears of every change of the links (one system
 * call a reading where there is none), and learns the names anew after one:
 *
 * From the file: read it. No change heard, and the same names in the same places as before? Then it is right.
 * If not, ask for the names (RTM_GETLINK), read the file again, see whether it is so now.
 *
 * By netlink: ask for the counters (RTM_GETSTATS), which come by ifindex. If a change is heard, ask for the
 * names.
 *
 * A name is seen to change no later than its change is heard, but for the moment between the two inside the
 * kernel; in that moment the file shows other names than before. */
#ifndef SCM_HOSTRES_NET_SOURCE_H
#define SCM_HOSTRES_NET_SOURCE_H

#include "plugins/hostres/snapshot.h"

enum net_mode {
    NET_AUTO,   /* the file for few interfaces, rtnetlink for many */
    NET_PROC,   /* the file */
    NET_NETLINK /* rtnetlink, and the file where the kernel will not have it */
};

enum { NET_MANY = 32, NET_FEW = 16 /* auto goes over to rtnetlink at NET_MANY, and back below NET_FEW */ };

struct net_config {
    const char *proc_root;
    enum net_mode mode;
    bool own_proc; /* proc_root is this network namespace's: rtnetlink sees the same interfaces */
    void (*warn)(const char *text); /* told once of each loss of a way to read; any thread */
};

struct net_source;

/* Opens a source; what cannot be read now may be later. The config's strings are not kept. NULL where memory
 * is at its end. A source is used by one thread at a time. */
struct net_source *net_source_open(const struct net_config *config);

/* Reads all interfaces into out. Keys have their ifindex, or 0 where rtnetlink is of no use. Returns 0, or an
 * errno (out is empty then); adds to *bad the lines or messages that could not be read. */
int net_source_read(struct net_source *s, struct if_snapshot *out, uint64_t *bad);

/* Counts the changes of links heard of so far; 0 for ever where they cannot be. */
uint64_t net_source_changes(const struct net_source *s);

void net_source_close(struct net_source *s);

#endif
