#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/eperf/net.h"
#include "plugins/eperf/session.h"

static const size_t WORKER_STACK = 256 << 10;

const struct transport *transport_of(enum eperf_protocol p)
{
    switch (p) {
    case EPERF_TCP: return &transport_tcp;
    case EPERF_UDP: return &transport_udp;
    }
    return NULL;
}

bool stream_is_upload(const struct stream *st)
{
    return st->sender == (st->session->role == ROLE_CLIENT);
}

/* Where the test ends by count: in bytes, as a receiver sees no blocks. */
static uint64_t limit_of(const struct eperf_params *p)
{
    uint64_t n = 0;
    if (p->bytes)
        return p->bytes;
    return __builtin_mul_overflow(p->blocks, p->block_len, &n) ? UINT64_MAX : n;
}

bool streams_make(struct session *s)
{
    bool both = s->params.direction == EPERF_BOTH;
    s->transport = transport_of(s->params.protocol);
    s->limit = limit_of(&s->params);
    s->nstreams = s->params.streams * (both ? 2 : 1);
    s->streams = calloc(s->nstreams, sizeof *s->streams);
    if (!s->streams) {
        session_fail(s, EPERF_LOCAL, "no memory for %u connections", s->nstreams);
        s->nstreams = 0;
        return false;
    }
    for (unsigned i = 0; i < s->nstreams; i++) {
        struct stream *st = &s->streams[i];
        bool upload = both ? i < s->params.streams : s->params.direction == EPERF_UPLOAD;
        st->session = s;
        st->fd = -1;
        st->id = i ? (int)i + 2 : 1; /* iperf3 counts 1, 3, 4, 5 … */
        st->sender = upload == (s->role == ROLE_CLIENT);
        st->rate = s->params.rate;
        uint64_t cap = s->max_rate / s->params.streams;
        if (s->max_rate && (!st->rate || st->rate > cap))
            st->rate = cap ? cap : 1;
        pthread_mutex_init(&st->lock, NULL);
    }
    return payload_make(s);
}

bool streams_add(struct session *s, int fd)
{
    if (s->joined == s->nstreams) {
        close(fd);
        session_fail(s, EPERF_PROTOCOL, "more connections than the %u agreed on", s->nstreams);
        return false;
    }
    struct stream *st = &s->streams[s->joined++];
    st->fd = fd;
    st->result.id = st->id;
    st->result.socket = fd;
    st->result.sender = st->sender;
    net_names(fd, &st->result);
    return true;
}

bool streams_prepare(struct session *s)
{
    for (unsigned i = 0; i < s->joined; i++)
        if (!s->transport->prepare(s, &s->streams[i]))
            return false;
    return true;
}

/* All signals stay with the threads of the host; SIGPIPE of a splice() to a closed peer ends with the worker. */
static void *work(void *arg)
{
    struct stream *st = arg;
    st->sender ? st->session->transport->send(st) : st->session->transport->receive(st);
    st->cpu = thread_cpu();
    atomic_store(&st->done, true);
    if (atomic_load(&st->error))
        session_wake(st->session);
    return NULL;
}

bool streams_start(struct session *s)
{
    pthread_attr_t attr;
    sigset_t all, old;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WORKER_STACK);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old); /* workers inherit it */
    int e = 0;
    for (unsigned i = 0; i < s->joined && !e; i++) {
        struct stream *st = &s->streams[i];
        e = pthread_create(&st->thread, &attr, work, st);
        st->started = e == 0;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
    if (e)
        session_fail(s, EPERF_LOCAL, "cannot start a worker thread: %s", strerror(e));
    return e == 0;
}

void streams_stop(struct session *s, bool senders)
{
    atomic_store(senders ? &s->stop_senders : &s->stop_receivers, true);
    for (unsigned i = 0; i < s->joined && !senders; i++)
        if (!s->streams[i].sender)
            shutdown(s->streams[i].fd, SHUT_RD); /* wakes the worker; what has arrived stays readable */
}

void streams_join(struct session *s, bool senders)
{
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        if (st->sender != senders || !st->started)
            continue;
        pthread_join(st->thread, NULL);
        st->started = false;
        s->cpu.user += st->cpu.user;
        s->cpu.system += st->cpu.system;
    }
}

void streams_free(struct session *s)
{
    streams_stop(s, true);
    streams_stop(s, false);
    streams_join(s, true);
    streams_join(s, false);
    for (unsigned i = 0; i < s->nstreams; i++) {
        if (s->streams[i].fd >= 0)
            close(s->streams[i].fd);
        pthread_mutex_destroy(&s->streams[i].lock);
    }
    free(s->streams);
    s->streams = NULL;
    s->nstreams = s->joined = 0;
    payload_free(s);
}

bool stream_account(struct stream *st, uint64_t bytes)
{
    struct session *s = st->session;
    if (!s->limit)
        return false;
    bool warm = atomic_load(&s->in_omit); /* before moved: its end sets moved to zero first */
    if (atomic_fetch_add(&s->moved, bytes) + bytes < s->limit || warm)
        return false;
    if (!atomic_exchange(&s->limit_reached, true))
        session_wake(s);
    /* It is the client that ends the test. What it has received is what we have sent only where nothing gets lost and
     * where both count from the same byte on. */
    return s->role == ROLE_CLIENT || (s->params.protocol == EPERF_TCP && !s->params.omit);
}
