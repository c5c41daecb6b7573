/* What the poller's parts share: poll.c (the loop), poll_op.c (one host's operation), poll_snmp.c (its
 * session) and poll_answer.c (what comes back). */
#ifndef SCM_CONSOLE_POLL_HOST_H
#define SCM_CONSOLE_POLL_HOST_H

#include "console/poll.h"

#include <net-snmp/library/large_fd_set.h>

enum {
    POLL_YOUNG_MS = 50,    /* how long a request counts in the window */
    POLL_PACKETS_MAX = 64, /* datagrams between a request and its answer: more is a flood */
    POLL_SLACK_MS = 2      /* net-snmp's clock of a request starts a little after ours */
};

enum host_phase { PHASE_IDLE, PHASE_QUEUED, PHASE_PROBING, PHASE_WORKING, PHASE_ENDED /* done() is due */ };

struct host {
    struct poller *poller;
    char *name, *address;
    char *next_address; /* to move to; NULL: nowhere */
    struct host *next_queued; /* of the window's or the ended queue */

    /* The session. */
    void *session;
    int fd;
    bool close_due;            /* net-snmp is on the stack: close when it is not */
    bool sending;              /* ... in our own call that sends */
    unsigned packets, garbage; /* since the last request was sent */
    bool out_of_time;          /* among them one whose clock ran backwards: USM throws it away */
    bool proven;               /* the session has had an answer to a request of its user */

    /* The operation under way. */
    enum host_phase phase;
    enum { OP_FETCH, OP_SET } op;
    struct fetch fetch;
    netsnmp_pdu *set; /* OP_SET: to be sent */
    host_done *done;
    void *arg;
    bool counted;      /* it counts in the window */
    bool rediscovered; /* the engine has been asked anew for this operation */
    int64_t sent, expires, deadline;

    enum host_state state;
    unsigned failures;
    char why[FETCH_WHY_MAX];
};

struct poller {
    netsnmp_session template;
    int epoll;
    struct watch {
        poll_timer *fn;
        void *arg;
    } watches[WATCHES_MAX];
    size_t n_watches;
    struct host **hosts;
    size_t n_hosts;
    struct host *queued, **queued_end; /* wait for the window */
    struct host *silent, **silent_end; /* did not answer last time: come after the others, and do not count */
    struct host *ended, **ended_end;   /* done() is due */
    unsigned window, in_flight, busy;
    int64_t next_due; /* no request expires before */
    struct timer {    /* a heap: the first is the next one due */
        int64_t at;
        poll_timer *fn;
        void *arg;
    } * timers;
    size_t n_timers, timers_room;
    netsnmp_large_fd_set fds;
};

/* ---- poll_snmp.c */
enum host_state session_open(struct host *h); /* HOST_UP, or what to end with; why says why */
void session_close(struct host *h);
void session_send(
    struct host *h); /* the next request of the operation, or the probe; ends it where that fails */
void session_read(struct host *h);    /* one datagram */
void session_timeout(struct host *h); /* `expires` has passed: net-snmp sends again, or gives up */

/* ---- poll_answer.c: net-snmp's callbacks, and what it tells nobody */
int answer_to_probe(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg);
int answer_to_request(int op, netsnmp_session *s, int reqid, netsnmp_pdu *pdu, void *arg);
void answer_missing(struct host *h); /* nothing came, or nothing that could be read: ends the operation */

/* ---- poll_timer.c */
void timers_run(struct poller *p, int64_t now); /* calls what is due */

/* ---- poll_op.c: a host's operation, from its start to its end */
void host_end(struct host *h, enum host_state state); /* the operation is over */
void host_lied(struct host *h);                       /* why is set; drops the host */
void host_sent(struct host *h, int64_t timeout_ms);   /* a request is on its way */
void host_answered(struct host *h);                   /* ... and no longer */

#endif
