#include "plugins/hostres/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "plugins/hostres/cpustat.h"
#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/iftrack.h"
#include "plugins/hostres/loadavg.h"
#include "plugins/hostres/meminfo.h"
#include "plugins/hostres/meter.h"
#include "plugins/hostres/pressure.h"
#include "plugins/hostres/procfile.h"
#include "plugins/hostres/sampler.h"
#include "plugins/hostres/speed.h"

enum {
    PRESSURES = 3,
    SPEEDS_PER_READ = 64, /* at most; a speed takes some 4 us */
    SPEED_AGE_S = 60,     /* asked again after, where changes of links are not heard of */
    CPU_COUNT_AGE_S = 60,
    MARGIN_MIN_NS = 1000 * 1000 * 1000,
};

/* A file and what has been said of it. */
struct source {
    struct procfile file;
    bool complained;
};

struct report {
    const struct options *options;
    void (*warn)(const char *text);
    bool own_proc; /* ProcRoot is this system's /proc */
    const char *sys_root;

    struct net_source *net;
    bool net_complained;
    struct if_snapshot interfaces;
    struct iftrack track;
    uint64_t changes; /* of links, when speeds were last due all */

    struct sampler *sampler; /* NULL: no peaks */
    struct peak_list peaks;
    struct sampler_stats sampled;
    struct meter sampler_cpu;

    struct source meminfo, loadavg, stat, pressure[PRESSURES];
    struct meter cpu, stalled[PRESSURES][PRESSURE_KINDS];
    long cpus;
    uint64_t cpus_ns; /* when they were counted */

    uint64_t unreadable; /* lines and messages that made no sense, so far */
    uint64_t now_ns;     /* of this read, monotonic */
};

static const char no_name[IF_NAME_SIZE];
static const struct label hostres = {"hostres"}, percent = {"percent"}, total_events = {"total_events"};

/* In the order of enum if_counter, two counters each. */
static const struct label interface_types[IF_COUNTERS / 2] = {
    {"if_octets"},
    {"if_packets"},
    {"if_errors"},
    {"if_dropped"},
};

static const struct {
    const char *path;
    struct label some, full;
} pressures[PRESSURES] = {
    {"pressure/cpu",    {"pressure_cpu_some"},    {"pressure_cpu_full"}   },
    {"pressure/memory", {"pressure_memory_some"}, {"pressure_memory_full"}},
    {"pressure/io",     {"pressure_io_some"},     {"pressure_io_full"}    },
};

static uint64_t monotonic_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void gauge(const struct label *type, const struct label *instance, double v)
{
    if (!isnan(v))
        dispatch_gauges(type, instance, &v, 1);
}

/* Says once that something can't be read, and once again after it could be. */
static bool readable(struct report *r, bool *complained, const char *what, int error)
{
    if (error != 0 && !*complained) {
        char text[256];
        snprintf(text, sizeof text, "can't read %s: %s", what, strerrordesc_np(error));
        r->warn(text);
    }
    *complained = error != 0;
    return error == 0;
}

static bool read_source(struct report *r, struct source *s)
{
    return readable(r, &s->complained, s->file.path, procfile_read(&s->file));
}

static void not_understood(struct report *r, uint64_t n, const char *what)
{
    char text[256];

    if (n == 0)
        return;
    if (r->unreadable == 0) {
        snprintf(text, sizeof text,
                 "%s: %ju lines or messages make no sense and are left out; more are counted only", what,
                 (uintmax_t)n);
        r->warn(text);
    }
    r->unreadable += n;
}

/* ---- interfaces
 * ---------------------------------------------------------------------------------------------- */

static bool is_reported(const struct report *r, size_t i)
{
    const uint64_t *count = r->interfaces.entry[i].count;

    return r->track.entry[i].wanted &&
           (r->options->report_inactive || count[IF_RX_PACKETS] != 0 || count[IF_TX_PACKETS] != 0);
}

