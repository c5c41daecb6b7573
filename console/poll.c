#include "console/poll_host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    WINDOW_DEFAULT = 100, /* more would overrun the receive buffer of one snmpd that serves many addresses */
    EVENTS = 64
};

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct poller *poller_new(const netsnmp_session *template, unsigned window)
{
    struct poller *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (p->epoll < 0) {
        free(p);
        return NULL;
    }
    p->template = *template;
    p->window = window > 0 ? window : WINDOW_DEFAULT;
    p->queued_end = &p->queued;
    p->silent_end = &p->silent;
    p->ended_end = &p->ended;
    p->next_due = INT64_MAX;
    netsnmp_large_fd_set_init(&p->fds, FD_SETSIZE);
    return p;
}

void poller_free(struct poller *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n_hosts; i++) {
        struct host *h = p->hosts[i];
        session_close(h);
        snmp_free_pdu(h->set);
        free(h->name);
        free(h->address);
        free(h->next_address);
        free(h);
    }
    free(p->timers);
    netsnmp_large_fd_set_cleanup(&p->fds);
    close(p->epoll);
    free(p->hosts);
    free(p);
}

/* One descriptor per host, and some for the rest of us. Where the hard limit is too low, opening says so by
 * name. */
static void raise_descriptors(size_t hosts)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= hosts + 64)
        return;
    r.rlim_cur = r.rlim_max < hosts + 1024 ? r.rlim_max : hosts + 1024;
    setrlimit(RLIMIT_NOFILE, &r);
}

struct host *poller_add(struct poller *p, const char *name, const char *address)
{
    if ((p->n_hosts & (p->n_hosts - 1)) == 0) { /* a power of two: full */
        size_t room = p->n_hosts == 0 ? 1 : p->n_hosts * 2;
        struct host **hosts = reallocarray(p->hosts, room, sizeof(struct host *));
        if (hosts == NULL)
            return NULL;
        p->hosts = hosts;
    }
    struct host *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    h->poller = p;
    h->fd = -1;
    h->name = strdup(name);
    h->address = strdup(address);
    if (h->name == NULL || h->address == NULL) {
        free(h->name);
        free(h->address);
        free(h);
        return NULL;
    }
    p->hosts[p->n_hosts++] = h;
    raise_descriptors(p->n_hosts);
    return h;
}

/* ---- the loop */

static struct host *dequeue(struct host **first, struct host ***end)
{
    struct host *h = *first;
    if (h != NULL && (*first = h->next_queued) == NULL)
        *end = first;
    return h;
}

static void send_first(struct host *h)
{
    enum host_state state = session_open(h);
    if (state == HOST_UP)
        session_send(h);
    else
        host_end(h, state);
}

static void fill_window(struct poller *p)
{
    while (p->in_flight < p->window && p->queued != NULL)
        send_first(dequeue(&p->queued, &p->queued_end));
    while (p->queued == NULL && p->silent != NULL)
        send_first(dequeue(&p->silent, &p->silent_end));
}

/* done() may start the host's next operation, which must not end in this very loop: take what has ended so
 * far. */
static void call_done(struct poller *p)
{
    struct host *list = p->ended;
    p->ended = NULL;
    p->ended_end = &p->ended;
    while (list != NULL) {
        struct host *h = list;
        list = h->next_queued;
        if (h->close_due)
            session_close(h);
        h->phase = PHASE_IDLE;
        p->busy--;
        h->done(h, h->state, h->arg);
    }
}

/* Requests that are old, late or dead. */
static void expire(struct poller *p, int64_t now)
{
    if (now < p->next_due)
        return;
    p->next_due = INT64_MAX;
    for (size_t i = 0; i < p->n_hosts; i++) {
        struct host *h = p->hosts[i];
        if (h->phase != PHASE_PROBING && h->phase != PHASE_WORKING)
            continue;
        if (h->counted && now >= h->sent + POLL_YOUNG_MS)
            host_answered(h);
        if (now >= h->deadline) {
            snprintf(h->why, sizeof h->why, "answers too slowly to be of use");
            h->close_due = true;
            host_end(h, HOST_NO_ANSWER);
            continue;
        }
        if (now >= h->expires)
            session_timeout(h);
        if (h->phase != PHASE_PROBING && h->phase != PHASE_WORKING)
            continue;
        int64_t due = h->counted                 ? h->sent + POLL_YOUNG_MS
                      : h->expires < h->deadline ? h->expires
                                                 : h->deadline;
        if (due < p->next_due)
            p->next_due = due;
    }
}

static int wait_ms(const struct poller *p, int most)
{
    int64_t now = now_ms(), until = most < 0 ? INT64_MAX : now + most;
    if (p->ended != NULL || (p->queued != NULL && p->in_flight < p->window) ||
        (p->queued == NULL && p->silent != NULL))
        return 0;
    if (p->next_due < until)
        until = p->next_due;
    if (p->n_timers > 0 && p->timers[0].at < until)
        until = p->timers[0].at;
    if (until == INT64_MAX)
        return -1;
    return until <= now ? 0 : until - now > 60000 ? 60000 : (int)(until - now);
}

void poller_step(struct poller *p, int most)
{
    struct epoll_event ev[EVENTS];
    fill_window(p);
    int n = epoll_wait(p->epoll, ev, EVENTS, wait_ms(p, most));
    for (int i = 0; i < n; i++) {
        struct watch *w = ev[i].data.ptr;
        struct host *h = ev[i].data.ptr;
        if (w >= p->watches && w < p->watches + p->n_watches)
            w->fn(w->arg);
        else if (h->session != NULL)
            session_read(h);
    }
    int64_t now = now_ms();
    expire(p, now);
    timers_run(p, now);
    call_done(p);
}

bool poller_idle(const struct poller *p)
{
    return p->busy == 0 && p->n_timers == 0;
}
