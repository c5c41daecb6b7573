/* The TCP transport; tcp_send.c has the senders. Each connection has a thread of its own that blocks in the kernel:
 * measured, that beats one or two epoll loops over many connections by half at 16 and more (tests/bench/eperf/README.md). */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/net.h"
#include "plugins/eperf/session.h"
#include "plugins/eperf/tcp.h"

#define DRAIN_S 1.0  /* seconds that a stopped receiver goes on taking what arrives, DRAIN_MAX apart */
#define WAKE_S 0.005 /* seconds: so much may wait in a socket before its receiver is woken */
#define LOOK_S 0.05  /* seconds between a receiver's looks at how fast it is */

enum {
    PATIENCE_MS = 50,          /* a blocked sender looks at the stop flag so often */
    DISCARD_LEN = 1 << 20,
    LOWAT_MAX = 512 << 10,
    LOWAT_MIN = 16 << 10,      /* less is not worth a wait */
    DRAIN_MAX = 256 << 20,     /* what a stopped receiver takes at most of what has arrived */
    THROTTLE_SLICE_US = 10000,
};

static int tcp_connect(struct session *s)
{
    int fd = net_connect_again(s);
    if (fd < 0)
        return -1;
    if (session_send(s, fd, s->cookie, sizeof s->cookie, "sending a connection's cookie"))
        return fd;
    close(fd);
    return -1;
}

static bool read_info(int fd, struct tcp_info *ti)
{
    socklen_t n = sizeof *ti;
    memset(ti, 0, sizeof *ti);
    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, ti, &n) == 0 &&
           n >= offsetof(struct tcp_info, tcpi_sndbuf_limited) + sizeof ti->tcpi_sndbuf_limited;
}

static uint64_t tcp_pending(const struct stream *st)
{
    int n = 0;
    return ioctl(st->fd, SIOCOUTQ, &n) == 0 && n > 0 ? (uint64_t)n : 0;
}

/* What counts as acknowledged starts behind what the connection carried before the test (the cookie, whose
 * acknowledgement may still be on its way). */
static void mark_zero(struct stream *st)
{
    struct tcp_info ti;
    uint64_t before, after = tcp_pending(st);
    int tries = 8;
    do {
        before = after;
        if (!read_info(st->fd, &ti))
            return;
        after = tcp_pending(st);
    } while (before != after && --tries);
    st->acked_zero = ti.tcpi_bytes_acked + after;
}

/* What a throttled receiver leaves in the socket would come on top of the rate: an eighth of a second of it, no more (the
 * kernel doubles what it is told). */
static void bound_receive_buffer(const struct session *s, int fd)
{
    uint64_t share = s->max_rate / s->params.streams / 8 / 16;
    int n = share < 64 << 10 ? 64 << 10 : share > 4 << 20 ? 4 << 20 : (int)share;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &n, sizeof n);
}

