/* What the agent keeps in the store: the documents "settings" and "portals". (Limits and events keep theirs themselves.) */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent_inner.h"
#include "agent/clock.h"
#include "agent/event.h"
#include "agent/log.h"
#include "agent/portals.h"
#include "agent/store.h"

enum { STATE_VERSION = 1 };

/* What is wrong with a document is an event and a line in the log: who looks in the morning finds why things are as they are. */
static void tell(const struct agent *agent, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void tell(const struct agent *agent, const char *name, const char *format, ...)
{
    char text[EVENT_TEXT_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct scm_event draft = {.type = EVENT_STORE, .severity = EVENT_WARNING, .object = name, .text = text};
    event_unref(event_append(agent->events, &draft, clock_wall_ms()));
    log_line(LOG_WARNING, "%s: %s", name, text);
}

/* A document's text, malloced, or NULL. */
static char *load(const struct agent *agent, const char *name, size_t *len)
{
    char why[256] = "", *text = NULL;
    enum store_load result = store_load(agent->store, name, STATE_VERSION, &text, len, why, sizeof why);
    if (result != STORE_OK && result != STORE_ABSENT)
        tell(agent, name, "%s", why);
    return text;
}

/* ---- settings ---- */

static bool add_limit(struct settings *settings, const struct config_limit *config)
{
    struct setting_limit limit = {.direction = (enum limit_direction)config->direction, .hits = config->hits,
                                  .clear_hits = config->clear_hits,
                                  .severity = (enum limit_severity)config->severity, .status = ROW_ACTIVE};
    view_text(limit.name, sizeof limit.name, config->name, strlen(config->name));
    view_text(limit.metric, sizeof limit.metric, config->metric, strlen(config->metric));
    return decimal_set(&limit.threshold, config->threshold, strlen(config->threshold)) &&
           (config->clear[0] == '\0' || decimal_set(&limit.clear, config->clear, strlen(config->clear))) &&
           settings_add_limit(settings, &limit);
}

struct settings *agent_first_settings(struct agent *agent)
{
    const struct config *config = agent->config;
    struct settings *settings = settings_new(config->interface);
    bool good = settings != NULL;
    for (size_t i = 0; good && i < config->n_portals; i++)
        good = settings_add_portal(settings, config->portals[i].name, (enum portal_admin)config->portals[i].initial);
    for (size_t i = 0; good && i < config->n_limits; i++)
        good = add_limit(settings, &config->limits[i]);
    if (!good) {
        log_line(LOG_ERR, "out of memory");
        settings_release(settings);
        return NULL;
    }
    char why[160] = "";
    size_t len;
    unsigned skipped = 0;
    char *text = load(agent, "settings", &len);
    if (text != NULL && !settings_load(settings, text, len, &skipped, why, sizeof why))
        tell(agent, "settings", "%s; the configuration's stand", why);
    if (skipped > 0)
        tell(agent, "settings", "%u rows are not valid any more and left out", skipped);
    free(text);
    return settings;
}

int agent_store_settings(struct agent *agent, const struct settings *settings, int deadline_ms)
{
    char err[256];
    size_t len;
    char *text = settings_dump(settings, &len);
    if (text == NULL)
        return ENOMEM;
    enum store_result result =
        store_write(agent->store, "settings", STATE_VERSION, text, len, (unsigned)deadline_ms, err, sizeof err);
    if (result != STORE_WRITTEN) {
        log_line(LOG_ERR, "settings cannot be stored: %s", err);
        const struct settings *newest = settings_acquire(agent->settings);
        if (settings == newest) /* an undo: it must come true, if late; the next SET replaces it */
            store_post(agent->store, "settings", STATE_VERSION, text, len);
        settings_release(newest);
    }
    free(text);
    return result == STORE_WRITTEN ? 0 : result == STORE_TIMEOUT ? ETIMEDOUT : EIO;
}

/* ---- portals ---- */

void agent_load_portals(struct agent *agent)
{
    size_t len;
    char *text = load(agent, "portals", &len);
    if (text != NULL && !portals_load(agent->portals, text, len))
        tell(agent, "portals", "the stored state is not one of ours; counters begin anew");
    free(text);
}

void agent_store_portals(struct agent *agent)
{
    size_t len;
    char *text = portals_dump(agent->portals, &len);
    if (text != NULL)
        store_post(agent->store, "portals", STATE_VERSION, text, len);
    free(text);
    agent->portals_dirty = false;
}