static void report_counters(const struct report *r)
{
    static const struct label interface = {"interface"};

    for (size_t i = 0; i < r->track.n; i++) {
        const struct if_entry *e = &r->interfaces.entry[i];
        if (!is_reported(r, i) || r->track.entry[i].held)
            continue;
        dispatch_subject(&interface, e->key.name);
        if (r->interfaces.has == IF_HAS_ALL) {
            dispatch_interface(interface_types, e->count);
            continue;
        }
        for (size_t t = 0; t < IF_COUNTERS / 2; t++)
            if ((r->interfaces.has >> 2 * t & 3) == 3)
                dispatch_counters(&interface_types[t], NULL, &e->count[2 * t], 2);
    }
}

/* The peak of an interface; both lists have the same order but for a moment after a change. */
static const struct peak *find_peak(const struct peak_list *l, const struct if_key *key, size_t *cursor)
{
    for (size_t tried = 0; tried < l->n; tried++) {
        size_t i = (*cursor)++ % l->n;
        if (if_key_equal(&l->peak[i].key, key))
            return &l->peak[i];
    }
    return NULL;
}

static void refresh_speeds(struct report *r)
{
    uint64_t changes = net_source_changes(r->net);
    size_t budget = SPEEDS_PER_READ;

    for (size_t i = 0; i < r->track.n; i++) {
        struct iftrack_entry *e = &r->track.entry[i];
        if (changes != r->changes)
            e->speed_ns = 0;
        if (budget == 0 || !e->wanted || e->speed_ns > r->now_ns)
            continue;
        e->speed = speed_read(r->sys_root, e->key.name);
        e->speed_ns = e->key.index != 0 ? UINT64_MAX : r->now_ns + SPEED_AGE_S * UINT64_C(1000000000);
        budget--;
    }
    r->changes = changes;
}

static void report_rates(struct report *r)
{
    static const struct label if_rate = {"if_rate"}, max = {"max"}, rx = {"rx"}, tx = {"tx"};
    size_t cursor = 0;

    for (size_t i = 0; i < r->track.n; i++) {
        const struct iftrack_entry *e = &r->track.entry[i];
        const struct peak *p = find_peak(&r->peaks, &e->key, &cursor);
        if (!is_reported(r, i))
            continue;
        dispatch_subject(&hostres, e->key.name);
        if (p != NULL && p->rx >= 0)
            dispatch_gauges(&if_rate, &max, (double[2]){p->rx, p->tx}, 2);
        if (!r->options->group[GROUP_PERCENT] || e->speed == 0)
            continue;
        gauge(&percent, &rx, iftrack_percent(e, 0));
        gauge(&percent, &tx, iftrack_percent(e, 1));
    }
}

static void report_interfaces(struct report *r)
{
    const bool *group = r->options->group;
    uint64_t bad = 0;

    if (!group[GROUP_INTERFACE] && !group[GROUP_PEAK] && !group[GROUP_PERCENT])
        return;
    r->peaks.n = 0;
    if (r->sampler != NULL) {
        uint64_t before = r->sampled.bad;
        if (sampler_take(r->sampler, &r->peaks, &r->sampled) != 0)
            r->peaks.n = 0;
        not_understood(r, r->sampled.bad - before, "interfaces");
    }
    int error = net_source_read(r->net, &r->interfaces, &bad);
    not_understood(r, bad, "interfaces");
    if (!readable(r, &r->net_complained, "interfaces", error) ||
        iftrack_update(&r->track, &r->interfaces, r->now_ns) != 0)
        return;
    if (group[GROUP_INTERFACE])
        report_counters(r);
    if (group[GROUP_PERCENT])
        refresh_speeds(r);
    if (group[GROUP_PEAK] || group[GROUP_PERCENT])
        report_rates(r);
}

/* ---- memory, load, processor
 * ----------------------------------------------------------------------------------- */

static void report_stock_memory(const struct meminfo *m, uint64_t used)
{
    static const struct label memory = {"memory"}, slab = {"slab"}, used_label = {"used"};
    static const struct {
        struct label instance;
        enum mem_field field;
    } parts[] = {
        {{"buffered"},    MEM_BUFFERS     },
        {{"cached"},      MEM_CACHED      },
        {{"free"},        MEM_FREE        },
        {{"slab_unrecl"}, MEM_SUNRECLAIM  },
        {{"slab_recl"},   MEM_SRECLAIMABLE},
    };
    bool detailed = meminfo_has(m, MEM_SUNRECLAIM) || meminfo_has(m, MEM_SRECLAIMABLE);

    dispatch_subject(&memory, no_name);
    gauge(&memory, &used_label, (double)used);
    for (size_t i = 0; i < (detailed ? 5 : 3); i++)
        gauge(&memory, &parts[i].instance, (double)m->bytes[parts[i].field]);
    if (!detailed) /* kernels before 2.6.19 */
        gauge(&memory, &slab, (double)m->bytes[MEM_SLAB]);
}

