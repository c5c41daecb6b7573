/* What people read. Eperf's own look: a line per interval with the sum over the connections and the right unit. */
#include <math.h>

#include "plugins/eperf/cmd.h"

static void scaled(double v, double base, const char *const units[], int n, char out[32])
{
    int u = 0;
    while (u < n - 1 && v >= base) {
        v /= base;
        u++;
    }
    snprintf(out, 32, "%.*f %s", v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, units[u]);
}

void text_rate(double bits_per_s, char out[32])
{
    static const char *const units[] = {"Kbits/s", "Mbits/s", "Gbits/s"};
    scaled(bits_per_s / 1000, 1000, units, 3, out);
}

void text_bytes(double bytes, char out[32])
{
    static const char *const units[] = {"Bytes", "KBytes", "MBytes", "GBytes", "TBytes"};
    scaled(bytes, 1024, units, 5, out);
}

static const char *protocol_text(const struct eperf_params *p)
{
    return p->protocol == EPERF_UDP ? "UDP" : "TCP";
}

void text_started(const struct eperf_result *r, const char *who)
{
    const struct eperf_params *p = &r->params;
    static const char *const ways[] = {"upload", "download", "upload and download"};
    printf("%s%s %s %s, %u connection%s per direction, %s", who, r->is_server ? "from" : "to", r->peer,
           protocol_text(p), p->streams, p->streams == 1 ? "" : "s", ways[p->direction]);
    if (p->rate) {
        char rate[32];
        text_rate((double)p->rate, rate);
        printf(", at most %s each", rate);
    }
    printf("%s%s\n", r->zerocopy || r->discard ? " (zerocopy, discard)" : "", p->omit ? ", warm-up first" : "");
    fflush(stdout);
}

/* The tail of a line: what the protocol has beside the rate. */
static void extras(const struct eperf_figures *f, bool udp, bool receiver)
{
    if (udp && receiver)
        printf("  jitter %.3f ms  lost %lld/%llu (%.2g%%)", f->jitter * 1e3, (long long)f->lost,
               (unsigned long long)f->packets, f->packets ? 100.0 * (double)f->lost / (double)f->packets : 0.0);
    else if (udp)
        printf("  %llu datagrams", (unsigned long long)f->packets);
    else if (f->has_tcp_info)
        printf("  retransmits %llu", (unsigned long long)f->retransmits);
    if (!udp && f->has_tcp_info && f->rtt_us)
        printf("  rtt %.3f ms", f->rtt_us * 1e-3);
    if (udp && receiver && (f->reordered || f->duplicates))
        printf("  reordered %llu  duplicates %llu", (unsigned long long)f->reordered,
               (unsigned long long)f->duplicates);
}

static void line(const char *who, const char *what, const struct eperf_figures *f, bool udp, bool receiver,
                 const char *tail)
{
    char rate[32], bytes[32];
    text_rate(f->rate, rate);
    text_bytes((double)f->bytes, bytes);
    printf("%s%-9s %6.2f-%-6.2f s %13s %15s", who, what, f->start, f->end, bytes, rate);
    extras(f, udp, receiver);
    printf("%s\n", tail);
}

void text_interval(const struct eperf_interval *i, const struct eperf_params *p, const char *who)
{
    bool udp = p->protocol == EPERF_UDP;
    const char *tail = i->omitted ? "  (warm-up)" : "";
    for (unsigned k = 0; k < i->nstreams && i->nstreams > 1 && i->nstreams <= 8; k++) {
        char name[16];
        snprintf(name, sizeof name, "[%d]", i->streams[k].id);
        line(who, name, &i->streams[k].f, udp, !i->streams[k].sender, tail);
    }
    bool up_receives = i->nstreams && !i->streams[0].sender; /* a server's upload; a client's only download */
    if (i->has_upload)
        line(who, "upload", &i->upload, udp, up_receives, tail);
    if (i->has_download)
        line(who, "download", &i->download, udp, i->has_upload ? !up_receives : up_receives, tail);
    fflush(stdout);
}

static void direction(const struct eperf_direction_result *d, const char *name, bool udp, const char *who)
{
    if (!d->present || (d->sender.end <= 0 && d->receiver.end <= 0))
        return;
    printf("%s%s\n", who, name);
    if (d->sender.end > 0)
        line(who, " sent", &d->sender, udp, false, "");
    if (d->receiver.end > 0)
        line(who, " received", &d->receiver, udp, true, "");
    if (d->verdict != EPERF_LIMIT_NONE)
        printf("%s %s\n", who, eperf_verdict_text(d->verdict));
}

void text_result(const struct eperf_result *r, const char *who)
{
    bool udp = r->params.protocol == EPERF_UDP;
    direction(&r->upload, "total upload", udp, who);
    direction(&r->download, "total download", udp, who);
    if (r->shared)
        printf("%sshared: %u other test%s ran on that server at the same time\n", who, r->shared,
               r->shared == 1 ? "" : "s");
    if (r->outcome != EPERF_OK && r->is_server) /* a client says it on stderr */
        printf("%s%s: %s\n", who, eperf_outcome_text(r->outcome), r->error);
    fflush(stdout);
}
