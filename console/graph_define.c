/* From a kind's table to librrd's DEF, CDEF and VDEF. */
#include "console/graph_build.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "console/graph_store.h"
#include "console/rrdcached.h"

static const struct graph_series *present(const struct graph *graph, const char *id, size_t len)
{
    for (size_t i = 0; i < graph->n_figures; i++) {
        const struct graph_series *s = graph->figures[i].series;
        if (strlen(s->id) == len && strncmp(s->id, id, len) == 0)
            return s;
    }
    return NULL;
}

/* One file of one source as DEF:ID_N. On failure why says what is wrong with it. */
static bool define_file(const struct graph_build *m, const char *id, size_t n,
                        const struct graph_source *source, const char *host, const char *file,
                        char why[GRAPH_WHY_MAX])
{
    char *path = graph_path(m->env->rrd_dir, host, file);

    if (m->env->cached != NULL &&
        !rrdcached_flush(m->env->cached, m->env->rrd_dir, path, why, GRAPH_WHY_MAX)) {
        char *text = graph_print("%s: %s; drawn from what is on disk", path, why);
        m->env->warn(text);
        free(text);
    }
    bool usable = graph_file_usable(path, source->ds, source->cf, why);
    if (usable) {
        char *escaped = graph_escape(path);
        graph_args_add(&m->graph->data, "DEF:%s_%zu=%s:%s:%s", id, n, escaped, source->ds, source->cf);
        free(escaped);
    }
    free(path);
    return usable;
}

/* What passes one of these passes another interface of the host too, or never leaves it: counted there, not here. Names are
 * all that RRD files tell of an interface: these are the ones that the kernel, Debian, libvirt, Proxmox, Docker and the
 * like give. */
