/* What feed.c, feed_requests.c and feed_answers.c share: the feed from inside. Nobody else includes this. */
#ifndef SCM_AGENT_FEED_INNER_H
#define SCM_AGENT_FEED_INNER_H

#include <event2/util.h>

#include "agent/feed.h"
#include "agent/puts.h"
#include "agent/unixsock.h"

enum {
    DEPTH = 256, /* requests in flight: more than the answers that collectd's socket holds, so that it has always something to do */
    READ_SIZE = 65536,
};

enum request_kind { LISTVAL, GETVAL, PUT };

struct request {
    enum request_kind kind;
    struct metric *metric; /* GETVAL */
    struct put *put;       /* PUT; NULL: was dropped */
};

enum phase { CLOSED, IDLE, LISTING, GETTING };

struct feed {
    struct event_base *base;
    struct metrics *metrics;
    struct feed_options options;
    char *path;
    enum phase phase;
    int fd;
    struct event *io_read, *io_write, *timer, *breath;
    struct evbuffer *out;
    struct unixsock_parser parser;
    struct request ring[DEPTH]; /* in flight, oldest at `first` */
    unsigned first, in_flight;
    struct puts puts;
    bool heard;          /* something of this round's answers has come */
    bool listed;         /* this connection has brought a LISTVAL: what metrics hold is of now */
    bool up, told, ever; /* told: on_status has been called; ever: a round has been complete */
    int64_t last_round_ms; /* complete; before the first: when we started */
    int64_t excused_ms;    /* since then, time in which we did not run */
    int64_t timer_ms;      /* when the timer is to come */
    int64_t next_round_ms, deadline_ms, retry_ms; /* one of them counts in each phase */
    char why[160]; /* of the last failure */
    char buffer[READ_SIZE];
};

/* feed.c: life and time */
void feed_disconnect(struct feed *f, const char *what, int error);
void feed_arm(struct feed *f);                  /* the timer, for what is due next */
bool feed_round_runs(const struct feed *f);     /* LISTING or GETTING: answers are due */
int64_t feed_patience_ms(const struct feed *f); /* how long collectd may say nothing while it owes an answer */

/* feed_requests.c: sends what there is to send, as deep as allowed */
void feed_pump(struct feed *f);
void feed_on_write(evutil_socket_t fd, short what, void *arg);

/* feed_answers.c */
void feed_on_read(evutil_socket_t fd, short what, void *arg);
void feed_on_breath(evutil_socket_t fd, short what, void *arg);
/* When to look for answers next; found: there were some just now, or there will be. */
void feed_look_again(struct feed *f, bool found);

#endif
