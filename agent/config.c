/* The configuration: libinih cuts lines into section, name and value; the tables below say what each may be.
 * To add an option: a field in config.h, a row here, a paragraph in scalemond.conf.5. */
#include "agent/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config_value.h"
#include "common/num.h"

enum { LINE_SIZE = CONFIG_COMMAND_MAX + 128, OPTIONS_MAX = 64 };

struct reader {
    struct config *config;
    config_report *report;
    void *arg;
    bool failed;
    /* the text not yet handed to inih */
    const char *text;
    size_t left;
    int line;           /* of the last line handed out */
    int section_line;   /* of the last line that began with '[' */
    bool section_empty; /* no option has followed it yet */
    /* the section the options go to */
    const struct section *section;
    char *base;         /* the struct that its fields lie in; NULL: section refused, options skipped */
    int current_line;   /* section_line of that section */
    unsigned long long seen; /* bit per option row */
};

struct section {
    const char *kind;
    char *(*open)(struct reader *reader, const char *name); /* NULL after a report */
    bool (*close)(struct reader *reader);                  /* checks between options; false after a report */
    const struct config_option *options;
    size_t n_options;
};

static void fail(struct reader *reader, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void fail(struct reader *reader, int line, const char *format, ...)
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

/* ---- the tables --------------------------------------------------------------------------------------------- */

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
    {"agentx_socket", FIELD(config, agentx_socket), config_set_text, 1, 0, NULL, "a path or tcp:HOST:PORT", false},
    PATH("collectd_socket", config, collectd_socket),
    NUMBER("interval", config, interval, 1, 3600, "seconds from 1 to 3600"),
    PATH("state_dir", config, state_dir),
    PATH("output_dir", config, output_dir),
    PATH("eperf_result_dir", config, eperf_result_dir),
    {"user", FIELD(config, user), config_set_text, 1, 0, NULL, "a user's name", false},
    {"interface", FIELD(config, interface), config_set_text, 1, 0, NULL, "an interface's name", false},
    {"hostname", FIELD(config, hostname), config_set_text, 1, 0, NULL, "the name that collectd has for this host", false},
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
static bool close_limit(struct reader *reader);

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
static const struct section sections[] = {
    {"agent", open_agent, NULL, agent_options, COUNT(agent_options)},
    {"portal", open_portal, NULL, portal_options, COUNT(portal_options)},
    {"limit", open_limit, close_limit, limit_options, COUNT(limit_options)},
};
_Static_assert(COUNT(portal_options) <= OPTIONS_MAX, "a bit of reader.seen for each");

/* ---- sections ----------------------------------------------------------------------------------------------- */

/* The name is an SNMP index, a part of a collectd identifier and of a file's name. */
static bool name_ok(struct reader *reader, const char *kind, const char *name)
{
    size_t len = strlen(name);
    bool ok = len >= 1 && len <= CONFIG_NAME_MAX && name[0] != '.' && name[0] != '-';
    for (const char *p = name; *p != '\0'; p++)
        ok = ok && ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                    *p == '_' || *p == '-' || *p == '.');
    if (!ok)
        fail(reader, reader->section_line,
             "[%s %s]: expected a name of 1 to %d letters, digits, '_', '-' or '.', not beginning with '-' or '.'",
             kind, name, CONFIG_NAME_MAX);
    return ok;
}

static char *open_agent(struct reader *reader, const char *name)
{
    if (name[0] != '\0') {
        fail(reader, reader->section_line, "[agent %s]: expected [agent] without a name", name);
        return NULL;
    }
    return (char *)reader->config;
}