static bool passes_another(const char *interface)
{
    static const char *const names[] = {"lo",   "br[0-9]*", "br-*", "virbr*", "vmbr*", "docker*", "lxcbr*", "lxdbr*",
                                        "ovs*", "veth*",    "vnet*", "tap*",  "tun*",  "wg*",     "bond*",  "team*",
                                        "dummy*", "ifb*",   "*.[0-9]*", "vlan*", "vxlan*", "macvtap*"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (fnmatch(names[i], interface, 0) == 0)
            return true;
    return false;
}

/* Whether the host has an interface of its own: one with none but such as pass another counts them all, but lo. */
static bool has_own(const struct graph_names *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (!passes_another(all->v[i]))
            return true;
    return false;
}

/* Calls define_file for each instance that '*' stands for, or for the one that '@' does. Returns how many are
 * usable. */
static size_t define_host(const struct graph_build *m, const char *id, size_t n,
                          const struct graph_source *source, const char *host, char why[GRAPH_WHY_MAX])
{
    size_t found = 0;

    if (strchr(source->file, '*') == NULL) {
        char *file = graph_expand(source->file, m->request->instance);
        found = define_file(m, id, n, source, host, file, why);
        free(file);
        return found;
    }
    struct graph_names names;
    graph_instances(m->env->rrd_dir, host, m->request->kind->where, &names);
    bool own = has_own(&names);
    for (size_t i = 0; i < names.n; i++) {
        size_t star = strcspn(source->file, "*");
        if (own ? passes_another(names.v[i]) : strcmp(names.v[i], "lo") == 0)
            continue;
        char *file = graph_print("%.*s%s%s", (int)star, source->file, names.v[i], source->file + star + 1);
        found += define_file(m, id, n + found, source, host, file, why);
        free(file);
    }
    graph_names_free(&names);
    return found;
}

/* ID_0 … ID_(n-1) become the series ID. */
static void combine(struct graph_args *data, const struct graph_series *series, double scale, size_t n)
{
    /* 32: an id of at most 16 letters, '_', the number and an operator */
    size_t room = n * 64 + 128, len = 0;
    char *rpn = graph_grow(NULL, room, 1);

    for (size_t i = 0; i < n; i++) {
        bool more = i > 0;
        switch (series->combine) {
        case COMBINE_SUM:
            len += (size_t)snprintf(rpn + len, room - len, "%s_%zu,%s", series->id, i, more ? "ADDNAN," : "");
            break;
        case COMBINE_MAX:
            len += (size_t)snprintf(rpn + len, room - len, "%s_%zu,%s", series->id, i, more ? "MAXNAN," : "");
            break;
        case COMBINE_MEAN:
            len += (size_t)snprintf(rpn + len, room - len, "%s_%zu,", series->id, i);
            break;
        case COMBINE_COUNT:
            len += (size_t)snprintf(rpn + len, room - len, "%s_%zu,UN,0,1,IF,%s", series->id, i,
                                    more ? "+," : "");
            break;
        }
    }
    if (series->combine == COMBINE_MEAN)
        snprintf(rpn + len, room - len, "%zu,AVG,", n);
    if (series->combine == COMBINE_COUNT) {
        /* where nobody reports there is no number of hosts either */
        graph_args_add(data, "CDEF:%s_n=%s0,+", series->id, rpn);
        graph_args_add(data, "CDEF:%s=%s_n,0,GT,%s_n,UNKN,IF", series->id, series->id, series->id);
    } else {
        graph_args_add(data, "CDEF:%s=%s%.15g,*", series->id, rpn, scale);
    }
    free(rpn);
}

/* The first source of the series that any host has. What is missing or unusable is told, by name. */
static bool define_stored(const struct graph_build *m, const struct graph_series *series)
{
    const struct graph_request *r = m->request;
    char why[GRAPH_WHY_MAX] = "", *missing = NULL;

    for (size_t k = 0; k < SOURCES_MAX && series->source[k].file != NULL; k++) {
        const struct graph_source *source = &series->source[k];
        size_t found = 0;
        for (size_t h = 0; h < r->n_hosts; h++) {
            size_t here = define_host(m, series->id, found, source, r->hosts[h], why);
            if (here == 0 && missing == NULL) {
                char *file = graph_expand(source->file, r->instance);
                missing =
                    graph_print("%s/%s.rrd: %s", r->hosts[h], file, why[0] != '\0' ? why : "no such file");
                free(file);
            }
            found += here;
        }
        if (found > 0) {
            combine(&m->graph->data, series, source->scale, found);
            free(missing);
            return true;
        }
    }
    if (!series->optional) {
        char *text = graph_print("%s; %s drawn without %s", missing, m->graph->name, series->id);
        m->env->warn(text);
        free(text);
    }
    free(missing);
    return false;
}

/* Whether every series that an expression names (its lower-case words) is there. */
static bool computable(const struct graph *graph, const char *rpn)
{
    for (const char *p = rpn; *p != '\0';) {
        size_t len = strcspn(p, ",");
        if (*p >= 'a' && *p <= 'z' && present(graph, p, len) == NULL)
            return false;
        p += len + (p[len] == ',');
    }
    return true;
}

bool graph_define(const struct graph_build *m, const struct graph_series *series)
{
    struct graph_args *data = &m->graph->data;

    if (series->p95_of != NULL) {
        if (present(m->graph, series->p95_of, strlen(series->p95_of)) == NULL)
            return false;
        graph_args_add(data, "VDEF:p95_%s=%s,95,PERCENTNAN", series->id, series->p95_of);
        /* of nothing, librrd's percentile is whatever its memory holds; its mean is unknown */
        graph_args_add(data, "VDEF:any_%s=%s,AVERAGE", series->id, series->p95_of);
        graph_args_add(data, "CDEF:%s=%s,POP,any_%s,UN,UNKN,p95_%s,IF", series->id, series->p95_of, series->id, series->id);
        return true;
    }
    if (series->rpn != NULL) {
        if (!computable(m->graph, series->rpn))
            return false;
        graph_args_add(data, "CDEF:%s=%s", series->id, series->rpn);
        return true;
    }
    return define_stored(m, series);
}
