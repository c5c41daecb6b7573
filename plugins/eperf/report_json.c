/* The document that `iperf3 -J` prints, key by key as 3.12 has them, so that its readers work. What iperf3 does not know
 * stands apart, in end.eperf. */
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "plugins/eperf/eperf.h"
#include "scm_config.h"

/* Sets a new reference; takes NULL (out of memory) as json_object_set_new does. */
static void put(json_t *o, const char *key, json_t *v)
{
    json_object_set_new(o, key, v);
}

static void put_int(json_t *o, const char *key, uint64_t v)
{
    put(o, key, json_integer((json_int_t)v));
}

static json_t *stretch(const struct eperf_figures *f)
{
    json_t *o = json_object();
    put(o, "start", json_real(f->start));
    put(o, "end", json_real(f->end));
    put(o, "seconds", json_real(f->end - f->start));
    put_int(o, "bytes", f->bytes);
    put(o, "bits_per_second", json_real(f->rate));
    return o;
}

static void put_losses(json_t *o, const struct eperf_figures *f)
{
    put(o, "jitter_ms", json_real(f->jitter * 1e3));
    put(o, "lost_packets", json_integer(f->lost));
    put_int(o, "packets", f->packets);
    put(o, "lost_percent", json_real(f->packets ? 100.0 * (double)f->lost / (double)f->packets : 0));
}

/* ---- start ---- */

static json_t *connected(const struct eperf_result *r)
{
    json_t *a = json_array();
    for (unsigned i = 0; i < r->nstreams; i++) {
        const struct eperf_stream_result *s = &r->streams[i];
        json_array_append_new(a, json_pack("{s:i, s:s, s:i, s:s, s:i}", "socket", s->socket, "local_host",
                                           s->local_host, "local_port", s->local_port, "remote_host",
                                           s->remote_host, "remote_port", s->remote_port));
    }
    return a;
}

static json_t *timestamp(int64_t when)
{
    char text[64];
    struct tm tm;
    time_t t = (time_t)when;
    gmtime_r(&t, &tm);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    return json_pack("{s:s, s:I}", "time", text, "timesecs", (json_int_t)when);
}

static json_t *test_start(const struct eperf_params *p)
{
    return json_pack("{s:s, s:i, s:I, s:i, s:i, s:I, s:I, s:i, s:i, s:I}", "protocol",
                     p->protocol == EPERF_UDP ? "UDP" : "TCP", "num_streams", (int)p->streams, "blksize",
                     (json_int_t)p->block_len, "omit", (int)p->omit, "duration", (int)p->duration, "bytes",
                     (json_int_t)p->bytes, "blocks", (json_int_t)p->blocks, "reverse",
                     p->direction == EPERF_DOWNLOAD, "tos", (int)p->tos, "target_bitrate", (json_int_t)p->rate);
}

json_t *eperf_json_start(const struct eperf_result *r)
{
    const struct eperf_params *p = &r->params;
    struct utsname u = {0};
    char system[sizeof u];
    json_t *o = json_object();
    uname(&u);
    snprintf(system, sizeof system, "%s %s %s %s %s", u.sysname, u.nodename, u.release, u.version, u.machine);
    put(o, "connected", connected(r));
    put(o, "version", json_string("eperf " PACKAGE_VERSION));
    put(o, "system_info", json_string(system));
    if (r->started)
        put(o, "timestamp", timestamp(r->started));
    if (r->is_server)
        put(o, "accepted_connection", json_pack("{s:s, s:i}", "host", r->peer, "port", r->port));
    else
        put(o, "connecting_to", json_pack("{s:s, s:i}", "host", r->host, "port", r->port));
    put(o, "cookie", json_string(r->cookie));
    if (p->protocol == EPERF_TCP)
        put_int(o, p->mss ? "tcp_mss" : "tcp_mss_default", p->mss ? p->mss : r->control_mss);
    put_int(o, "target_bitrate", p->rate);
    put_int(o, "sock_bufsize", p->window);
    put_int(o, "sndbuf_actual", (uint64_t)r->sndbuf);
    put_int(o, "rcvbuf_actual", (uint64_t)r->rcvbuf);
    put(o, "test_start", test_start(p));
    return o;
}

