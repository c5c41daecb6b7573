/* The agent, composed. agent_main() is the map: it makes the parts in order of what needs what, runs the loop, and takes them
 * down in reverse. What the parts say to each other stands between.
 *
 *   settings --(wake)--> on_settings --> monitor, portals --(changed)--> on_due --> view --> agentx
 *   monitor, portals --> event log --(deliverable)--> agentx                    \--> store (portals' state) */
#include "agent/agent.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/agent_inner.h"
#include "agent/agentx.h"
#include "agent/clock.h"
#include "agent/event.h"
#include "agent/log.h"
#include "agent/monitor.h"
#include "agent/portals.h"
#include "agent/runner_msg.h"
#include "agent/sandbox.h"
#include "agent/store.h"
#include "agent/view.h"

enum { AGENTX_STOP_MS = 1000 };

/* ---- views: built when the loop has done what it had to do, so that ten changes at once are one view ---- */

static void due(void *arg)
{
    struct agent *agent = arg;
    event_active(agent->on_due, EV_TIMEOUT, 0);
}

static void publish(struct agent *agent)
{
    struct monitor_rows rows = monitor_rows(agent->monitor);
    struct view *view = view_new(rows.interfaces, agent->config->n_portals, rows.limits, rows.eperfs);
    if (view == NULL) {
        log_line(LOG_ERR, "out of memory: the last view stands");
        return;
    }
    view->started_ms = agent->started_wall;
    view->settings_generation = agent->settings_seen;
    view->built_mono_ms = clock_mono_ms();
    monitor_fill(agent->monitor, view);
    portals_fill(agent->portals, view);
    view_publish(agent->views, view);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
    struct agent *agent = arg;
    if (agent->portals_dirty)
        agent_store_portals(agent);
    publish(agent);
}

/* ---- portals ---- */

/* What nobody knows is not sent: it grows old in collectd, and is unknown there, too. A 0 would be an alarm. */
static void gauge(void *arg, const char *name, const struct portal *portal)
{
    struct agent *agent = arg;
    if (portal->runs != PORTAL_RUNS_UNKNOWN)
        monitor_portal(agent->monitor, name, portal->runs == PORTAL_RUNS);
}

static void portal_changed(void *arg, const struct portals_change *change)
{
    struct agent *agent = arg;
    const struct portal *portal = change->portal;
    bool bad = portal->oper == PORTAL_FAILED || portal->oper == PORTAL_BACKOFF;
    struct scm_event draft = {.type = EVENT_PORTAL_CHANGE, .notify = true, .object = change->name,
                          .severity = bad ? EVENT_FAILURE : portal->oper == PORTAL_UNKNOWN ? EVENT_WARNING : EVENT_OKAY,
                          .old_state = portal_oper_name(change->from), .new_state = portal_oper_name(portal->oper),
                          .text = change->reason, .requester = change->requester, .code = portal->last_exit_code,
                          .state = (int32_t)portal->oper, .admin = (int32_t)portal->admin};
    event_unref(event_append(agent->events, &draft, clock_wall_ms()));
    gauge(agent, change->name, portal);
}

static void portals_updated(void *arg)
{
    struct agent *agent = arg;
    agent->portals_dirty = true;
    due(agent);
}

static void runner_lost(void *arg)
{
    struct agent *agent = arg;
    log_line(LOG_NOTICE, "the runner has gone");
    agent->exit_status = 1;
    event_base_loopbreak(agent->base);
}

/* ---- settings ---- */

static void wake(void *ctx)
{
    struct agent *agent = ctx;
    uint64_t one = 1;
    if (write(agent->wake, &one, sizeof one) < 0 && errno != EAGAIN)
        log_line(LOG_ERR, "cannot wake the loop: %s", strerror(errno));
}

