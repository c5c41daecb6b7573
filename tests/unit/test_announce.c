/* What collectd's handlers are told, and what the rows of scmEperfTable take from a result file. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/announce.h"
#include "agent/eperf_rows.h"
#include "agent/metrics.h"

static struct scm_event event_of(enum event_type type)
{
    return (struct scm_event){.type = type, .severity = EVENT_FAILURE, .notify = true, .object = "name", .text = "text",
                          .metric = "", .host = "", .time_ms = 1700000000123};
}

static void a_limit_is_about_its_value(void **state)
{
    struct scm_event e = event_of(EVENT_LIMIT_EXCEEDED);
    struct feed_notification n;
    struct ident parts;

    e.host = "web1";
    e.metric = "web1/interface-eth0/if_octets-x:rx";
    assert_true(announce(&e, "me", &parts, &n));
    assert_string_equal(n.severity, "failure");
    assert_string_equal(n.host, "web1");
    assert_string_equal(n.plugin, "interface");
    assert_string_equal(n.plugin_instance, "eth0");
    assert_string_equal(n.type, "if_octets");
    assert_string_equal(n.type_instance, "x");
    e.host = "";
    e.metric = "sum(*/portal-x/gauge-running)"; /* of nobody: ours */
    e.severity = EVENT_OKAY;
    assert_true(announce(&e, "me", &parts, &n));
    assert_string_equal(n.severity, "okay");
    assert_string_equal(n.host, "me");
    assert_string_equal(n.plugin, "scalemon");
    assert_string_equal(n.plugin_instance, "name");
    assert_string_equal(n.type, "limit");
    e.type = EVENT_LIMIT_CLEARED; /* of the same thing */
    assert_true(announce(&e, "me", &parts, &n));
    assert_string_equal(n.plugin_instance, "name");
    assert_string_equal(n.type, "limit");
}

static void others(void **state)
{
    struct scm_event e = event_of(EVENT_PORTAL_CHANGE);
    struct feed_notification n;
    struct ident parts;

    assert_true(announce(&e, NULL, &parts, &n));
    assert_string_equal(n.plugin, "portal");
    assert_string_equal(n.plugin_instance, "name");
    e = event_of(EVENT_EPERF_FAILED);
    assert_true(announce(&e, "me", &parts, &n));
    assert_string_not_equal(n.plugin, "eperf"); /* with type run that would start a test */
    e = event_of(EVENT_FEED_CHANGE);
    assert_false(announce(&e, "me", &parts, &n));
    e = event_of(EVENT_LIMIT_EXCEEDED);
    e.notify = false; /* maintenance */
    assert_false(announce(&e, "me", &parts, &n));
}

/* ---- eperf ---- */

#define RESULT(state, error)                                                                                           \
    "{\"test\":\"paris\",\"peer\":\"10.1.2.3\",\"port\":5201,\"protocol\":\"udp\",\"connections\":3,\"state\":\"" state         \
    "\",\"last_run\":1700000000,\"duration\":5.0,\"last_error\":" error ",\"run_id\":7}"

static void results(void **state)
{
    static const char *const bad[] = {"", "{", "[]", "{}", RESULT("sleeping", "null"), "{\"peer\":1}"};
    struct view_eperf row = {.name = "paris"};
    const char *good = RESULT("failed", "\"no route\"");

    assert_true(eperf_rows_parse(good, strlen(good), &row));
    assert_string_equal(row.peer, "10.1.2.3");
    assert_true(row.has_protocol && row.protocol == EPERF_UDP);
    assert_int_equal(row.connections.v, 3);
    assert_int_equal(row.status, EPERF_FAILED);
    assert_true(row.last_run_ms == 1700000000000);
    assert_string_equal(row.last_error, "no route");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(eperf_rows_parse(bad[i], strlen(bad[i]), &row));
}

static char dir[] = "/tmp/scm-eperf-XXXXXX";

/* As the plugin does it: beside, then renamed. */
static void result_file(const char *name, const char *text)
{
    char path[100], fresh[100];

    snprintf(path, sizeof path, "%s/%s.json", dir, name);
    snprintf(fresh, sizeof fresh, "%s/.%s.new", dir, name);
    FILE *f = fopen(fresh, "we");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(fresh, path), 0);
    usleep(20000); /* a directory's time has the resolution of the kernel's tick */
}

static int failures(struct event_log *log)
{
    struct event_list *l = event_log_list(log);
    int n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->events[i]->type == EVENT_EPERF_FAILED;
    event_list_unref(l);
    return n;
}

static void rows_follow_the_directory(void **state)
{
    struct metrics *m = metrics_new();
    struct event_log *log = event_log_open(NULL);
    assert_non_null(mkdtemp(dir));
    struct eperf_rows *r = eperf_rows_new(m, log, dir);
    struct view *v;
    struct stat then;
    char path[100];

    rmdir(dir);
    assert_false(eperf_rows_round(r, 1)); /* no directory: no eperf here */
    assert_int_equal(mkdir(dir, 0700), 0);
    result_file("old", RESULT("failed", "\"x\""));
    assert_true(eperf_rows_round(r, 1));
    assert_int_equal(failures(log), 0); /* known before */
    assert_true(eperf_rows_round(r, 1)); /* once more, for what came in the same tick */
    assert_false(eperf_rows_round(r, 1));
    result_file("paris", RESULT("ok", "null"));
    result_file("bad", "rubbish");
    assert_true(eperf_rows_round(r, 1));
    assert_int_equal(eperf_rows_count(r), 2);
    assert_true(eperf_rows_has(r, "paris") && !eperf_rows_has(r, "bad"));
    result_file("paris", RESULT("running", "null"));
    eperf_rows_round(r, 1);
    assert_int_equal(stat(dir, &then), 0);
    result_file("paris", RESULT("failed", "\"refused\""));
    assert_int_equal(utimensat(AT_FDCWD, dir, (struct timespec[]){then.st_atim, then.st_mtim}, 0), 0); /* in the same tick */
    eperf_rows_round(r, 1);
    assert_int_equal(failures(log), 1);
    result_file("paris", RESULT("waiting", "\"refused\""));
    eperf_rows_round(r, 1);
    result_file("paris", RESULT("failed", "\"refused\"")); /* still failing: told once */
    eperf_rows_round(r, 1);
    assert_int_equal(failures(log), 1);
    assert_non_null(v = view_new(0, 0, 0, eperf_rows_count(r)));
    eperf_rows_fill(r, v, 1);
    assert_int_equal(v->n_eperfs, 2);
    assert_string_equal(v->eperfs[0].name, "old"); /* shorter first */
    assert_string_equal(v->eperfs[1].last_error, "refused");
    assert_false(v->eperfs[1].upload.has);
    view_release(v);
    snprintf(path, sizeof path, "%s/paris.json", dir);
    unlink(path);
    usleep(20000);
    assert_true(eperf_rows_round(r, 1));
    assert_int_equal(eperf_rows_count(r), 1);
    eperf_rows_free(r);
    metrics_free(m);
    event_log_close(log);
    snprintf(path, sizeof path, "rm -r %s", dir);
    assert_int_equal(system(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_about_its_value),
        cmocka_unit_test(others),
        cmocka_unit_test(results),
        cmocka_unit_test(rows_follow_the_directory),
    };

    return cmocka_run_group_tests_name("announce", tests, NULL, NULL);
}
