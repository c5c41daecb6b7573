/* The poller: all hosts at once from one epoll loop, over net-snmp's single-session API (one UDP socket per
 * host).
 *
 *   IDLE ──ask──> QUEUED ──window──> PROBING (v3: engine ID) ──> WORKING ──answers──> IDLE, done()
 *                                        └──────── time-out, refusal, lie ───────────> IDLE, done()
 *
 * A host has at most one operation at a time; done() is called exactly once for each, never from inside the
 * call that started it. net-snmp's own discovery of a v3 engine blocks in the first send, so the probe is
 * ours. How many requests are on their way at once is bounded (the window); one that has not been answered
 * for a while no longer counts, and hosts that did not answer last time come last and do not count, so that
 * the dead do not hold up the living. A host that lied is dropped: it is never asked again until
 * host_forgive(). One thread. Times are milliseconds of CLOCK_MONOTONIC. */
#ifndef SCM_CONSOLE_POLL_H
#define SCM_CONSOLE_POLL_H

#include "console/fetch.h"

struct poller;
struct host;

enum host_state {
    HOST_NEW,       /* never asked */
    HOST_UP,        /* answered last time */
    HOST_NO_ANSWER, /* nothing came, or it took longer than the operation's deadline */
    HOST_NO_AGENT,  /* SNMP answers, but no scalemond behind it */
    HOST_REFUSED,   /* unknown user, wrong key, no access, or a SET that the agent would not have */
    HOST_BAD,       /* lied, and was dropped */
    HOST_UNUSABLE   /* cannot even be asked: no such name, no socket */
};

/* What state means, for people: "no answer". */
const char *host_state_name(enum host_state state);

typedef void host_done(struct host *host, enum host_state state, void *arg);
typedef void poll_timer(void *arg);

/* The session's template comes from session.h; it outlives the poller. window: requests on their way at once,
 * 0: the default. NULL with errno: out of memory or descriptors. */
struct poller *poller_new(const netsnmp_session *template, unsigned window);
void poller_free(struct poller *p); /* and its hosts; no done() is called any more */

/* A host by its net-snmp transport address ("web1", "udp:10.0.0.1:1161") under the name that people read.
 * Opened at the first operation. NULL: out of memory. */
struct host *poller_add(struct poller *p, const char *name, const char *address);

/* Another address, from its next operation on. false: out of memory. */
bool host_set_address(struct host *h, const char *address);
/* Before its first operation: there is no address, and why. HOST_UNUSABLE until host_set_address. */
void host_set_unusable(struct host *h, const char *why);

const char *host_name(const struct host *h);
struct poller *host_poller(const struct host *h);
enum host_state host_state(const struct host *h);
/* Why, where state alone does not tell: "scmLoad1 is Counter64 of 8 bytes, expected a Gauge32". "" if there
 * is nothing. */
const char *host_why(const struct host *h);
bool host_busy(const struct host *h);
/* How often in a row the host did not answer; callers back off by it. */
unsigned host_failures(const struct host *h);
/* Lets a host that was dropped be asked again. */
void host_forgive(struct host *h);

/* Asks; the answer is cleared and filled before done(). spec and answer outlive the operation. The spec's
 * first scalar must be AGENT_STARTED where it has scalars: without it there is no agent (HOST_NO_AGENT). */
void host_fetch(struct host *h, const struct fetch_spec *spec, struct answer *answer, host_done *done,
                void *arg);

/* One SET of up to SET_MAX variables, all or nothing. Copied. */
enum { SET_MAX = 12 };
struct assignment {
    enum mib_object object;
    struct mib_index index; /* columns */
    int64_t number;         /* what is not a string */
    const char *text;       /* strings and decimals */
};
void host_set(struct host *h, const struct assignment *list, size_t n, host_done *done, void *arg);

/* Calls fn once, `delay` ms from now. false: out of memory. */
bool poller_after(struct poller *p, int delay, poll_timer *fn, void *arg);
/* Calls fn whenever fd is readable. At most WATCHES_MAX such descriptors; false: one too many, or errno's. */
enum { WATCHES_MAX = 4 };
bool poller_watch(struct poller *p, int fd, poll_timer *fn, void *arg);

/* Waits for the next thing, at most `most` ms (-1: for ever), and does what is due. */
void poller_step(struct poller *p, int most);
/* Nothing is under way, and no timer waits. */
bool poller_idle(const struct poller *p);

int64_t now_ms(void);

#endif
