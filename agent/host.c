#include "agent/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/host_kernel.h"
#include "agent/metrics.h"

enum { SLOW_MS = 5000 /* how often the kernel is asked for what seldom changes */ };

enum scalar { LOAD1, LOAD5, LOAD15, TOTAL, TOTAL_SUM, USED, AVAILABLE, SCALARS };

/* What scmHost shows, by collectd's names. The total is hostres's, or the sum that the stock memory plugin divides. */
static const char *const scalar_metric[SCALARS] = {
    [LOAD1] = "load/load:shortterm",        [LOAD5] = "load/load:midterm",
    [LOAD15] = "load/load:longterm",        [TOTAL] = "hostres/memory-total",
    [TOTAL_SUM] = "sum(memory/memory-*)",   [USED] = "memory/memory-used",
    [AVAILABLE] = "hostres/memory-available",
};

struct host {
    struct metrics *metrics;
    struct selector *scalar[SCALARS];
    struct selector *octets, *peaks;
    char interface[SCM_IF_NAME_MAX + 1]; /* as set */
    struct host_kernel kernel;
    int64_t asked_ms; /* 0: never */
};

static struct selector *watch(struct metrics *m, const char *text)
{
    struct metric_spec spec;
    const char *why;

    return metric_spec_parse(text, strlen(text), &spec, &why) ? metrics_watch(m, &spec) : NULL;
}

struct host *host_new(struct metrics *m)
{
    struct host *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->metrics = m;
    bool good = true;
    for (int i = 0; i < SCALARS; i++)
        good = (h->scalar[i] = watch(m, scalar_metric[i])) && good;
    good = (h->octets = watch(m, "interface-*/if_octets")) && good;
    good = (h->peaks = watch(m, "hostres-*/if_rate-max")) && good;
    if (!good) {
        host_free(h);
        return NULL;
    }
    return h;
}

void host_free(struct host *h)
{
    if (!h)
        return;
    for (int i = 0; i < SCALARS; i++)
        metrics_unwatch(h->metrics, h->scalar[i]);
    metrics_unwatch(h->metrics, h->octets);
    metrics_unwatch(h->metrics, h->peaks);
    host_kernel_free(&h->kernel);
    free(h);
}

void host_set_interface(struct host *h, const char *name)
{
    if (strcmp(h->interface, name) == 0)
        return;
    snprintf(h->interface, sizeof h->interface, "%s", name);
    h->asked_ms = 0; /* at once: the default route may be wanted now */
}

static struct view_u32 scaled(bool known, double v, double factor)
{
    double x = v * factor + 0.5;

    if (!known || !(x >= 0))
        return (struct view_u32){0};
    return (struct view_u32){.v = x >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)x, .has = true};
}

static struct view_u32 scalar(struct host *h, enum scalar which, int64_t mono_ms, double factor)
{
    double v;
    bool known = metrics_value(h->metrics, h->scalar[which], mono_ms, &v);

    return scaled(known, v, factor);
}

static struct view_u32 rate(const struct host *h, const struct metric *x, const char *ds, int64_t mono_ms, double factor)
{
    double v;
    bool known = metric_ds(h->metrics, x, ds, mono_ms, &v);

    return scaled(known, v, factor);
}

/* What the callbacks of metrics_read share. */
struct filling {
    struct host *h;
    struct view *v;
    int64_t mono_ms;
    size_t room;
};

static struct view_interface *row_of(struct filling *f, const struct metric *x)
{
    const char *name;
    size_t len = metric_instance(x, &name);
    struct host_interface *i = host_kernel_interface(&f->h->kernel, name, len);

    if (!i || !metric_fresh(f->h->metrics, x, f->mono_ms))
        return NULL;
    if (!i->row && f->v->n_interfaces < f->room) {
        i->row = &f->v->interfaces[f->v->n_interfaces++];
        *i->row = (struct view_interface){.ifindex = i->index, .speed = i->speed};
        view_text(i->row->name, sizeof i->row->name, name, len);
    }
    return i->row;
}

static void fill_octets(void *arg, const struct metric_reading *r)
{
    struct filling *f = arg;
    struct view_interface *row = row_of(f, r->metric);

    if (!row)
        return;
    row->in_rate = rate(f->h, r->metric, "rx", f->mono_ms, 8e-3); /* bytes/s to kbit/s */
    row->out_rate = rate(f->h, r->metric, "tx", f->mono_ms, 8e-3);
}

static void fill_peaks(void *arg, const struct metric_reading *r)
{
    struct filling *f = arg;
    struct view_interface *row = row_of(f, r->metric);

    if (!row)
        return;
    row->in_peak = rate(f->h, r->metric, "rx", f->mono_ms, 1e-3); /* bits/s to kbit/s */
    row->out_peak = rate(f->h, r->metric, "tx", f->mono_ms, 1e-3);
}

static int by_ifindex(const void *a, const void *b)
{
    const struct view_interface *x = a, *y = b;

    return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

static void fill_interfaces(struct host *h, struct view *v, int64_t mono_ms)
{
    struct filling f = {.h = h, .v = v, .mono_ms = mono_ms, .room = v->n_interfaces};

    v->n_interfaces = 0;
    for (size_t i = 0; i < h->kernel.n; i++)
        h->kernel.interfaces[i].row = NULL;
    metrics_read(h->metrics, h->octets, mono_ms, fill_octets, &f);
    metrics_read(h->metrics, h->peaks, mono_ms, fill_peaks, &f);
    if (v->n_interfaces > 1)
        qsort(v->interfaces, v->n_interfaces, sizeof *v->interfaces, by_ifindex);
    const char *chosen = h->interface[0] ? h->interface : h->kernel.route;
    view_text(v->host.interface, sizeof v->host.interface, chosen, strlen(chosen));
    for (size_t i = 0; i < v->n_interfaces; i++)
        if (strcmp(v->interfaces[i].name, chosen) == 0) {
            v->host.in_rate = v->interfaces[i].in_rate;
            v->host.out_rate = v->interfaces[i].out_rate;
        }
}

size_t host_interfaces(const struct host *h)
{
    return selector_count(h->octets) + selector_count(h->peaks);
}

void host_fill(struct host *h, struct view *v, int64_t mono_ms)
{
    struct view_host *o = &v->host;

    if (h->asked_ms == 0 || mono_ms - h->asked_ms >= SLOW_MS) {
        host_kernel_ask(&h->kernel, h->interface[0] == '\0');
        h->asked_ms = mono_ms;
    }
    o->load1 = scalar(h, LOAD1, mono_ms, 100);
    o->load5 = scalar(h, LOAD5, mono_ms, 100);
    o->load15 = scalar(h, LOAD15, mono_ms, 100);
    o->cpus = (struct view_u32){.v = h->kernel.cpus, .has = h->kernel.cpus > 0};
    o->mem_total = scalar(h, TOTAL, mono_ms, 1.0 / 1024);
    if (!o->mem_total.has)
        o->mem_total = scalar(h, TOTAL_SUM, mono_ms, 1.0 / 1024);
    o->mem_used = scalar(h, USED, mono_ms, 1.0 / 1024);
    o->mem_available = scalar(h, AVAILABLE, mono_ms, 1.0 / 1024);
    fill_interfaces(h, v, mono_ms);
}
