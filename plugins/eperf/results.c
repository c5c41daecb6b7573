#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plugins/eperf/session.h"

/* One stream's figures on the wire: the same table writes ours and reads the peer's. `sender`: only a sender knows it
 * (else -1 is sent, which iperf3's own cJSON reads and writes as 2^64-1). Packets and losses count the warm-up in, with
 * its share told apart, as newer iperf3s have it; 3.12 subtracts its own count of the warm-up. */
enum which { BYTES, RETRANSMITS, JITTER, ERRORS, OMITTED_ERRORS, PACKETS, OMITTED_PACKETS, START, END };
static const struct {
    const char *key;
    enum which which;
    double min, max;
    bool optional;
} fields[] = {
    {"bytes",           BYTES,           0,  9e15,   false},
    {"retransmits",     RETRANSMITS,     -1, 1.9e19, true },
    {"jitter",          JITTER,          0,  1e5,    true },
    {"errors",          ERRORS,          0,  9e15,   true },
    {"omitted_errors",  OMITTED_ERRORS,  0,  9e15,   true },
    {"packets",         PACKETS,         0,  9e15,   true },
    {"omitted_packets", OMITTED_PACKETS, 0,  9e15,   true },
    {"start_time",      START,           0,  1e9,    true },
    {"end_time",        END,             0,  1e9,    true },
};
enum { NFIELDS = sizeof fields / sizeof fields[0] };

/* Seconds that a peer's measurement may be longer than ours: its clock may start before word of that reaches us. */
static const double CLOCKS_APART = 10;

static json_t *value_of(const struct stream *st, enum which w)
{
    const struct eperf_figures *f = &st->result.ours;
    switch (w) {
    case BYTES: return json_integer((json_int_t)f->bytes);
    case RETRANSMITS: return json_integer(st->sender && f->has_tcp_info ? (json_int_t)f->retransmits : -1);
    case JITTER: return json_real(f->jitter);
    case ERRORS: return json_integer(f->lost + st->zero.lost);
    case OMITTED_ERRORS: return json_integer(st->zero.lost);
    case PACKETS: return json_integer((json_int_t)(f->packets + st->zero.packets));
    case OMITTED_PACKETS: return json_integer((json_int_t)st->zero.packets);
    case START: return json_real(0);
    case END: return json_real(f->end);
    }
    return NULL;
}

