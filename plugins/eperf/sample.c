/* When is looked, and what is made of it. Workers only count; the control thread reads all counters at each boundary and
 * takes differences over the time that has really passed, so a late look costs no accuracy.
 *
 *   run_start      measure_start                              nominal_end        end[senders], end[receivers]
 *       |--- omit -----|--- interval ---|--- interval ---| … -------|~~ settling ~~~|
 *
 * The last interval reaches to the end proper: senders wait for what is in flight, receivers take what still arrives, and
 * the end is the moment at which the last byte moved. So the intervals add up to the total, and an acknowledged total is
 * a received total. */
#include <stdlib.h>
#include <string.h>

#include "plugins/eperf/session.h"

enum { SETTLE_MS = 5 };
static const double IDLE_LOOK = 0.5; /* s between looks without intervals: UDP policing, limits */

static double step_of(const struct session *s)
{
    return s->params.interval > 0 ? s->params.interval : IDLE_LOOK;
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static struct eperf_figures difference(const struct tally *now, const struct tally *then, double start, double end)
{
    struct eperf_figures f = {
        .start = start,
        .end = end,
        .bytes = minus(now->bytes, then->bytes),
        .has_tcp_info = now->has_tcp_info,
        .retransmits = minus(now->retransmits, then->retransmits),
        .rtt_us = now->rtt_us,
        .rttvar_us = now->rttvar_us,
        .cwnd = now->cwnd,
        .snd_wnd = now->snd_wnd,
        .pmtu = now->pmtu,
        .packets = minus(now->packets, then->packets),
        .lost = now->lost - then->lost,
        .reordered = minus(now->reordered, then->reordered),
        .duplicates = minus(now->duplicates, then->duplicates),
        .jitter = now->jitter,
    };
    f.rate = end > start ? (double)f.bytes * 8 / (end - start) : 0;
    return f;
}

void figures_add(struct eperf_figures *sum, const struct eperf_figures *f, unsigned n)
{
    double start = sum->start, end = sum->end;
    if (n == 0) {
        *sum = *f;
        return;
    }
    sum->start = start < f->start ? start : f->start;
    sum->end = end > f->end ? end : f->end;
    sum->bytes += f->bytes;
    sum->rate += f->rate;
    sum->has_tcp_info = sum->has_tcp_info && f->has_tcp_info;
    sum->retransmits += f->retransmits;
    sum->rtt_us = (uint32_t)(((uint64_t)sum->rtt_us * n + f->rtt_us) / (n + 1));
    sum->rttvar_us = (uint32_t)(((uint64_t)sum->rttvar_us * n + f->rttvar_us) / (n + 1));
    sum->cwnd += f->cwnd;
    sum->snd_wnd += f->snd_wnd;
    sum->packets += f->packets;
    sum->lost += f->lost;
    sum->reordered += f->reordered;
    sum->duplicates += f->duplicates;
    sum->jitter += (f->jitter - sum->jitter) / (n + 1);
}

static void note_stream(struct stream *st, const struct eperf_figures *f)
{
    struct eperf_stream_result *r = &st->result;
    if (!f->has_tcp_info)
        return;
    st->samples++;
    st->rtt_sum += f->rtt_us;
    r->mean_rtt_us = (uint32_t)(st->rtt_sum / st->samples);
    r->max_rtt_us = f->rtt_us > r->max_rtt_us ? f->rtt_us : r->max_rtt_us;
    r->min_rtt_us = !r->min_rtt_us || f->rtt_us < r->min_rtt_us ? f->rtt_us : r->min_rtt_us;
    r->max_cwnd = f->cwnd > r->max_cwnd ? f->cwnd : r->max_cwnd;
    r->max_snd_wnd = f->snd_wnd > r->max_snd_wnd ? f->snd_wnd : r->max_snd_wnd;
}

static void note_look(struct stream *st, const struct tally *now)
{
    st->looks++;
    st->starved += now->starved;
}

/* The slowest and the fastest interval. What is left of one at the end may be a moment, whose rate says nothing. */
static void note_rate(struct session *s, int direction, const struct eperf_figures *f)
{
    double *min = &s->rate_min[direction], *max = &s->rate_max[direction];
    bool first = s->rates[direction] == 0;
    if (s->in_omit || (!first && f->end - f->start < step_of(s) / 2))
        return;
    s->rates[direction]++;
    *min = first || f->rate < *min ? f->rate : *min;
    *max = first || f->rate > *max ? f->rate : *max;
}

/* One interval of all streams: each to its own end (ends differ only in the last one). */
static void take_interval(struct session *s, const double ends[2])
{
    struct eperf_stream_sample *samples = calloc(s->joined ? s->joined : 1, sizeof *samples);
    struct eperf_interval out = {.omitted = s->in_omit, .nstreams = s->joined, .streams = samples};
    unsigned n[2] = {0, 0};
    double zero = s->in_omit ? s->run_start : s->measure_start;
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        struct tally now;
        s->transport->read(st, &now);
        struct eperf_figures f =
            difference(&now, &st->last, s->sample_start - zero, ends[st->sender] - zero);
        st->last = now;
        note_stream(st, &f);
        if (s->end[st->sender] <= 0) /* a sender that was told to stop has nothing to send */
            note_look(st, &now);
        bool up = stream_is_upload(st);
        figures_add(up ? &out.upload : &out.download, &f, n[!up]++);
        if (samples)
            samples[i] = (struct eperf_stream_sample){.id = st->id, .socket = st->fd, .sender = st->sender, .f = f};
    }
    out.has_upload = n[0] > 0;
    out.has_download = n[1] > 0;
    if (n[0])
        note_rate(s, 0, &out.upload);
    if (n[1])
        note_rate(s, 1, &out.download);
    if (samples && s->cb.interval && s->params.interval > 0)
        s->cb.interval(s->cb.arg, s->number, &out);
    free(samples);
}

