#include "plugins/hostres/report_host.h"

#include <stdlib.h>
#include <unistd.h>

#include "plugins/hostres/clock.h"
#include "plugins/hostres/cpustat.h"
#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/loadavg.h"

enum { CPU_COUNT_AGE_S = 60 };

static const char no_name[IF_NAME_SIZE];

static const struct {
    const char *path;
    struct label some, full;
} pressures[PRESSURES] = {
    {"pressure/cpu",    {"pressure_cpu_some"},    {"pressure_cpu_full"}   },
    {"pressure/memory", {"pressure_memory_some"}, {"pressure_memory_full"}},
    {"pressure/io",     {"pressure_io_some"},     {"pressure_io_full"}    },
};

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
    dispatch_gauge(&memory, &used_label, (double)used);
    for (size_t i = 0; i < (detailed ? 5 : 3); i++)
        dispatch_gauge(&memory, &parts[i].instance, (double)m->bytes[parts[i].field]);
    if (!detailed) /* kernels before 2.6.19 */
        dispatch_gauge(&memory, &slab, (double)m->bytes[MEM_SLAB]);
}

static void report_memory(struct report_host *r)
{
    static const struct label memory = {"memory"}, total = {"total"}, available = {"available"};
    const bool *group = r->group;
    struct meminfo m;
    uint64_t used;

    if ((!group[GROUP_MEMORY] && !group[GROUP_TOTAL]) || !read_source(r->complaints, &r->meminfo))
        return;
    not_understood(r->complaints,
                   meminfo_parse(r->meminfo.file.text, r->meminfo.file.len, &r->meminfo_layout, &m),
                   r->meminfo.file.path);
    bool have_used = meminfo_used(&m, &used);
    if (group[GROUP_MEMORY] && have_used)
        report_stock_memory(&m, used);
    if (!group[GROUP_TOTAL])
        return;
    dispatch_subject(&dispatch_own, no_name);
    if (meminfo_has(&m, MEM_TOTAL))
        dispatch_gauge(&memory, &total, (double)m.bytes[MEM_TOTAL]);
    if (meminfo_has(&m, MEM_AVAILABLE)) /* since 3.14 */
        dispatch_gauge(&memory, &available, (double)m.bytes[MEM_AVAILABLE]);
    if (have_used && m.bytes[MEM_TOTAL] > 0)
        dispatch_gauge(&dispatch_percent, &memory, 100.0 * (double)used / (double)m.bytes[MEM_TOTAL]);
}

static long cpu_count(struct report_host *r, uint64_t now_ns)
{
    if (r->cpus == 0 || now_ns - r->cpus_ns > CPU_COUNT_AGE_S * UINT64_C(1000000000)) {
        r->cpus = sysconf(_SC_NPROCESSORS_ONLN);
        r->cpus_ns = now_ns;
    }
    return r->cpus;
}

static bool read_load(struct report_host *r, double load[3])
{
    if (r->own_proc) /* sysinfo(2) is a tenth of reading the file */
        return getloadavg(load, 3) == 3;
    if (!read_source(r->complaints, &r->loadavg))
        return false;
    if (loadavg_parse(r->loadavg.file.text, r->loadavg.file.len, load))
        return true;
    not_understood(r->complaints, 1, r->loadavg.file.path);
    return false;
}

static void report_load(struct report_host *r, uint64_t now_ns)
{
    static const struct label load = {"load"}, relative = {"relative"};
    const bool *group = r->group;
    double l[3];

    if ((!group[GROUP_LOAD] && !group[GROUP_RELATIVE]) || !read_load(r, l))
        return;
    dispatch_subject(&load, no_name);
    if (group[GROUP_LOAD])
        dispatch_gauges(&load, NULL, l, 3);
    long cpus = group[GROUP_RELATIVE] ? cpu_count(r, now_ns) : 0;
    if (cpus < 1)
        return;
    for (size_t i = 0; i < 3; i++)
        l[i] /= (double)cpus;
    dispatch_gauges(&load, &relative, l, 3);
}

static void report_cpu(struct report_host *r)
{
    static const struct label cpu = {"cpu"};
    struct cpustat stat;

    if (!r->group[GROUP_CPU] || !read_source(r->complaints, &r->stat))
        return;
    if (!cpustat_parse(r->stat.file.text, r->stat.file.len, &stat)) {
        not_understood(r->complaints, 1, r->stat.file.path);
        return;
    }
    dispatch_subject(&dispatch_own, no_name);
    dispatch_gauge(&dispatch_percent, &cpu, meter_percent(&r->cpu, stat.busy, stat.total));
}

static void report_pressure(struct report_host *r)
{
    if (!r->group[GROUP_PRESSURE])
        return;
    dispatch_subject(&dispatch_own, no_name);
    for (size_t i = 0; i < PRESSURES; i++) {
        struct source *s = &r->pressure[i];
        struct pressure p;
        if (!read_source(r->complaints, s))
            continue;
        uint64_t now_us = clock_ns(CLOCK_MONOTONIC) / 1000;
        not_understood(r->complaints, pressure_parse(s->file.text, s->file.len, &p), s->file.path);
        for (size_t k = 0; k < PRESSURE_KINDS; k++)
            if ((p.has & 1U << k) != 0)
                dispatch_gauge(&dispatch_percent,
                               k == PRESSURE_SOME ? &pressures[i].some : &pressures[i].full,
                               meter_percent(&r->stalled[i][k], p.total_us[k], now_us));
    }
}

void report_host_read(struct report_host *r, uint64_t now_ns)
{
    report_memory(r);
    report_load(r, now_ns);
    report_cpu(r);
    report_pressure(r);
}

int report_host_open(struct report_host *r, const struct options *options, struct complaints *complaints,
                     const char *proc_root, bool own_proc)
{
    const bool *group = options->group;

    *r = (struct report_host){.group = group, .complaints = complaints, .own_proc = own_proc};
    int rc = procfile_open(&r->meminfo.file, proc_root, "meminfo");
    if (!own_proc)
        rc |= procfile_open(&r->loadavg.file, proc_root, "loadavg");
    if (group[GROUP_CPU])
        rc |= procfile_open(&r->stat.file, proc_root, "stat");
    for (size_t i = 0; group[GROUP_PRESSURE] && i < PRESSURES; i++)
        rc |= procfile_open(&r->pressure[i].file, proc_root, pressures[i].path);
    return rc;
}

void report_host_close(struct report_host *r)
{
    procfile_close(&r->meminfo.file);
    procfile_close(&r->loadavg.file);
    procfile_close(&r->stat.file);
    for (size_t i = 0; i < PRESSURES; i++)
        procfile_close(&r->pressure[i].file);
}
