/* The configuration, from a file's bytes to a struct: libinih cuts lines into section, name and value; what each may be is in the
 * tables of config_section.c. */
#include "agent/config.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config_inner.h"

enum { LINE_SIZE = CONFIG_COMMAND_MAX + 128 };
#define BLANKS " \t\r\v\f" /* as inih has them, but for the newline */

/* ---- what inih calls ---- */

static int on_option(void *user, const char *section, const char *name, const char *value)
{
    struct reader *reader = user;
    reader->awaited = false;
    if (reader->section_line == 0) {
        config_fail(reader, reader->line, "%s: expected a [section] before the first option", name);
        return 1;
    }
    reader->section_empty = false;
    if (reader->current_line != reader->section_line)
        config_open_section(reader, section);
    if (reader->base != NULL)
        config_set_option(reader, name, value);
    return 1;
}

/* inih tells the first line that it cannot read, and only that. */
static void check_awaited(struct reader *reader)
{
    if (reader->awaited)
        config_fail(reader, reader->line, "expected [section] or name = value");
    reader->awaited = false;
}

static void check_empty(struct reader *reader)
{
    if (reader->section_line != 0 && reader->section_empty)
        config_fail(reader, reader->section_line, "empty section: expected at least one option");
    reader->section_empty = false;
}

/* Whether "[title]" is what inih takes whole: it cuts long titles, and does not look behind them. */
static bool title_ok(struct reader *reader, const char *text, size_t len)
{
    const char *end = memchr(text, ']', len);
    if (end == NULL) {
        config_fail(reader, reader->line, "expected [section] or name = value");
        return false;
    }
    size_t title = (size_t)(end - text) - 1, blanks = strspn(end + 1, BLANKS "\n");
    if (title > CONFIG_TITLE_MAX) {
        config_fail(reader, reader->line, "a title of %zu bytes: expected at most %d", title, CONFIG_TITLE_MAX);
        return false;
    }
    if (strchr(";#", end[1 + blanks]) == NULL) {
        config_fail(reader, reader->line, "%.*s: expected nothing behind ']'", (int)strcspn(text, "\r\n"), text);
        return false;
    }
    return true;
}

/* The line in buf begins a section, if it is a good one. */
static void begin_section(struct reader *reader, char *buf, size_t len)
{
    check_empty(reader);
    reader->section_line = reader->line;
    reader->section_empty = title_ok(reader, buf, len);
    if (!reader->section_empty) {
        config_open_section(reader, NULL); /* its options are skipped */
        buf[0] = '\0';
    }
}

/* inih's fgets: one line, without leading blanks (which mean nothing here), and counted. */
static char *next_line(char *buf, int size, void *stream)
{
    struct reader *reader = stream;
    check_awaited(reader);
    if (reader->left == 0)
        return NULL;
    const char *end = memchr(reader->text, '\n', reader->left);
    size_t whole = end != NULL ? (size_t)(end - reader->text) + 1 : reader->left, len = whole;
    const char *text = reader->text;
    reader->line++;
    reader->text += whole;
    reader->left -= whole;
    while (len > 0 && *text != '\0' && strchr(BLANKS, *text) != NULL)
        text++, len--;
    if (memchr(text, '\0', len) != NULL) {
        config_fail(reader, reader->line, "a NUL byte: expected text");
        len = 0;
    } else if (len + 1 > (size_t)size) {
        config_fail(reader, reader->line, "a line of %zu bytes: expected at most %d", len, size - 2);
        len = 0;
    }
    memcpy(buf, text, len);
    buf[len] = '\0';
    if (buf[0] == '[')
        begin_section(reader, buf, len);
    else
        reader->awaited = strchr("#;\n", buf[0]) == NULL; /* which finds the end of an empty line as well */
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
    static const char mark[] = "\xef\xbb\xbf"; /* some editors put it in front of UTF-8 */
    size_t skip = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
    struct reader reader = {.config = config_new(name, count_sections(text, len)), .report = report, .arg = arg,
                            .text = text + skip, .left = len - skip};
    if (reader.config == NULL) {
        report(arg, "out of memory");
        return NULL;
    }
    ini_use_stack = false;
    ini_max_line = ini_initial_alloc = LINE_SIZE;
    ini_allow_multiline = false; /* an indented option is an option */
    int bad = ini_parse_stream(next_line, &reader, on_option, &reader);
    if (bad > 0 && !reader.failed)
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

/* The file's bytes, malloced, or NULL and why. */
static char *read_file(const char *file, size_t *len, char *why, size_t why_size)
{
    struct stat st;
    char *text = NULL;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    *len = 0;
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(why, why_size, "%s", strerror(errno));
    } else if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_SIZE_MAX) {
        snprintf(why, why_size, "expected a regular file of at most %d bytes", CONFIG_SIZE_MAX);
    } else if ((text = malloc(CONFIG_SIZE_MAX)) == NULL) {
        snprintf(why, why_size, "out of memory");
    } else {
        ssize_t n;
        while ((n = read(fd, text + *len, CONFIG_SIZE_MAX - *len)) > 0 || (n < 0 && errno == EINTR))
            *len += n > 0 ? (size_t)n : 0;
        if (n < 0) {
            snprintf(why, why_size, "%s", strerror(errno));
            free(text);
            text = NULL;
        }
    }
    if (fd >= 0)
        close(fd);
    return text;
}

struct config *config_load(const char *file, config_report *report, void *arg)
{
    char why[128], message[CONFIG_TEXT_MAX + sizeof why + 8];
    size_t len;
    char *text = NULL;
    if (strlen(file) > CONFIG_TEXT_MAX)
        snprintf(why, sizeof why, "expected a path of at most %d bytes", CONFIG_TEXT_MAX);
    else
        text = read_file(file, &len, why, sizeof why);
    if (text == NULL) {
        snprintf(message, sizeof message, "%.255s: %s", file, why);
        report(arg, message);
        return NULL;
    }
    struct config *config = config_parse(file, text, len, report, arg);
    free(text);
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
