/* One test: the server's side of control.h's diagram, in a thread of its own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/eperf/params.h"
#include "plugins/eperf/server.h"

/* Seconds per phase; bytes that arrive do not extend them. */
static const double PARAMS = 4, TURN = 4, JOIN_TCP = 4, JOIN_UDP = 1, GRACE = 4, RESULTS = 3, LAST_WORD = 1;

static void take_params(struct server_test *t)
{
    struct session *s = &t->s;
    char error[EPERF_ERROR_MAX];
    if (!params_from_json(&s->params, s->control.json, error)) {
        policy_refuse(s, REFUSE_PARAMS, error);
        return;
    }
    if (!policy_admit(s, t->policy))
        return;
    s->max_rate = t->policy->max_rate;
    s->params.read_payload = t->policy->read_payload;
    if (streams_make(s))
        session_phase(s, TURN);
}

/* The parameters are in: asks for the connections, once it is this test's turn. */
static void ask_for_streams(struct server_test *t)
{
    struct session *s = &t->s;
    bool udp = s->params.protocol == EPERF_UDP;
    if (udp && !(t->claimed = t->hooks.claim_udp(t->hooks.server, t)))
        return;
    t->asked = true;
    atomic_store(&t->stage, udp ? STAGE_JOINING_UDP : STAGE_JOINING_TCP);
    session_phase(s, udp ? JOIN_UDP : JOIN_TCP);
    session_send_message(s, MSG_CREATE_STREAMS);
}

static void release(struct server_test *t)
{
    atomic_store(&t->stage, STAGE_LATE);
    if (t->claimed)
        t->hooks.release_udp(t->hooks.server, t);
    t->claimed = false;
}

static void start(struct server_test *t)
{
    struct session *s = &t->s;
    const struct eperf_params *p = &s->params;
    unsigned max = policy_longest(t->policy);
    release(t);
    if (!streams_prepare(s)) {
        policy_say_error(s, REFUSE_STREAM_CREATE);
        return;
    }
    if (!session_send_message(s, MSG_TEST_START) || !session_send_message(s, MSG_TEST_RUNNING))
        return;
    control_go(&s->control, ST_RUNNING);
    session_announce(s);
    t->cut_off = mono_now() + max;
    s->last_deadline = mono_now() + (p->duration ? p->omit + p->duration : max) + GRACE;
    s->deadline = s->last_deadline;
    t->hooks.running(t->hooks.server, t, true);
    t->counted = true;
    t->police_at = mono_now();
    session_run(s);
}

static void take_streams(struct server_test *t)
{
    int fds[2 * EPERF_STREAMS_MAX];
    pthread_mutex_lock(&t->inbox_lock);
    unsigned n = t->inbox_n;
    memcpy(fds, t->inbox, n * sizeof *fds);
    t->inbox_n = 0;
    pthread_mutex_unlock(&t->inbox_lock);
    for (unsigned i = 0; i < n; i++) {
        net_buffers(&t->s, fds[i]);
        streams_add(&t->s, fds[i]);
    }
    if (t->s.joined == t->s.nstreams && !session_failed(&t->s))
        start(t);
}

static void end_measurement(struct session *s)
{
    session_stop_receivers(s); /* what the peer has seen acknowledged is here already */
    session_stop_senders(s);
    session_measured(s);
    for (unsigned i = 0; i < s->joined; i++) /* an iperf3 that waits for the rest of a block would not see what follows */
        shutdown(s->streams[i].fd, SHUT_RDWR);
    session_phase(s, RESULTS);
    session_send_message(s, MSG_EXCHANGE_RESULTS);
}

static void take_results(struct session *s)
{
    char error[EPERF_ERROR_MAX];
    if (!results_from_json(s, s->control.json, error)) {
        policy_refuse(s, REFUSE_PARAMS, error);
        return;
    }
    s->result.shared = atomic_load(&s->shared);
    session_phase(s, LAST_WORD);
    if (!session_send_json(s, results_to_json(s)))
        return;
    /* Before it is told: its client may be back sooner than we have left. */
    atomic_store(&((struct server_test *)s)->served, true);
    session_send_message(s, MSG_DISPLAY_RESULTS);
}

