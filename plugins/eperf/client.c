#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "plugins/eperf/net.h"
#include "plugins/eperf/params.h"
#include "plugins/eperf/session.h"

/* Seconds. BESIDE is for all but warm-up and duration, of the 15 that eperf.h promises; STALL for a test without a limit. */
static const double SETUP = 8, BESIDE = 14, STALL = 10;

struct eperf_client {
    struct session s;
    char host[256], bind_host[256];
    uint16_t port;
    int family;
    double moved_at;     /* of a test by bytes or blocks: it has no time limit, so it must keep moving */
    uint64_t moved;
};

static bool make_cookie(char cookie[EPERF_COOKIE_LEN + 1])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t r[EPERF_COOKIE_LEN];
    if (getrandom(r, sizeof r, 0) != sizeof r)
        return false;
    for (int i = 0; i < EPERF_COOKIE_LEN; i++)
        cookie[i] = letters[r[i] % 32];
    cookie[EPERF_COOKIE_LEN] = '\0';
    return true;
}

struct eperf_client *eperf_client_new(const char *host, uint16_t port, int family, const char *bind_host,
                                      const struct eperf_params *p, const struct eperf_callbacks *cb,
                                      char error[EPERF_ERROR_MAX])
{
    struct eperf_params params = *p;
    if (params.bytes || params.blocks)
        params.duration = 0;
    if (!eperf_params_check(&params, error))
        return NULL;
    if (!params.duration && !params.bytes && !params.blocks) {
        snprintf(error, EPERF_ERROR_MAX, "parameter \"time\": expected a duration, or a number of bytes or blocks");
        return NULL;
    }
    struct eperf_client *c = calloc(1, sizeof *c);
    if (!c || !session_init(&c->s, ROLE_CLIENT, cb) || !make_cookie(c->s.cookie)) {
        snprintf(error, EPERF_ERROR_MAX, "no memory or descriptors for a client");
        eperf_client_free(c);
        return NULL;
    }
    c->s.params = params;
    c->port = port;
    c->family = family;
    snprintf(c->host, sizeof c->host, "%s", host);
    snprintf(c->s.result.host, sizeof c->s.result.host, "%s", host);
    snprintf(c->bind_host, sizeof c->bind_host, "%s", bind_host ? bind_host : "");
    c->s.result.port = port;
    return c;
}

static void offer(struct session *s)
{
    uint32_t *len = &s->params.block_len, mss = s->result.control_mss;
    if (!*len && s->params.protocol == EPERF_TCP)
        *len = EPERF_BLOCK_DEFAULT;
    if (!*len) /* one packet of the path */
        *len = mss >= EPERF_DATAGRAM_MIN && mss <= EPERF_DATAGRAM_MAX ? mss : 1460;
    if (streams_make(s))
        session_send_json(s, params_to_json(&s->params));
}

static void join(struct session *s)
{
    for (unsigned i = 0; i < s->nstreams; i++) {
        int fd = s->transport->connect(s);
        if (fd < 0 || !streams_add(s, fd))
            return;
    }
    streams_prepare(s);
}

static void finish(struct session *s)
{
    session_stop_senders(s);
    control_go(&s->control, ST_ENDED);
    s->deadline = s->last_deadline; /* on a slow link the last words stand behind what deep buffers hold */
    session_send_message(s, MSG_TEST_END);
}

static void tell_server_error(struct session *s)
{
    int code = s->control.codes[0], e = s->control.codes[1];
    const char *text = peer_error_text(code);
    session_fail(s, EPERF_PEER_ENDED, "the server refused the test or gave up%s%s (iperf3 error %d%s%s)",
                 text ? ": " : "", text ? text : "", code, e ? ": " : "", e ? strerror(e) : "");
}

static void on_event(struct session *s, enum event e)
{
    char error[EPERF_ERROR_MAX];
    switch (e) {
    case EV_OFFER: offer(s); break;
    case EV_JOIN: join(s); break;
    case EV_START: session_announce(s); break;
    case EV_RUN:
        s->deadline = s->last_deadline;
        session_run(s);
        break;
    case EV_EXCHANGE:
        session_stop_receivers(s);
        session_measured(s);
        session_send_json(s, results_to_json(s));
        break;
    case EV_RESULTS:
        if (!results_from_json(s, s->control.json, error))
            session_fail(s, EPERF_PROTOCOL, "%s", error);
        break;
    case EV_DISPLAY: session_send_message(s, MSG_IPERF_DONE); break;
    case EV_BUSY: session_fail(s, EPERF_BUSY, "the server is busy with another test"); break;
    case EV_PEER_ERROR: tell_server_error(s); break;
    case EV_NONE:
    case EV_PARAMS:
    case EV_END:
    case EV_DONE:
    case EV_PEER_LEFT:
    case EV_ERROR: break;
    }
}

static void each_turn(struct session *s)
{
    struct eperf_client *c = (struct eperf_client *)s; /* s is its first member */
    double now = mono_now();
    if (!s->running || s->control.state != ST_RUNNING)
        return;
    if (atomic_load(&s->limit_reached))
        s->nominal_end = now;
    if (s->nominal_end > 0 && now >= s->nominal_end) {
        finish(s);
        return;
    }
    uint64_t moved = atomic_load(&s->moved);
    if (moved != c->moved || c->moved_at <= 0) {
        c->moved = moved;
        c->moved_at = now;
    }
    if (s->nominal_end == 0 && now - c->moved_at > STALL)
        session_fail(s, EPERF_TIMEOUT, "nothing moved for %.0f s in the running test", STALL);
}

enum eperf_outcome eperf_client_run(struct eperf_client *c, struct eperf_result *r)
{
    struct session *s = &c->s;
    const struct eperf_params *p = &s->params;
    double limit = p->duration ? p->duration : EPERF_DURATION_MAX;
    s->last_deadline = mono_now() + p->omit + limit + BESIDE;
    session_phase(s, SETUP);
    if (net_connect_control(s, c->host, c->port, c->family, c->bind_host[0] ? c->bind_host : NULL) &&
        session_send(s, s->fd, s->cookie, sizeof s->cookie, "sending the cookie"))
        session_loop(s, on_event, each_turn);
    if (session_failed(s) && s->fd >= 0) { /* a last word, if there is room for it */
        int8_t bye = MSG_CLIENT_TERMINATE;
        ssize_t n = send(s->fd, &bye, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)n;
    }
    session_result(s, r);
    session_close(s);
    return r->outcome;
}

void eperf_client_cancel(struct eperf_client *c)
{
    atomic_store(&c->s.cancelled, true);
    session_wake(&c->s);
}

void eperf_client_free(struct eperf_client *c)
{
    if (!c)
        return;
    session_clear(&c->s);
    free(c);
}
