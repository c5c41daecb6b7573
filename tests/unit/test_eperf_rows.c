/* Rows of scmEperfTable out of a directory of results that comes, changes and goes. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/eperf_rows.h"
#include "agent/event.h"
#include "agent/metrics.h"

enum { WALL = 1000000 };
static char dir[] = "/tmp/scm-eperf-XXXXXX";
static struct metrics *metrics;
static struct event_log *events;
static struct eperf_rows *rows;

static int setup(void **state)
{
    strcpy(dir + sizeof dir - 7, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    metrics = metrics_new();
    events = event_log_open(NULL);
    rows = eperf_rows_new(metrics, events, dir);
    return metrics && events && rows ? 0 : -1;
}

static const char *const files[] = {"bb.json", "a.json", "no", ".hidden.json", "x y.json", "long-name-of-more-than-32-characters.json"};
enum { FILES = sizeof files / sizeof files[0] };

static const char *path(const char *name)
{
    static char p[300];

    snprintf(p, sizeof p, "%s/%s", dir, name);
    return p;
}

static void remove_results(void)
{
    for (size_t i = 0; i < FILES; i++)
        unlink(path(files[i]));
    rmdir(dir);
}

static int teardown(void **state)
{
    eperf_rows_free(rows);
    event_log_close(events);
    metrics_free(metrics);
    remove_results();
    return 0;
}

/* Each result makes the directory younger than the last look, as the plugin's renames do. */
static void put(const char *name, const char *status, const char *error)
{
    static time_t tick = 1000;
    FILE *f = fopen(path(name), "we");

    assert_non_null(f);
    fprintf(f, "{\"peer\": \"10.0.0.1\", \"protocol\": \"udp\", \"connections\": 3, \"state\": \"%s\", \"last_run\": 77, \"last_error\": %s}",
            status, error);
    fclose(f);
    const struct timespec times[2] = {{.tv_sec = ++tick}, {.tv_sec = tick}};
    assert_int_equal(utimensat(AT_FDCWD, dir, times, 0), 0);
}

static size_t told(void)
{
    struct event_list *l = event_log_list(events);
    size_t n = l->n;

    event_list_unref(l);
    return n;
}

static void results_are_rows(void **state)
{
    for (size_t i = 0; i < FILES; i++)
        put(files[i], "ok", "null");
    assert_true(eperf_rows_round(rows, WALL));
    assert_int_equal(eperf_rows_count(rows), 2);
    struct view *v = view_new(0, 0, 0, 2);
    eperf_rows_fill(rows, v, 0);
    assert_int_equal(v->n_eperfs, 2);
    assert_string_equal(v->eperfs[0].name, "a"); /* in the order of the index */
    assert_string_equal(v->eperfs[1].name, "bb");
    assert_int_equal(v->eperfs[0].protocol, EPERF_UDP);
    assert_int_equal(v->eperfs[0].status, EPERF_OK);
    assert_true(v->eperfs[0].last_run_ms == 77000);
    assert_false(v->eperfs[0].upload.has || v->eperfs[0].loss.has || v->eperfs[0].retransmits.has);
    view_release(v);
}

static void a_failure_is_told_once(void **state)
{
    put("a.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_int_equal(told(), 0); /* found so */
    put("bb.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_int_equal(told(), 1);
    put("bb.json", "running", "\"refused\"");
    eperf_rows_round(rows, WALL);
    put("bb.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_int_equal(told(), 1);
    put("bb.json", "ok", "null");
    eperf_rows_round(rows, WALL);
    put("bb.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_int_equal(told(), 2);
}

/* The plugin is gone: what it found once is not shown as if it were so now. */
static void without_a_directory_there_are_no_rows(void **state)
{
    put("a.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_true(eperf_rows_has(rows, "a"));
    remove_results();
    eperf_rows_round(rows, WALL);
    assert_int_equal(eperf_rows_count(rows), 0);
    assert_int_equal(mkdir(dir, 0755), 0);
    put("a.json", "failed", "\"refused\"");
    eperf_rows_round(rows, WALL);
    assert_true(eperf_rows_has(rows, "a"));
    assert_int_equal(told(), 0);
}

static void what_is_no_result_is_no_row(void **state)
{
    put("a.json", "strange", "null");
    put("bb.json", "ok", "null");
    eperf_rows_round(rows, WALL);
    assert_int_equal(eperf_rows_count(rows), 1);
    unlink(path("bb.json"));
    assert_int_equal(symlink("/proc/self/mem", path("bb.json")), 0);
    put("a.json", "ok", "null");
    eperf_rows_round(rows, WALL);
    assert_int_equal(eperf_rows_count(rows), 1);
    assert_false(eperf_rows_has(rows, "bb"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(results_are_rows), T(a_failure_is_told_once), T(without_a_directory_there_are_no_rows), T(what_is_no_result_is_no_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
