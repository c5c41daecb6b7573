#include "plugins/hostres/net_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugins/hostres/netdev.h"
#include "plugins/hostres/procfile.h"
#include "plugins/hostres/rtnl.h"

enum { TRIES = 4 /* readings of the file while interfaces change */ };

struct net_source {
    enum net_mode mode;
    void (*warn)(const char *text);
    struct procfile file;
    struct netdev_layout layout;
    struct rtnl rtnl;
    bool use_rtnl;     /* its socket is open and sees the file's interfaces */
    bool ask_counters; /* read by RTM_GETSTATS now, not from the file */
    uint64_t changes;
    bool stale; /* the names must be asked for, whatever is heard */
    /* Names as last asked for: by index, or in the file's places (settle_order()). */
    struct if_snapshot links;
};

static void lose(struct net_source *s, const char *what, int error)
{
    char text[128];

    snprintf(text, sizeof text, "%s: %s", what, strerrordesc_np(error));
    s->warn(text);
}

struct net_source *net_source_open(const struct net_config *config)
{
    struct net_source *s = calloc(1, sizeof *s);

    if (s == NULL)
        return NULL;
    s->rtnl = (struct rtnl){.fd = -1, .watch = -1};
    if (procfile_open(&s->file, config->proc_root, "net/dev") != 0) {
        free(s);
        return NULL;
    }
    s->mode = config->mode;
    s->warn = config->warn;
    if (!config->own_proc && config->mode == NET_NETLINK)
        s->warn(
            "NetSource netlink sees this network namespace, ProcRoot may show another: reading its net/dev");
    if (config->own_proc) {
        int error = rtnl_open(&s->rtnl);
        s->use_rtnl = error == 0;
        if (error != 0)
            lose(s, "no rtnetlink, interfaces are told apart by name alone", error);
    }
    s->ask_counters = s->use_rtnl && config->mode == NET_NETLINK;
    s->stale = true;
    return s;
}

/* Whether the names must be asked for. */
static bool names_changed(struct net_source *s, bool changed)
{
    s->changes += changed;
    return changed || s->stale;
}

static int by_index(const void *a, const void *b)
{
    uint32_t x = ((const struct if_entry *)a)->key.index, y = ((const struct if_entry *)b)->key.index;

    return (x > y) - (x < y);
}

static int by_name(const void *a, const void *b)
{
    return memcmp(((const struct if_entry *)a)->key.name, ((const struct if_entry *)b)->key.name,
                  IF_NAME_SIZE);
}

static int ask_links(struct net_source *s, int (*order)(const void *, const void *), uint64_t *bad)
{
    int error = rtnl_links(&s->rtnl, &s->links, bad);

    if (error == 0 && s->links.n > 0)
        qsort(s->links.entry, s->links.n, sizeof *s->links.entry, order);
    s->stale = error != 0;
    return error;
}

/* Gives every entry its name; drops those that have none any more, and those whose index may have passed on
 * between the two answers, as more than deaths were heard of. Both mostly have the same order. */
static void join_names(const struct net_source *s, uint32_t deaths, struct if_snapshot *out)
{
    const struct if_entry *link = s->links.entry;
    size_t cursor = 0, kept = 0;

    for (size_t i = 0; i < out->n; i++) {
        const struct if_entry *at = cursor < s->links.n ? &link[cursor] : NULL;
        if (at == NULL || at->key.index != out->entry[i].key.index)
            at = s->links.n == 0 ? NULL : bsearch(&out->entry[i], link, s->links.n, sizeof *link, by_index);
        if (at == NULL || at->key.life > deaths)
            continue;
        cursor = (size_t)(at - link) + 1;
        if (kept != i)
            out->entry[kept] = out->entry[i];
        out->entry[kept++].key = at->key;
    }
    out->n = kept;
}

static int read_rtnl(struct net_source *s, struct if_snapshot *out, uint64_t *bad)
{
    uint32_t deaths = s->rtnl.deaths;
    int error = rtnl_stats(&s->rtnl, out, bad);

    if (error == 0 && names_changed(s, s->rtnl.changed))
        error = ask_links(s, by_index, bad);
    if (error == 0)
        join_names(s, deaths, out);
    else
        out->n = 0;
    return error;
}

/* Whether the file has the names of before in the places of before; if so every key gets its index and life.
 */
static bool same_names(const struct net_source *s, struct if_snapshot *out)
{
    if (out->n != s->links.n)
        return false;
    for (size_t i = 0; i < out->n; i++) {
        if (!if_name_equal(out->entry[i].key.name, s->links.entry[i].key.name))
            return false;
        out->entry[i].key = s->links.entry[i].key;
    }
    return true;
}

/* Asks for the names and puts them in the file's places, for same_names(); a name nobody knows gets index 0.
 */
static int settle_order(struct net_source *s, struct if_snapshot *out, uint64_t *bad)
{
    struct if_snapshot placed = {0};
    int error = ask_links(s, by_name, bad);

    if (error != 0)
        return error;
    for (size_t i = 0; i < out->n; i++) {
        struct if_entry *slot = snapshot_slot(&placed), *e = &out->entry[i];
        if (slot == NULL)
            break;
        const struct if_entry *link =
            s->links.n == 0 ? NULL : bsearch(e, s->links.entry, s->links.n, sizeof *e, by_name);
        if (link != NULL)
            e->key = link->key;
        *slot = *e;
        placed.n++;
    }
    snapshot_free(&s->links);
    s->links = placed;
    return 0;
}

/* Reads the file until its names hold still. EAGAIN: they would not. */
static int read_file(struct net_source *s, struct if_snapshot *out, uint64_t *bad)
{
    for (unsigned try = 0; try < TRIES; try++) {
        int error = procfile_read(&s->file);
        if (error != 0)
            return error;
        size_t unread = netdev_parse(s->file.text, s->file.len, &s->layout, out);
        if (!s->use_rtnl || (!names_changed(s, rtnl_changed(&s->rtnl)) && same_names(s, out))) {
            *bad += unread;
            return 0;
        }
        error = settle_order(s, out, bad);
        if (error != 0) {
            lose(s, "no names by rtnetlink, interfaces are told apart by name alone", error);
            s->use_rtnl = false;
        }
    }
    return EAGAIN;
}

/* The two ways keep their names in different orders. */
static void change_way(struct net_source *s, bool ask_counters)
{
    s->ask_counters = ask_counters;
    s->stale = true;
}

int net_source_read(struct net_source *s, struct if_snapshot *out, uint64_t *bad)
{
    out->n = 0;
    if (s->ask_counters) {
        int error = read_rtnl(s, out, bad);
        if (error == 0) {
            if (s->mode == NET_AUTO && out->n < NET_FEW)
                change_way(s, false);
            return 0;
        }
        lose(s, "no counters by rtnetlink, reading /proc/net/dev instead", error);
        s->mode = NET_PROC;
        change_way(s, false);
    }
    int error = read_file(s, out, bad);
    if (error == EAGAIN) { /* counters by ifindex need no stillness */
        error = read_rtnl(s, out, bad);
        s->stale = true;
    }
    if (error != 0)
        out->n = 0;
    else if (s->mode == NET_AUTO && s->use_rtnl && out->n >= NET_MANY)
        change_way(s, true);
    return error;
}

uint64_t net_source_changes(const struct net_source *s)
{
    return s->changes;
}

void net_source_close(struct net_source *s)
{
    if (s == NULL)
        return;
    procfile_close(&s->file);
    rtnl_close(&s->rtnl);
    snapshot_free(&s->links);
    free(s);
}
