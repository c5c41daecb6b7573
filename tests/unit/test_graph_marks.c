#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "console/graph_marks.h"

static bool parse(struct graph_marks *marks, const char *text)
{
    char why[GRAPH_MARKS_WHY] = "";
    bool good = graph_marks_parse(marks, NULL, text, strlen(text), why);
    assert_true(good || why[0] != '\0');
    return good;
}

static void reads_what_the_console_prints(void **state)
{
    struct graph_marks marks = {0};

    assert_true(parse(
        &marks,
        "[{\"host\":\"web1\",\"name\":\"load-high\",\"metric\":\"load/"
        "load:shortterm\",\"direction\":\"above\","
        "\"threshold\":\"8.50\",\"clear\":\"6\",\"hits\":3,\"severity\":\"warning\",\"state\":\"ok\"},\n"
        "{\"name\":\"few\",\"metric\":\"sum(*/portal-a/"
        "gauge-running)\",\"direction\":\"below\",\"threshold\":2}]"));
    assert_int_equal(marks.n_limits, 2);
    assert_string_equal(marks.limits[0].host, "web1");
    assert_string_equal(marks.limits[0].name, "load-high");
    assert_true(marks.limits[0].threshold == 8.5);
    assert_false(marks.limits[0].below);
    assert_string_equal(marks.limits[1].host, "");
    assert_true(marks.limits[1].below);

    /* events: one object after the other, out of order, both ways of time */
    assert_true(parse(&marks,
                      "{\"index\":2,\"time\":\"2023-11-14T22:13:20Z\",\"host\":\"web1\",\"text\":\"two\"}\n"
                      "{\"index\":1,\"time\":1699999999.5,\"type\":\"portal\",\"object\":\"liferay\"}\n"
                      "{\"index\":3,\"time\":\"2023-11-14T23:13:21.25+01:00\",\"text\":\"three\"}\n"));
    assert_int_equal(marks.n_events, 3);
    assert_int_equal(marks.events[0].time, 1699999999);
    assert_string_equal(marks.events[0].text, "portal liferay");
    assert_int_equal(marks.events[1].time, 1700000000);
    assert_string_equal(marks.events[1].text, "two");
    assert_int_equal(marks.events[2].time, 1700000001);
    graph_marks_free(&marks);
}

static void reads_one_document_of_both(void **state)
{
    struct graph_marks marks = {0};
    assert_true(parse(
        &marks, "{\"limits\":[{\"metric\":\"a/b\",\"threshold\":1}],\"events\":[{\"time\":5}],\"other\":7}"));
    assert_int_equal(marks.n_limits, 1);
    assert_int_equal(marks.n_events, 1);
    assert_true(parse(&marks, "[] \n"));
    assert_true(parse(&marks, ""));
    graph_marks_free(&marks);
}

/* What an agent did not tell is null: such a row has nothing to draw. */
static void passes_over_what_is_not_told(void **state)
{
    struct graph_marks marks = {0};
    assert_true(parse(&marks, "[{\"metric\":\"a/b\",\"threshold\":null},{\"metric\":null,\"threshold\":1},"
                              "{\"time\":null,\"text\":\"x\"},{\"other\":1},7]"));
    assert_int_equal(marks.n_limits, 0);
    assert_int_equal(marks.n_events, 0);
    graph_marks_free(&marks);
}

static void a_file_may_be_of_one_host(void **state)
{
    static const char text[] =
        "[{\"host\":\"127.0.0.1:1161\",\"limit\":\"l\",\"metric\":\"a/b\",\"threshold\":1},"
        "{\"host\":\"127.0.0.1:1161\",\"time\":5,\"type\":\"portal\",\"object\":\"p\",\"old\":\"on\","
        "\"new\":\"off\",\"text\":null}]";
    struct graph_marks marks = {0};
    char why[GRAPH_MARKS_WHY];

    assert_true(graph_marks_parse(&marks, "web1", text, sizeof text - 1, why));
    assert_string_equal(marks.limits[0].host, "web1");
    assert_string_equal(marks.limits[0].name, "l");
    assert_string_equal(marks.events[0].host, "web1");
    assert_string_equal(marks.events[0].text, "portal p: on to off");
    graph_marks_free(&marks);
}