static void on_event(struct session *s, enum event e)
{
    struct server_test *t = (struct server_test *)s;
    switch (e) {
    case EV_PARAMS: take_params(t); break;
    case EV_END: end_measurement(s); break;
    case EV_RESULTS: take_results(s); break;
    case EV_DONE:
    case EV_PEER_LEFT:
    case EV_NONE:
    case EV_ERROR:
    case EV_OFFER:
    case EV_JOIN:
    case EV_START:
    case EV_RUN:
    case EV_EXCHANGE:
    case EV_DISPLAY:
    case EV_BUSY:
    case EV_PEER_ERROR: break;
    }
}

static void each_turn(struct session *s)
{
    struct server_test *t = (struct server_test *)s;
    if (s->control.state == ST_STREAMS && !t->asked)
        ask_for_streams(t);
    if (s->control.state == ST_STREAMS && t->asked && !session_failed(s))
        take_streams(t);
    if (s->control.state == ST_RUNNING && s->running)
        policy_watch(t);
}

static void *run(void *arg)
{
    struct server_test *t = arg;
    struct session *s = &t->s;
    session_phase(s, PARAMS);
    if (session_send_message(s, MSG_PARAM_EXCHANGE))
        session_loop(s, on_event, each_turn);
    release(t);
    if (s->result.outcome == EPERF_CANCELLED || s->result.outcome == EPERF_TIMEOUT) {
        int8_t bye = MSG_SERVER_TERMINATE;
        ssize_t n = send(s->fd, &bye, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)n;
    }
    struct eperf_result r;
    session_result(s, &r);
    if (t->counted)
        t->hooks.running(t->hooks.server, t, false);
    session_close(s);
    if (s->cb.finished)
        s->cb.finished(s->cb.arg, s->number, &r);
    eperf_result_free(&r);
    t->hooks.ended(t->hooks.server, t);
    return NULL;
}

struct server_test *server_test_start(int fd, const char *cookie, const struct sockaddr_storage *peer, unsigned number,
                                      const struct eperf_policy *policy, const struct eperf_callbacks *cb,
                                      const struct server_hooks *hooks)
{
    struct server_test *t = calloc(1, sizeof *t);
    sigset_t all, old;
    if (!t || !session_init(&t->s, ROLE_SERVER, cb)) {
        free(t);
        return NULL;
    }
    pthread_mutex_init(&t->inbox_lock, NULL);
    t->s.fd = fd;
    t->s.number = number;
    t->s.peer = *peer;
    memcpy(t->s.cookie, cookie, EPERF_COOKIE_LEN);
    net_name(peer, t->s.result.peer, &t->s.result.port);
    t->policy = policy;
    t->hooks = *hooks;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int e = pthread_create(&t->thread, NULL, run, t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!e)
        return t;
    t->s.fd = -1; /* the caller's again */
    session_clear(&t->s);
    pthread_mutex_destroy(&t->inbox_lock);
    free(t);
    return NULL;
}

bool server_test_give(struct server_test *t, enum server_stage kind, int fd)
{
    pthread_mutex_lock(&t->inbox_lock);
    bool ok = atomic_load(&t->stage) == (int)kind && t->inbox_n < sizeof t->inbox / sizeof t->inbox[0];
    if (ok)
        t->inbox[t->inbox_n++] = fd;
    pthread_mutex_unlock(&t->inbox_lock);
    if (ok)
        session_wake(&t->s);
    return ok;
}

void server_test_cancel(struct server_test *t)
{
    atomic_store(&t->s.cancelled, true);
    session_wake(&t->s);
}

void server_test_free(struct server_test *t)
{
    pthread_join(t->thread, NULL);
    for (unsigned i = 0; i < t->inbox_n; i++)
        close(t->inbox[i]);
    session_clear(&t->s);
    pthread_mutex_destroy(&t->inbox_lock);
    free(t);
}