static char *open_portal(struct reader *reader, const char *name)
{
    struct config *config = reader->config;
    if (!name_ok(reader, "portal", name))
        return NULL;
    for (size_t i = 0; i < config->n_portals; i++)
        if (strcmp(config->portals[i].name, name) == 0) {
            fail(reader, reader->section_line, "[portal %s]: again; first on line %d", name, config->portals[i].line);
            return NULL;
        }
    if (config->n_portals == CONFIG_PORTALS_MAX) {
        fail(reader, reader->section_line, "[portal %s]: expected at most %d portals", name, CONFIG_PORTALS_MAX);
        return NULL;
    }
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
    if (!name_ok(reader, "limit", name))
        return NULL;
    for (size_t i = 0; i < config->n_limits; i++)
        if (strcmp(config->limits[i].name, name) == 0) {
            fail(reader, reader->section_line, "[limit %s]: again; first on line %d", name, config->limits[i].line);
            return NULL;
        }
    if (config->n_limits == CONFIG_LIMITS_MAX) {
        fail(reader, reader->section_line, "[limit %s]: expected at most %d limits", name, CONFIG_LIMITS_MAX);
        return NULL;
    }
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
        fail(reader, limit->line, "[limit %s]: expected one of above and below", limit->name);
        return false;
    }
    limit->direction = above ? CONFIG_ABOVE : CONFIG_BELOW;
    if (limit->threshold[0] == '\0')
        return false; /* it was bad and has been told */
    if (limit->clear[0] == '\0')
        memcpy(limit->clear, limit->threshold, sizeof limit->clear);
    if (num_decimal(limit->threshold, strlen(limit->threshold), &threshold) &&
        num_decimal(limit->clear, strlen(limit->clear), &clear) &&
        (above ? clear > threshold : clear < threshold)) {
        fail(reader, limit->line, "[limit %s]: clear = %s: expected a value not %s the threshold %s", limit->name,
             limit->clear, above ? "above" : "below", limit->threshold);
        return false;
    }
    return true;
}

/* What can only be said when a section has ended. */
static void close_section(struct reader *reader)
{
    if (reader->section == NULL || reader->base == NULL)
        return;
    for (size_t i = 0; i < reader->section->n_options; i++)
        if (reader->section->options[i].required && (reader->seen >> i & 1) == 0)
            fail(reader, reader->current_line, "[%s]: %s is missing: expected %s", reader->section->kind,
                 reader->section->options[i].name, reader->section->options[i].expected);
    if (reader->section->close != NULL)
        reader->section->close(reader);
}

/* "KIND" or "KIND NAME" */
static void open_section(struct reader *reader, const char *title)
{
    size_t kind = strcspn(title, " \t");
    const char *name = title + kind + strspn(title + kind, " \t");
    close_section(reader);
    reader->section = NULL;
    reader->base = NULL;
    reader->seen = 0;
    reader->current_line = reader->section_line;
    for (size_t i = 0; i < COUNT(sections); i++)
        if (strlen(sections[i].kind) == kind && strncmp(sections[i].kind, title, kind) == 0)
            reader->section = &sections[i];
    if (reader->section == NULL)
        fail(reader, reader->section_line, "[%s]: expected [agent], [portal NAME] or [limit NAME]", title);
    else
        reader->base = reader->section->open(reader, name);
}

/* ---- between inih and the tables ---------------------------------------------------------------------------- */

static int on_option(void *user, const char *section, const char *name, const char *value)
{
    struct reader *reader = user;
    if (reader->section_line == 0) {
        fail(reader, reader->line, "%s: expected a [section] before the first option", name);
        return 1;
    }
    reader->section_empty = false;
    if (reader->current_line != reader->section_line)
        open_section(reader, section);
    if (reader->base == NULL)
        return 1;
    for (size_t i = 0; i < reader->section->n_options; i++) {
        const struct config_option *option = &reader->section->options[i];
        if (strcmp(option->name, name) != 0)
            continue;
        if (reader->seen >> i & 1)
            fail(reader, reader->line, "%s: again in the same section", name);
        else if (!option->set(option, reader->base + option->offset, value, reader->line))
            fail(reader, reader->line, "%s = %s: expected %s", name, value, option->expected);
        reader->seen |= 1ull << i;
        return 1;
    }
    fail(reader, reader->line, "%s: no such option in [%s]", name, reader->section->kind);
    return 1;
}

static void check_empty(struct reader *reader)
{
    if (reader->section_line != 0 && reader->section_empty)
        fail(reader, reader->section_line, "empty section: expected at least one option");
}