static void report_memory(struct report *r)
{
    static const struct label memory = {"memory"}, total = {"total"}, available = {"available"};
    const bool *group = r->options->group;
    struct meminfo m;
    uint64_t used;

    if ((!group[GROUP_MEMORY] && !group[GROUP_TOTAL]) || !read_source(r, &r->meminfo))
        return;
    not_understood(r, meminfo_parse(r->meminfo.file.text, r->meminfo.file.len, &m), r->meminfo.file.path);
    bool have_used = meminfo_used(&m, &used);
    if (group[GROUP_MEMORY] && have_used)
        report_stock_memory(&m, used);
    if (!group[GROUP_TOTAL])
        return;
    dispatch_subject(&hostres, no_name);
    if (meminfo_has(&m, MEM_TOTAL))
        gauge(&memory, &total, (double)m.bytes[MEM_TOTAL]);
    if (meminfo_has(&m, MEM_AVAILABLE)) /* since 3.14 */
        gauge(&memory, &available, (double)m.bytes[MEM_AVAILABLE]);
    if (have_used && m.bytes[MEM_TOTAL] > 0)
        gauge(&percent, &memory, 100.0 * (double)used / (double)m.bytes[MEM_TOTAL]);
}

static long cpu_count(struct report *r)
{
    if (r->cpus == 0 || r->now_ns - r->cpus_ns > CPU_COUNT_AGE_S * UINT64_C(1000000000)) {
        r->cpus = sysconf(_SC_NPROCESSORS_ONLN);
        r->cpus_ns = r->now_ns;
    }
    return r->cpus;
}

static bool read_load(struct report *r, double load[3])
{
    if (r->own_proc) /* sysinfo(2) is a tenth of reading the file */
        return getloadavg(load, 3) == 3;
    if (!read_source(r, &r->loadavg))
        return false;
    if (loadavg_parse(r->loadavg.file.text, r->loadavg.file.len, load))
        return true;
    not_understood(r, 1, r->loadavg.file.path);
    return false;
}

static void report_load(struct report *r)
{
    static const struct label load = {"load"}, relative = {"relative"};
    const bool *group = r->options->group;
    double l[3];

    if ((!group[GROUP_LOAD] && !group[GROUP_RELATIVE]) || !read_load(r, l))
        return;
    dispatch_subject(&load, no_name);
    if (group[GROUP_LOAD])
        dispatch_gauges(&load, NULL, l, 3);
    long cpus = group[GROUP_RELATIVE] ? cpu_count(r) : 0;
    if (cpus < 1)
        return;
    for (size_t i = 0; i < 3; i++)
        l[i] /= (double)cpus;
    dispatch_gauges(&load, &relative, l, 3);
}

static void report_cpu(struct report *r)
{
    static const struct label cpu = {"cpu"};
    struct cpustat stat;

    if (!r->options->group[GROUP_CPU] || !read_source(r, &r->stat))
        return;
    if (!cpustat_parse(r->stat.file.text, r->stat.file.len, &stat)) {
        not_understood(r, 1, r->stat.file.path);
        return;
    }
    dispatch_subject(&hostres, no_name);
    gauge(&percent, &cpu, meter_percent(&r->cpu, stat.busy, stat.total));
}

static void report_pressure(struct report *r)
{
    if (!r->options->group[GROUP_PRESSURE])
        return;
    dispatch_subject(&hostres, no_name);
    for (size_t i = 0; i < PRESSURES; i++) {
        struct source *s = &r->pressure[i];
        struct pressure p;
        if (!read_source(r, s))
            continue;
        uint64_t now_us = monotonic_ns() / 1000;
        not_understood(r, pressure_parse(s->file.text, s->file.len, &p), s->file.path);
        for (size_t k = 0; k < PRESSURE_KINDS; k++)
            if ((p.has & 1U << k) != 0)
                gauge(&percent, k == PRESSURE_SOME ? &pressures[i].some : &pressures[i].full,
                      meter_percent(&r->stalled[i][k], p.total_us[k], now_us));
    }
}

