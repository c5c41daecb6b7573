/* Settings are shared: copies, references, and the newest ones for whoever asks. What is in them is settings.c's. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "agent/settings_inner.h"

struct settings_hub {
    pthread_mutex_t lock;
    struct settings *newest; /* one reference */
    void (*wake)(void *ctx);
    void *ctx;
};

struct box *settings_box(const struct settings *s)
{
    return (struct box *)((char *)(uintptr_t)s - offsetof(struct box, s));
}

static bool copy_rows(void *to, const void *rows, size_t n, size_t size)
{
    void *copy = NULL;

    if (n > 0 && (copy = reallocarray(NULL, n, size)) == NULL)
        return false;
    if (n > 0)
        memcpy(copy, rows, n * size);
    memcpy(to, &copy, sizeof copy);
    return true;
}

struct settings *settings_clone(const struct settings *s)
{
    struct box *b = calloc(1, sizeof *b);

    if (b == NULL)
        return NULL;
    b->refs = 1;
    b->base = settings_box(s)->base;
    __atomic_add_fetch(&b->base->refs, 1, __ATOMIC_RELAXED);
    b->s = *s;
    b->s.portals = NULL;
    b->s.limits = NULL;
    b->s.eperfs = NULL;
    if (copy_rows(&b->s.portals, s->portals, s->n_portals, sizeof *s->portals) &&
        copy_rows(&b->s.limits, s->limits, s->n_limits, sizeof *s->limits) &&
        copy_rows(&b->s.eperfs, s->eperfs, s->n_eperfs, sizeof *s->eperfs))
        return &b->s;
    settings_release(&b->s);
    return NULL;
}

void settings_release(const struct settings *s)
{
    if (s == NULL)
        return;
    struct box *b = settings_box(s);
    if (__atomic_sub_fetch(&b->refs, 1, __ATOMIC_ACQ_REL) != 0)
        return;
    if (__atomic_sub_fetch(&b->base->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(b->base->limits);
        free(b->base);
    }
    free(b->s.portals);
    free(b->s.limits);
    free(b->s.eperfs);
    free(b);
}

struct settings_hub *settings_hub_new(struct settings *first, void (*wake)(void *ctx), void *ctx)
{
    struct settings_hub *hub = calloc(1, sizeof *hub);

    if (hub == NULL)
        return NULL;
    pthread_mutex_init(&hub->lock, NULL);
    hub->newest = first;
    hub->wake = wake;
    hub->ctx = ctx;
    return hub;
}

void settings_hub_free(struct settings_hub *hub)
{
    if (hub == NULL)
        return;
    settings_release(hub->newest);
    pthread_mutex_destroy(&hub->lock);
    free(hub);
}

const struct settings *settings_acquire(struct settings_hub *hub)
{
    pthread_mutex_lock(&hub->lock);
    const struct settings *s = hub->newest;
    __atomic_add_fetch(&settings_box(s)->refs, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&hub->lock);
    return s;
}

uint64_t settings_post(struct settings_hub *hub, struct settings *newer)
{
    pthread_mutex_lock(&hub->lock);
    struct settings *old = hub->newest;
    uint64_t generation = old->generation + 1;
    newer->generation = generation;
    hub->newest = newer;
    pthread_mutex_unlock(&hub->lock);
    settings_release(old);
    if (hub->wake != NULL)
        hub->wake(hub->ctx);
    return generation;
}