static void agent_admin_changed(struct agent *agent, const struct settings *settings)
{
    enum agent_admin admin = settings->admin;
    event_log_silence(agent->events, !settings->notifications_enabled); /* the end of maintenance is told, too */
    struct scm_event draft = {.type = EVENT_AGENT_CHANGE, .notify = true, .severity = EVENT_OKAY, .object = "agent",
                          .old_state = agent_admin_name(agent->admin), .new_state = agent_admin_name(admin),
                          .text = "set by SNMP", .state = (int32_t)admin};
    event_unref(event_append(agent->events, &draft, clock_wall_ms()));
    agent->admin = admin;
    if (admin == AGENT_SHUTDOWN) {
        log_line(LOG_NOTICE, "shutdown by SNMP");
        agent->exit_status = 0;
        event_base_loopexit(agent->base, &(struct timeval){.tv_usec = 300000}); /* the SET's answer first */
    }
}

static void apply_settings(struct agent *agent)
{
    const struct settings *settings = settings_acquire(agent->settings);
    agent->settings_seen = settings->generation;
    if (agent->admin == 0)
        agent->admin = settings->admin;
    if (agent->admin != settings->admin)
        agent_admin_changed(agent, settings);
    monitor_settings(agent->monitor, settings);
    portals_settings(agent->portals, settings);
    settings_release(settings);
}

static void on_settings(evutil_socket_t fd, short what, void *arg)
{
    struct agent *agent = arg;
    uint64_t count;
    if (read(fd, &count, sizeof count) < 0 && errno != EAGAIN)
        log_line(LOG_ERR, "eventfd: %s", strerror(errno));
    apply_settings(agent);
    publish(agent); /* at once: the AgentX thread holds the SET's answer back for it */
    due(agent);
}

/* ---- what the AgentX thread calls, in that thread ---- */

static const struct scm_event *next_event(void *ctx, uint32_t after)
{
    return event_next_undelivered(((struct agent *)ctx)->events, after);
}

static void sent(void *ctx, uint32_t index)
{
    event_delivered(((struct agent *)ctx)->events, index);
}

static void link_changed(void *ctx, enum agentx_link state, const char *text)
{
    log_line(state == AGENTX_UP ? LOG_NOTICE : LOG_WARNING, "AgentX: %s", text);
}

static void netsnmp_log(void *ctx, int priority, const char *line)
{
    log_line(priority, "net-snmp: %s", line);
}

static int persist(void *ctx, const struct settings *settings, int deadline_ms)
{
    return agent_store_settings(ctx, settings, deadline_ms);
}

static const struct agentx_ops agentx_ops = {persist, next_event, sent, link_changed, netsnmp_log};

static void deliverable(void *arg)
{
    struct agent *agent = arg;
    if (agent->agentx != NULL)
        agentx_kick(agent->agentx);
}

/* ---- life ---- */

static void on_term(evutil_socket_t fd, short what, void *arg)
{
    struct agent *agent = arg;
    agent->exit_status = 1; /* the runner knows that it asked */
    event_base_loopbreak(agent->base);
}

