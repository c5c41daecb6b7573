/* The UDP transport, and its receiving side, which takes datagrams that the kernel has joined (UDP_GRO). A thread per
 * connection; udp_send.c has the other side. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/datagram.h"
#include "plugins/eperf/net.h"
#include "plugins/eperf/session.h"
#include "plugins/eperf/udp.h"

enum {
    PATIENCE_MS = 50,
    DRAIN_MS = 100,
    MESSAGES_MAX = 8,       /* per recvmmsg */
    MESSAGE_LEN = 65536,
};

/* Client says hello, server answers; each only a word. On the wire as little-endian hosts send them (all that one meets),
 * and as big-endian ones and old versions did. */
static const struct udp_hello {
    char ask[4], answer[4];
} hellos[] = {
    {"9876",             "6789"            }, /* 3.10 and newer */
    {"6789",             "9876"            },
    {"\x15\xcd\x5b\x07", "\xb1\x68\xde\x3a"}, /* 123456789, 987654321 */
    {"\x07\x5b\xcd\x15", "\x3a\xde\x68\xb1"},
};
enum { NHELLOS = sizeof hellos / sizeof hellos[0] };

const char *udp_answer(const void *packet, size_t n)
{
    for (size_t i = 0; i < NHELLOS; i++)
        if (n == 4 && memcmp(packet, hellos[i].ask, 4) == 0)
            return hellos[i].answer;
    return NULL;
}

static bool is_answer(const void *packet, size_t n)
{
    for (size_t i = 0; i < NHELLOS; i++)
        if (n == 4 && memcmp(packet, hellos[i].answer, 4) == 0)
            return true;
    return false;
}

static int udp_connect(struct session *s)
{
    int fd = net_connect_again(s);
    if (fd < 0)
        return -1;
    if (session_send(s, fd, hellos[0].ask, 4, "opening a UDP connection")) {
        while (session_wait(s, fd, POLLIN, "waiting for the server to answer on UDP (is it filtered?)")) {
            char packet[8];
            ssize_t n = recv(fd, packet, sizeof packet, MSG_DONTWAIT);
            if (n < 0 && errno != EAGAIN && errno != EINTR) {
                session_fail(s, EPERF_REFUSED, "cannot open a UDP connection: %s", strerror(errno));
                break;
            }
            if (n > 0 && is_answer(packet, (size_t)n)) /* data may overtake it */
                return fd;
        }
    }
    close(fd);
    return -1;
}

static bool udp_prepare(struct session *s, struct stream *st)
{
    int one = 1, flags = fcntl(st->fd, F_GETFL);
    struct timeval patience = {.tv_usec = PATIENCE_MS * 1000};
    if (!net_stream_options(s, st->fd))
        return false;
    if (flags < 0 || fcntl(st->fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ||
        setsockopt(st->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0 ||
        setsockopt(st->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0) {
        session_fail(s, EPERF_LOCAL, "connection %d: %s", st->id, strerror(errno));
        return false;
    }
    if (!st->sender)
        setsockopt(st->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof one); /* without it: one datagram at a time */
    return true;
}

struct inbox {
    struct mmsghdr messages[MESSAGES_MAX];
    struct iovec parts[MESSAGES_MAX];
    union {
        struct cmsghdr align;
        char bytes[64];
    } control[MESSAGES_MAX];
    unsigned n;
    uint8_t *buf;
};

static void inbox_ready(struct inbox *in)
{
    for (unsigned i = 0; i < in->n; i++) {
        in->parts[i] = (struct iovec){.iov_base = in->buf + (size_t)i * MESSAGE_LEN, .iov_len = MESSAGE_LEN};
        in->messages[i].msg_hdr = (struct msghdr){.msg_iov = &in->parts[i],
                                                  .msg_iovlen = 1,
                                                  .msg_control = in->control[i].bytes,
                                                  .msg_controllen = sizeof in->control[i].bytes};
    }
}

/* How long each of the joined datagrams is. */
static size_t segment_len(struct msghdr *h, size_t len)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        int cut;
        if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO || c->cmsg_len < CMSG_LEN(sizeof cut))
            continue;
        memcpy(&cut, CMSG_DATA(c), sizeof cut);
        if (cut > 0 && (size_t)cut < len)
            return (size_t)cut;
    }
    return len;
}

static void enter_message(struct stream *st, struct datagram_books *b, struct mmsghdr *m, double now)
{
    bool wide = st->session->params.counters_64bit;
    size_t len = m->msg_len, cut = segment_len(&m->msg_hdr, len);
    const uint8_t *at = m->msg_hdr.msg_iov->iov_base;
    uint64_t before = b->bytes;
    for (size_t o = 0; o < len; o += cut) {
        size_t n = len - o < cut ? len - o : cut;
        struct datagram d;
        if (datagram_read(at + o, n, wide, b->highest, &d)) /* else a repeated hello, or nothing of ours */
            datagram_enter(b, &d, n, now);
    }
    stream_account(st, b->bytes - before);
}

static void publish_books(struct stream *st, const struct datagram_books *b)
{
    pthread_mutex_lock(&st->lock);
    st->counted.bytes = b->bytes;
    st->counted.lost = b->lost;
    st->counted.packets = b->highest;
    st->counted.reordered = b->reordered;
    st->counted.duplicates = b->duplicates;
    st->counted.jitter = b->jitter;
    pthread_mutex_unlock(&st->lock);
}

static void udp_receive(struct stream *st)
{
    unsigned share = 32 / st->session->params.streams;
    struct datagram_books *b = calloc(1, sizeof *b);
    struct inbox *in = calloc(1, sizeof *in);
    if (in) {
        in->n = share > MESSAGES_MAX ? MESSAGES_MAX : share ? share : 1;
        in->buf = malloc((size_t)in->n * MESSAGE_LEN);
    }
    if (!b || !in || !in->buf) {
        atomic_store(&st->error, ENOMEM);
        goto out;
    }
    double give_up = 0; /* what has arrived at the stop is taken, but not a flood without end */
    for (;;) {
        bool stopped = stream_stopped(st);
        inbox_ready(in);
        int n = recvmmsg(st->fd, in->messages, in->n, stopped ? MSG_DONTWAIT : MSG_WAITFORONE, NULL);
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t);
        double now = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
        for (int i = 0; i < n; i++)
            enter_message(st, b, &in->messages[i], now);
        if (n > 0)
            publish_books(st, b);
        if (n <= 0) {
            if (stopped || (errno != EAGAIN && errno != EINTR && errno != ECONNREFUSED))
                break;
            continue;
        }
        if (stopped && give_up <= 0)
            give_up = now + DRAIN_MS * 1e-3;
        if (stopped && (now > give_up || in->messages[n - 1].msg_len == 0)) /* shutdown reads as empty messages */
            break;
    }
out:
    if (in)
        free(in->buf);
    free(in);
    free(b);
}

static void udp_read(struct stream *st, struct tally *t)
{
    pthread_mutex_lock(&st->lock);
    *t = st->counted;
    pthread_mutex_unlock(&st->lock);
}

/* What the kernel still holds of a sender's is gone within moments and nobody acknowledges it. */
static uint64_t udp_pending(const struct stream *st)
{
    return 0;
}

const struct transport transport_udp = {
    .name = "UDP",
    .connect = udp_connect,
    .prepare = udp_prepare,
    .send = udp_send,
    .receive = udp_receive,
    .read = udp_read,
    .pending = udp_pending,
};
