/* Parser of /proc/net/dev. Pure: text in, entries out. */
#ifndef SCM_HOSTRES_NETDEV_H
#define SCM_HOSTRES_NETDEV_H

#include "plugins/hostres/snapshot.h"

enum { NETDEV_COLUMNS = 64, NETDEV_HEADER_MAX = 512 };

/* Which column of a line is which counter. Read from the file's second line, kept until that line changes;
 * zero-initialised is "not read yet". */
struct netdev_layout {
    char header[NETDEV_HEADER_MAX]; /* the line that was read */
    size_t header_len;
    uint8_t counter[NETDEV_COLUMNS]; /* column -> enum if_counter, or IF_COUNTERS for "not wanted" */
    unsigned columns;                /* columns up to the last wanted one */
    unsigned has;                    /* bit per counter that has a column */
};

/* Reads the whole text (padded as scan.h says) into out, whose earlier entries are dropped; all keys get
 * index 0. Returns the number of lines it could not read: no name, a name the kernel does not allow, a
 * missing or bad number, or no room. The two header lines are not counted. */
size_t netdev_parse(const char *text, size_t len, struct netdev_layout *layout, struct if_snapshot *out);

#endif
