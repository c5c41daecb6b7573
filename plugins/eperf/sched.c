/*
 *            its time, or a trigger             its turn
 *     REST ---------------------------> DUE ------------------> RUNNING
 *      ^ ^                              | ^                      |   |
 *      | +---------- blackout ----------+ |  wait over, trigger  |   | busy, tries left
 *      |                                  +------ BACKOFF <------|---+
 *      +------------ over, or busy for the last time ------------+
 *
 * Times lie on a grid, start + k * every, each with its own random part of splay added, so that rounding and
 * long runs never shift the rhythm. A wait that spans a whole `every` is reported as SCHED_NO_TURN, once per
 * `every`, and the test keeps its place in the queue: with too many tests each still gets its turn.
 */
#include "plugins/eperf/sched.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"

struct test {
    struct sched_rule rule;
    enum sched_state state;
    double grid;     /* start of the present period; the next time is grid + part of splay */
    double next;     /* when it is due by its rule */
    double since;    /* DUE: since when it waits; decides the order */
    double deadline; /* DUE, BACKOFF: when the next `every` of waiting is full */
    double until;    /* BACKOFF: end of the wait */
    unsigned tries;  /* runs since it was due */
    bool manual;     /* triggered: blackout hours do not count */
};

struct sched {
    bool allow_overlap;
    size_t n_running;
    uint64_t random;
    size_t n;
    struct test tests[];
};

/* xorshift64*: spreads load, guards nothing. Uniform in [0, 1). */
static double random_part(struct sched *s)
{
    s->random ^= s->random >> 12;
    s->random ^= s->random << 25;
    s->random ^= s->random >> 27;
    return (double)((s->random * UINT64_C(2685821657736338717)) >> 11) * 0x1p-53;
}

static void plan_next(struct sched *s, struct test *t, double now)
{
    t->grid += t->rule.every;
    if (t->grid + t->rule.every <= now) /* the host slept, or the run took longer than anybody thought */
        t->grid += t->rule.every * (floor((now - t->grid) / t->rule.every) + 1);
    t->next = t->grid + t->rule.splay * random_part(s);
}

struct sched *sched_new(const struct sched_rule *rules, size_t n, bool allow_overlap, uint64_t seed,
                        struct sched_time now)
{
    struct sched *s = calloc(1, sizeof *s + n * sizeof s->tests[0]);
    if (!s)
        return NULL;
    s->allow_overlap = allow_overlap;
    s->random = seed ? seed : 1;
    s->n = n;
    for (size_t i = 0; i < n; i++) {
        struct test *t = &s->tests[i];
        t->rule = rules[i];
        t->grid = now.mono;
        t->next = now.mono + t->rule.splay * random_part(s);
    }
    return s;
}

void sched_free(struct sched *s)
{
    free(s);
}

static bool in_blackout(const struct sched_rule *rule, int minute)
{
    for (size_t i = 0; i < rule->n_blackouts; i++) {
        const struct sched_blackout *b = &rule->blackouts[i];
        if (b->from < b->to ? minute >= b->from && minute < b->to : minute >= b->from || minute < b->to)
            return true;
    }
    return false;
}

static void become_due(struct test *t, double now)
{
    t->state = SCHED_DUE;
    t->since = now;
    t->deadline = now + t->rule.every;
    t->tries = 0;
}

/* Moves one test on by its own clock; says SCHED_BLACKOUT or SCHED_NO_TURN where that is news. */
static enum sched_what advance(struct sched *s, struct test *t, struct sched_time now)
{
    if (t->state == SCHED_RESTING && now.mono >= t->next) {
        become_due(t, t->next);
        plan_next(s, t, now.mono);
    }
    if (t->state == SCHED_BACKOFF && now.mono >= t->until) {
        t->state = SCHED_DUE;
        t->since = t->until;
    }
    if (t->state != SCHED_DUE)
        return SCHED_NOTHING;
    if (!t->manual && in_blackout(&t->rule, now.minute)) {
        t->state = SCHED_RESTING;
        return SCHED_BLACKOUT;
    }
    bool must_wait = s->n_running > 0 && !s->allow_overlap;
    if (must_wait && now.mono >= t->deadline) {
        t->deadline = now.mono + t->rule.every;
        if (now.mono >=
            t->next) /* this period is spoken for; do not run twice in a row once it is our turn */
            plan_next(s, t, now.mono);
        return SCHED_NO_TURN;
    }
    return SCHED_NOTHING;
}

