/* The poller's timers: a binary heap, the first is the next one due. */
#include "console/poll_host.h"

#include <stdlib.h>
#include <sys/epoll.h>

/* Lets t sink to its place in the heap, from `at` on. */
static void sink(struct poller *p, size_t at, struct timer t)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < p->n_timers && p->timers[child + 1].at < p->timers[child].at)
            child++;
        if (child >= p->n_timers || t.at <= p->timers[child].at)
            break;
        p->timers[at] = p->timers[child];
        at = child;
    }
    p->timers[at] = t;
}

void timers_run(struct poller *p, int64_t now)
{
    while (p->n_timers > 0 && p->timers[0].at <= now) {
        struct timer t = p->timers[0];
        p->n_timers--;
        if (p->n_timers > 0)
            sink(p, 0, p->timers[p->n_timers]);
        t.fn(t.arg);
    }
}

bool poller_after(struct poller *p, int delay, poll_timer *fn, void *arg)
{
    struct timer t = {.at = now_ms() + delay, .fn = fn, .arg = arg};
    if (p->n_timers == p->timers_room) {
        size_t room = p->timers_room == 0 ? 16 : p->timers_room * 2;
        struct timer *timers = reallocarray(p->timers, room, sizeof *timers);
        if (timers == NULL)
            return false;
        p->timers = timers;
        p->timers_room = room;
    }
    size_t at = p->n_timers++;
    while (at > 0 && p->timers[(at - 1) / 2].at > t.at) {
        p->timers[at] = p->timers[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    p->timers[at] = t;
    return true;
}

bool poller_watch(struct poller *p, int fd, poll_timer *fn, void *arg)
{
    if (p->n_watches == WATCHES_MAX)
        return false;
    struct watch *w = &p->watches[p->n_watches++];
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = w};
    *w = (struct watch){.fn = fn, .arg = arg};
    return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}
