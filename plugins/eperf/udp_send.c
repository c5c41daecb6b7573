/* UDP, the sending side: bursts that the kernel cuts into datagrams (UDP_SEGMENT), paced by a clock of ours. Measured:
 * sendmmsg alone gains nothing over send. */
#include <errno.h>
#include <netinet/in.h>
#include <linux/udp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugins/eperf/datagram.h"
#include "plugins/eperf/session.h"
#include "plugins/eperf/udp.h"

enum {
    PATIENCE_MS = 50,
    BURST_MAX = 65507,      /* bytes in one send */
    SEGMENTS_MAX = 64,      /* the kernel's limit (UDP_MAX_SEGMENTS) */
    TICK_NS = 1000000,      /* a paced sender sends what is due so often */
    BACKLOG_MS = 500,       /* what a sender that did not get the CPU makes up for at most */
    CATCH_UP_PERCENT = 125, /* and how fast: of the rate, over the time since the last burst … */
    CATCH_UP_MS = 5,        /* … but not more than this, so that a default receive buffer holds it */
};

struct burst {
    struct stream *st;
    uint8_t *buf;
    size_t len;          /* of a datagram */
    unsigned segments;   /* at most, in one send */
    uint64_t number;     /* of the last datagram sent */
};

/* Sends up to `due` datagrams; how many went, 0 to try again, -1 to give up. */
static int send_burst(struct burst *b, uint64_t due)
{
    struct session *s = b->st->session;
    unsigned n = due < b->segments ? (unsigned)due : b->segments;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    struct datagram d = {.sec = (uint32_t)t.tv_sec, .usec = (uint32_t)(t.tv_nsec / 1000)};
    for (unsigned i = 0; i < n; i++) {
        d.number = b->number + 1 + i;
        datagram_write(b->buf + i * b->len, &d, s->params.counters_64bit);
    }
    if (send(b->st->fd, b->buf, n * b->len, MSG_NOSIGNAL) >= 0)
        return (int)n;
    switch (errno) {
    case EAGAIN:
    case EINTR:
    case ENOBUFS:
    case ECONNREFUSED: /* an ICMP answer to an earlier one; if the peer is gone, its control connection tells */
        return 0;
    case EINVAL:
    case EIO:
    case EMSGSIZE: /* the path does not cut: longer than its packets, or no checksum offload */
        if (b->segments > 1) {
            int off = 0;
            setsockopt(b->st->fd, IPPROTO_UDP, UDP_SEGMENT, &off, sizeof off);
            b->segments = 1;
            return 0;
        }
        return -1;
    default:
        return -1;
    }
}

static void publish(struct stream *st, uint64_t packets, uint64_t bytes)
{
    pthread_mutex_lock(&st->lock);
    st->counted.packets = packets;
    st->counted.bytes = bytes;
    pthread_mutex_unlock(&st->lock);
}

static void pause_until(double when)
{
    struct timespec t = {.tv_sec = (time_t)when, .tv_nsec = (long)((when - (double)(time_t)when) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* The clock of a paced sender. */
struct pace {
    double start;   /* from here on, `sent` datagrams at the rate */
    double last;    /* burst */
    uint64_t sent;
};

/* Datagrams to send now; sleeps a tick (or until the next one is due) when there is none. */
static uint64_t datagrams_due(const struct burst *b, struct pace *p)
{
    double per = (double)b->len * 8 / (double)b->st->rate, now = mono_now();
    double behind = (now - p->start) / per + 1 - (double)p->sent;
    if (behind * per > BACKLOG_MS * 1e-3 + 2 * per) { /* too late for all of it */
        p->start = now - BACKLOG_MS * 1e-3;
        p->sent = 0;
        behind = BACKLOG_MS * 1e-3 / per;
    }
    if (behind < 1) {
        double next = p->start + (double)p->sent * per, tick = now + TICK_NS * 1e-9;
        double patience = now + PATIENCE_MS * 1e-3;
        next = next > tick ? next : tick;
        pause_until(next < patience ? next : patience);
        return 0;
    }
    double since = now - p->last, most = CATCH_UP_MS * 1e-3;
    double room = (since < most ? since : most) / per * CATCH_UP_PERCENT / 100 + 1;
    p->last = now;
    return (uint64_t)(behind < room ? behind : room);
}

/* n datagrams, in as many sends as it takes; false when the worker must end. */
static bool send_due(struct burst *b, struct pace *p, uint64_t n)
{
    struct stream *st = b->st;
    while (n && !stream_stopped(st)) {
        int k = send_burst(b, n);
        if (k < 0) {
            atomic_store(&st->error, errno);
            return false;
        }
        if (k == 0)
            return true;
        n -= (unsigned)k;
        b->number += (unsigned)k;
        p->sent += (unsigned)k;
        publish(st, b->number, b->number * b->len);
        if (stream_account(st, (uint64_t)k * b->len))
            return false;
    }
    return true;
}

void udp_send(struct stream *st)
{
    struct session *s = st->session;
    struct burst b = {.st = st, .len = s->params.block_len};
    b.segments = BURST_MAX / (unsigned)b.len;
    b.segments = b.segments > SEGMENTS_MAX ? SEGMENTS_MAX : b.segments ? b.segments : 1;
    int cut = (int)b.len;
    if (b.segments > 1 && setsockopt(st->fd, IPPROTO_UDP, UDP_SEGMENT, &cut, sizeof cut) < 0)
        b.segments = 1;
    b.buf = malloc(b.segments * b.len);
    if (!b.buf) {
        atomic_store(&st->error, ENOMEM);
        return;
    }
    for (unsigned i = 0; i < b.segments; i++)
        memcpy(b.buf + i * b.len, s->payload, b.len);
    struct pace pace = {.start = mono_now()};
    while (!stream_stopped(st))
        if (!send_due(&b, &pace, st->rate ? datagrams_due(&b, &pace) : b.segments))
            break;
    free(b.buf);
}
