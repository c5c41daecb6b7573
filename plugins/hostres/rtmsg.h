/* Parser of rtnetlink's answers: counters by RTM_GETSTATS, names by RTM_GETLINK. Pure: bytes in, entries out.
 */
#ifndef SCM_HOSTRES_RTMSG_H
#define SCM_HOSTRES_RTMSG_H

#include "plugins/hostres/snapshot.h"

/* How far a dump has come; zero-initialised but for seq and type before its first buffer. */
struct rt_dump {
    uint32_t seq;     /* of the request: answers to others are passed over */
    uint16_t type;    /* of the answers: RTM_NEWSTATS or RTM_NEWLINK */
    bool begun;       /* an answer was read */
    bool done;        /* the last one was */
    bool news;        /* messages that answer nothing were read: notifications */
    bool interrupted; /* the table changed meanwhile: ask again */
    int error;        /* errno of the kernel's refusal; done is set too */
    size_t bad;       /* messages it could not read */
};

/* Reads one received buffer of RTM_NEWSTATS (entries with key.index and counters, the name empty). Appends to
 * out. */
void rt_parse_stats(const void *buf, size_t len, struct rt_dump *dump, struct if_snapshot *out);

/* Reads one received buffer of RTM_NEWLINK. Appends keys with index and name (counters undefined) to out. */
void rt_parse_links(const void *buf, size_t len, struct rt_dump *dump, struct if_snapshot *out);

/* The index of the interface that a notification, of which the first RT_GONE_MIN bytes are enough, says is
 * gone; 0 where it says anything else. */
enum { RT_GONE_MIN = 32 };
uint32_t rt_gone(const void *buf, size_t len);

#endif