static void set_next(struct session *s, double now)
{
    s->sample_start = now;
    while (s->next_sample <= now)
        s->next_sample += step_of(s);
}

void sample_begin(struct session *s, double now)
{
    s->run_start = s->measure_start = s->next_sample = now;
    s->in_omit = s->params.omit > 0;
    if (s->params.duration && !s->params.bytes && !s->params.blocks)
        s->nominal_end = now + s->params.omit + s->params.duration;
    set_next(s, now);
}

static double omit_end(const struct session *s)
{
    return s->run_start + s->params.omit;
}

static bool settling(const struct session *s, double now)
{
    return s->nominal_end > 0 && now >= s->nominal_end;
}

double sample_due(const struct session *s)
{
    double now = mono_now(), due = s->next_sample;
    if (s->measured)
        return now + IDLE_LOOK;
    if (settling(s, now))
        return s->next_look;
    if (s->in_omit && omit_end(s) < due)
        due = omit_end(s);
    if (s->nominal_end > 0 && s->nominal_end < due)
        due = s->nominal_end;
    return due;
}

/* The warm-up is over: everything before is forgotten. */
static void begin_measurement(struct session *s, double now)
{
    s->measure_start = s->next_sample = now;
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        st->zero = st->last;
        st->samples = st->looks = st->starved = 0;
        st->rtt_sum = 0;
        st->result.max_rtt_us = st->result.min_rtt_us = st->result.mean_rtt_us = 0;
        st->result.max_cwnd = st->result.max_snd_wnd = 0;
    }
    atomic_store(&s->moved, 0);
    atomic_store(&s->in_omit, false);
    if (s->nominal_end > 0)
        s->nominal_end = now + s->params.duration;
}

void sample_tick(struct session *s, double now)
{
    if (s->measured)
        return;
    if (settling(s, now)) {
        sample_progress(s, now);
        s->next_look = now + SETTLE_MS * 1e-3;
        return;
    }
    bool warm = s->in_omit && now >= omit_end(s);
    if (!warm && now < s->next_sample)
        return;
    take_interval(s, (const double[2]){now, now});
    if (warm)
        begin_measurement(s, now);
    set_next(s, now);
}

void sample_progress(struct session *s, double now)
{
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        struct tally t;
        s->transport->read(st, &t);
        if (t.bytes != st->seen) {
            s->progress[st->sender] = now;
            if (s->end[st->sender] > 0) /* of what was not waited for, some is acknowledged after all */
                s->end[st->sender] = now;
        }
        st->seen = t.bytes;
    }
}

void sample_senders(struct session *s)
{
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        struct tally t;
        if (!st->sender)
            continue;
        s->transport->read(st, &t);
        note_look(st, &t);
    }
}

void sample_end(struct session *s, bool senders, double now)
{
    double end = s->progress[senders];
    if (s->nominal_end > 0 && s->nominal_end <= now && end < s->nominal_end)
        end = s->nominal_end;
    if (end <= s->measure_start || !settling(s, now))
        end = now;
    s->end[senders] = end;
}

static struct eperf_figures total_of(const struct session *s, const struct stream *st)
{
    return difference(&st->last, &st->zero, 0, s->end[st->sender] - s->measure_start);
}

/* Why the sender was no faster: the kernel's own account of its busy time, in microseconds. */
static enum eperf_verdict judge(const struct session *s, const struct stream *st)
{
    const struct tally *a = &st->zero, *b = &st->last;
    double whole = (s->end[true] - s->measure_start) * 1e6;
    double busy = (double)minus(b->busy_us, a->busy_us);
    if (!st->sender || !b->has_tcp_info || !b->busy_us || whole <= 0)
        return EPERF_LIMIT_NONE;
    if (st->rate && st->result.ours.rate > 0.9 * (double)st->rate)
        return EPERF_LIMIT_PACING;
    if (busy < 0.5 * whole || st->starved * 2 > st->looks)
        return EPERF_LIMIT_SENDER;
    if ((double)minus(b->rwnd_limited_us, a->rwnd_limited_us) > 0.5 * busy)
        return EPERF_LIMIT_RECEIVE_WINDOW;
    if ((double)minus(b->sndbuf_limited_us, a->sndbuf_limited_us) > 0.5 * busy)
        return EPERF_LIMIT_SEND_BUFFER;
    return EPERF_LIMIT_CONGESTION;
}

void sample_finish(struct session *s)
{
    take_interval(s, s->end);
    double up = 0;
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        st->result.ours = total_of(s, st);
        st->result.verdict = judge(s, st);
        up = s->end[st->sender] - s->measure_start;
    }
    s->result.elapsed = up > 0 ? up : 0;
}

const char *eperf_verdict_text(enum eperf_verdict v)
{
    switch (v) {
    case EPERF_LIMIT_NONE: return "";
    case EPERF_LIMIT_SENDER: return "limited by the sender";
    case EPERF_LIMIT_SEND_BUFFER: return "limited by the send buffer";
    case EPERF_LIMIT_RECEIVE_WINDOW: return "limited by the receive window";
    case EPERF_LIMIT_CONGESTION: return "limited by congestion";
    case EPERF_LIMIT_PACING: return "limited by pacing";
    }
    return "";
}
