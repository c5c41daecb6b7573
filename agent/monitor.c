#include "agent/monitor.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/announce.h"
#include "agent/clock.h"
#include "agent/eperf_rows.h"
#include "agent/event.h"
#include "agent/feed.h"
#include "agent/host.h"
#include "agent/limits.h"
#include "agent/log.h"
#include "agent/metrics.h"
#include "agent/store.h"

struct monitor {
    struct monitor_options options;
    struct metrics *metrics;
    struct feed *feed;
    struct host *host;
    struct limits *limits;
    struct eperf_rows *eperfs;
    struct event *tick;             /* while the feed is down: time passes for limits all the same */
    bool status_known, ready;       /* the feed has said up or down; settings have come */
    bool store_fails;               /* as last told */
    struct setting_eperf *runs;     /* as last acted on */
    size_t n_runs;
};

/* A disk that refuses is told once, and once when it takes again. In the ring only: such an event may itself be lost. */
static void watch_store(struct monitor *m)
{
    char why[256];
    bool fails = m->options.store && store_last_error(m->options.store, why, sizeof why);

    if (fails == m->store_fails)
        return;
    m->store_fails = fails;
    struct scm_event draft = {.type = EVENT_STORE, .severity = fails ? EVENT_FAILURE : EVENT_OKAY, .object = "store",
                          .old_state = fails ? "ok" : "failing", .new_state = fails ? "failing" : "ok",
                          .text = fails ? why : "what was to be stored is"};
    event_unref(event_append(m->options.events, &draft, clock_wall_ms()));
    log_line(fails ? LOG_ERR : LOG_NOTICE, "store: %s", draft.text);
}

static void judge(struct monitor *m)
{
    watch_store(m);
    limits_round(m->limits, clock_mono_ms(), clock_wall_ms());
    m->options.changed(m->options.arg);
}

static void on_round(void *arg)
{
    struct monitor *m = arg;

    eperf_rows_round(m->eperfs, clock_wall_ms());
    judge(m);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    judge(arg);
}

static void on_status(void *arg, bool up, const char *why)
{
    struct monitor *m = arg;
    struct timeval interval = {.tv_sec = m->options.config->interval};
    struct scm_event draft = {.type = EVENT_FEED_CHANGE, .severity = up ? EVENT_OKAY : EVENT_FAILURE, .notify = true,
                          .object = "feed", .old_state = m->status_known ? (up ? "down" : "up") : "unknown",
                          .new_state = up ? "up" : "down", .text = up ? "collectd answers" : why, .state = up ? 1 : 2};

    if (up)
        event_del(m->tick);
    else
        event_add(m->tick, &interval);
    if (m->status_known || !up) { /* that all is well at the start is no news */
        event_unref(event_append(m->options.events, &draft, clock_wall_ms()));
        log_line(up ? LOG_NOTICE : LOG_WARNING, "feed: %s", draft.text);
    }
    m->status_known = true;
    if (!up)
        judge(m);
}

static void on_event(void *arg, const struct scm_event *e)
{
    struct monitor *m = arg;
    struct feed_notification n;
    struct ident parts;

    if (announce(e, metrics_own_host(m->metrics), &parts, &n))
        feed_putnotif(m->feed, &n);
}

struct monitor *monitor_new(struct event_base *base, const struct monitor_options *options)
{
    struct monitor *m = calloc(1, sizeof *m);

    if (!m)
        return NULL;
    m->options = *options;
    struct feed_options fo = {
        .socket = options->config->collectd_socket,
        .interval_ms = options->config->interval * 1000,
        .on_round = on_round,
        .on_status = on_status,
        .arg = m,
    };
    m->metrics = metrics_new();
    if (m->metrics) {
        m->feed = feed_new(base, m->metrics, &fo);
        m->host = host_new(m->metrics);
        m->limits = limits_new(m->metrics, options->events, options->store);
        m->eperfs = eperf_rows_new(m->metrics, options->events, options->config->eperf_result_dir);
    }
    m->tick = event_new(base, -1, EV_PERSIST, on_tick, m);
    if (!m->feed || !m->host || !m->limits || !m->eperfs || !m->tick) {
        monitor_free(m);
        return NULL;
    }
    metrics_set_own_host(m->metrics, options->config->hostname);
    event_log_on_append(options->events, on_event, m);
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
    event_log_on_append(m->options.events, NULL, NULL);
    limits_free(m->limits);
    eperf_rows_free(m->eperfs);
    host_free(m->host);
    feed_free(m->feed);
    metrics_free(m->metrics);
    if (m->tick)
        event_free(m->tick);
    free(m->runs);
    free(m);
}

/* ---- settings ---- */

/* Asks collectd's eperf plugin for a run (see its manual page). The value of RunNow names it: run_id in the result file. */
static void start_run(struct monitor *m, const struct setting_eperf *run)
{
    char message[64], id[16];
    struct feed_notification n = {.severity = "okay", .time_ms = clock_wall_ms(), .host = metrics_own_host(m->metrics),
                                  .plugin = "eperf", .plugin_instance = run->name, .type = "run", .type_instance = id,
                                  .message = message};

    snprintf(id, sizeof id, "%u", run->run);
    snprintf(message, sizeof message, "run %u, asked for by SNMP", run->run);
    feed_putnotif(m->feed, &n);
}

static uint32_t run_before(const struct monitor *m, const char *name)
{
    for (size_t i = 0; i < m->n_runs; i++)
        if (strcmp(m->runs[i].name, name) == 0)
            return m->runs[i].run;
    return 0;
}

static void follow_runs(struct monitor *m, const struct settings *s)
{
    for (size_t i = 0; i < s->n_eperfs && m->ready; i++) /* those of an earlier agent have been acted on */
        if (s->eperfs[i].run != run_before(m, s->eperfs[i].name))
            start_run(m, &s->eperfs[i]);
    struct setting_eperf *runs = calloc(s->n_eperfs + 1, sizeof *runs);
    if (!runs) {
        log_line(LOG_ERR, "eperf: out of memory");
        return;
    }
    if (s->n_eperfs > 0)
        memcpy(runs, s->eperfs, s->n_eperfs * sizeof *runs);
    free(m->runs);
    m->runs = runs;
    m->n_runs = s->n_eperfs;
}

void monitor_settings(struct monitor *m, const struct settings *s)
{
    event_log_silence(m->options.events, settings_silent(s));
    host_set_interface(m->host, s->host_interface);
    limits_settings(m->limits, s, clock_mono_ms(), clock_wall_ms());
    follow_runs(m, s);
    m->ready = true;
}

/* ---- views ---- */

struct monitor_rows monitor_rows(const struct monitor *m)
{
    return (struct monitor_rows){.interfaces = host_interfaces(m->host), .limits = limits_count(m->limits),
                                 .eperfs = eperf_rows_count(m->eperfs)};
}

void monitor_fill(struct monitor *m, struct view *v)
{
    int64_t now = clock_mono_ms(), age = feed_age_ms(m->feed);

    v->feed_up = feed_up(m->feed);
    v->feed_age_ms.has = age >= 0;
    v->feed_age_ms.v = age > (int64_t)UINT32_MAX ? UINT32_MAX : (uint32_t)(age < 0 ? 0 : age);
    host_fill(m->host, v, now);
    limits_fill(m->limits, v);
    eperf_rows_fill(m->eperfs, v, now);
    v->events = event_log_list(m->options.events);
    v->notifications_sent = event_log_sent(m->options.events);
    v->notifications_suppressed = event_log_suppressed(m->options.events);
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