/* ---- intervals ---- */

static json_t *interval_figures(const struct eperf_figures *f, const struct eperf_params *p, bool sender, bool sum)
{
    json_t *o = stretch(f);
    if (p->protocol == EPERF_TCP && sender) {
        put_int(o, "retransmits", f->retransmits);
        if (!sum) {
            put_int(o, "snd_cwnd", f->cwnd);
            put_int(o, "snd_wnd", f->snd_wnd);
            put_int(o, "rtt", f->rtt_us);
            put_int(o, "rttvar", f->rttvar_us);
            put_int(o, "pmtu", f->pmtu);
        }
    }
    if (p->protocol == EPERF_UDP && sender)
        put_int(o, "packets", f->packets);
    if (p->protocol == EPERF_UDP && !sender)
        put_losses(o, f);
    return o;
}

json_t *eperf_json_interval(const struct eperf_interval *i, const struct eperf_params *p)
{
    json_t *o = json_object(), *streams = json_array();
    bool first_sends = i->nstreams && i->streams[0].sender;
    for (unsigned k = 0; k < i->nstreams; k++) {
        const struct eperf_stream_sample *s = &i->streams[k];
        json_t *one = json_object();
        put_int(one, "socket", (uint64_t)s->socket);
        json_t *f = interval_figures(&s->f, p, s->sender, false);
        json_object_update(one, f);
        json_decref(f);
        put(one, "omitted", json_boolean(i->omitted));
        put(one, "sender", json_boolean(s->sender));
        json_array_append_new(streams, one);
    }
    put(o, "streams", streams);
    const struct eperf_figures *sums[2] = {i->has_upload ? &i->upload : &i->download,
                                           i->has_upload && i->has_download ? &i->download : NULL};
    for (int k = 0; k < 2 && sums[k]; k++) {
        bool sender = k == 0 ? first_sends : !first_sends;
        json_t *sum = interval_figures(sums[k], p, sender, true);
        put(sum, "omitted", json_boolean(i->omitted));
        put(sum, "sender", json_boolean(sender));
        put(o, k == 0 ? "sum" : "sum_bidir_reverse", sum);
    }
    return o;
}

/* ---- end ---- */

static json_t *tcp_stream(const struct eperf_stream_result *s)
{
    json_t *tx = stretch(s->sender ? &s->ours : &s->theirs), *rx = stretch(s->sender ? &s->theirs : &s->ours);
    const struct eperf_figures *sent = s->sender ? &s->ours : &s->theirs;
    put_int(tx, "socket", (uint64_t)s->socket);
    put_int(rx, "socket", (uint64_t)s->socket);
    if (sent->has_tcp_info)
        put_int(tx, "retransmits", sent->retransmits);
    put_int(tx, "max_snd_cwnd", s->max_cwnd); /* the sender's own to know: 0 where it is the peer */
    put_int(tx, "max_snd_wnd", s->max_snd_wnd);
    put_int(tx, "max_rtt", s->max_rtt_us);
    put_int(tx, "min_rtt", s->min_rtt_us);
    put_int(tx, "mean_rtt", s->mean_rtt_us);
    put(tx, "sender", json_boolean(s->sender));
    put(rx, "sender", json_boolean(s->sender));
    return json_pack("{s:o, s:o}", "sender", tx, "receiver", rx);
}

static json_t *udp_stream(const struct eperf_stream_result *s)
{
    const struct eperf_figures *sent = s->sender ? &s->ours : &s->theirs, *got = s->sender ? &s->theirs : &s->ours;
    struct eperf_figures f = *sent;
    json_t *o;
    f.jitter = got->jitter;
    f.lost = got->lost;
    o = stretch(&f);
    put_int(o, "socket", (uint64_t)s->socket);
    put_losses(o, &f);
    put_int(o, "out_of_order", got->reordered);
    put(o, "sender", json_boolean(s->sender));
    return json_pack("{s:o}", "udp", o);
}