static void report_self(struct report *r)
{
    static const struct label sampler = {"sampler"}, late = {"late_samples"}, unreadable = {"unreadable"};

    if (!r->options->group[GROUP_SELF])
        return;
    dispatch_subject(&hostres, no_name);
    if (r->sampler != NULL) {
        gauge(&percent, &sampler, meter_percent(&r->sampler_cpu, r->sampled.cpu_ns, r->now_ns));
        dispatch_counters(&total_events, &late, &r->sampled.late, 1);
    }
    dispatch_counters(&total_events, &unreadable, &r->unreadable, 1);
}

void report_read(struct report *r)
{
    r->now_ns = monotonic_ns();
    dispatch_begin();
    report_interfaces(r);
    report_memory(r);
    report_load(r);
    report_cpu(r);
    report_pressure(r);
    report_self(r);
}

/* ---- opening and closing
 * --------------------------------------------------------------------------------------- */

static void start_sampler(struct report *r, const struct net_config *net)
{
    struct net_source *source = net_source_open(net);

    if (source != NULL)
        r->sampler = sampler_start(source, (uint64_t)(r->options->sample_interval * 1e9));
    if (r->sampler == NULL) {
        char text[128];
        snprintf(text, sizeof text, "no sampling thread, so no if_rate-max: %s", strerrordesc_np(errno));
        r->warn(text);
    }
}

static int open_files(struct report *r, const char *root)
{
    const bool *group = r->options->group;
    int rc = procfile_open(&r->meminfo.file, root, "meminfo");

    if (!r->own_proc)
        rc |= procfile_open(&r->loadavg.file, root, "loadavg");
    if (group[GROUP_CPU])
        rc |= procfile_open(&r->stat.file, root, "stat");
    for (size_t i = 0; group[GROUP_PRESSURE] && i < PRESSURES; i++)
        rc |= procfile_open(&r->pressure[i].file, root, pressures[i].path);
    return rc;
}

/* How long a name's last counters live on. An RRD file gives them up after two intervals, collectd at its
 * first check after `timeout` of them; it checks once an interval. Then something for writes that wait their
 * turn. */
static uint64_t forget_after(const struct report_config *config)
{
    uint64_t half = config->interval_ns / 2, margin = half > MARGIN_MIN_NS ? half : MARGIN_MIN_NS;

    return (config->timeout + 1) * config->interval_ns + margin;
}

struct report *report_open(const struct report_config *config)
{
    struct report *r = calloc(1, sizeof *r);
    const struct options *o = config->options;

    if (r == NULL)
        return NULL;
    const char *root = o->proc_root != NULL ? o->proc_root : "/proc";
    r->options = o;
    r->warn = config->warn;
    r->own_proc = strcmp(root, "/proc") == 0;
    r->sys_root = o->sys_root != NULL ? o->sys_root : "/sys";
    r->track.match = &o->match;
    r->track.forget_ns = forget_after(config);

    struct net_config net = {
        .proc_root = root, .mode = o->net_mode, .own_proc = r->own_proc, .warn = r->warn};
    r->net = net_source_open(&net);
    if (r->net == NULL || open_files(r, root) != 0) {
        report_close(r);
        return NULL;
    }
    if (o->group[GROUP_PEAK])
        start_sampler(r, &net);
    return r;
}

void report_close(struct report *r)
{
    if (r == NULL)
        return;
    sampler_stop(r->sampler);
    net_source_close(r->net);
    snapshot_free(&r->interfaces);
    iftrack_free(&r->track);
    peak_list_free(&r->peaks);
    procfile_close(&r->meminfo.file);
    procfile_close(&r->loadavg.file);
    procfile_close(&r->stat.file);
    for (size_t i = 0; i < PRESSURES; i++)
        procfile_close(&r->pressure[i].file);
    free(r);
}