static json_t *stream_to_json(const struct stream *st)
{
    json_t *o = json_object();
    int bad = json_object_set_new(o, "id", json_integer(st->id));
    for (size_t i = 0; i < NFIELDS; i++)
        bad |= json_object_set_new(o, fields[i].key, value_of(st, fields[i].which));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

json_t *results_to_json(const struct session *s)
{
    bool sends = s->nstreams && (s->params.direction == EPERF_BOTH || s->streams[0].sender);
    bool tcp = s->params.protocol == EPERF_TCP;
    json_t *streams = json_array();
    for (unsigned i = 0; i < s->joined; i++)
        json_array_append_new(streams, stream_to_json(&s->streams[i]));
    json_t *o = json_pack("{s:f, s:f, s:f, s:i, s:i, s:o}", "cpu_util_total", s->result.cpu.total, "cpu_util_user",
                          s->result.cpu.user, "cpu_util_system", s->result.cpu.system, "sender_has_retransmits",
                          sends ? tcp : -1, "shared", (int)s->result.shared, "streams", streams);
    if (o && tcp && s->congestion[0])
        json_object_set_new(o, "congestion_used", json_string(s->congestion));
    return o;
}

static bool number(const json_t *o, const char *key, double min, double max, bool optional, double *out, char *error)
{
    const json_t *v = json_object_get(o, key);
    *out = 0;
    if (optional && (!v || json_is_null(v))) /* null is what cJSON makes of a NaN */
        return true;
    *out = json_is_number(v) ? json_number_value(v) : NAN;
    if (*out >= min && *out <= max)
        return true;
    snprintf(error, EPERF_ERROR_MAX, "results \"%s\": expected a number, %g to %g", key, min, max);
    return false;
}

static struct stream *by_id(struct session *s, const json_t *o)
{
    const json_t *v = json_object_get(o, "id");
    for (unsigned i = 0; json_is_number(v) && i < s->joined; i++)
        if (s->streams[i].id == json_number_value(v))
            return &s->streams[i];
    return NULL;
}

static uint64_t positive(double v)
{
    return v > 0 && v < 1.8e19 ? (uint64_t)v : 0;
}

/* No peer has received what was not sent, lost more than there was, or measured longer than the test ran. Such figures
 * would be drawn, and alarm; they are no results. NULL, or what is wrong. (A network may double a datagram.) */
static const char *impossible(const struct session *s, const struct stream *st, const double v[NFIELDS])
{
    bool udp = s->params.protocol == EPERF_UDP;
    double sent = udp ? 2.0 * (double)st->last.bytes : (double)atomic_load(&st->bytes);
    if (v[END] < v[START] || v[END] - v[START] > mono_now() - s->run_start + CLOCKS_APART)
        return "a time that is not the test's";
    if (st->sender && v[BYTES] > sent)
        return "more bytes received than were sent";
    if (udp && st->sender && v[PACKETS] > (double)st->last.packets)
        return "more datagrams received than were sent";
    if (udp && (v[ERRORS] > v[PACKETS] || v[OMITTED_PACKETS] > v[PACKETS] || v[OMITTED_ERRORS] > v[PACKETS]))
        return "a part that is more than the whole";
    return NULL;
}

static bool read_fields(const json_t *o, double v[NFIELDS], char *error)
{
    for (size_t i = 0; i < NFIELDS; i++)
        if (!number(o, fields[i].key, fields[i].min, fields[i].max, fields[i].optional, &v[fields[i].which], error))
            return false;
    return true;
}

static bool stream_from_json(struct session *s, const json_t *o, char *error)
{
    struct stream *st = by_id(s, o);
    double v[NFIELDS];
    if (!st || st->result.theirs.end > 0) {
        snprintf(error, EPERF_ERROR_MAX, "results of a stream that is none of the test's, or told twice");
        return false;
    }
    if (!read_fields(o, v, error))
        return false;
    const char *why = impossible(s, st, v);
    if (why) {
        snprintf(error, EPERF_ERROR_MAX, "results of connection %d tell of %s", st->id, why);
        return false;
    }
    bool told = json_object_get(o, "omitted_packets") != NULL;
    double skip_packets = told ? v[OMITTED_PACKETS] : (double)st->zero.packets;
    double skip_errors = told ? v[OMITTED_ERRORS] : (double)st->zero.lost;
    struct eperf_figures *f = &st->result.theirs;
    f->bytes = positive(v[BYTES]);
    f->has_tcp_info = !st->sender && s->params.protocol == EPERF_TCP && v[RETRANSMITS] >= 0 && v[RETRANSMITS] < 1e18;
    f->retransmits = f->has_tcp_info ? positive(v[RETRANSMITS]) : 0;
    f->jitter = v[JITTER];
    f->packets = positive(v[PACKETS] - skip_packets);
    f->lost = (int64_t)(v[ERRORS] - skip_errors);
    f->start = v[START];
    f->end = v[END] - v[START] > 1e-3 ? v[END] : st->result.ours.end; /* seconds: less is no test, and its rate no number */
    f->rate = f->end > f->start ? (double)f->bytes * 8 / (f->end - f->start) : 0;
    return true;
}

bool results_from_json(struct session *s, const json_t *o, char error[EPERF_ERROR_MAX])
{
    const json_t *streams = json_object_get(o, "streams"), *item;
    double shared;
    size_t i;
    if (json_array_size(streams) != s->joined) {
        snprintf(error, EPERF_ERROR_MAX, "results \"streams\": expected an array of %u", s->joined);
        return false;
    }
    json_array_foreach(streams, i, item) {
        if (!stream_from_json(s, item, error))
            return false;
    }
    if (!number(o, "cpu_util_total", 0, 1e6, true, &s->result.peer_cpu.total, error) ||
        !number(o, "cpu_util_user", 0, 1e6, true, &s->result.peer_cpu.user, error) ||
        !number(o, "cpu_util_system", 0, 1e6, true, &s->result.peer_cpu.system, error) ||
        !number(o, "shared", 0, 1000, true, &shared, error))
        return false;
    if (shared > s->result.shared)
        s->result.shared = (unsigned)shared;
    const json_t *used = json_object_get(o, "congestion_used");
    if (json_is_string(used))
        snprintf(s->peer_congestion, sizeof s->peer_congestion, "%s", json_string_value(used));
    return true;
}

static void close_direction(struct session *s, struct eperf_direction_result *d, bool sender)
{
    struct eperf_figures *both[2] = {&d->sender, &d->receiver};
    unsigned votes[EPERF_LIMIT_PACING + 1] = {0};
    for (int i = 0; i < 2; i++) {
        double t = both[i]->end - both[i]->start;
        both[i]->rate = t > 0 ? (double)both[i]->bytes * 8 / t : 0;
    }
    snprintf(d->sender_congestion, sizeof d->sender_congestion, "%s", sender ? s->congestion : s->peer_congestion);
    snprintf(d->receiver_congestion, sizeof d->receiver_congestion, "%s", sender ? s->peer_congestion : s->congestion);
    for (unsigned i = 0; i < s->joined; i++)
        if (s->streams[i].sender && sender && ++votes[s->streams[i].result.verdict] > votes[d->verdict])
            d->verdict = s->streams[i].result.verdict;
}

void results_sum(struct session *s)
{
    struct eperf_direction_result *dirs[2] = {&s->result.upload, &s->result.download};
    for (int k = 0; k < 2; k++) {
        struct eperf_direction_result *d = dirs[k];
        unsigned n = 0;
        bool sender = (k == 0) == (s->role == ROLE_CLIENT);
        for (unsigned i = 0; i < s->joined; i++) {
            const struct stream *st = &s->streams[i];
            if (stream_is_upload(st) != (k == 0))
                continue;
            figures_add(sender ? &d->sender : &d->receiver, &st->result.ours, n);
            figures_add(sender ? &d->receiver : &d->sender, &st->result.theirs, n);
            n++;
        }
        d->streams = n;
        d->present = n > 0;
        d->rate_min = s->rate_min[k];
        d->rate_max = s->rate_max[k];
        if (n)
            close_direction(s, d, sender);
    }
}
