#include "agent/host.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/metrics.h"
#include "common/num.h"

enum { SLOW_MS = 5000 /* how often the kernel is asked for what seldom changes */ };

enum scalar { LOAD1, LOAD5, LOAD15, TOTAL, TOTAL_SUM, USED, AVAILABLE, SCALARS };

/* What scmHost shows, by collectd's names. The total is hostres's, or the sum that the stock memory plugin divides. */
static const char *const scalar_metric[SCALARS] = {
    [LOAD1] = "load/load:shortterm",        [LOAD5] = "load/load:midterm",
    [LOAD15] = "load/load:longterm",        [TOTAL] = "hostres/memory-total",
    [TOTAL_SUM] = "sum(memory/memory-*)",   [USED] = "memory/memory-used",
    [AVAILABLE] = "hostres/memory-available",
};

/* An interface that the kernel has. */
struct iface {
    char name[IF_NAMESIZE];
    unsigned index;
    struct view_u32 speed;
    struct view_interface *row; /* of the view that is being filled; NULL: none yet */
};

struct host {
    struct metrics *metrics;
    struct selector *scalar[SCALARS];
    struct selector *octets, *peaks;
    char interface[SCM_IF_NAME_MAX + 1]; /* as set */
    char route[SCM_IF_NAME_MAX + 1];     /* the default route's */
    struct iface *ifaces;                /* by name */
    size_t n_ifaces, n_cpus;
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
    free(h->ifaces);
    free(h);
}

void host_set_interface(struct host *h, const char *name)
{
    snprintf(h->interface, sizeof h->interface, "%s", name);
}

/* ---- the kernel's side ---- */

/* Reads a small file whole; "" if it can't be read. */
static void slurp(const char *path, char *buf, size_t size)
{
    size_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && n < size - 1) {
        ssize_t k = read(fd, buf + n, size - 1 - n);
        if (k <= 0)
            break;
        n += (size_t)k;
    }
    buf[n] = '\0';
    if (fd >= 0)
        close(fd);
}

/* The field'th word of a line (from 0), in place; its length, 0 if there is none. */
static size_t word(const char *line, unsigned field, const char **out)
{
    static const char blanks[] = " \t";

    for (;;) {
        line += strspn(line, blanks);
        size_t n = strcspn(line, " \t\n");
        if (field-- == 0 || n == 0) {
            *out = line;
            return n;
        }
        line += n;
    }
}

static bool hex_zero(const char *s, size_t n)
{
    return n > 0 && strspn(s, "0") >= n;
}

/* One routing table: columns of destination, prefix or mask, flags, metric and interface. Keeps the best default route. */
struct table_shape {
    unsigned dest, mask, flags, metric, iface;
    int metric_base;
};

static bool best_default(const char *text, const struct table_shape *t, char *name, size_t size)
{
    unsigned long best = 0;
    bool found = false;

    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *dest, *mask, *flags, *metric, *iface;
        size_t dest_n = word(line, t->dest, &dest), mask_n = word(line, t->mask, &mask);
        size_t n = word(line, t->iface, &iface);
        if (!hex_zero(dest, dest_n) || !hex_zero(mask, mask_n) || !word(line, t->flags, &flags) ||
            !word(line, t->metric, &metric) || n == 0 || n >= size || (n == 2 && memcmp(iface, "lo", 2) == 0))
            continue;
        unsigned long f = strtoul(flags, NULL, 16), m = strtoul(metric, NULL, t->metric_base);
        if ((f & 1) == 0 || (f & 0x200)) /* RTF_UP, RTF_REJECT */
            continue;
        if (found && m >= best)
            continue;
        memcpy(name, iface, n);
        name[n] = '\0';
        best = m;
        found = true;
    }
    return found;
}