static bool tcp_prepare(struct session *s, struct stream *st)
{
    if (!net_stream_options(s, st->fd))
        return false;
    if (!st->sender && s->max_rate)
        bound_receive_buffer(s, st->fd);
    int flags = fcntl(st->fd, F_GETFL);
    struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
    if (flags < 0 || fcntl(st->fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ||
        setsockopt(st->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        setsockopt(st->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) {
        session_fail(s, EPERF_LOCAL, "connection %d: %s", st->id, strerror(errno));
        return false;
    }
    if (st->sender && st->rate) {
        uint64_t bytes = st->rate / 8 ? st->rate / 8 : 1;
        if (setsockopt(st->fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes, sizeof bytes) < 0) {
            session_fail(s, EPERF_LOCAL, "cannot pace connection %d: %s", st->id, strerror(errno));
            return false;
        }
    }
    /* Little waits unsent in the socket: at the end of the test it would have to be waited for. */
    unsigned lowat = s->params.block_len > (128u << 10) ? s->params.block_len : 128u << 10;
    if (st->sender)
        setsockopt(st->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    if (st->sender)
        mark_zero(st);
    return true;
}

bool tcp_again(struct stream *st)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
        return true;
    if (!stream_stopped(st))
        atomic_store(&st->error, errno);
    return false;
}

void tcp_count(struct stream *st, size_t n)
{
    atomic_store_explicit(&st->bytes, atomic_load_explicit(&st->bytes, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/* Sleeps as long as BYTES since START are ahead of the rate. */
static void throttle(struct stream *st, double start, uint64_t bytes)
{
    double due = start + (double)bytes * 8 / (double)st->rate;
    for (double now = mono_now(); now < due && !stream_stopped(st); now = mono_now()) {
        double left = due - now < THROTTLE_SLICE_US * 1e-6 ? due - now : THROTTLE_SLICE_US * 1e-6;
        nanosleep(&(struct timespec){.tv_nsec = (long)(left * 1e9)}, NULL);
    }
}

/* How many wake-ups a receiver needs. */
struct looks {
    double at;
    uint64_t total;
    int lowat; /* SO_RCVLOWAT as set; 0: the kernel's, any byte */
};

/* A fast receiver is woken for what arrives in WAKE_S, not for every segment: the wake-ups cost more than the data. What
 * arrives is acknowledged all the same, and waits for PATIENCE_MS at most. */
static void spare_wakeups(struct stream *st, struct looks *l, uint64_t total)
{
    double now = mono_now(), span = now - l->at;
    if (span < LOOK_S)
        return;
    double worth = (double)(total - l->total) / span * WAKE_S;
    int lowat = LOWAT_MAX;
    while (lowat > worth && lowat >= LOWAT_MIN)
        lowat /= 2;
    lowat = lowat < LOWAT_MIN ? 1 : lowat;
    if (lowat != l->lowat)
        setsockopt(st->fd, SOL_SOCKET, SO_RCVLOWAT, &lowat, sizeof lowat);
    *l = (struct looks){.at = now, .total = total, .lowat = lowat};
}

static void tcp_receive(struct stream *st)
{
    struct session *s = st->session;
    bool copy = s->params.read_payload;
    size_t len = DISCARD_LEN;
    double start = mono_now();
    uint64_t cap = s->max_rate ? s->max_rate / s->params.streams + 1 : 0; /* 0: no cap */
    if (copy)
        len = s->params.block_len;
    if (cap && len > cap / 8 / 20 + 1)
        len = (size_t)(cap / 8 / 20 + 1);
    void *buf = malloc(len); /* MSG_TRUNC never writes it: it costs addresses, not memory */
    if (!buf) {
        atomic_store(&st->error, ENOMEM);
        return;
    }
    bool sparing = !copy && !cap && !s->params.window;
    struct looks looks = {.at = mono_now()};
    uint64_t total = 0, drained = 0;
    double give_up = 0; /* a peer that goes on sending is not listened to for ever */
    while (drained < DRAIN_MAX) {
        bool stopped = stream_stopped(st);
        if (stopped && give_up <= 0)
            give_up = mono_now() + DRAIN_S;
        if (stopped && mono_now() > give_up)
            break;
        ssize_t n = recv(st->fd, buf, len, (copy ? 0 : MSG_TRUNC) | (stopped ? MSG_DONTWAIT : 0));
        if (n > 0) {
            total += (size_t)n;
            drained += stopped ? (size_t)n : 0;
            tcp_count(st, (size_t)n);
            stream_account(st, (size_t)n);
            if (cap && !stopped)
                throttle(st, start, total);
            if (sparing && !stopped)
                spare_wakeups(st, &looks, total);
            continue;
        }
        if (n == 0) {
            if (!stopped)
                atomic_store(&st->error, ECONNRESET);
            break;
        }
        if (stopped || !tcp_again(st))
            break;
    }
    free(buf);
}

static void tcp_read(struct stream *st, struct tally *t)
{
    struct tcp_info ti;
    *t = (struct tally){.bytes = atomic_load_explicit(&st->bytes, memory_order_relaxed)};
    if (!st->sender)
        return;
    if (!read_info(st->fd, &ti)) {
        uint64_t pending = tcp_pending(st);
        t->bytes = t->bytes > pending ? t->bytes - pending : 0;
        return;
    }
    /* What the peer holds behind a lost segment has arrived as well: it has told so (SACK). */
    uint64_t acked = ti.tcpi_bytes_acked + (uint64_t)ti.tcpi_sacked * ti.tcpi_snd_mss;
    t->bytes = acked > st->acked_zero ? acked - st->acked_zero : 0;
    t->has_tcp_info = true;
    t->retransmits = ti.tcpi_total_retrans;
    t->cwnd = (uint64_t)ti.tcpi_snd_cwnd * ti.tcpi_snd_mss;
    t->snd_wnd = ti.tcpi_snd_wnd;
    t->rtt_us = ti.tcpi_rtt;
    t->rttvar_us = ti.tcpi_rttvar;
    t->pmtu = ti.tcpi_pmtu;
    t->busy_us = ti.tcpi_busy_time;
    t->rwnd_limited_us = ti.tcpi_rwnd_limited;
    t->sndbuf_limited_us = ti.tcpi_sndbuf_limited;
    t->starved = ti.tcpi_notsent_bytes == 0;
}

const struct transport transport_tcp = {
    .name = "TCP",
    .connect = tcp_connect,
    .prepare = tcp_prepare,
    .send = tcp_send,
    .receive = tcp_receive,
    .read = tcp_read,
    .pending = tcp_pending,
};
