/* The names of a fleet's hosts: looked up at the start, and again for hosts that cannot be reached. */
#include <stdio.h>
#include <stdlib.h>

#include "console/fleet.h"
#include "console/resolve.h"

enum {
    LOOKUP_MS = 5000, /* the longest that an answer is waited for */
    AGAIN_MS = 15000, /* from one round of look-ups to the next */
    TICK_MS = 500
};

/* A round of look-ups. */
struct fleet_names {
    struct fleet *fleet;
    struct resolve *list; /* n of them, with room for all hosts */
    struct host **whose;
    size_t n;
    struct lookups *under_way; /* NULL: none */
    int64_t began;
};

void fleet_names_free(struct fleet_names *names)
{
    if (names == NULL)
        return;
    if (names->under_way != NULL)
        resolve_end(names->under_way, names->list);
    free(names->list);
    free(names->whose);
    free(names);
}

static struct fleet_names *names_new(struct fleet *f)
{
    struct fleet_names *names = calloc(1, sizeof *names);
    if (names == NULL)
        return NULL;
    names->fleet = f;
    names->list = calloc(f->n + 1, sizeof *names->list);
    names->whose = calloc(f->n + 1, sizeof(struct host *));
    if (names->list == NULL || names->whose == NULL) {
        fleet_names_free(names);
        return NULL;
    }
    return names;
}

static void take(struct fleet_names *names, size_t i)
{
    struct fleet *f = names->fleet;
    if (resolve_wanted(host_name(f->hosts[i]), f->ports[i], &names->list[names->n]))
        names->whose[names->n++] = f->hosts[i];
}

static bool give_addresses(struct fleet_names *names)
{
    for (size_t i = 0; i < names->n; i++)
        if (names->list[i].address[0] != '\0' && !host_set_address(names->whose[i], names->list[i].address))
            return false;
    return true;
}

int fleet_look_up(struct fleet *f, size_t first)
{
    struct fleet_names *names = names_new(f);
    for (size_t i = first; names != NULL && i < f->n; i++)
        take(names, i);
    if (names != NULL)
        resolve_all(names->list, names->n, LOOKUP_MS);
    if (names == NULL || !give_addresses(names)) {
        fputs("scalemon: out of memory\n", stderr);
        fleet_names_free(names);
        return EXIT_FAILED;
    }
    for (size_t i = 0; i < names->n; i++)
        if (names->list[i].address[0] == '\0')
            host_set_unusable(names->whose[i], names->list[i].why);
    fleet_names_free(names);
    return EXIT_WELL;
}

static void begin(struct fleet_names *names)
{
    struct fleet *f = names->fleet;
    names->began = now_ms();
    names->n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (host_state(f->hosts[i]) == HOST_UNUSABLE || host_state(f->hosts[i]) == HOST_NO_ANSWER)
            take(names, i);
    if (names->n > 0)
        names->under_way = resolve_begin(names->list, names->n); /* no memory: the next time */
}

static void tick(void *arg)
{
    struct fleet_names *names = arg;
    int64_t age = now_ms() - names->began;
    if (names->under_way != NULL && (age >= LOOKUP_MS || resolve_done(names->under_way))) {
        resolve_end(names->under_way, names->list);
        names->under_way = NULL;
        give_addresses(names); /* no memory: the next time */
    } else if (names->under_way == NULL && age >= AGAIN_MS) {
        begin(names);
    }
    if (!poller_idle(names->fleet->poller)) /* who is the last to wait has nobody to look up for */
        poller_after(names->fleet->poller, TICK_MS, tick, names);
}

bool fleet_keep_looking_up(struct fleet *f)
{
    f->names = names_new(f);
    if (f->names == NULL)
        return false;
    f->names->began = now_ms();
    return poller_after(f->poller, TICK_MS, tick, f->names);
}