static struct test *longest_waiting(struct sched *s)
{
    struct test *first = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (s->tests[i].state == SCHED_DUE && (!first || s->tests[i].since < first->since))
            first = &s->tests[i];
    return first;
}

struct sched_event sched_step(struct sched *s, struct sched_time now)
{
    for (size_t i = 0; i < s->n; i++) {
        enum sched_what what = advance(s, &s->tests[i], now);
        if (what != SCHED_NOTHING)
            return (struct sched_event){.what = what, .test = i};
    }
    struct test *t = s->n_running == 0 || s->allow_overlap ? longest_waiting(s) : NULL;
    if (!t)
        return (struct sched_event){.what = SCHED_NOTHING};
    t->state = SCHED_RUNNING;
    t->tries++;
    s->n_running++;
    return (struct sched_event){.what = SCHED_START, .test = (size_t)(t - s->tests)};
}

double sched_wake(const struct sched *s, struct sched_time now)
{
    double at = INFINITY;
    for (size_t i = 0; i < s->n; i++) {
        const struct test *t = &s->tests[i];
        switch (t->state) {
        case SCHED_RESTING:
            at = fmin(at, t->next);
            break;
        case SCHED_DUE: {
            /* Its turn comes by sched_done(); until then only the deadline and the next full minute, when
             * blackout hours may begin, are news. */
            at = fmin(at, t->deadline);
            if (t->rule.n_blackouts && !t->manual)
                at = fmin(at, now.mono + 60);
            break;
        }
        case SCHED_BACKOFF:
            at = fmin(at, t->until);
            break;
        case SCHED_RUNNING:
            break;
        }
    }
    return at == INFINITY ? at : fmax(0, at - now.mono);
}

bool sched_done(struct sched *s, size_t test, enum sched_outcome outcome, struct sched_time now)
{
    struct test *t = &s->tests[test];
    s->n_running--;
    if (outcome == SCHED_BUSY && t->tries <= t->rule.retries) {
        /* Whoever the peer serves needs about one run's length; the random half of it parts two that met. All
         * tries together stay inside one `every`. */
        double wait = (t->rule.length + 1) * t->tries * (0.5 + random_part(s));
        t->state = SCHED_BACKOFF;
        t->until = now.mono + fmin(wait, t->rule.every / (t->rule.retries + 1));
        return true;
    }
    t->state = SCHED_RESTING;
    t->manual = false;
    return false;
}

bool sched_trigger(struct sched *s, size_t test, struct sched_time now)
{
    struct test *t = &s->tests[test];
    if (t->state == SCHED_RUNNING)
        return false;
    if (t->state == SCHED_RESTING)
        become_due(t, now.mono);
    else if (t->state == SCHED_BACKOFF)
        t->until = now.mono;
    t->manual = true;
    return true;
}

enum sched_state sched_state(const struct sched *s, size_t test)
{
    return s->tests[test].state;
}

/* "hh:mm" to minutes of the day. */
static bool parse_time(const char *text, int *minute)
{
    uint64_t h, m;
    if (text[2] != ':' || !num_u64(text, 2, 0, 23, &h) || !num_u64(text + 3, 2, 0, 59, &m))
        return false;
    *minute = (int)(h * 60 + m);
    return true;
}

bool sched_parse_blackout(const char *text, struct sched_blackout *out)
{
    struct sched_blackout b;
    if (strlen(text) != strlen("hh:mm-hh:mm") || text[5] != '-' || !parse_time(text, &b.from))
        return false;
    if (strcmp(text + 6, "24:00") == 0)
        b.to = SCHED_MINUTES;
    else if (!parse_time(text + 6, &b.to) || b.from == b.to)
        return false;
    *out = b;
    return true;
}
