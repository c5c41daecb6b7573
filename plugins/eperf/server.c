/* The listener: one thread with an epoll loop that never waits for a peer. It reads cookies, which tell a new test
 * from one more connection of a test in the making, and it owns the UDP port.
 *
 * What an attacker can hold here is a pending connection: there are at most PENDING_MAX of them, each for COOKIE_TIME,
 * and when there is no room (or no descriptor) the oldest one goes. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "plugins/eperf/server.h"

enum { EVENTS = 64 };
static const double COOKIE_TIME = 3, NOTICE_EVERY = 1;

void server_notice(struct eperf_server *s, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    double now = mono_now();
    if (!s->cb.notice)
        return;
    pthread_mutex_lock(&s->notice_lock);
    bool due = now >= s->next_notice;
    unsigned missed = s->missed_notices;
    s->missed_notices = due ? 0 : missed + 1;
    if (due)
        s->next_notice = now + NOTICE_EVERY;
    pthread_mutex_unlock(&s->notice_lock);
    if (!due)
        return;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (missed && n > 0 && (size_t)n < sizeof text)
        snprintf(text + n, sizeof text - (size_t)n, " (and %u more)", missed);
    s->cb.notice(s->cb.arg, text);
}

void server_ring(struct eperf_server *s)
{
    uint64_t one = 1;
    ssize_t n = write(s->wake, &one, sizeof one);
    (void)n;
}

/* ---- pending connections ---- */

static void drop(struct pending *p)
{
    close(p->fd); /* leaves the epoll set with it */
    p->fd = -1;
}

static struct pending *oldest(struct eperf_server *s)
{
    struct pending *o = NULL;
    for (unsigned i = 0; i < s->pending_max; i++)
        if (s->pending[i].fd >= 0 && (!o || s->pending[i].deadline < o->deadline))
            o = &s->pending[i];
    return o;
}

static struct pending *free_slot(struct eperf_server *s)
{
    for (unsigned i = 0; i < s->pending_max; i++)
        if (s->pending[i].fd < 0)
            return &s->pending[i];
    struct pending *o = oldest(s);
    drop(o);
    return o;
}

static bool allowed(const struct eperf_server *s, const struct sockaddr_storage *a)
{
    for (size_t i = 0; i < s->policy.allow_count; i++)
        if (net_prefix_has(&s->allow[i], a))
            return true;
    return s->policy.allow_count == 0;
}

static void read_cookie(struct eperf_server *s, struct pending *p)
{
    ssize_t n = recv(p->fd, p->cookie + p->have, sizeof p->cookie - p->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop(p);
        return;
    }
    p->have += (size_t)n;
    if (p->have < sizeof p->cookie)
        return;
    if (p->cookie[EPERF_COOKIE_LEN] != '\0' || memchr(p->cookie, '\0', EPERF_COOKIE_LEN)) {
        drop(p);
        return;
    }
    int fd = p->fd;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
    p->fd = -1;
    struct server_test *t = tests_by_cookie(s, p);
    if (!t)
        tests_new(s, fd, p);
    else if (!server_test_give(t, STAGE_JOINING_TCP, fd))
        close(fd);
}

/* Out of descriptors: makes room by the oldest pending one; failing that, takes the waiting connection with the reserve and
 * closes it, so that the listener does not spin. */
static void shortage(struct eperf_server *s)
{
    struct pending *o = oldest(s);
    server_notice(s, "out of descriptors (%s)", strerror(errno));
    if (o) {
        drop(o);
        return;
    }
    close(s->reserve);
    int fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    s->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || s->reserve < 0)
        usleep(10000); /* another thread was faster: do not spin on a listener that stays readable */
}

static void accept_some(struct eperf_server *s)
{
    for (int i = 0; i < PER_TURN; i++) {
        struct sockaddr_storage a = {0};
        socklen_t len = sizeof a;
        int fd = accept4(s->tcp, (struct sockaddr *)&a, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
            shortage(s);
            return;
        }
        if (fd < 0)
            return;
        if (!allowed(s, &a)) {
            char host[64];
            uint16_t port;
            net_name(&a, host, &port);
            server_notice(s, "refused a connection from %s: not in AllowFrom", host);
            close(fd);
            continue;
        }
        struct pending *p = free_slot(s);
        *p = (struct pending){.fd = fd, .deadline = mono_now() + COOKIE_TIME, .peer = a};
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
            drop(p);
    }
}

/* ---- the loop ---- */

static int next_timeout(struct eperf_server *s)
{
    const struct pending *o = oldest(s);
    double ms = o ? (o->deadline - mono_now()) * 1e3 : -1;
    return !o ? -1 : ms <= 0 ? 0 : (int)ms + 1;
}

static void expire(struct eperf_server *s)
{
    double now = mono_now();
    for (unsigned i = 0; i < s->pending_max; i++)
        if (s->pending[i].fd >= 0 && s->pending[i].deadline <= now)
            drop(&s->pending[i]);
}

static void dispatch(struct eperf_server *s, void *what)
{
    struct pending *p = what;
    uint64_t n;
    if (what == &s->tcp)
        accept_some(s);
    else if (what == &s->udp)
        udp_hellos(s);
    else if (what == &s->wake)
        (void)!read(s->wake, &n, sizeof n);
    else if (p->fd >= 0)
        read_cookie(s, p);
}

int eperf_server_run(struct eperf_server *s, char error[EPERF_ERROR_MAX])
{
    int status = 0;
    while (!atomic_load(&s->stopping)) {
        struct epoll_event ev[EVENTS];
        int n = epoll_wait(s->epoll, ev, EVENTS, next_timeout(s));
        if (n < 0 && errno != EINTR) {
            snprintf(error, EPERF_ERROR_MAX, "epoll_wait: %s", strerror(errno));
            status = -1;
            break;
        }
        for (int i = 0; i < n; i++)
            dispatch(s, ev[i].data.ptr);
        expire(s);
        if (tests_reap(s) == 0 && s->served && s->policy.one_off)
            break;
    }
    tests_end(s);
    for (unsigned i = 0; i < s->pending_max; i++)
        if (s->pending[i].fd >= 0)
            drop(&s->pending[i]);
    return status;
}

void eperf_server_stop(struct eperf_server *s)
{
    atomic_store(&s->stopping, true);
    server_ring(s);
}
