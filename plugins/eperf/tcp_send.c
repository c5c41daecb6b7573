/* TCP senders: each fills its connection until it is told to stop, or a test's end by count is reached. */
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "plugins/eperf/tcp.h"

#define BATCH_S 0.01 /* seconds: so much is handed to the kernel at once at most, a block at least */

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

/* The blocks that the next call takes, by how long the last took: many where the connection is fast, as each call costs a
 * push, a wake-up and (BBR) a timer; few where it is slow, as the test's end waits for the call. */
static size_t next_batch(const struct session *s, size_t last, double took)
{
    size_t block = s->params.block_len, most = s->payload_len / block;
    double blocks = (double)last / (double)block * BATCH_S / (took > 1e-6 ? took : 1e-6);
    return block * (blocks >= (double)most ? most : blocks < 1 ? 1 : (size_t)blocks);
}

/* No copy: the payload's pages go into a pipe, and from there into the socket. */
static void send_pages(struct stream *st, const int pipes[2])
{
    struct session *s = st->session;
    size_t in_pipe = 0, batch = 0;
    double began = mono_now();
    while (!stream_stopped(st)) {
        if (!in_pipe) {
            double now = mono_now();
            batch = next_batch(s, batch, now - began);
            began = now;
            struct iovec v = {.iov_base = s->payload, .iov_len = batch};
            ssize_t n = vmsplice(pipes[1], &v, 1, 0);
            if (n < 0 && !tcp_again(st))
                return;
            in_pipe = n > 0 ? (size_t)n : 0;
        }
        ssize_t n = splice(pipes[0], NULL, st->fd, NULL, in_pipe, SPLICE_F_MOVE);
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
    int pipes[2];
    if (st->session->params.read_payload || pipe2(pipes, O_CLOEXEC) < 0) { /* out of descriptors: slower, but right */
        send_copies(st);
        return;
    }
    /* No longer than needed: a long ring goes through the cache. An unprivileged limit may refuse; vmsplice then takes less. */
    fcntl(pipes[1], F_SETPIPE_SZ, (int)st->session->payload_len);
    send_pages(st, pipes);
    close(pipes[0]);
    close(pipes[1]);
}
