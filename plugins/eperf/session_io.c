/* The control thread's I/O: nothing here waits beyond the phase's deadline, and the wake bell ends every wait. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/eperf/session.h"

/* poll's timeout for a deadline: never early by rounding. */
int session_ms_until(double when, double now)
{
    double ms = (when - now) * 1e3;
    return ms <= 0 ? 0 : ms > 60000 ? 60000 : (int)ms + 1;
}

void session_quiet(struct session *s)
{
    uint64_t n;
    ssize_t r = read(s->wake, &n, sizeof n);
    (void)r;
}

bool session_wait(struct session *s, int fd, short events, const char *what)
{
    for (;;) {
        if (session_cancelled(s))
            return false;
        double now = mono_now();
        if (now >= s->deadline) {
            session_fail(s, EPERF_TIMEOUT, "timed out %s", what);
            return false;
        }
        struct pollfd p[2] = {
            {.fd = fd,      .events = events},
            {.fd = s->wake, .events = POLLIN}
        };
        int n = poll(p, 2, session_ms_until(s->deadline, now));
        if (n < 0 && errno != EINTR) {
            session_fail(s, EPERF_LOCAL, "poll: %s", strerror(errno));
            return false;
        }
        if (n > 0 && p[0].revents)
            return true;
        if (n > 0 && p[1].revents)
            session_quiet(s);
    }
}

bool session_send(struct session *s, int fd, const void *bytes, size_t n, const char *what)
{
    const char *at = bytes;
    while (n) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (k > 0) {
            at += k;
            n -= (size_t)k;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!session_wait(s, fd, POLLOUT, what))
                return false;
        } else if (errno != EINTR) {
            session_fail(s, EPERF_PEER_ENDED, "connection lost %s: %s", what, strerror(errno));
            return false;
        }
    }
    return true;
}

bool session_send_message(struct session *s, enum message m)
{
    int8_t byte = (int8_t)m;
    return session_send(s, s->fd, &byte, 1, state_text(s->control.state));
}

bool session_send_json(struct session *s, json_t *doc)
{
    char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
    json_decref(doc);
    if (!text) {
        session_fail(s, EPERF_LOCAL, "no memory for a JSON text");
        return false;
    }
    size_t n = strlen(text);
    uint32_t len = htonl((uint32_t)n);
    bool ok = session_send(s, s->fd, &len, sizeof len, state_text(s->control.state)) &&
              session_send(s, s->fd, text, n, state_text(s->control.state));
    free(text);
    return ok;
}

enum event session_read_event(struct session *s)
{
    char buf[4096];
    size_t want = control_want(&s->control);
    ssize_t n = recv(s->fd, buf, want < sizeof buf ? want : sizeof buf, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return EV_NONE;
    if (n <= 0 && s->role == ROLE_SERVER && s->control.state == ST_DISPLAY) { /* all is said; some just close */
        control_go(&s->control, ST_OVER);
        return EV_DONE;
    }
    if (n <= 0) {
        session_fail(s, EPERF_PEER_ENDED, "peer closed the control connection %s%s%s", state_text(s->control.state),
                     n ? ": " : "", n ? strerror(errno) : "");
        return EV_NONE;
    }
    enum event e = control_feed(&s->control, buf, (size_t)n);
    if (e == EV_ERROR)
        session_fail(s, EPERF_PROTOCOL, "%s", s->control.error);
    if (e == EV_PEER_LEFT)
        session_fail(s, EPERF_PEER_ENDED, "the %s ended the test", s->role == ROLE_CLIENT ? "server" : "client");
    return e;
}