/* Every second. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct agent *agent = arg;
    portals_alive(agent->portals);
    if (++agent->ticks % agent->config->interval == 0)
        portals_each(agent->portals, gauge, agent);
}

static bool open_state(struct agent *agent)
{
    char why[256] = "";
    agent->store = store_open(agent->config->state_dir, why, sizeof why);
    if (agent->store == NULL) {
        log_line(LOG_ERR, "%s", why);
        return false;
    }
    agent->events = event_log_open(agent->store);
    struct settings *settings = agent->events != NULL ? agent_first_settings(agent) : NULL;
    if (settings == NULL)
        return false;
    agent->settings = settings_hub_new(settings, wake, agent);
    if (agent->settings == NULL)
        settings_release(settings);
    return agent->settings != NULL;
}

static bool open_loop(struct agent *agent)
{
    struct event_config *options = event_config_new();
    if (options != NULL)
        event_config_set_flag(options, EVENT_BASE_FLAG_PRECISE_TIMER);
    agent->base = options != NULL ? event_base_new_with_config(options) : NULL;
    if (options != NULL)
        event_config_free(options);
    agent->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (agent->base == NULL || agent->wake < 0)
        return false;
    agent->on_wake = event_new(agent->base, agent->wake, EV_READ | EV_PERSIST, on_settings, agent);
    agent->on_term = evsignal_new(agent->base, SIGTERM, on_term, agent);
    agent->on_tick = event_new(agent->base, -1, EV_PERSIST, on_tick, agent);
    agent->on_due = event_new(agent->base, -1, 0, on_due, agent);
    return agent->on_wake != NULL && agent->on_term != NULL && agent->on_tick != NULL && agent->on_due != NULL;
}

static bool open_parts(struct agent *agent, int runner_fd)
{
    struct monitor_options monitor = {.config = agent->config, .events = agent->events, .store = agent->store,
                                      .changed = due, .arg = agent};
    struct portals_options portals = {.config = agent->config, .runner_fd = runner_fd, .change = portal_changed,
                                      .updated = portals_updated, .lost = runner_lost, .arg = agent};
    agent->monitor = monitor_new(agent->base, &monitor);
    agent->portals = portals_new(agent->base, &portals);
    agent->views = view_hub_new();
    if (agent->monitor == NULL || agent->portals == NULL || agent->views == NULL)
        return false;
    agent_load_portals(agent);
    apply_settings(agent);
    publish(agent);
    struct agentx_opts agentx = {.socket = agent->config->agentx_socket, .views = agent->views,
                                 .settings = agent->settings, .ops = &agentx_ops, .ctx = agent};
    agent->agentx = agentx_start(&agentx);
    if (agent->agentx == NULL)
        log_line(LOG_ERR, "cannot start the AgentX thread: %s", strerror(errno));
    return agent->agentx != NULL;
}

static void run(struct agent *agent)
{
    char why[128];
    if (!sandbox_seccomp(why, sizeof why)) /* last: opening needed more than serving does */
        log_line(LOG_WARNING, "without a system call filter: %s", why);
    event_log_on_deliverable(agent->events, deliverable, agent);
    event_add(agent->on_wake, NULL);
    event_add(agent->on_term, NULL);
    event_add(agent->on_tick, &(struct timeval){.tv_sec = RUNNER_ALIVE_MS / 1000});
    monitor_start(agent->monitor);
    portals_start(agent->portals);
    portals_ready(agent->portals);
    event_base_dispatch(agent->base);
}

static void close_events(struct agent *agent)
{
    struct event *all[] = {agent->on_wake, agent->on_term, agent->on_tick, agent->on_due};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != NULL)
            event_free(all[i]);
}

/* In reverse. False: the AgentX thread hangs with its master, and what it uses must stay until the process ends. */
static bool close_all(struct agent *agent)
{
    if (agent->portals != NULL && agent->portals_dirty)
        agent_store_portals(agent);
    if (agent->events != NULL)
        event_log_on_deliverable(agent->events, NULL, NULL);
    bool ended = agent->agentx == NULL || agentx_stop(agent->agentx, AGENTX_STOP_MS);
    if (ended) {
        monitor_free(agent->monitor);
        portals_free(agent->portals);
        view_hub_free(agent->views);
        settings_hub_free(agent->settings);
    }
    (ended ? store_close : store_stop)(agent->store); /* its thread reports to the event log until then */
    if (ended) {
        event_log_close(agent->events);
        close_events(agent);
        if (agent->base != NULL)
            event_base_free(agent->base);
        close(agent->wake);
    }
    return ended;
}

/* First, before there are threads: a thread inherits Landlock, and capabilities are each thread's own. */
static bool give_up(const struct config *config)
{
    char why[128];
    if (!sandbox_privileges(why, sizeof why)) {
        log_line(LOG_ERR, "cannot give up privileges: %s", why);
        return false;
    }
    if (!sandbox_landlock(config, why, sizeof why))
        log_line(LOG_WARNING, "without Landlock: %s", why);
    return true;
}

int agent_main(const struct config *config, int runner_fd)
{
    struct agent agent = {.config = config, .started_wall = clock_wall_ms(), .exit_status = 1, .wake = -1};
    signal(SIGHUP, SIG_IGN); /* the runner's business */
    signal(SIGINT, SIG_IGN); /* a terminal's ^C reaches both; the runner says TERM */
    signal(SIGPIPE, SIG_IGN);
    if (give_up(config) && open_state(&agent) && open_loop(&agent) && open_parts(&agent, runner_fd))
        run(&agent);
    int status = agent.exit_status;
    if (!close_all(&agent))
        _exit(status);
    return status;
}
