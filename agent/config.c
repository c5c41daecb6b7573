/* The configuration, from a file's bytes to a struct: libinih cuts lines into section, name and value; what each may be is in the
 * tables of config_section.c. */
#include "agent/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config_inner.h"

enum { LINE_SIZE = CONFIG_COMMAND_MAX + 128 };

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

/* ---- what inih calls ---- */

static int on_option(void *user, const char *section, const char *name, const char *value)
{
    struct reader *reader = user;
    if (reader->section_line == 0) {
        config_fail(reader, reader->line, "%s: expected a [section] before the first option", name);
        return 1;
    }
    reader->section_empty = false;
    if (reader->current_line != reader->section_line)
        config_open_section(reader, section);
    if (reader->base == NULL)
        return 1;
    for (size_t i = 0; i < reader->section->n_options; i++) {
        const struct config_option *option = &reader->section->options[i];
        if (strcmp(option->name, name) != 0)
            continue;
        if (reader->seen >> i & 1)
            config_fail(reader, reader->line, "%s: again in the same section", name);
        else if (!option->set(option, reader->base + option->offset, value, reader->line))
            config_fail(reader, reader->line, "%s = %s: expected %s", name, value, option->expected);
        reader->seen |= 1ull << i;
        return 1;
    }
    config_fail(reader, reader->line, "%s: no such option in [%s]", name, reader->section->kind);
    return 1;
}

static void check_empty(struct reader *reader)
{
    if (reader->section_line != 0 && reader->section_empty)
        config_fail(reader, reader->section_line, "empty section: expected at least one option");
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
        config_fail(reader, reader->line, "a NUL byte: expected text");
        len = 0;
    } else if (len + 1 > (size_t)size) {
        config_fail(reader, reader->line, "a line of %zu bytes: expected at most %d", len, size - 2);
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

/* ---- all of it ---- */

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
        config_fail(&reader, bad, "expected [section] or name = value");
    else if (bad < 0)
        config_fail(&reader, 0, "out of memory");
    check_empty(&reader);
    config_close_section(&reader);
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
