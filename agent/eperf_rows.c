#include "agent/eperf_rows.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/event.h"
#include "agent/log.h"
#include "agent/metrics.h"

/* What a row takes from collectd: "eperf-<test>/" and this. TCP's and UDP's differ; what a test has not is absent. */
enum number { UPLOAD, DOWNLOAD, RETRANSMITS_UP, RETRANSMITS_DOWN, RTT_UP, RTT_DOWN, JITTER_UP, JITTER_DOWN, LOSS_UP, LOSS_DOWN, NUMBERS };
static const char *const number_metric[NUMBERS] = {
    [UPLOAD] = "eperf_rate-upload:mean",
    [DOWNLOAD] = "eperf_rate-download:mean",
    [RETRANSMITS_UP] = "gauge-retransmits-upload",
    [RETRANSMITS_DOWN] = "gauge-retransmits-download",
    [RTT_UP] = "latency-rtt-upload",
    [RTT_DOWN] = "latency-rtt-download",
    [JITTER_UP] = "latency-jitter-upload",
    [JITTER_DOWN] = "latency-jitter-download",
    [LOSS_UP] = "percent-loss-upload",
    [LOSS_DOWN] = "percent-loss-download",
};

struct test {
    struct view_eperf row; /* name and text */
    struct selector *number[NUMBERS];
    bool failed;           /* as last told */
    bool present;          /* in the directory, at the last look */
};

struct eperf_rows {
    struct metrics *metrics;
    struct event_log *events;
    char *dir;
    struct timespec changed; /* of the directory, when it was read */
    bool looked;
    bool again; /* read it once more: its time counts in ticks, so the last reading may have missed the tick's end */
    struct test *tests; /* by name_cmp */
    size_t n;
};

static const struct {
    const char *text;
    enum eperf_status status;
} states[] = {
    {"idle", EPERF_IDLE}, {"waiting", EPERF_WAITING}, {"running", EPERF_RUNNING}, {"ok", EPERF_OK}, {"failed", EPERF_FAILED},
};

bool eperf_rows_parse(const char *json, size_t len, struct view_eperf *row)
{
    const char *peer, *protocol, *state;
    json_int_t connections, last_run;
    json_t *error, *o = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    bool good = false;

    if (!o || json_unpack(o, "{s:s, s:s, s:I, s:s, s:I, s:o}", "peer", &peer, "protocol", &protocol, "connections",
                          &connections, "state", &state, "last_run", &last_run, "last_error", &error) < 0)
        goto out;
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (strcmp(state, states[i].text) == 0) {
            row->status = states[i].status;
            good = true;
        }
    if (!good || last_run < 0 || last_run > INT64_MAX / 1000)
        goto out;
    view_text(row->peer, sizeof row->peer, peer, strlen(peer));
    row->has_protocol = strcmp(protocol, "tcp") == 0 || strcmp(protocol, "udp") == 0;
    row->protocol = protocol[0] == 'u' ? EPERF_UDP : EPERF_TCP;
    row->connections.has = connections >= 1 && connections <= UINT32_MAX;
    row->connections.v = row->connections.has ? (uint32_t)connections : 0;
    row->last_run_ms = last_run * 1000;
    const char *text = json_is_string(error) ? json_string_value(error) : "";
    view_text(row->last_error, sizeof row->last_error, text, strlen(text));
out:
    json_decref(o);
    return good;
}

/* ---- tests ---- */

static void test_clear(struct eperf_rows *r, struct test *t)
{
    for (int i = 0; i < NUMBERS; i++)
        metrics_unwatch(r->metrics, t->number[i]);
}

static struct test *test_named(const struct eperf_rows *r, const char *name)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->tests[i].row.name, name) == 0)
            return &r->tests[i];
    return NULL;
}

static struct test *test_add(struct eperf_rows *r, const char *name)
{
    if (r->n == EPERF_TESTS_MAX)
        return NULL;
    struct test *p = reallocarray(r->tests, r->n + 1, sizeof *p);
    if (!p)
        return NULL;
    r->tests = p;
    size_t at = 0;
    while (at < r->n && name_cmp(p[at].row.name, name) < 0)
        at++;
    memmove(p + at + 1, p + at, (r->n++ - at) * sizeof *p);
    struct test *t = &p[at];
    memset(t, 0, sizeof *t);
    snprintf(t->row.name, sizeof t->row.name, "%s", name);
    t->row.status = EPERF_IDLE;
    for (int i = 0; i < NUMBERS; i++) {
        char text[METRIC_SPEC_MAX + 1];
        struct metric_spec spec;
        const char *why;
        snprintf(text, sizeof text, "eperf-%s/%s", name, number_metric[i]);
        if (metric_spec_parse(text, strlen(text), &spec, &why))
            t->number[i] = metrics_watch(r->metrics, &spec);
    }
    return t;
}

/* A test's name out of its file's, as the eperf plugin takes them; false: some other file. */
static bool test_name(const char *file, char name[SCM_NAME_MAX + 1])
{
    size_t len = strlen(file);

    if (len < 6 || len - 5 > SCM_NAME_MAX || strcmp(file + len - 5, ".json") != 0 || file[0] == '.')
        return false;
    for (size_t i = 0; i < len - 5; i++)
        if ((unsigned char)file[i] <= ' ' || file[i] == 0x7f || strchr("*?:()\"\\", file[i]))
            return false;
    memcpy(name, file, len - 5);
    name[len - 5] = '\0';
    return true;
}