static void refuses_the_rest(void **state)
{
    static const char *const bad[] = {
        "[",
        "{\"a\":1",
        "7",
        "\"text\"",
        "[]x",
        "[{\"metric\":\"a/b\"}]",
        "[{\"metric\":\"a/b\",\"threshold\":\"1x\"}]",
        "[{\"metric\":\"a/b\",\"threshold\":\"nan\"}]",
        "[{\"metric\":\"\",\"threshold\":1}]",
        "[{\"metric\":5,\"threshold\":1}]",
        "[{\"metric\":\"a/b\",\"threshold\":1,\"direction\":\"sideways\"}]",
        "[{\"time\":\"yesterday\"}]",
        "[{\"time\":-1}]",
        "[{\"time\":1e300}]",
        "[{\"time\":\"2023-11-14T22:13:20\"}]",
        "[{\"time\":\"2023-13-14T22:13:20Z\"}]",
        "[{\"time\":\"2023-11-14T22:13:20+1:00\"}]",
        "[{\"time\":\"2023-11-14T22:13:20+01:00x\"}]",
        "[{\"time\":[1]}]",
        "[{\"text\":\"\xff\",\"time\":1}]",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct graph_marks marks = {0};
        if (parse(&marks, bad[i]))
            fail_msg("taken: %s", bad[i]);
        graph_marks_free(&marks);
    }
}

static bool on(const char *host, const char *metric, const char *at, const char *file, const char *ds,
               const char *function)
{
    struct graph_limit limit = {.host = (char *)host, .metric = (char *)metric};
    struct graph_metric m = {at, file, ds, function};
    return graph_limit_on(&limit, &m);
}

static void a_limit_is_on_its_metric_only(void **state)
{
    assert_true(on("", "load/load:shortterm", "web1", "load/load", "shortterm", NULL));
    assert_false(on("", "load/load:shortterm", "web1", "load/load", "midterm", NULL));
    assert_false(on("", "load/load", "web1", "load/load", "shortterm", NULL));
    assert_true(on("", "hostres/percent-memory", "web1", "hostres/percent-memory", "value", NULL));
    assert_true(on("", "interface-*/if_octets:rx", "web1", "interface-eth0/if_octets", "rx", NULL));
    assert_false(on("", "*:rx", "web1", "interface-eth0/if_octets", "rx", NULL));
    assert_true(on("web1", "web1/load/load:shortterm", "web1", "load/load", "shortterm", NULL));
    assert_true(on("", "web*/load/load:shortterm", "web1", "load/load", "shortterm", NULL));
    assert_false(on("", "web2/load/load:shortterm", "web1", "load/load", "shortterm", NULL));
    assert_false(on("web2", "load/load:shortterm", "web1", "load/load", "shortterm", NULL));
    /* of the pool, and not of a host */
    assert_true(on("web9", "sum(*/portal-a/gauge-running)", NULL, "portal-a/gauge-running", "value", "sum"));
    assert_false(on("", "sum(*/portal-a/gauge-running)", NULL, "portal-a/gauge-running", "value", "count"));
    assert_false(on("", "sum(*/portal-a/gauge-running", NULL, "portal-a/gauge-running", "value", "sum"));
    assert_false(on("", "sum()", NULL, "portal-a/gauge-running", "value", "sum"));
    assert_false(on("", "sum(*/portal-a/gauge-running)", "web1", "portal-a/gauge-running", "value", NULL));
    assert_false(on("", "portal-a/gauge-running", NULL, "portal-a/gauge-running", "value", "sum"));
}

static void hosts_may_be_long_or_short(void **state)
{
    assert_true(graph_same_host("", "web1"));
    assert_true(graph_same_host("web1", "web1"));
    assert_true(graph_same_host("WEB1", "web1.example.org"));
    assert_true(graph_same_host("web1.example.org:1161", "web1"));
    assert_false(graph_same_host("web1", "web10"));
    assert_false(graph_same_host("web10", "web1"));
    assert_false(graph_same_host(":161", "web1"));
}

static void says_why_a_file_cannot_be_read(void **state)
{
    struct graph_marks marks = {0};
    char why[GRAPH_MARKS_WHY];
    assert_false(graph_marks_read(&marks, NULL, "/nonexistent/marks.json", why));
    assert_string_equal(why, "No such file or directory");
    assert_false(graph_marks_read(&marks, NULL, "/", why));
    assert_string_equal(why, "Is a directory");
    graph_marks_free(&marks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_console_prints),
        cmocka_unit_test(reads_one_document_of_both),
        cmocka_unit_test(refuses_the_rest),
        cmocka_unit_test(passes_over_what_is_not_told),
        cmocka_unit_test(a_file_may_be_of_one_host),
        cmocka_unit_test(a_limit_is_on_its_metric_only),
        cmocka_unit_test(hosts_may_be_long_or_short),
        cmocka_unit_test(says_why_a_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
