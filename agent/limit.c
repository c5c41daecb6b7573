#include "agent/limit.h"

#include <string.h>

const char *limit_rule_check(const struct limit_rule *r)
{
    if (r->hits < 1 || r->hits > LIMIT_HITS_MAX || r->clear_hits < 1 || r->clear_hits > LIMIT_HITS_MAX)
        return "hits are 1 to 1000";
    if (r->direction == LIMIT_ABOVE && r->clear > r->threshold)
        return "clear is above the threshold of a limit on too much";
    if (r->direction == LIMIT_BELOW && r->clear < r->threshold)
        return "clear is below the threshold of a limit on too little";
    return NULL;
}

void limit_track_init(struct limit_track *t, enum limit_state told, int64_t since_wall_ms, int64_t mono_ms)
{
    memset(t, 0, sizeof *t);
    t->state = LIMIT_STATE_UNKNOWN;
    t->told = t->real = t->known = told == LIMIT_STATE_EXCEEDED ? LIMIT_STATE_EXCEEDED : LIMIT_STATE_OK;
    t->known_since_wall_ms = since_wall_ms;
    t->since_wall_ms = since_wall_ms;
    t->unknown_mono_ms = mono_ms;
}

/* Whether a value speaks for changing `real`. Between clear and threshold nothing does. */
static bool speaks_against(const struct limit_rule *r, enum limit_state real, double v)
{
    if (real == LIMIT_STATE_EXCEEDED)
        return r->direction == LIMIT_ABOVE ? v <= r->clear : v >= r->clear;
    return r->direction == LIMIT_ABOVE ? v > r->threshold : v < r->threshold;
}

/* Judges one new sample. True: real has changed. */
static bool judge(const struct limit_rule *r, struct limit_track *t, double v)
{
    if (!speaks_against(r, t->real, v)) {
        t->run = 0;
        return false;
    }
    if (++t->run < (t->real == LIMIT_STATE_EXCEEDED ? r->clear_hits : r->hits))
        return false;
    t->run = 0;
    t->real = t->real == LIMIT_STATE_EXCEEDED ? LIMIT_STATE_OK : LIMIT_STATE_EXCEEDED;
    return true;
}

static void show(struct limit_track *t, enum limit_state state, int64_t wall_ms, struct limit_outcome *out)
{
    if (t->state == state)
        return;
    /* back from unknown into what it was before: since goes on */
    bool resumed = t->state == LIMIT_STATE_UNKNOWN && state == t->known && t->known_since_wall_ms != 0;
    t->state = state;
    t->since_wall_ms = resumed ? t->known_since_wall_ms : wall_ms;
    if (state != LIMIT_STATE_UNKNOWN) {
        t->known = state;
        t->known_since_wall_ms = t->since_wall_ms;
    }
    out->changed = true;
}

/* Whether one more transition may be told now: at most LIMIT_FLAP_MAX within LIMIT_FLAP_MS. */
static bool may_tell(const struct limit_track *t, int64_t mono_ms)
{
    if (t->suppressed > 0)
        return false; /* once begun, the summary ends it */
    if (t->told_count < LIMIT_FLAP_MAX)
        return true;
    return mono_ms - t->told_mono_ms[t->told_count % LIMIT_FLAP_MAX] >= LIMIT_FLAP_MS;
}

static void tell(struct limit_track *t, enum limit_news news, const struct limit_input *in,
                 struct limit_outcome *out)
{
    enum limit_state other = t->real == LIMIT_STATE_EXCEEDED ? LIMIT_STATE_OK : LIMIT_STATE_EXCEEDED;

    out->news = news;
    out->old_state = news == LIMIT_TELL_SUMMARY ? t->told : other;
    out->new_state = t->real;
    out->changed = true;
    if (!in->silent)
        t->told = t->real;
    t->told_mono_ms[t->told_count % LIMIT_FLAP_MAX] = in->mono_ms;
    if (++t->told_count == 2 * LIMIT_FLAP_MAX)
        t->told_count = LIMIT_FLAP_MAX;
}

static void tell_real(struct limit_track *t, const struct limit_input *in, struct limit_outcome *out)
{
    tell(t, t->real == LIMIT_STATE_EXCEEDED ? LIMIT_TELL_EXCEEDED : LIMIT_TELL_CLEARED, in, out);
}

static void transition(struct limit_track *t, const struct limit_input *in, struct limit_outcome *out)
{
    if (may_tell(t, in->mono_ms)) {
        tell_real(t, in, out);
        return;
    }
    if (t->suppressed++ == 0)
        t->flap_start_ms = in->mono_ms;
    t->flap_last_ms = in->mono_ms;
    out->suppressed_now = true;
}

/* Ends a time of flapping when it is over, or has lasted so long that people must be told that it goes on. */
static void sum_up(struct limit_track *t, const struct limit_input *in, struct limit_outcome *out)
{
    if (t->suppressed == 0 || out->news != LIMIT_NOTHING)
        return;
    if (in->mono_ms - t->flap_last_ms < LIMIT_FLAP_MS &&
        in->mono_ms - t->flap_start_ms < LIMIT_FLAP_SUMMARY_MS)
        return;
    out->suppressed = t->suppressed;
    t->suppressed = 0;
    tell(t, LIMIT_TELL_SUMMARY, in, out);
}

/* Silence is over, and has kept from the world what stands. */
static void catch_up(struct limit_track *t, const struct limit_input *in, struct limit_outcome *out)
{
    if (!in->silent && t->told != t->real && t->suppressed == 0 && out->news == LIMIT_NOTHING)
        tell_real(t, in, out);
}

static void go_unknown(struct limit_track *t, const struct limit_input *in, struct limit_outcome *out)
{
    if (t->unknown_mono_ms < 0)
        t->unknown_mono_ms = in->mono_ms;
    t->run = 0; /* hits are samples in a row; a gap ends the row */
    show(t, LIMIT_STATE_UNKNOWN, in->wall_ms, out);
    if (!t->unknown_told && in->mono_ms - t->unknown_mono_ms >= LIMIT_UNKNOWN_LONG_MS) {
        t->unknown_told = true;
        out->news = LIMIT_TELL_UNKNOWN_LONG;
        out->old_state = t->told;
        out->new_state = LIMIT_STATE_UNKNOWN;
    }
}

void limit_step(const struct limit_rule *r, struct limit_track *t, const struct limit_input *in,
                struct limit_outcome *out)
{
    memset(out, 0, sizeof *out);
    if (!in->known) {
        go_unknown(t, in, out);
        sum_up(t, in, out);
        return;
    }
    t->unknown_mono_ms = -1;
    t->value = in->value;
    if (!t->seen || t->sample != in->sample) {
        t->seen = true;
        t->sample = in->sample;
        if (judge(r, t, in->value))
            transition(t, in, out);
    }
    show(t, t->real, in->wall_ms, out);
    sum_up(t, in, out);
    catch_up(t, in, out);
    if (t->unknown_told && out->news == LIMIT_NOTHING) {
        t->unknown_told = false;
        out->news = LIMIT_TELL_KNOWN_AGAIN;
        out->old_state = LIMIT_STATE_UNKNOWN;
        out->new_state = t->state;
    }
}