/* inih's fgets: one line, without leading blanks (which mean nothing here), and counted. */
static char *next_line(char *buf, int size, void *stream)
{
    struct reader *reader = stream;
    if (reader->left == 0)
        return NULL;
    const char *end = memchr(reader->text, '\n', reader->left);
    size_t whole = end != NULL ? (size_t)(end - reader->text) + 1 : reader->left, len = whole;
    const char *text = reader->text;
    reader->line++;
    reader->text += whole;
    reader->left -= whole;
    while (len > 0 && (*text == ' ' || *text == '\t'))
        text++, len--;
    if (memchr(text, '\0', len) != NULL) {
        fail(reader, reader->line, "a NUL byte: expected text");
        len = 0;
    } else if (len + 1 > (size_t)size) {
        fail(reader, reader->line, "a line of %zu bytes: expected at most %d", len, size - 2);
        len = 0;
    }
    if (len > 0 && text[0] == '[') {
        check_empty(reader);
        reader->section_line = reader->line;
        reader->section_empty = true;
    }
    memcpy(buf, text, len);
    buf[len] = '\0';
    return buf;
}

/* At least as many as there are sections. */
static size_t count_sections(const char *text, size_t len)
{
    size_t n = 1;
    for (const char *p = text; (p = memchr(p, '[', len - (size_t)(p - text))) != NULL; p++)
        n++;
    return n;
}

static struct config *config_new(const char *file, size_t rows)
{
    struct config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    snprintf(config->file, sizeof config->file, "%s", file);
    snprintf(config->agentx_socket, sizeof config->agentx_socket, "/run/agentx/master");
    snprintf(config->collectd_socket, sizeof config->collectd_socket, "/run/collectd-unixsock");
    snprintf(config->state_dir, sizeof config->state_dir, LOCALSTATEDIR "/lib/scalemon");
    snprintf(config->output_dir, sizeof config->output_dir, LOCALSTATEDIR "/log/scalemon");
    snprintf(config->eperf_result_dir, sizeof config->eperf_result_dir, LOCALSTATEDIR "/lib/collectd/eperf");
    config->interval = 1;
    /* whole arrays at once: config_command points into itself and must not move */
    config->portals = calloc(rows < CONFIG_PORTALS_MAX ? rows : CONFIG_PORTALS_MAX, sizeof *config->portals);
    config->limits = calloc(rows < CONFIG_LIMITS_MAX ? rows : CONFIG_LIMITS_MAX, sizeof *config->limits);
    if (config->portals == NULL || config->limits == NULL) {
        config_free(config);
        return NULL;
    }
    return config;
}

struct config *config_parse(const char *name, const char *text, size_t len, config_report *report, void *arg)
{
    struct reader reader = {.config = config_new(name, count_sections(text, len)), .report = report, .arg = arg, .text = text, .left = len};
    if (reader.config == NULL) {
        report(arg, "out of memory");
        return NULL;
    }
    ini_use_stack = false;
    ini_max_line = ini_initial_alloc = LINE_SIZE;
    ini_allow_multiline = false; /* an indented option is an option */
    int bad = ini_parse_stream(next_line, &reader, on_option, &reader);
    if (bad > 0)
        fail(&reader, bad, "expected [section] or name = value");
    else if (bad < 0)
        fail(&reader, 0, "out of memory");
    check_empty(&reader);
    close_section(&reader);
    if (!reader.failed)
        return reader.config;
    config_free(reader.config);
    return NULL;
}

struct config *config_load(const char *file, config_report *report, void *arg)
{
    char message[CONFIG_TEXT_MAX + 128];
    struct config *config = NULL;
    char *text = NULL;
    size_t len = 0;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(message, sizeof message, "%.255s: %s", file, strerror(errno));
        goto bad;
    }
    if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_SIZE_MAX || strlen(file) > CONFIG_TEXT_MAX) {
        snprintf(message, sizeof message, "%.255s: expected a regular file of at most %d bytes", file, CONFIG_SIZE_MAX);
        goto bad;
    }
    text = malloc(CONFIG_SIZE_MAX);
    for (ssize_t n = 1; text != NULL && n > 0 && len < CONFIG_SIZE_MAX; len += (size_t)n)
        if ((n = read(fd, text + len, CONFIG_SIZE_MAX - len)) < 0) {
            snprintf(message, sizeof message, "%.255s: %s", file, strerror(errno));
            goto bad;
        }
    if (text == NULL) {
        snprintf(message, sizeof message, "%.255s: out of memory", file);
        goto bad;
    }
    config = config_parse(file, text, len, report, arg);
    goto done;
bad:
    report(arg, message);
done:
    free(text);
    if (fd >= 0)
        close(fd);
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    free(config->portals);
    free(config->limits);
    free(config);
}