static void tell_failed(struct eperf_rows *r, const struct test *t, enum eperf_status old, int64_t wall_ms)
{
    char text[EVENT_TEXT_MAX + SCM_TEXT_MAX];

    snprintf(text, sizeof text, "test with %.100s failed: %s", t->row.peer, t->row.last_error);
    struct scm_event draft = {.type = EVENT_EPERF_FAILED, .severity = EVENT_WARNING, .notify = true, .object = t->row.name,
                          .old_state = eperf_status_name(old), .new_state = eperf_status_name(EPERF_FAILED),
                          .text = text, .state = EPERF_FAILED};
    event_unref(event_append(r->events, &draft, wall_ms));
}

static void read_result(struct eperf_rows *r, int dir, const char *file, const char *name, int64_t wall_ms)
{
    char *text = malloc(EPERF_FILE_MAX);
    int fd = text ? openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    ssize_t n = fd >= 0 ? read(fd, text, EPERF_FILE_MAX) : -1; /* small, written beside and renamed: whole at once */

    if (n > 0) {
        struct test *t = test_named(r, name);
        if (!t)
            t = test_add(r, name);
        enum eperf_status old = t ? t->row.status : EPERF_IDLE;
        if (t && eperf_rows_parse(text, (size_t)n, &t->row)) {
            t->present = true;
            if (t->row.status == EPERF_FAILED && !t->failed && r->looked)
                tell_failed(r, t, old, wall_ms);
            if (t->row.status == EPERF_FAILED || t->row.status == EPERF_OK)
                t->failed = t->row.status == EPERF_FAILED; /* waiting and running do not make it good */
        }
    }
    if (fd >= 0)
        close(fd);
    free(text);
}

/* Tests whose files are gone. */
static void drop_absent(struct eperf_rows *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++) {
        if (!r->tests[i].present) {
            test_clear(r, &r->tests[i]);
            continue;
        }
        r->tests[i].present = false;
        r->tests[kept++] = r->tests[i];
    }
    r->n = kept;
}

/* The directory is gone, and the plugin with it: when it is back, what it holds is not news. */
static void forget(struct eperf_rows *r)
{
    drop_absent(r);
    r->looked = false;
}

bool eperf_rows_round(struct eperf_rows *r, int64_t wall_ms)
{
    struct stat st;
    struct dirent *d;
    char name[SCM_NAME_MAX + 1];

    if (stat(r->dir, &st) < 0 || !S_ISDIR(st.st_mode)) { /* no eperf plugin here */
        forget(r);
        return false;
    }
    bool same = r->looked && st.st_mtim.tv_sec == r->changed.tv_sec && st.st_mtim.tv_nsec == r->changed.tv_nsec;
    if (same && !r->again)
        return false;
    r->again = !same;
    DIR *dir = opendir(r->dir);
    if (!dir) {
        if (!r->looked)
            log_line(LOG_WARNING, "eperf results: %s: %s", r->dir, strerror(errno));
        drop_absent(r);
        r->looked = true;
        r->changed = st.st_mtim;
        return false;
    }
    while ((d = readdir(dir)))
        if (test_name(d->d_name, name))
            read_result(r, dirfd(dir), d->d_name, name, wall_ms);
    closedir(dir);
    drop_absent(r);
    r->looked = true;
    r->changed = st.st_mtim;
    return true;
}

/* ---- public ---- */

struct eperf_rows *eperf_rows_new(struct metrics *m, struct event_log *events, const char *dir)
{
    struct eperf_rows *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->metrics = m;
    r->events = events;
    r->dir = strdup(dir);
    if (!r->dir) {
        free(r);
        return NULL;
    }
    return r;
}

void eperf_rows_free(struct eperf_rows *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n; i++)
        test_clear(r, &r->tests[i]);
    free(r->tests);
    free(r->dir);
    free(r);
}

bool eperf_rows_has(const struct eperf_rows *r, const char *test)
{
    return test_named(r, test) != NULL;
}

size_t eperf_rows_count(const struct eperf_rows *r)
{
    return r->n;
}

/* The sum of what the directions have (retransmits), or the larger of them (times, loss). */
static struct view_u32 both(struct eperf_rows *r, const struct test *t, enum number up, enum number down, double factor,
                            bool sum, int64_t mono_ms)
{
    double a, b;
    bool has_a = metrics_value(r->metrics, t->number[up], mono_ms, &a);
    bool has_b = metrics_value(r->metrics, t->number[down], mono_ms, &b);
    double v = has_a && has_b ? (sum ? a + b : (a > b ? a : b)) : (has_a ? a : b);

    v = v * factor + 0.5;
    if ((!has_a && !has_b) || !(v >= 0))
        return (struct view_u32){0};
    return (struct view_u32){.v = v >= (double)UINT32_MAX ? UINT32_MAX : (uint32_t)v, .has = true};
}

void eperf_rows_fill(struct eperf_rows *r, struct view *v, int64_t mono_ms)
{
    size_t n = r->n < v->n_eperfs ? r->n : v->n_eperfs;

    for (size_t i = 0; i < n; i++) {
        const struct test *t = &r->tests[i];
        struct view_eperf *row = &v->eperfs[i];
        *row = t->row;
        row->upload = both(r, t, UPLOAD, UPLOAD, 1e-3, false, mono_ms);
        row->download = both(r, t, DOWNLOAD, DOWNLOAD, 1e-3, false, mono_ms);
        row->retransmits = both(r, t, RETRANSMITS_UP, RETRANSMITS_DOWN, 1, true, mono_ms);
        row->rtt_us = both(r, t, RTT_UP, RTT_DOWN, 1e6, false, mono_ms);
        row->jitter_us = both(r, t, JITTER_UP, JITTER_DOWN, 1e6, false, mono_ms);
        row->loss = both(r, t, LOSS_UP, LOSS_DOWN, 100, false, mono_ms);
    }
    v->n_eperfs = n;
}
