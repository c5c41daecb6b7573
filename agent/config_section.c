/* The sections of scalemond.conf and their options: tables, what a section begins with, and what must be true when it ends.
 * To add an option: a field in config.h, a row here, a paragraph in scalemond.conf.5. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/config_inner.h"
#include "common/num.h"

void config_fail(struct reader *reader, int line, const char *format, ...)
{
    char what[512], message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(message, sizeof message, "%s:%d: %s", reader->config->file, line, what);
    reader->report(reader->arg, message);
    reader->failed = true;
}

/* ---- the tables ---- */

static const char *const admin_words[] = {"on", "off", "hold", NULL};
static const char *const severity_words[] = {"warning", "failure", NULL};

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define PATH(name, type, field) {name, FIELD(type, field), config_set_path, 1, 0, NULL, "an absolute path", false}
#define NUMBER(name, type, field, min, max, expected) \
    {name, FIELD(type, field), config_set_number, min, max, NULL, expected, false}
#define COMMAND(name, which) \
    {name, FIELD(config_portal, script[which]), config_set_command, 0, 0, NULL, \
     "a command: an absolute path or a name found in PATH, then at most 30 arguments, 1023 bytes in all", true}
#define DECIMAL(name, type, field) \
    {name, FIELD(type, field), config_set_decimal, 1, 0, NULL, "a decimal number, at most 31 characters", false}

static const struct config_option agent_options[] = {
    {"agentx_socket", FIELD(config, agentx_socket), config_set_address, 1, 0, NULL,
     "an absolute path of at most 107 bytes, or tcp:HOST:PORT", false},
    {"collectd_socket", FIELD(config, collectd_socket), config_set_path, 1, 0, NULL,
     "an absolute path of at most 107 bytes", false},
    NUMBER("interval", config, interval, 1, 3600, "seconds from 1 to 3600"),
    PATH("state_dir", config, state_dir),
    PATH("output_dir", config, output_dir),
    PATH("eperf_result_dir", config, eperf_result_dir),
    {"user", FIELD(config, user), config_set_text, 1, 0, NULL, "a user's name", false},
    {"interface", FIELD(config, interface), config_set_text, 1, 0, NULL, "an interface's name, at most 63 bytes", false},
    {"hostname", FIELD(config, hostname), config_set_host, 1, 0, NULL,
     "the name that collectd has for this host, at most 127 bytes without '/'", false},
};

static const struct config_option portal_options[] = {
    COMMAND("start", CONFIG_START),
    COMMAND("stop", CONFIG_STOP),
    COMMAND("status", CONFIG_STATUS),
    {"description", FIELD(config_portal, description), config_set_text, 0, 0, NULL, "text of at most 255 bytes", false},
    {"user", FIELD(config_portal, user), config_set_text, 1, 0, NULL, "a user's name", false},
    NUMBER("start_timeout", config_portal, timeout[CONFIG_START], 1, 86400, "seconds from 1 to 86400"),
    NUMBER("stop_timeout", config_portal, timeout[CONFIG_STOP], 1, 86400, "seconds from 1 to 86400"),
    NUMBER("status_timeout", config_portal, timeout[CONFIG_STATUS], 1, 86400, "seconds from 1 to 86400"),
    NUMBER("status_interval", config_portal, status_interval, 1, 3600, "seconds from 1 to 3600"),
    NUMBER("retries", config_portal, retries, 0, 1000, "a count from 0 to 1000"),
    NUMBER("backoff", config_portal, backoff, 1, 300, "seconds from 1 to 300"),
    {"initial", FIELD(config_portal, initial), config_set_word, 0, 0, admin_words, "on, off or hold", false},
};

