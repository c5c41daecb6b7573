#include "agent/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/event.h"
#include "agent/feed.h"
#include "agent/host.h"
#include "agent/metrics.h"

struct monitor {
    struct monitor_options options;
    struct metrics *metrics;
    struct feed *feed;
    struct host *host;
};

static void on_round(void *arg)
{
    struct monitor *m = arg;

    m->options.changed(m->options.arg);
}

static void on_status(void *arg, bool up, const char *why)
{
    struct monitor *m = arg;

    m->options.changed(m->options.arg);
}

struct monitor *monitor_new(struct event_base *base, const struct monitor_options *options)
{
    struct monitor *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->options = *options;
    m->metrics = metrics_new();
    struct feed_options fo = {
        .socket = options->config->collectd_socket,
        .interval_ms = options->config->interval * 1000,
        .on_round = on_round,
        .on_status = on_status,
        .arg = m,
    };
    m->feed = m->metrics ? feed_new(base, m->metrics, &fo) : NULL;
    m->host = m->metrics ? host_new(m->metrics) : NULL;
    if (!m->feed || !m->host) {
        monitor_free(m);
        return NULL;
    }
    metrics_set_own_host(m->metrics, options->config->hostname);
    return m;
}

void monitor_start(struct monitor *m)
{
    feed_start(m->feed);
}

void monitor_free(struct monitor *m)
{
    if (!m)
        return;
    host_free(m->host);
    feed_free(m->feed);
    metrics_free(m->metrics);
    free(m);
}

void monitor_settings(struct monitor *m, const struct settings *s)
{
    host_set_interface(m->host, s->host_interface);
}

struct monitor_rows monitor_rows(const struct monitor *m)
{
    return (struct monitor_rows){.interfaces = host_interfaces(m->host)};
}

void monitor_fill(struct monitor *m, struct view *v)
{
    int64_t now = clock_mono_ms(), age = feed_age_ms(m->feed);

    v->feed_up = feed_up(m->feed);
    v->feed_age_ms.has = age >= 0;
    v->feed_age_ms.v = age > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)(age < 0 ? 0 : age);
    host_fill(m->host, v, now);
    v->n_limits = v->n_eperfs = 0;
}

void monitor_portal(struct monitor *m, const char *name, bool running)
{
    const char *host = metrics_own_host(m->metrics);
    char ident[IDENT_MAX + 1];

    if (!host)
        return; /* before collectd's first load/load nobody knows what it calls us */
    snprintf(ident, sizeof ident, "%s/portal-%s/gauge-running", host, name);
    feed_putval(m->feed, ident, m->options.config->interval, running ? 1 : 0);
}
