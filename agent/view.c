#include "agent/view.h"

#include "agent/event.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A view and its arrays in one allocation. */
struct box {
    unsigned refs;
    struct view view;
};

struct view_hub {
    pthread_mutex_t lock;
    pthread_cond_t published; /* monotonic clock */
    struct view *newest;      /* one reference */
};

const char *limit_state_name(enum limit_state v)
{
    switch (v) {
    case LIMIT_STATE_OK:
        return "ok";
    case LIMIT_STATE_EXCEEDED:
        return "exceeded";
    case LIMIT_STATE_UNKNOWN:
        return "unknown";
    }
    return "invalid";
}

const char *eperf_status_name(enum eperf_status v)
{
    switch (v) {
    case EPERF_IDLE:
        return "idle";
    case EPERF_WAITING:
        return "waiting";
    case EPERF_RUNNING:
        return "running";
    case EPERF_OK:
        return "ok";
    case EPERF_FAILED:
        return "failed";
    }
    return "invalid";
}

struct view *view_new(size_t interfaces, size_t portals, size_t limits, size_t eperfs)
{
    /* All rows have 8-byte alignment and sizes, so that the arrays can follow each other. */
    struct box *b = calloc(1, sizeof *b + interfaces * sizeof(struct view_interface) +
                                  portals * sizeof(struct view_portal) + limits * sizeof(struct view_limit) +
                                  eperfs * sizeof(struct view_eperf));

    if (b == NULL)
        return NULL;
    b->refs = 1;
    struct view *v = &b->view;
    v->portals = (struct view_portal *)(b + 1);
    v->limits = (struct view_limit *)(v->portals + portals);
    v->eperfs = (struct view_eperf *)(v->limits + limits);
    v->interfaces = (struct view_interface *)(v->eperfs + eperfs);
    v->n_interfaces = interfaces;
    v->n_portals = portals;
    v->n_limits = limits;
    v->n_eperfs = eperfs;
    return v;
}
_Static_assert(_Alignof(struct view_portal) == 8 && _Alignof(struct view_limit) == 8 &&
                   _Alignof(struct view_eperf) == 8 && _Alignof(struct view_interface) <= 8,
               "the arrays of a view follow each other");

static struct box *box_of(const struct view *v)
{
    return (struct box *)((char *)(uintptr_t)v - offsetof(struct box, view));
}

void view_release(const struct view *v)
{
    if (v == NULL || __atomic_sub_fetch(&box_of(v)->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    event_list_unref(v->events);
    free(box_of(v));
}

struct view_hub *view_hub_new(void)
{
    struct view_hub *hub = calloc(1, sizeof *hub);
    pthread_condattr_t attr;

    if (hub == NULL)
        return NULL;
    pthread_mutex_init(&hub->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->published, &attr);
    pthread_condattr_destroy(&attr);
    return hub;
}

void view_hub_free(struct view_hub *hub)
{
    if (hub == NULL)
        return;
    view_release(hub->newest);
    pthread_cond_destroy(&hub->published);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

void view_publish(struct view_hub *hub, struct view *v)
{
    pthread_mutex_lock(&hub->lock);
    struct view *old = hub->newest;
    hub->newest = v;
    pthread_cond_broadcast(&hub->published);
    pthread_mutex_unlock(&hub->lock);
    view_release(old);
}

bool view_wait(struct view_hub *hub, uint64_t settings_generation, int deadline_ms)
{
    struct timespec until;
    int late = 0;
    bool seen;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)deadline_ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&hub->lock);
    while (!(seen = hub->newest != NULL && hub->newest->settings_generation >= settings_generation) && late == 0)
        late = pthread_cond_timedwait(&hub->published, &hub->lock, &until);
    pthread_mutex_unlock(&hub->lock);
    return seen;
}

const struct view *view_acquire(struct view_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const struct view *v = hub->newest;
    if (v != NULL)
        __atomic_add_fetch(&box_of(v)->refs, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&hub->lock);
    return v;
}