static const struct config_option limit_options[] = {
    {"metric", FIELD(config_limit, metric), config_set_metric, 1, 0, NULL,
     "an identifier with :ds, a pattern, sum(PATTERN), count(PATTERN) or percent(PATTERN)", true},
    DECIMAL("above", config_limit, threshold),
    DECIMAL("below", config_limit, threshold),
    DECIMAL("clear", config_limit, clear),
    NUMBER("hits", config_limit, hits, 1, 1000, "a count from 1 to 1000"),
    NUMBER("clear_hits", config_limit, clear_hits, 1, 1000, "a count from 1 to 1000"),
    {"severity", FIELD(config_limit, severity), config_set_word, 0, 0, severity_words, "warning or failure", false},
};

static char *open_agent(struct reader *reader, const char *name);
static char *open_portal(struct reader *reader, const char *name);
static char *open_limit(struct reader *reader, const char *name);
static bool close_agent(struct reader *reader);
static bool close_limit(struct reader *reader);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
static const struct section sections[] = {
    {"agent", open_agent, close_agent, agent_options, COUNT(agent_options)},
    {"portal", open_portal, NULL, portal_options, COUNT(portal_options)},
    {"limit", open_limit, close_limit, limit_options, COUNT(limit_options)},
};
_Static_assert(COUNT(portal_options) <= 8 * sizeof ((struct reader *)0)->seen, "a bit of reader.seen for each");

/* ---- sections ---- */

/* The name is an SNMP index, a part of a collectd identifier and of a file's name. */
static bool name_ok(struct reader *reader, const char *kind, const char *name)
{
    size_t len = strlen(name);
    bool ok = len >= 1 && len <= CONFIG_NAME_MAX && name[0] != '.' && name[0] != '-';
    for (const char *p = name; *p != '\0'; p++)
        ok = ok && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                    *p == '_' || *p == '-' || *p == '.');
    if (!ok)
        config_fail(reader, reader->section_line,
             "[%s %s]: expected a name of 1 to %d letters, digits, '_', '-' or '.', not beginning with '-' or '.'",
             kind, name, CONFIG_NAME_MAX);
    return ok;
}

static char *open_agent(struct reader *reader, const char *name)
{
    if (name[0] != '\0') {
        config_fail(reader, reader->section_line, "[agent %s]: expected [agent] without a name", name);
        return NULL;
    }
    reader->seen = reader->agent_seen;
    return (char *)reader->config;
}

/* There is one agent: a second [agent] goes on with the first. */
static bool close_agent(struct reader *reader)
{
    reader->agent_seen = reader->seen;
    return true;
}

/* What rows with a name begin with. */
struct row {
    char name[CONFIG_NAME_MAX + 1];
    int line;
};
#define IS_ROW(type) (offsetof(struct type, name) == 0 && offsetof(struct type, line) == offsetof(struct row, line))
_Static_assert(IS_ROW(config_portal) && IS_ROW(config_limit), "new_row() knows their names and lines");

/* Whether there may be a row of this name behind the n that there are. */
static bool row_ok(struct reader *reader, const char *name, const void *rows, size_t n, size_t size, size_t most)
{
    const char *kind = reader->section->kind;
    if (!name_ok(reader, kind, name))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct row *row = (const void *)((const char *)rows + i * size);
        if (strcmp(row->name, name) == 0) {
            config_fail(reader, reader->section_line, "[%s %s]: again; first on line %d", kind, name, row->line);
            return false;
        }
    }
    if (n == most)
        config_fail(reader, reader->section_line, "[%s %s]: expected at most %zu %ss", kind, name, most, kind);
    return n < most;
}

static char *open_portal(struct reader *reader, const char *name)
{
    struct config *config = reader->config;
    if (!row_ok(reader, name, config->portals, config->n_portals, sizeof *config->portals, CONFIG_PORTALS_MAX))
        return NULL;
    struct config_portal *portal = &config->portals[config->n_portals++];
    *portal = (struct config_portal){
        .timeout = {[CONFIG_START] = 120, [CONFIG_STOP] = 120, [CONFIG_STATUS] = 10},
        .status_interval = 10, .retries = 3, .backoff = 5, .initial = CONFIG_ADMIN_HOLD,
        .line = reader->section_line};
    memcpy(portal->name, name, strlen(name) + 1);
    return (char *)portal;
}

