/* The collectd end of hostres: options in, value lists out. */
#include "collectd.h"
#include "plugin.h"
#include "utils/common/common.h"

#include <errno.h>
#include <math.h>
#include <strings.h>
#include <time.h>

#include "plugins/hostres/iftrack.h"
#include "plugins/hostres/loadavg.h"
#include "plugins/hostres/meminfo.h"
#include "plugins/hostres/options.h"
#include "plugins/hostres/procfile.h"
#include "plugins/hostres/sampler.h"

static struct options options = {
    .report_inactive = true,
    .sample_interval = 1,
    .interfaces = true,
    .memory = true,
    .load = true,
    .relative = true,
    .totals = true,
    .peak = true,
};

static struct {
    struct net_source *net;
    struct if_snapshot snapshot;
    struct iftrack track;
    struct sampler *sampler;
    struct peak_list peaks;
    struct procfile meminfo, loadavg;
    bool own_proc; /* ProcRoot is this system's /proc */
    long cpus;
} state;

static value_list_t list; /* the one under construction; all reads of a plugin run in turn */

static void set(char field[DATA_MAX_NAME_LEN], const char *text)
{
    sstrncpy(field, text, DATA_MAX_NAME_LEN);
}

static void dispatch(const char *type, const char *type_instance, value_t *values, size_t n)
{
    set(list.type, type);
    set(list.type_instance, type_instance);
    list.values = values;
    list.values_len = n;
    plugin_dispatch_values(&list);
}

static void dispatch_gauge(const char *type, const char *type_instance, double v)
{
    value_t value = {.gauge = v};

    dispatch(type, type_instance, &value, 1);
}

static void begin(const char *plugin, const char *plugin_instance)
{
    set(list.plugin, plugin);
    set(list.plugin_instance, plugin_instance);
}

static uint64_t monotonic_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static void report_interface(const struct if_entry *e)
{
    static const struct {
        const char *type;
        enum if_counter rx;
    } types[] = {
        {"if_packets", IF_RX_PACKETS},
        {"if_octets",  IF_RX_OCTETS },
        {"if_errors",  IF_RX_ERRORS },
        {"if_dropped", IF_RX_DROPPED}
    };

    begin("interface", e->key.name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        value_t v[2] = {{.derive = (derive_t)e->count[types[i].rx]},
                        {.derive = (derive_t)e->count[types[i].rx + 1]}};
        dispatch(types[i].type, "", v, 2);
    }
}

static void read_interfaces(void)
{
    uint64_t bad = 0;

    if (net_source_read(state.net, &state.snapshot, &bad) != 0)
        return;
    if (iftrack_update(&state.track, &state.snapshot, monotonic_ns()) != 0)
        return;
    for (size_t i = 0; i < state.track.n; i++) {
        const struct if_entry *e = &state.snapshot.entry[i];
        bool active = e->count[IF_RX_PACKETS] != 0 || e->count[IF_TX_PACKETS] != 0;

        if (state.track.entry[i].wanted && !state.track.entry[i].held && (active || options.report_inactive))
            report_interface(e);
    }
}

static void read_peaks(void)
{
    struct sampler_stats stats;

    if (state.sampler == NULL || sampler_take(state.sampler, &state.peaks, &stats) != 0)
        return;
    for (size_t i = 0; i < state.peaks.n; i++) {
        const struct peak *p = &state.peaks.peak[i];
        if (p->rx < 0 || !match_wants(&options.match, p->key.name))
            continue;
        value_t v[2] = {{.gauge = p->rx}, {.gauge = p->tx}};
        begin("hostres", p->key.name);
        dispatch("if_rate", "max", v, 2);
    }
}

static void read_memory(void)
{
    struct meminfo m;
    uint64_t used;

    if (procfile_read_small(&state.meminfo) != 0)
        return;
    meminfo_parse(state.meminfo.text, state.meminfo.len, &m);
    if (!meminfo_used(&m, &used))
        return;
    begin("memory", "");
    dispatch_gauge("memory", "used", (double)used);
    dispatch_gauge("memory", "buffered", (double)m.bytes[MEM_BUFFERS]);
    dispatch_gauge("memory", "cached", (double)m.bytes[MEM_CACHED]);
    dispatch_gauge("memory", "free", (double)m.bytes[MEM_FREE]);
    if (meminfo_has(&m, MEM_SRECLAIMABLE) || meminfo_has(&m, MEM_SUNRECLAIM)) {
        dispatch_gauge("memory", "slab_unrecl", (double)m.bytes[MEM_SUNRECLAIM]);
        dispatch_gauge("memory", "slab_recl", (double)m.bytes[MEM_SRECLAIMABLE]);
    } else {
        dispatch_gauge("memory", "slab", (double)m.bytes[MEM_SLAB]);
    }
    begin("hostres", "");
    dispatch_gauge("memory", "total", (double)m.bytes[MEM_TOTAL]);
    if (meminfo_has(&m, MEM_AVAILABLE))
        dispatch_gauge("memory", "available", (double)m.bytes[MEM_AVAILABLE]);
    dispatch_gauge("percent", "memory", 100.0 * (double)used / (double)m.bytes[MEM_TOTAL]);
}

