#include "agent/portals.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/clock.h"
#include "agent/log.h"
#include "agent/portals_inner.h"
#include "agent/runner_msg.h"

/* ---- to the runner ---- */

static void request(struct portals *portals, enum runner_request_kind kind, uint32_t script, uint32_t run)
{
    struct runner_request message = {.magic = RUNNER_MAGIC, .kind = kind, .script = script, .run = run};
    if (send(portals->options.runner_fd, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        log_line(LOG_ERR, "cannot reach the runner: %s", strerror(errno));
        portals->options.lost(portals->options.arg); /* it starts an agent that can */
    }
}

void portals_ready(struct portals *portals)
{
    request(portals, RUNNER_READY, 0, 0);
}

void portals_alive(struct portals *portals)
{
    request(portals, RUNNER_ALIVE, 0, 0);
}

static uint32_t script_index(const struct portals *portals, const struct entry *entry, enum portal_action action)
{
    _Static_assert(PORTAL_START - 1 == (int)CONFIG_START && PORTAL_STOP - 1 == (int)CONFIG_STOP &&
                       PORTAL_STATUS - 1 == (int)CONFIG_STATUS,
                   "actions are scripts, from one");
    return (uint32_t)(entry - portals->entries) * CONFIG_SCRIPTS + (uint32_t)action - 1;
}

/* ---- effects ---- */

static void tell(struct portals *portals, struct entry *entry, const char *reason)
{
    if (entry->portal.oper == entry->told) { /* what it was before a restart: no news */
        if (entry->fresh)
            entry->portal.last_change_wall = entry->told_wall;
        entry->fresh = false;
        return;
    }
    entry->fresh = false;
    struct portals_change change = {.name = entry->config->name, .requester = entry->requester,
                                    .portal = &entry->portal, .from = entry->told, .reason = reason};
    entry->told = entry->portal.oper;
    entry->told_wall = entry->portal.last_change_wall;
    portals->options.change(portals->options.arg, &change);
}

static void schedule(struct portals *portals)
{
    int64_t due = INT64_MAX, now = clock_mono_ms();
    for (size_t i = 0; i < portals->n; i++)
        if (portals->entries[i].portal.due < due)
            due = portals->entries[i].portal.due;
    if (due == INT64_MAX || !portals->briefed) {
        evtimer_del(portals->timer);
        return;
    }
    int64_t wait = due > now ? due - now : 0;
    struct timeval tv = {.tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000};
    evtimer_add(portals->timer, &tv);
}

static void apply(struct portals *portals, struct entry *entry, const struct portal_effect *effect)
{
    struct portal *portal = &entry->portal;
    if (effect->changed) {
        log_line(LOG_NOTICE, "portal %s: %s: %s", entry->config->name, portal_oper_name(portal->oper), effect->reason);
        tell(portals, entry, effect->reason);
    }
    if (effect->cancel)
        request(portals, RUNNER_CANCEL, script_index(portals, entry, portal->running), entry->run);
    if (effect->run != PORTAL_NONE) {
        entry->run = ++portals->runs == 0 ? ++portals->runs : portals->runs;
        request(portals, RUNNER_RUN, script_index(portals, entry, effect->run), entry->run);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct portals *portals = arg;
    int64_t now = clock_mono_ms(), wall = clock_wall_ms();
    for (size_t i = 0; i < portals->n; i++) {
        struct portal_effect effect = portal_tick(&portals->entries[i].portal, now, wall);
        apply(portals, &portals->entries[i], &effect);
        if (effect.changed)
            portals->options.updated(portals->options.arg);
    }
    schedule(portals);
}

/* ---- from the runner ---- */

static void adopt(struct portals *portals, struct entry *entry, enum portal_action action, uint32_t run)
{
    entry->run = run;
    struct portal_effect effect = portal_adopt(&entry->portal, action, clock_mono_ms(), clock_wall_ms());
    apply(portals, entry, &effect);
}

/* Whether a view, or the stored state, would show a difference: most status scripts change nothing. */
static bool looks_the_same(const struct portal *a, const struct portal *b)
{
    return a->oper == b->oper && a->last_change_wall == b->last_change_wall && a->last_action == b->last_action &&
           a->last_exit_code == b->last_exit_code && a->starts == b->starts && a->failures == b->failures &&
           strcmp(a->last_output, b->last_output) == 0;
}

static void finished(struct portals *portals, struct entry *entry, enum portal_action action,
                     const struct runner_event *event)
{
    struct portal_result result = {.action = action, .code = event->code};
    _Static_assert((int)RUNNER_EXITED == PORTAL_EXITED && (int)RUNNER_SIGNALLED == PORTAL_SIGNALLED &&
                       (int)RUNNER_TIMED_OUT == PORTAL_TIMED_OUT && (int)RUNNER_CANCELLED == PORTAL_CANCELLED &&
                       (int)RUNNER_NOT_STARTED == PORTAL_NOT_STARTED && (int)RUNNER_BUSY == PORTAL_BUSY &&
                       (int)RUNNER_LOST == PORTAL_LOST,
                   "one order");
    result.outcome = (enum portal_outcome)event->outcome;
    runner_output_text(event->output, event->output_len, result.output, sizeof result.output);
    if (!portals->briefed && entry->portal.running == PORTAL_NONE) /* it ended while there was no agent */
        adopt(portals, entry, action, event->run);
    if (event->run != entry->run)
        return;
    struct portal_effect effect = portal_finished(&entry->portal, &result, clock_mono_ms(), clock_wall_ms());
    apply(portals, entry, &effect);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct portals *portals = arg;
    struct runner_event event;
    char buf[sizeof event + 1];
    ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || !runner_event_parse(buf, (size_t)n, (uint32_t)portals->n * CONFIG_SCRIPTS, &event)) {
        portals->options.lost(portals->options.arg);
        return;
    }
    if (event.kind == RUNNER_HELLO) {
        portals->briefed = true;
    } else {
        struct entry *entry = &portals->entries[event.script / CONFIG_SCRIPTS];
        enum portal_action action = (enum portal_action)(event.script % CONFIG_SCRIPTS + 1);
        const struct portal before = entry->portal;
        if (event.kind == RUNNER_RUNNING)
            adopt(portals, entry, action, event.run);
        else
            finished(portals, entry, action, &event);
        if (!looks_the_same(&before, &entry->portal))
            portals->options.updated(portals->options.arg);
    }
    schedule(portals);
}

/* ---- life ---- */

static int by_name(const void *a, const void *b)
{
    return name_cmp((*(struct entry *const *)a)->config->name, (*(struct entry *const *)b)->config->name);
}

struct portals *portals_new(struct event_base *base, const struct portals_options *options)
{
    struct portals *portals = calloc(1, sizeof *portals);
    if (portals == NULL)
        return NULL;
    portals->options = *options;
    portals->n = options->config->n_portals;
    portals->entries = calloc(portals->n + 1, sizeof *portals->entries);
    portals->sorted = calloc(portals->n + 1, sizeof *portals->sorted);
    portals->readable = event_new(base, options->runner_fd, EV_READ | EV_PERSIST, on_readable, portals);
    portals->timer = evtimer_new(base, on_timer, portals);
    if (portals->entries == NULL || portals->sorted == NULL || portals->readable == NULL || portals->timer == NULL) {
        portals_free(portals);
        return NULL;
    }
    for (size_t i = 0; i < portals->n; i++) {
        struct entry *entry = &portals->entries[i];
        const struct config_portal *config = &options->config->portals[i];
        struct portal_options rules = {.status_interval_ms = (int64_t)config->status_interval * 1000,
                                       .backoff_ms = (int64_t)config->backoff * 1000, .retries = config->retries};
        entry->config = config;
        entry->told = PORTAL_UNKNOWN;
        entry->fresh = true;
        portal_init(&entry->portal, &rules, (enum portal_admin)config->initial, clock_mono_ms());
        portals->sorted[i] = entry;
    }
    qsort(portals->sorted, portals->n, sizeof *portals->sorted, by_name);
    return portals;
}

void portals_free(struct portals *portals)
{
    if (portals == NULL)
        return;
    if (portals->readable != NULL)
        event_free(portals->readable);
    if (portals->timer != NULL)
        event_free(portals->timer);
    free(portals->entries);
    free(portals->sorted);
    free(portals);
}

void portals_start(struct portals *portals)
{
    event_add(portals->readable, NULL);
}

void portals_settings(struct portals *portals, const struct settings *settings)
{
    for (size_t i = 0; i < portals->n; i++) {
        struct entry *entry = &portals->entries[i];
        const struct setting_portal *setting = settings_portal(settings, entry->config->name);
        if (setting == NULL)
            continue;
        memcpy(entry->requester, setting->requester, sizeof entry->requester);
        if (!portals->briefed) { /* nothing is decided before we know what is running */
            entry->portal.admin = setting->admin;
            continue;
        }
        struct portal_effect effect =
            portal_set_admin(&entry->portal, setting->admin, clock_mono_ms(), clock_wall_ms());
        apply(portals, entry, &effect);
        if (effect.changed)
            portals->options.updated(portals->options.arg);
    }
    schedule(portals);
}

/* ---- for others ---- */

void portals_fill(const struct portals *portals, struct view *view)
{
    for (size_t i = 0; i < portals->n; i++) {
        const struct entry *entry = portals->sorted[i];
        const struct portal *portal = &entry->portal;
        struct view_portal *row = &view->portals[i];
        view_text(row->name, sizeof row->name, entry->config->name, strlen(entry->config->name));
        view_text(row->description, sizeof row->description, entry->config->description,
                  strlen(entry->config->description));
        row->oper = portal->oper;
        row->last_change_ms = portal->last_change_wall;
        row->last_action = portal->last_action;
        row->has_exit_code = portal->last_action != PORTAL_NONE;
        row->last_exit_code = portal->last_exit_code;
        memcpy(row->last_output, portal->last_output, sizeof row->last_output);
        row->starts = portal->starts;
        row->failures = portal->failures;
    }
    view->n_portals = portals->n;
}

void portals_each(const struct portals *portals, void (*fn)(void *arg, const char *name, const struct portal *portal), void *arg)
{
    for (size_t i = 0; i < portals->n; i++)
        fn(arg, portals->sorted[i]->config->name, &portals->sorted[i]->portal);
}
