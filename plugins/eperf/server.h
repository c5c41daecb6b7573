/* The server: server_open.c makes and frees it, server.c listens and sorts connections out, tests.c keeps the tests' slots,
 * server_udp.c answers hellos, servertest.c is one test, in a thread, and server_policy.c what it is not granted. */
#ifndef SCM_EPERF_SERVER_H
#define SCM_EPERF_SERVER_H

#include "plugins/eperf/net.h"
#include "plugins/eperf/session.h"

struct server_test;

/* What a test needs of the server it belongs to. */
struct server_hooks {
    struct eperf_server *server;
    /* UDP connections carry no cookie: only one test per address may be making them. True: it is t's turn. */
    bool (*claim_udp)(struct eperf_server *s, struct server_test *t);
    void (*release_udp)(struct eperf_server *s, struct server_test *t);
    void (*running)(struct eperf_server *s, struct server_test *t, bool on); /* for `shared` */
    void (*ended)(struct eperf_server *s, struct server_test *t);            /* the thread is about to end: join it */
};

enum server_stage { STAGE_EARLY, STAGE_JOINING_TCP, STAGE_JOINING_UDP, STAGE_LATE };

/* Fields above the line belong to the test's thread, below to the server under its lock. */
struct server_test {
    struct session s;                  /* first member */
    const struct eperf_policy *policy; /* the server's */
    struct server_hooks hooks;
    bool asked, claimed, counted;
    double police_at;                  /* UDP over MaxRate: last look */
    uint64_t police_bytes;
    double cut_off;                    /* when MaxDuration is over */
    /* ---- */
    pthread_t thread;
    bool over, running;
    _Atomic bool served;               /* its client has all it waits for: none of MaxTests any more */
    _Atomic int stage;                 /* enum server_stage: takes connections, of its kind, only while JOINING */
    pthread_mutex_t inbox_lock;
    int inbox[2 * EPERF_STREAMS_MAX];
    unsigned inbox_n;
};

/* Takes fd over, a control connection whose cookie has been read. NULL when threads or memory are short. */
struct server_test *server_test_start(int fd, const char *cookie, const struct sockaddr_storage *peer, unsigned number,
                                      const struct eperf_policy *policy, const struct eperf_callbacks *cb,
                                      const struct server_hooks *hooks);
/* Listener's thread: a connection for this test, which takes it if it is in that stage; else false: fd stays the caller's. */
bool server_test_give(struct server_test *t, enum server_stage kind, int fd);
void server_test_cancel(struct server_test *t);
void server_test_free(struct server_test *t); /* joins */

/* ---- server_policy.c: the test's thread ---- */

void policy_say_error(struct session *s, enum refusal r);
/* Tells the client, and the session has failed. */
void policy_refuse(struct session *s, enum refusal r, const char *why);
/* Seconds of a test, with its warm-up. */
unsigned policy_longest(const struct eperf_policy *policy);
/* Whether the policy lets the session's parameters pass. */
bool policy_admit(struct session *s, const struct eperf_policy *policy);
/* Now and then while it runs: ends it when it goes beyond the policy. */
void policy_watch(struct server_test *t);

/* ---- inside the server: the listener's thread, unless said otherwise ---- */

enum { TESTS_MAX = 64, PENDING_MAX = 256, PER_TURN = 64 };

/* A connection whose cookie is not whole yet. */
struct pending {
    int fd; /* -1: free */
    double deadline;
    struct sockaddr_storage peer;
    size_t have;
    char cookie[EPERF_COOKIE_LEN + 1];
};

struct eperf_server {
    struct eperf_policy policy;
    struct eperf_callbacks cb;
    struct net_prefix *allow;
    int epoll, tcp, udp, wake, reserve;
    uint16_t port;
    struct sockaddr_storage local;
    unsigned next_number;
    bool served; /* one_off */
    _Atomic bool stopping;
    struct pending pending[PENDING_MAX];
    unsigned pending_max;
    pthread_mutex_t lock; /* tests, their `over`, and who makes UDP connections */
    struct server_test *tests[TESTS_MAX];
    struct server_test *joining_udp[TESTS_MAX];
    pthread_mutex_t notice_lock;
    double next_notice;
    unsigned missed_notices;
};

/* A line for the log, at most one a second (those between are counted). */
__attribute__((format(printf, 2, 3))) void server_notice(struct eperf_server *s, const char *fmt, ...);
void server_ring(struct eperf_server *s); /* wakes the listener; any thread, async-signal-safe */

/* tests.c */
void tests_new(struct eperf_server *s, int fd, const struct pending *p); /* a new control connection: takes fd over */
struct server_test *tests_by_cookie(struct eperf_server *s, const struct pending *p);
unsigned tests_reap(struct eperf_server *s); /* joins those that have ended; how many are left */
void tests_end(struct eperf_server *s);      /* cancels and joins all */

/* server_udp.c */
void udp_hellos(struct eperf_server *s);     /* the UDP port is readable */

#endif