static void read_load(void)
{
    double l[3];

    if (state.own_proc ? getloadavg(l, 3) != 3
                       : procfile_read_small(&state.loadavg) != 0 ||
                             !loadavg_parse(state.loadavg.text, state.loadavg.len, l))
        return;
    value_t v[3] = {{.gauge = l[0]}, {.gauge = l[1]}, {.gauge = l[2]}};
    begin("load", "");
    dispatch("load", "", v, 3);
    for (size_t i = 0; i < 3; i++)
        v[i].gauge /= (double)state.cpus;
    dispatch("load", "relative", v, 3);
}

static int hostres_read(void)
{
    list.time = cdtime();
    list.interval = plugin_get_interval();
    set(list.host, hostname_g);
    read_interfaces();
    read_peaks();
    read_memory();
    read_load();
    return 0;
}

static int hostres_init(void)
{
    const char *root = options.proc_root != NULL ? options.proc_root : "/proc";

    state.own_proc = strcmp(root, "/proc") == 0;
    state.cpus = sysconf(_SC_NPROCESSORS_ONLN);
    if (state.cpus < 1)
        state.cpus = 1;
    state.track.match = &options.match;
    state.track.forget_ns = (uint64_t)(3 * CDTIME_T_TO_DOUBLE(plugin_get_interval()) * 1e9);
    state.net = net_source_open(root);
    struct net_source *sampled = net_source_open(root);
    if (state.net == NULL || sampled == NULL || procfile_open(&state.meminfo, root, "meminfo") != 0 ||
        procfile_open(&state.loadavg, root, "loadavg") != 0) {
        ERROR("hostres plugin: out of memory");
        return -1;
    }
    state.sampler = sampler_start(sampled, (uint64_t)(options.sample_interval * 1e9));
    if (state.sampler == NULL)
        ERROR("hostres plugin: no sampling thread, so no if_rate-max: %s", strerror(errno));
    return 0;
}

static int hostres_shutdown(void)
{
    sampler_stop(state.sampler);
    net_source_close(state.net);
    snapshot_free(&state.snapshot);
    iftrack_free(&state.track);
    peak_list_free(&state.peaks);
    procfile_close(&state.meminfo);
    procfile_close(&state.loadavg);
    match_free(&options.match);
    return 0;
}

static int config_match(const oconfig_item_t *ci)
{
    char error[128] = "", *name = NULL;

    if (cf_util_get_string(ci, &name) != 0)
        return -1;
    int rc = match_add(&options.match, name, error, sizeof error);
    if (rc != 0)
        ERROR("hostres plugin: Interface \"%s\": %s", name, error);
    free(name);
    return rc;
}

static int hostres_config(oconfig_item_t *ci)
{
    int rc = 0;

    for (int i = 0; i < ci->children_num; i++) {
        const oconfig_item_t *c = &ci->children[i];
        if (strcasecmp(c->key, "Interface") == 0)
            rc |= config_match(c);
        else if (strcasecmp(c->key, "IgnoreSelected") == 0)
            rc |= cf_util_get_boolean(c, &options.match.ignore);
        else if (strcasecmp(c->key, "ReportInactive") == 0)
            rc |= cf_util_get_boolean(c, &options.report_inactive);
        else if (strcasecmp(c->key, "SampleInterval") == 0)
            rc |= cf_util_get_double(c, &options.sample_interval);
        else if (strcasecmp(c->key, "ProcRoot") == 0)
            rc |= cf_util_get_string(c, &options.proc_root);
        else
            WARNING("hostres plugin: unknown option %s", c->key);
    }
    return rc == 0 ? 0 : -1;
}

void module_register(void)
{
    static data_source_t sources[] = {
        {.name = "rx", .type = DS_TYPE_GAUGE, .min = 0, .max = NAN},
        {.name = "tx", .type = DS_TYPE_GAUGE, .min = 0, .max = NAN},
    };
    static const data_set_t if_rate = {.type = "if_rate", .ds_num = 2, .ds = sources};

    plugin_register_data_set(&if_rate);
    plugin_register_complex_config("hostres", hostres_config);
    plugin_register_init("hostres", hostres_init);
    plugin_register_read("hostres", hostres_read);
    plugin_register_shutdown("hostres", hostres_shutdown);
}