static json_t *tcp_sum(const struct eperf_figures *f, bool retransmits, bool we_send)
{
    json_t *o = stretch(f);
    if (retransmits && f->has_tcp_info)
        put_int(o, "retransmits", f->retransmits);
    put(o, "sender", json_boolean(we_send));
    return o;
}

static json_t *udp_sum(const struct eperf_figures *f, bool sender)
{
    json_t *o = stretch(f);
    put_losses(o, f);
    put(o, "sender", json_boolean(sender));
    return o;
}

static void put_direction(json_t *o, const struct eperf_direction_result *d, bool udp, bool we_send, const char *tail)
{
    char key[40];
    if (udp) { /* the sender's volume with the receiver's losses */
        struct eperf_figures f = d->sender;
        f.jitter = d->receiver.jitter;
        f.lost = d->receiver.lost;
        snprintf(key, sizeof key, "sum%s", tail);
        put(o, key, udp_sum(&f, we_send));
        f.jitter = 0;
        f.lost = 0;
        snprintf(key, sizeof key, "sum_sent%s", tail);
        put(o, key, udp_sum(&f, true));
    } else {
        snprintf(key, sizeof key, "sum_sent%s", tail);
        put(o, key, tcp_sum(&d->sender, true, we_send));
    }
    snprintf(key, sizeof key, "sum_received%s", tail);
    put(o, key, udp ? udp_sum(&d->receiver, false) : tcp_sum(&d->receiver, false, we_send));
}

static json_t *own(const struct eperf_result *r)
{
    const struct eperf_direction_result *d[2] = {&r->upload, &r->download};
    static const char *const names[2] = {"upload", "download"};
    json_t *o = json_pack("{s:s, s:i, s:b, s:b}", "outcome", eperf_outcome_text(r->outcome), "shared", (int)r->shared,
                          "zerocopy", (int)r->zerocopy, "discard", (int)r->discard);
    for (int k = 0; k < 2; k++)
        if (d[k]->present)
            put(o, names[k],
                json_pack("{s:f, s:f, s:f, s:f, s:I, s:I, s:s}", "sent", d[k]->sender.rate, "received",
                          d[k]->receiver.rate, "min", d[k]->rate_min, "max", d[k]->rate_max, "reordered",
                          (json_int_t)d[k]->receiver.reordered, "duplicates", (json_int_t)d[k]->receiver.duplicates,
                          "verdict", eperf_verdict_text(d[k]->verdict)));
    return o;
}

json_t *eperf_json_end(const struct eperf_result *r)
{
    bool udp = r->params.protocol == EPERF_UDP;
    json_t *o = json_object(), *streams = json_array();
    for (unsigned i = 0; i < r->nstreams; i++)
        json_array_append_new(streams, udp ? udp_stream(&r->streams[i]) : tcp_stream(&r->streams[i]));
    put(o, "streams", streams);
    const struct eperf_direction_result *d = r->upload.present ? &r->upload : &r->download;
    if (d->present)
        put_direction(o, d, udp, (d == &r->upload) == !r->is_server, "");
    if (r->upload.present && r->download.present)
        put_direction(o, &r->download, udp, r->is_server, "_bidir_reverse");
    put(o, "cpu_utilization_percent",
        json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "host_total", r->cpu.total, "host_user", r->cpu.user, "host_system",
                  r->cpu.system, "remote_total", r->peer_cpu.total, "remote_user", r->peer_cpu.user, "remote_system",
                  r->peer_cpu.system));
    if (!udp && d->sender_congestion[0])
        put(o, "sender_tcp_congestion", json_string(d->sender_congestion));
    if (!udp && d->receiver_congestion[0])
        put(o, "receiver_tcp_congestion", json_string(d->receiver_congestion));
    put(o, "eperf", own(r));
    return o;
}

json_t *eperf_json_document(const struct eperf_result *r, json_t *intervals)
{
    json_t *o = json_object();
    put(o, "start", eperf_json_start(r));
    put(o, "intervals", intervals ? json_incref(intervals) : json_array());
    put(o, "end", eperf_json_end(r));
    if (r->params.title[0])
        put(o, "title", json_string(r->params.title));
    if (r->outcome != EPERF_OK)
        put(o, "error", json_string(r->error));
    return o;
}
