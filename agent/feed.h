/* The feed: the agent's one connection to collectd's unixsock. Non-blocking, pipelined at most 256 requests deep, every request
 * with a deadline; on any error it closes and tries again every 250 ms. Each interval: one LISTVAL, then GETVAL for those watched
 * identifiers whose time has changed, then on_round. PUTVAL and PUTNOTIF go out between them. Loop thread only.
 *
 *   A value that changes between a LISTVAL and its own GETVAL, some milliseconds later, is taken for the sample that was listed,
 *   and once more, as a new one, in the next round: unixsock has no way to ask for time and value at once.
 *
 *   A round with more values than fit into an interval takes longer, and the next one follows at once.
 *
 *   Up means: the last complete round is less than two intervals old, or the present one takes longer and is being answered. So a
 *   collectd that restarts within that time is not told as down and up; its values are unknown meanwhile all the same.
 */
#ifndef SCM_AGENT_FEED_H
#define SCM_AGENT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct scm_event;
struct metrics;
struct feed;

struct feed_options {
    const char *socket;    /* path of collectd's unixsock; copied */
    unsigned interval_ms;  /* 100 .. 3600000 */
    void (*on_round)(void *arg);                            /* metrics hold a new round */
    void (*on_status)(void *arg, bool up, const char *why); /* up or down changed, and the first of them; why: one line, "" when up */
    void *arg;
};

/* Does not connect yet. NULL when memory is out. */
struct feed *feed_new(struct event_base *base, struct metrics *metrics, const struct feed_options *options);
void feed_start(struct feed *f);
void feed_free(struct feed *f);

bool feed_up(const struct feed *f);
/* Milliseconds since the last complete round; -1 if there was none. */
int64_t feed_age_ms(const struct feed *f);

/* One gauge for collectd: "PUTVAL ident interval=… N:value". While the feed is down it is dropped: the next interval's comes anyway. */
void feed_putval(struct feed *f, const char *ident, double interval_s, double value);

/* A notification for collectd's handlers. Kept (1,024 at most, then the oldest goes) while the feed is down. */
struct feed_notification {
    const char *severity; /* "okay", "warning", "failure" */
    int64_t time_ms;      /* wall clock */
    const char *host, *plugin, *plugin_instance, *type, *type_instance; /* NULL or "" where there is none */
    const char *message;
};
void feed_putnotif(struct feed *f, const struct feed_notification *n);

#endif
