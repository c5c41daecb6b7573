/* When which throughput test runs. Pure: the clock is a parameter, nothing here blocks, logs or starts a
 * thread, so tests run a day in a millisecond. The caller serialises the calls (the plugin holds its lock).
 */
#ifndef SCM_EPERF_SCHED_H
#define SCM_EPERF_SCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCHED_BLACKOUTS_MAX = 8, SCHED_MINUTES = 24 * 60 };

/* Minutes of the local day, `from` (0..1439) inside and `to` (0..1440) outside; from > to passes midnight;
 * never equal. */
struct sched_blackout {
    int from;
    int to;
};

/* One test's rule. Seconds; every > 0, 0 <= splay < every, length (of one run, its best case) > 0. */
struct sched_rule {
    double every;
    double splay;
    double length;
    unsigned retries; /* more tries after a busy peer */
    size_t n_blackouts;
    struct sched_blackout blackouts[SCHED_BLACKOUTS_MAX];
};

/* Seconds on a clock that never jumps, and the minute of the local day, for the blackouts alone. */
struct sched_time {
    double mono;
    int minute;
};

enum sched_state {
    SCHED_RESTING, /* until its next time */
    SCHED_DUE,     /* waits for its turn */
    SCHED_BACKOFF, /* the peer was busy; waits a random while */
    SCHED_RUNNING  /* from SCHED_START to sched_done() */
};

enum sched_what {
    SCHED_NOTHING,  /* until sched_wake() seconds from now, or a call to sched_done() or sched_trigger() */
    SCHED_START,    /* start it now; its state is SCHED_RUNNING */
    SCHED_BLACKOUT, /* it was due and is skipped: these are its blackout hours */
    SCHED_NO_TURN   /* a whole `every` has passed since it was due or last said so, and others still run */
};

struct sched_event {
    enum sched_what what;
    size_t test; /* number of the test; nothing for SCHED_NOTHING */
};

enum sched_outcome { SCHED_OVER, SCHED_BUSY };

struct sched;

/* A scheduler of `n` tests; rules are copied. A test is first due after a random part of its splay. Without
 * allow_overlap at most one test runs at a time, the one that waits longest first. NULL when out of memory.
 */
struct sched *sched_new(const struct sched_rule *rules, size_t n, bool allow_overlap, uint64_t seed,
                        struct sched_time now);
void sched_free(struct sched *s);

/* The next thing to do now; the caller asks again until SCHED_NOTHING. */
struct sched_event sched_step(struct sched *s, struct sched_time now);

/* Seconds from now until sched_step() may have something, 0 or more; INFINITY when only a call can change
 * that. */
double sched_wake(const struct sched *s, struct sched_time now);

/* The run of `test` has ended. True when it will be tried again by itself (it was SCHED_BUSY and tries are
 * left): then this run has no result yet. False when its result stands. */
bool sched_done(struct sched *s, size_t test, enum sched_outcome outcome, struct sched_time now);

/* Runs `test` as soon as it may, even in blackout hours; its rhythm stays. False when it is running already.
 */
bool sched_trigger(struct sched *s, size_t test, struct sched_time now);

enum sched_state sched_state(const struct sched *s, size_t test);

/* "22:00-06:00" and its like; a day ends at 24:00. False when it is anything else. */
bool sched_parse_blackout(const char *text, struct sched_blackout *out);

#endif