static char *open_limit(struct reader *reader, const char *name)
{
    struct config *config = reader->config;
    if (!row_ok(reader, name, config->limits, config->n_limits, sizeof *config->limits, CONFIG_LIMITS_MAX))
        return NULL;
    struct config_limit *limit = &config->limits[config->n_limits++];
    *limit = (struct config_limit){
        .hits = 1, .clear_hits = 1, .severity = CONFIG_WARNING, .line = reader->section_line};
    memcpy(limit->name, name, strlen(name) + 1);
    return (char *)limit;
}

static bool seen(const struct reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->section->n_options; i++)
        if (strcmp(reader->section->options[i].name, name) == 0)
            return reader->seen >> i & 1;
    return false;
}

static bool close_limit(struct reader *reader)
{
    struct config_limit *limit = (struct config_limit *)reader->base;
    double threshold, clear;
    bool above = seen(reader, "above");
    if (above == seen(reader, "below")) {
        config_fail(reader, limit->line, "[limit %s]: expected one of above and below", limit->name);
        return false;
    }
    limit->direction = above ? CONFIG_ABOVE : CONFIG_BELOW;
    if (limit->threshold[0] == '\0')
        return false; /* it was bad and has been told */
    if (num_decimal(limit->threshold, strlen(limit->threshold), &threshold) &&
        num_decimal(limit->clear, strlen(limit->clear), &clear) &&
        (above ? clear > threshold : clear < threshold)) {
        config_fail(reader, limit->line, "[limit %s]: clear = %s: expected a value not %s the threshold %s", limit->name,
             limit->clear, above ? "above" : "below", limit->threshold);
        return false;
    }
    return true;
}

/* What can only be said when a section has ended. */
void config_close_section(struct reader *reader)
{
    if (reader->section == NULL || reader->base == NULL)
        return;
    for (size_t i = 0; i < reader->section->n_options; i++)
        if (reader->section->options[i].required && (reader->seen >> i & 1) == 0)
            config_fail(reader, reader->current_line, "[%s]: %s is missing: expected %s", reader->title,
                        reader->section->options[i].name, reader->section->options[i].expected);
    if (reader->section->close != NULL)
        reader->section->close(reader);
}

void config_open_section(struct reader *reader, const char *title)
{
    config_close_section(reader);
    reader->section = NULL;
    reader->base = NULL;
    reader->seen = 0;
    reader->current_line = reader->section_line;
    if (title == NULL)
        return;
    size_t kind = strcspn(title, " \t");
    const char *name = title + kind + strspn(title + kind, " \t");
    snprintf(reader->title, sizeof reader->title, "%s", title);
    for (size_t i = 0; i < COUNT(sections); i++)
        if (strlen(sections[i].kind) == kind && strncmp(sections[i].kind, title, kind) == 0)
            reader->section = &sections[i];
    if (reader->section == NULL)
        config_fail(reader, reader->section_line, "[%s]: expected [agent], [portal NAME] or [limit NAME]", title);
    else
        reader->base = reader->section->open(reader, name);
}

void config_set_option(struct reader *reader, const char *name, const char *value)
{
    for (size_t i = 0; i < reader->section->n_options; i++) {
        const struct config_option *option = &reader->section->options[i];
        if (strcmp(option->name, name) != 0)
            continue;
        if (reader->seen >> i & 1)
            config_fail(reader, reader->line, "%s: again in [%s]", name, reader->title);
        else if (!option->set(option, reader->base + option->offset, value, reader->line))
            config_fail(reader, reader->line, "%s = %s: expected %s", name, value, option->expected);
        reader->seen |= 1ull << i;
        return;
    }
    config_fail(reader, reader->line, "%s: no such option in [%s]", name, reader->section->kind);
}
