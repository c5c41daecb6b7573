#include "plugins/eperf/session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { DRAIN_MS = 1500, DRAIN_STALL_MS = 500 };

double mono_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool session_init(struct session *s, enum role role, const struct eperf_callbacks *cb)
{
    *s = (struct session){.role = role, .fd = -1};
    if (cb)
        s->cb = *cb;
    s->result.is_server = role == ROLE_SERVER;
    s->last_deadline = mono_now() + EPERF_DURATION_MAX * 2.0;
    control_init(&s->control, role);
    s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return s->wake >= 0;
}

void session_wake(struct session *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake, &one, sizeof one); /* full means that it rings already */
    (void)n;
}

void session_close(struct session *s)
{
    streams_free(s);
    control_clear(&s->control);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void session_clear(struct session *s)
{
    session_close(s);
    if (s->wake >= 0)
        close(s->wake);
    s->wake = -1;
}

void session_fail(struct session *s, enum eperf_outcome o, const char *fmt, ...)
{
    if (session_failed(s))
        return;
    s->result.outcome = o;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(s->result.error, sizeof s->result.error, fmt, ap);
    va_end(ap);
}

void session_phase(struct session *s, double seconds)
{
    double d = mono_now() + seconds;
    s->deadline = d < s->last_deadline ? d : s->last_deadline;
}

const char *eperf_outcome_text(enum eperf_outcome o)
{
    switch (o) {
    case EPERF_OK: return "ok";
    case EPERF_REFUSED: return "refused";
    case EPERF_BUSY: return "busy";
    case EPERF_TIMEOUT: return "timeout";
    case EPERF_PROTOCOL: return "protocol";
    case EPERF_PEER_ENDED: return "ended";
    case EPERF_CANCELLED: return "cancelled";
    case EPERF_LOCAL: return "local";
    }
    return "";
}

bool session_cancelled(struct session *s)
{
    if (!atomic_load(&s->cancelled))
        return false;
    session_fail(s, EPERF_CANCELLED, "cancelled %s", state_text(s->control.state));
    return true;
}

/* A worker that ended by itself in the running test ends the test; close to the end the peer may have been quicker. */
static void check_workers(struct session *s)
{
    for (unsigned i = 0; s->running && s->control.state == ST_RUNNING && i < s->joined; i++) {
        int e = atomic_load(&s->streams[i].error);
        if (e)
            session_fail(s, EPERF_PEER_ENDED, "connection %d lost in the running test: %s", s->streams[i].id,
                         strerror(e));
    }
}

void session_loop(struct session *s, event_handler *handler, void (*each)(struct session *s))
{
    while (s->control.state != ST_OVER && !session_failed(s) && !session_cancelled(s)) {
        double now = mono_now(), until = s->deadline;
        if (now >= s->deadline) {
            session_fail(s, EPERF_TIMEOUT, "timed out %s", state_text(s->control.state));
            return;
        }
        if (s->running) {
            if (now >= sample_due(s))
                sample_tick(s, now);
            until = sample_due(s) < until ? sample_due(s) : until;
        }
        struct pollfd p[2] = {
            {.fd = s->fd,   .events = POLLIN},
            {.fd = s->wake, .events = POLLIN}
        };
        int n = poll(p, 2, session_ms_until(until, mono_now()));
        if (n < 0 && errno != EINTR) {
            session_fail(s, EPERF_LOCAL, "poll: %s", strerror(errno));
            return;
        }
        if (n > 0 && p[1].revents)
            session_quiet(s);
        if (n > 0 && p[0].revents) {
            enum event e = session_read_event(s);
            if (e != EV_NONE && !session_failed(s))
                handler(s, e);
        } else {
            check_workers(s);
        }
        if (each && !session_failed(s))
            each(s);
    }
}

struct eperf_cpu thread_cpu(void)
{
    struct rusage u;
    struct eperf_cpu c = {0};
    if (getrusage(RUSAGE_THREAD, &u) == 0) {
        c.user = (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec * 1e-6;
        c.system = (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec * 1e-6;
    }
    return c;
}

void session_run(struct session *s)
{
    s->cpu_zero = thread_cpu();
    s->result.started = (int64_t)time(NULL);
    s->running = true;
    sample_begin(s, mono_now());
    streams_start(s);
}

void session_announce(struct session *s)
{
    struct eperf_result r = s->result;
    r.params = s->params;
    memcpy(r.cookie, s->cookie, sizeof r.cookie);
    r.started = (int64_t)time(NULL);
    r.zerocopy = r.discard = s->params.protocol == EPERF_TCP && !s->params.read_payload;
    r.streams = calloc(s->joined ? s->joined : 1, sizeof *r.streams);
    r.nstreams = r.streams ? s->joined : 0;
    for (unsigned i = 0; i < r.nstreams; i++)
        r.streams[i] = s->streams[i].result;
    if (s->cb.started)
        s->cb.started(s->cb.arg, s->number, &r);
    free(r.streams);
}

/* Every sender's worker has left, and all that it sent is acknowledged. */
static bool drained(struct session *s)
{
    for (unsigned i = 0; i < s->joined; i++) {
        struct stream *st = &s->streams[i];
        if (st->sender && ((st->started && !atomic_load(&st->done)) || s->transport->pending(st)))
            return false;
    }
    return true;
}

void session_stop_senders(struct session *s)
{
    sample_senders(s);
    streams_stop(s, true);
    double start = mono_now(), now = start, moved = start;
    for (;;) {
        double before = s->progress[1];
        sample_progress(s, now);
        if (s->progress[1] != before)
            moved = now;
        if (drained(s) || now - start > DRAIN_MS * 1e-3 || now - moved > DRAIN_STALL_MS * 1e-3 || session_cancelled(s))
            break;
        struct pollfd p = {.fd = s->wake, .events = POLLIN};
        if (poll(&p, 1, 1) > 0)
            session_quiet(s);
        now = mono_now();
    }
    streams_join(s, true);
    sample_end(s, true, now);
}

void session_stop_receivers(struct session *s)
{
    double now = mono_now();
    sample_progress(s, now);
    streams_stop(s, false);
    streams_join(s, false);
    sample_end(s, false, now);
}

/* Hands the streams' results over to the result. */
static void collect_streams(struct session *s)
{
    struct eperf_result *r = &s->result;
    r->streams = calloc(s->joined ? s->joined : 1, sizeof *r->streams);
    r->nstreams = r->streams ? s->joined : 0;
    for (unsigned i = 0; i < r->nstreams; i++)
        r->streams[i] = s->streams[i].result;
}

void session_result(struct session *s, struct eperf_result *r)
{
    session_measured(s);
    results_sum(s);
    collect_streams(s);
    s->result.params = s->params;
    memcpy(s->result.cookie, s->cookie, sizeof s->result.cookie);
    s->result.shared = s->result.shared > atomic_load(&s->shared) ? s->result.shared : atomic_load(&s->shared);
    s->result.zerocopy = s->params.protocol == EPERF_TCP && !s->params.read_payload;
    s->result.discard = s->result.zerocopy;
    *r = s->result;
    s->result.streams = NULL;
}

void eperf_result_free(struct eperf_result *r)
{
    free(r->streams);
    r->streams = NULL;
    r->nstreams = 0;
}

void session_measured(struct session *s)
{
    if (!s->running || s->measured)
        return;
    sample_progress(s, mono_now());
    s->measured = true;
    if (s->end[1] <= 0) {
        streams_stop(s, true);
        streams_join(s, true);
        sample_end(s, true, mono_now());
    }
    if (s->end[0] <= 0)
        session_stop_receivers(s);
    sample_finish(s);
    struct eperf_cpu c = thread_cpu();
    s->cpu.user += c.user - s->cpu_zero.user;
    s->cpu.system += c.system - s->cpu_zero.system;
    double e = s->result.elapsed > 0 ? s->result.elapsed : 1;
    s->result.cpu = (struct eperf_cpu){.total = (s->cpu.user + s->cpu.system) / e * 100,
                                       .user = s->cpu.user / e * 100,
                                       .system = s->cpu.system / e * 100};
}
