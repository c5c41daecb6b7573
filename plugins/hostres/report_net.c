#include "plugins/hostres/report_net.h"

#include <errno.h>
#include <stdio.h>

#include "plugins/hostres/dispatch.h"
#include "plugins/hostres/speed.h"

enum {
    SPEEDS_PER_READ = 64, /* at most; a speed takes some 4 us */
    SPEED_AGE_S = 60,     /* asked again after, where changes of links are not heard of */
    MARGIN_MIN_NS = 1000 * 1000 * 1000,
};

/* In the order of enum if_counter, two counters each. */
static const struct label interface_types[IF_COUNTERS / 2] = {
    {"if_octets"},
    {"if_packets"},
    {"if_errors"},
    {"if_dropped"},
};

static bool is_reported(const struct report_net *r, size_t i)
{
    const uint64_t *count = r->interfaces.entry[i].count;

    return r->track.entry[i].wanted &&
           (r->options->report_inactive || count[IF_RX_PACKETS] != 0 || count[IF_TX_PACKETS] != 0);
}

static void report_counters(const struct report_net *r)
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

/* The peak of an interface; both lists have the same order but for a moment after a change. Lives are the
 * sampler's source's there and the reader's here, and do not compare. */
static const struct peak *find_peak(const struct peak_list *l, const struct if_key *key, size_t *cursor)
{
    for (size_t tried = 0; tried < l->n; tried++) {
        size_t i = (*cursor)++ % l->n;
        if (l->peak[i].key.index == key->index && if_name_equal(l->peak[i].key.name, key->name))
            return &l->peak[i];
    }
    return NULL;
}

/* Asks for speeds that are due, some at a read, going on where the last read ended. */
static void refresh_speeds(struct report_net *r, uint64_t now_ns)
{
    uint64_t changes = net_source_changes(r->source);
    size_t n = r->track.n, budget = SPEEDS_PER_READ;

    if (changes != r->changes)
        for (size_t i = 0; i < n; i++)
            r->track.entry[i].speed_ns = 0;
    r->changes = changes;
    for (size_t k = 0; k < n && budget > 0; k++) {
        struct iftrack_entry *e = &r->track.entry[(r->next_speed + k) % n];
        if (!e->wanted || e->speed_ns > now_ns)
            continue;
        e->speed = speed_read(r->sys_root, e->key.name);
        e->speed_ns = e->key.index != 0 ? UINT64_MAX : now_ns + SPEED_AGE_S * UINT64_C(1000000000);
        if (--budget == 0)
            r->next_speed += k + 1;
    }
}

static void report_rates(struct report_net *r)
{
    static const struct label if_rate = {"if_rate"}, max = {"max"}, rx = {"rx"}, tx = {"tx"};
    size_t cursor = 0;

    for (size_t i = 0; i < r->track.n; i++) {
        const struct iftrack_entry *e = &r->track.entry[i];
        const struct peak *p = find_peak(&r->peaks, &e->key, &cursor);
        if (!is_reported(r, i))
            continue;
        dispatch_subject(&dispatch_own, e->key.name);
        if (p != NULL && p->rx >= 0)
            dispatch_gauges(&if_rate, &max, (double[2]){p->rx, p->tx}, 2);
        if (!r->group[GROUP_PERCENT] || e->speed == 0)
            continue;
        dispatch_gauge(&dispatch_percent, &rx, iftrack_percent(e, 0));
        dispatch_gauge(&dispatch_percent, &tx, iftrack_percent(e, 1));
    }
}

void report_net_read(struct report_net *r, uint64_t now_ns)
{
    const bool *group = r->group;
    uint64_t bad = 0;

    if (!group[GROUP_INTERFACE] && !group[GROUP_PEAK] && !group[GROUP_PERCENT])
        return;
    r->peaks.n = 0;
    if (r->sampler != NULL) {
        uint64_t before = r->sampled.bad;
        if (sampler_take(r->sampler, &r->peaks, &r->sampled) != 0)
            r->peaks.n = 0;
        not_understood(r->complaints, r->sampled.bad - before, "interfaces");
    }
    int error = net_source_read(r->source, &r->interfaces, &bad);
    not_understood(r->complaints, bad, "interfaces");
    if (!readable(r->complaints, &r->told, "interfaces", error) ||
        iftrack_update(&r->track, &r->interfaces, now_ns) != 0)
        return;
    if (group[GROUP_INTERFACE])
        report_counters(r);
    if (group[GROUP_PERCENT])
        refresh_speeds(r, now_ns);
    if (group[GROUP_PEAK] || group[GROUP_PERCENT])
        report_rates(r);
}

void report_net_self(struct report_net *r, uint64_t now_ns)
{
    static const struct label total_events = {"total_events"}, sampler = {"sampler"}, late = {"late_samples"};

    if (r->sampler == NULL)
        return;
    dispatch_gauge(&dispatch_percent, &sampler,
                   meter_percent(&r->sampler_cpu, sampler_cpu_ns(r->sampler), now_ns));
    dispatch_counters(&total_events, &late, &r->sampled.late, 1);
}

/* How long a name's last counters live on. An RRD file gives them up after two intervals, collectd at its
 * first check after `timeout` of them; it checks once an interval. Then something for writes that wait their
 * turn. */
static uint64_t forget_after(const struct report_config *config)
{
    uint64_t half = config->interval_ns / 2, margin = half > MARGIN_MIN_NS ? half : MARGIN_MIN_NS;

    return (config->timeout + 1) * config->interval_ns + margin;
}

static void start_sampler(struct report_net *r, const struct net_config *net)
{
    struct net_source *source = net_source_open(net);

    if (source != NULL)
        r->sampler = sampler_start(source, (uint64_t)(r->options->sample_interval * 1e9));
    if (r->sampler == NULL) {
        char text[128];
        snprintf(text, sizeof text, "no sampling thread, so no if_rate-max: %s", strerrordesc_np(errno));
        r->complaints->warn(text);
    }
}

int report_net_open(struct report_net *r, const struct report_config *config, struct complaints *complaints,
                    const char *proc_root, bool own_proc)
{
    const struct options *o = config->options;
    struct net_config net = {
        .proc_root = proc_root, .mode = o->net_mode, .own_proc = own_proc, .warn = config->warn};

    *r = (struct report_net){.options = o, .group = o->group, .complaints = complaints};
    r->sys_root = o->sys_root != NULL ? o->sys_root : "/sys";
    r->track.match = &o->match;
    r->track.forget_ns = forget_after(config);
    r->source = net_source_open(&net);
    if (r->source == NULL)
        return -1;
    if (o->group[GROUP_PEAK])
        start_sampler(r, &net);
    return 0;
}

void report_net_close(struct report_net *r)
{
    sampler_stop(r->sampler);
    net_source_close(r->source);
    snapshot_free(&r->interfaces);
    iftrack_free(&r->track);
    peak_list_free(&r->peaks);
    *r = (struct report_net){0};
}