bool host_default_route(const char *ipv4, const char *ipv6, char *name, size_t size)
{
    static const struct table_shape v4 = {.dest = 1, .mask = 7, .flags = 3, .metric = 6, .iface = 0, .metric_base = 10};
    static const struct table_shape v6 = {.dest = 0, .mask = 1, .flags = 8, .metric = 5, .iface = 9, .metric_base = 16};

    return best_default(ipv4, &v4, name, size) || best_default(ipv6, &v6, name, size);
}

static struct view_u32 link_speed(const char *iface)
{
    char path[64 + IF_NAMESIZE], text[32];
    uint64_t mbit;

    snprintf(path, sizeof path, "/sys/class/net/%s/speed", iface);
    slurp(path, text, sizeof text);
    if (!num_u64(text, strcspn(text, "\n"), 1, UINT32_MAX / 1000, &mbit)) /* -1: unknown */
        return (struct view_u32){0};
    return (struct view_u32){.v = (uint32_t)mbit * 1000, .has = true};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct iface *)a)->name, ((const struct iface *)b)->name);
}

static void ask_interfaces(struct host *h)
{
    struct if_nameindex *all = if_nameindex();
    size_t n = 0;

    if (!all)
        return; /* the old ones stand */
    while (all[n].if_index)
        n++;
    struct iface *ifaces = calloc(n + 1, sizeof *ifaces);
    if (ifaces) {
        for (size_t i = 0; i < n; i++) {
            snprintf(ifaces[i].name, sizeof ifaces[i].name, "%s", all[i].if_name);
            ifaces[i].index = all[i].if_index;
            ifaces[i].speed = link_speed(ifaces[i].name);
        }
        qsort(ifaces, n, sizeof *ifaces, by_name);
        free(h->ifaces);
        h->ifaces = ifaces;
        h->n_ifaces = n;
    }
    if_freenameindex(all);
}

static void ask_kernel(struct host *h)
{
    char v4[16384], v6[16384];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    h->n_cpus = cpus > 0 ? (size_t)cpus : 0;
    ask_interfaces(h);
    slurp("/proc/net/route", v4, sizeof v4);
    slurp("/proc/net/ipv6_route", v6, sizeof v6);
    if (!host_default_route(v4, v6, h->route, sizeof h->route))
        h->route[0] = '\0';
}

static struct iface *iface_named(const struct host *h, const char *name, size_t len)
{
    struct iface key = {.index = 0};

    if (len >= sizeof key.name)
        return NULL;
    memcpy(key.name, name, len);
    return bsearch(&key, h->ifaces, h->n_ifaces, sizeof key, by_name);
}

/* ---- the view ---- */

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
    struct iface *i = iface_named(f->h, name, len);

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
    for (size_t i = 0; i < h->n_ifaces; i++)
        h->ifaces[i].row = NULL;
    metrics_read(h->metrics, h->octets, mono_ms, fill_octets, &f);
    metrics_read(h->metrics, h->peaks, mono_ms, fill_peaks, &f);
    if (v->n_interfaces > 1)
        qsort(v->interfaces, v->n_interfaces, sizeof *v->interfaces, by_ifindex);
    const char *chosen = h->interface[0] ? h->interface : h->route;
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
        ask_kernel(h);
        h->asked_ms = mono_ms;
    }
    o->load1 = scalar(h, LOAD1, mono_ms, 100);
    o->load5 = scalar(h, LOAD5, mono_ms, 100);
    o->load15 = scalar(h, LOAD15, mono_ms, 100);
    o->cpus = (struct view_u32){.v = (uint32_t)h->n_cpus, .has = h->n_cpus > 0};
    o->mem_total = scalar(h, TOTAL, mono_ms, 1.0 / 1024);
    if (!o->mem_total.has)
        o->mem_total = scalar(h, TOTAL_SUM, mono_ms, 1.0 / 1024);
    o->mem_used = scalar(h, USED, mono_ms, 1.0 / 1024);
    o->mem_available = scalar(h, AVAILABLE, mono_ms, 1.0 / 1024);
    fill_interfaces(h, v, mono_ms);
}
