/* TCP senders: each fills its connection until it is told to stop, or a test's end by count is reached. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugins/eperf/tcp.h"

#define BATCH_S 0.01 /* seconds: so much is handed to the kernel at once at most, a packet at least */

enum {
    PACKET_MAX = 64 << 10, /* what the kernel hands on as one, for the card or the loopback to cut */
    PACKETS_MAX = 8,
    PIPES_MAX = 32 << 20, /* of all senders of a test: half of what the kernel grants a user */
};
_Static_assert(PIPES_MAX / EPERF_STREAMS_MAX >= PACKET_MAX, "each sender's share holds a packet");

/* Plain send(), a copy per byte. */
static void send_copies(struct stream *st)
{
    struct session *s = st->session;
    while (!stream_stopped(st)) {
        ssize_t n = send(st->fd, s->payload, s->payload_len, MSG_NOSIGNAL);
        if (n < 0 && !tcp_again(st))
            return;
        if (n > 0) {
            tcp_count(st, (size_t)n);
            if (stream_account(st, (size_t)n))
                return;
        }
    }
}

/* What a splicing sender hands over. */
struct batch {
    int pipes[2];
    struct iovec packets[PACKETS_MAX];
    unsigned most, n; /* packets: of a call at most, of the last one */
};

/* What fits into one packet (which the card or the peer's stack cuts), in whole segments: a rest would be pushed as a
 * packet of its own, and arm a timer where the congestion control paces (BBR). */
static size_t packet_len(int fd)
{
    int mss = 0;
    socklen_t n = sizeof mss;
    if (getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, &n) < 0 || mss <= 0 || mss > PACKET_MAX)
        return PACKET_MAX;
    return (size_t)(PACKET_MAX / mss * mss);
}

/* The batch, and the pipe: no longer than needed, as a long ring goes through the cache, and a user's pipes are limited.
 * False where too little is left of that: pieces of a page or two are slower than copies. */
static bool batch_make(struct batch *b, struct stream *st)
{
    struct session *s = st->session;
    size_t share = PIPES_MAX / s->params.streams;
    int want = (int)(s->in_batches && share < s->payload_len ? share : s->payload_len);
    if (pipe2(b->pipes, O_CLOEXEC) < 0)
        return false;
    int size = fcntl(b->pipes[1], F_SETPIPE_SZ, want);
    if (size < 0)
        size = fcntl(b->pipes[1], F_GETPIPE_SZ);
    if (size < PACKET_MAX && size < want) {
        close(b->pipes[0]);
        close(b->pipes[1]);
        return false;
    }
    b->most = s->in_batches ? (unsigned)(size < want ? size : want) / PACKET_MAX : 1;
    b->n = 1;
    for (unsigned i = 0; i < b->most; i++)
        b->packets[i] = (struct iovec){.iov_base = s->payload + (size_t)i * PACKET_MAX, .iov_len = s->payload_len};
    return true;
}

/* What the next call takes, by how long the last took: many packets where the connection is fast, as each call costs a
 * push and a wake-up; few where it is slow, as the test's end waits for the call. */
static void next_batch(struct batch *b, const struct stream *st, double took)
{
    if (!st->session->in_batches)
        return;
    double n = b->n * BATCH_S / (took > 1e-6 ? took : 1e-6);
    b->n = n >= b->most ? b->most : n < 1 ? 1 : (unsigned)n;
    size_t len = packet_len(st->fd); /* grows with the window that the peer offers */
    for (unsigned i = 0; i < b->n; i++)
        b->packets[i].iov_len = len;
}

/* No copy: the payload's pages go into a pipe, and from there into the socket. */
static void send_pages(struct stream *st, struct batch *b)
{
    size_t in_pipe = 0;
    double began = mono_now();
    while (!stream_stopped(st)) {
        if (!in_pipe) {
            double now = mono_now();
            next_batch(b, st, now - began);
            began = now;
            ssize_t n = vmsplice(b->pipes[1], b->packets, b->n, 0);
            if (n < 0 && !tcp_again(st))
                return;
            in_pipe = n > 0 ? (size_t)n : 0;
        }
        ssize_t n = splice(b->pipes[0], NULL, st->fd, NULL, in_pipe, SPLICE_F_MOVE);
        if (n < 0 && !tcp_again(st))
            return;
        if (n > 0) {
            in_pipe -= (size_t)n;
            tcp_count(st, (size_t)n);
            if (stream_account(st, (size_t)n))
                return;
        }
    }
}

void tcp_send(struct stream *st)
{
    struct batch b;
    if (st->session->params.read_payload || !batch_make(&b, st)) { /* out of descriptors, say: slower, but right */
        send_copies(st);
        return;
    }
    send_pages(st, &b);
    close(b.pipes[0]);
    close(b.pipes[1]);
}
