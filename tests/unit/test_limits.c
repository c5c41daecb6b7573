/* Limits over a restart: whatever of a transition's event and the stored state a crash has left, it is told once. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/event.h"
#include "agent/limits.h"
#include "agent/metrics.h"
#include "agent/store.h"

static char dir[] = "/tmp/scm-limits-XXXXXX";
static int64_t now = 1000000; /* ms, of both clocks */
static enum agent_admin admin = AGENT_RUNNING;

struct world {
    struct store *store;
    struct event_log *log;
    struct metrics *metrics;
    struct limits *limits;
    struct setting_limit limit;
    struct settings settings;
};

/* With a limit of that metric and status, or none (metric NULL). */
static void start_as(struct world *w, const char *metric, enum row_status status)
{
    char why[200];

    memset(w, 0, sizeof *w);
    assert_non_null(w->store = store_open(dir, why, sizeof why));
    assert_non_null(w->log = event_log_open(w->store));
    assert_non_null(w->metrics = metrics_new());
    metrics_connected(w->metrics, true, now);
    assert_non_null(w->limits = limits_new(w->metrics, w->log, w->store));
    snprintf(w->limit.name, sizeof w->limit.name, "next"); /* a name that the document uses itself */
    snprintf(w->limit.metric, sizeof w->limit.metric, "%s", metric ? metric : "");
    w->limit.direction = LIMIT_ABOVE;
    w->limit.threshold.v = 8;
    snprintf(w->limit.threshold.text, sizeof w->limit.threshold.text, "8");
    w->limit.hits = w->limit.clear_hits = 1;
    w->limit.severity = LIMIT_FAILURE;
    w->limit.status = status;
    w->settings = (struct settings){.admin = admin, .notifications_enabled = true, .n_limits = metric ? 1 : 0,
                                    .limits = &w->limit};
    event_log_silence(w->log, admin == AGENT_MAINTENANCE);
    limits_settings(w->limits, &w->settings, now, now);
}

static void start(struct world *w, const char *metric)
{
    start_as(w, metric, ROW_ACTIVE);
}

static void end(struct world *w)
{
    limits_free(w->limits);
    metrics_free(w->metrics);
    store_close(w->store);
    event_log_close(w->log);
}

/* A new sample of each of two hosts, and a round. */
static void values(struct world *w, double a, double b)
{
    static const char *const ident[] = {"a/load/load", "b/load/load"};
    double v[] = {a, b};
    struct metric *x;

    now += 1000;
    metrics_round_begin(w->metrics, now);
    for (int i = 0; i < 2; i++)
        metrics_listed(w->metrics, ident[i], strlen(ident[i]), now);
    metrics_round_listed(w->metrics);
    while ((x = metrics_next_wanted(w->metrics))) {
        metric_values_begin(w->metrics);
        metric_values_add(w->metrics, "shortterm", 9, v[metric_ident(x)[0] == 'b']);
        metric_values_end(w->metrics, x);
    }
    limits_round(w->limits, now, now);
}

/* The same of one metric with one data source. */
static void value(struct world *w, const char *ident, const char *ds, double v)
{
    struct metric *x;

    now += 1000;
    metrics_round_begin(w->metrics, now);
    metrics_listed(w->metrics, ident, strlen(ident), now);
    metrics_round_listed(w->metrics);
    while ((x = metrics_next_wanted(w->metrics))) {
        metric_values_begin(w->metrics);
        metric_values_add(w->metrics, ds, strlen(ds), v);
        metric_values_end(w->metrics, x);
    }
    limits_round(w->limits, now, now);
}

static int told(struct world *w, enum event_type type)
{
    struct event_list *l = event_log_list(w->log);
    int n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->events[i]->type == type;
    event_list_unref(l);
    return n;
}

static void shell(const char *what)
{
    char command[300];

    snprintf(command, sizeof command, "cd %s && %s", dir, what);
    assert_int_equal(system(command), 0);
}

/* Another directory for the next test. */
static void clean_up(void)
{
    shell("rm -r $PWD");
    memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
}

/* The crash: the journal has the transition, the document is the one before. */
static void told_once(const char *metric)
{
    struct world w;

    assert_non_null(mkdtemp(dir));
    start(&w, metric);
    for (int i = 0; i < 4; i++) /* sum() is unknown while hosts come back */
        values(&w, 1, 1);
    values(&w, 9, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), 1);
    end(&w);
    shell("rm -f limits*");
    start(&w, metric);
    for (int i = 0; i < 4; i++)
        values(&w, 9, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), 1);
    assert_int_equal(told(&w, EVENT_LIMIT_CLEARED), 0);
    values(&w, 1, 9); /* the other one: its state is stored with the first's */
    int exceeded = told(&w, EVENT_LIMIT_EXCEEDED), cleared = told(&w, EVENT_LIMIT_CLEARED);
    end(&w);
    shell("cp limits old 2>/dev/null || : none yet");
    start(&w, metric);
    for (int i = 0; i < 4; i++)
        values(&w, 1, 9);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), exceeded);
    assert_int_equal(told(&w, EVENT_LIMIT_CLEARED), cleared);
    values(&w, 1, 1);
    cleared = told(&w, EVENT_LIMIT_CLEARED);
    assert_int_equal(cleared, exceeded);
    end(&w);
    shell("rm -f limits* && mv old limits 2>/dev/null || : there was none");
    start(&w, metric);
    for (int i = 0; i < 4; i++)
        values(&w, 1, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), exceeded);
    assert_int_equal(told(&w, EVENT_LIMIT_CLEARED), cleared);
    values(&w, 9, 1); /* and it goes on */
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), exceeded + 1);
    end(&w);
    clean_up();
}

static void one_metric(void **state)
{
    told_once("a/load/load:shortterm");
}

static void a_pattern(void **state)
{
    told_once("*/load/load:shortterm");
}

static void a_sum(void **state)
{
    told_once("sum(*/load/load:shortterm)");
}

/* The newest event is type, about that metric, with text. */
static void newest_is(struct world *w, enum event_type type, const char *metric, const char *text)
{
    struct event_list *l = event_log_list(w->log);
    const struct scm_event *e = l->events[l->n - 1];

    assert_int_equal(e->type, type);
    assert_string_equal(e->metric, metric);
    assert_string_equal(e->text, text);
    event_list_unref(l);
}

/* A limit that is exceeded, and is another one or none when the agent comes back: the alarm ends, once. */
static void ends_while_away(const char *metric, const char *about, const char *now_metric,
                            enum row_status status, const char *why)
{
    struct world w;
    char text[160];

    assert_non_null(mkdtemp(dir));
    start(&w, metric);
    for (int i = 0; i < 4; i++)
        values(&w, 1, 1);
    values(&w, 9, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), 1);
    end(&w);
    shell("cp limits old");
    for (int crash = 0; crash < 2;
         crash++) { /* the second time with the document that was before the end was told */
        start_as(&w, now_metric, status);
        assert_int_equal(told(&w, EVENT_LIMIT_CLEARED), 1);
        snprintf(text, sizeof text, "the limit was %s while %s was beyond it", why, about);
        struct event_list *l = event_log_list(w.log);
        const struct scm_event *e = l->events[l->n - 1];
        assert_string_equal(e->text, text);
        assert_string_equal(e->threshold, "8");
        assert_int_equal(e->code, LIMIT_FAILURE);
        assert_true(e->since_ms > 0);
        event_list_unref(l);
        values(&w, 1, 1);
        assert_int_equal(told(&w, EVENT_LIMIT_CLEARED), 1);
        end(&w);
        shell(crash == 0 ? "mv old limits" : ":");
    }
    start(&w, metric); /* as it was: a new alarm of a new limit */
    for (int i = 0; i < 4; i++)
        values(&w, 9, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED), 2);
    end(&w);
    clean_up();
}

static void an_alarm_ends_with_its_limit_while_we_are_away(void **state)
{
    static const char metric[] = "a/load/load:shortterm", ident[] = "a/load/load",
                      sum[] = "sum(*/load/load:shortterm)";

    ends_while_away(metric, ident, NULL, ROW_ACTIVE, "deleted");
    ends_while_away(metric, ident, metric, ROW_NOT_IN_SERVICE, "disabled");
    ends_while_away(metric, ident, "b/load/load:shortterm", ROW_ACTIVE, "changed to another metric");
    ends_while_away(sum, sum, NULL, ROW_ACTIVE, "deleted");
}

/* A pattern, or a metric, that nothing matches for long, and then something does. */
static void known_again_for_the_first_time(void **state)
{
    struct world w;

    assert_non_null(mkdtemp(dir));
    start(&w, "*/load/load:shortterm");
    limits_round(w.limits, now, now);
    now += 300000;
    limits_round(w.limits, now, now);
    newest_is(&w, EVENT_LIMIT_UNKNOWN, "*/load/load:shortterm",
              "*/load/load:shortterm is unknown for 300 s: no such metric");
    values(&w, 1, 1);
    values(&w, 1, 1);
    values(&w, 1, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_UNKNOWN), 2);
    newest_is(&w, EVENT_LIMIT_UNKNOWN, "a/load/load:shortterm", "a/load/load is known again");
    end(&w);
    clean_up();
}

/* Bytes and bits per second are large whole numbers, and written as such. */
static void numbers_are_written_for_people(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {{135328123.4, "135328123"}, {1000000, "1000000"}, {9.2, "9.2"}, {12345.678, "12345.7"}, {2e17, "2e+17"}};
    struct world w;
    char text[80];

    assert_non_null(mkdtemp(dir));
    start(&w, "a/load/load:shortterm");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        now += 3600000; /* not flapping */
        values(&w, 1, 1);
        now += 3600000;
        values(&w, rows[i].value, 1);
        struct event_list *l = event_log_list(w.log);
        const struct scm_event *e = l->events[l->n - 1];
        assert_string_equal(e->value, rows[i].text);
        snprintf(text, sizeof text, "a/load/load:shortterm is %s, above 8", rows[i].text);
        assert_string_equal(e->text, text);
        event_list_unref(l);
    }
    end(&w);
    clean_up();
}

/* Everything goes unknown when collectd is away: one event for each limit, not for each match. */
static void an_outage_is_one_event_a_limit(void **state)
{
    struct world w;

    assert_non_null(mkdtemp(dir));
    start(&w, "*/load/load:shortterm");
    values(&w, 1, 1);
    metrics_connected(w.metrics, false, now);
    limits_round(w.limits, now, now);
    now += 300000;
    limits_round(w.limits, now, now);
    limits_round(w.limits, now, now);
    assert_int_equal(told(&w, EVENT_LIMIT_UNKNOWN), 1);
    newest_is(&w, EVENT_LIMIT_UNKNOWN, "a/load/load:shortterm",
              "a/load/load and 1 more are unknown for 300 s: collectd does not answer");
    metrics_connected(w.metrics, true, now);
    values(&w, 1, 1);
    values(&w, 1, 1);
    assert_int_equal(told(&w, EVENT_LIMIT_UNKNOWN), 2);
    newest_is(&w, EVENT_LIMIT_UNKNOWN, "a/load/load:shortterm", "a/load/load and 1 more are known again");
    end(&w);
    clean_up();
}

static void a_percentage_is_told_as_one(void **state)
{
    struct world w;

    assert_non_null(mkdtemp(dir));
    start(&w, "percent(a/memory/memory-used)");
    value(&w, "a/memory/memory-used", "value", 1234567890);
    newest_is(&w, EVENT_LIMIT_EXCEEDED, "a/memory/memory-used", "percent(a/memory/memory-used) is 100, above 8");
    end(&w);
    clean_up();
}

/* What is said of a metric is never cut off, however long its name. */
static void long_names_give_way(void **state)
{
    struct world w;
    char ident[300], text[EVENT_TEXT_MAX + 1];
    static const char said[] = "... is 9, above 8";

    memset(ident, 'n', sizeof ident);
    ident[120] = ident[241] = '/';
    memcpy(ident + 242, "load", 5);
    snprintf(text, sizeof text, "%.*s%s", (int)(EVENT_TEXT_MAX - strlen(said)), ident, said);
    assert_non_null(mkdtemp(dir));
    start(&w, "*/*/load:shortterm");
    value(&w, ident, "shortterm", 9);
    strcat(ident, ":shortterm");
    newest_is(&w, EVENT_LIMIT_EXCEEDED, ident, text);
    end(&w);
    clean_up();
}

static void set_admin(struct world *w, enum agent_admin to)
{
    w->settings.admin = admin = to;
    event_log_silence(w->log, to == AGENT_MAINTENANCE);
    limits_settings(w->limits, &w->settings, now, now);
}

/* How many events of that type were more than a line in the table. */
static int heard(struct world *w, enum event_type type)
{
    struct event_list *l = event_log_list(w->log);
    int n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->events[i]->type == type && l->events[i]->notify;
    event_list_unref(l);
    return n;
}

static void restart(struct world *w, const char *metric, enum row_status status)
{
    end(w);
    start_as(w, metric, status);
}

/* Silence ends, over a restart in it or not: what stands otherwise than the world knows is told once, all else never. */
static void silence_ends(bool before, bool meanwhile, bool after, bool restarted)
{
    static const char metric[] = "a/load/load:shortterm";
    struct world w;

    assert_non_null(mkdtemp(dir));
    start(&w, metric);
    values(&w, before ? 9 : 1, 1);
    now += 120000; /* not flapping */
    set_admin(&w, AGENT_MAINTENANCE);
    values(&w, meanwhile ? 9 : 1, 1);
    if (restarted)
        restart(&w, metric, ROW_ACTIVE);
    values(&w, after ? 9 : 1, 1);
    assert_int_equal(heard(&w, EVENT_LIMIT_EXCEEDED), before);
    assert_int_equal(heard(&w, EVENT_LIMIT_CLEARED), 0);
    if (!restarted) /* the table has it all */
        assert_int_equal(told(&w, EVENT_LIMIT_EXCEEDED) + told(&w, EVENT_LIMIT_CLEARED),
                         before + (before != meanwhile) + (meanwhile != after));
    now += 120000;
    set_admin(&w, AGENT_RUNNING);
    values(&w, after ? 9 : 1, 1);
    values(&w, after ? 9 : 1, 1);
    assert_int_equal(heard(&w, EVENT_LIMIT_EXCEEDED), before || after);
    assert_int_equal(heard(&w, EVENT_LIMIT_CLEARED), before && !after);
    end(&w);
    clean_up();
}

static void what_silence_kept_from_the_world_is_told_after_it(void **state)
{
    for (int i = 0; i < 16; i++)
        silence_ends(i & 1, i & 2, i & 4, i & 8);
}

/* A limit that ends in silence while its alarm stands: told as cleared after it, unless it is back by then. */
static void limits_that_end_in_silence(void **state)
{
    static const char metric[] = "a/load/load:shortterm";
    struct world w;

    for (int i = 0; i < 4; i++) {
        bool restarted = i & 1, back = i & 2;
        assert_non_null(mkdtemp(dir));
        start(&w, metric);
        values(&w, 9, 1);
        set_admin(&w, AGENT_MAINTENANCE);
        w.limit.status = ROW_NOT_IN_SERVICE;
        set_admin(&w, AGENT_MAINTENANCE);
        values(&w, 9, 1);
        if (restarted)
            restart(&w, metric, ROW_NOT_IN_SERVICE);
        if (back) {
            w.limit.status = ROW_ACTIVE;
            set_admin(&w, AGENT_MAINTENANCE);
            values(&w, 9, 1);
        }
        assert_int_equal(heard(&w, EVENT_LIMIT_CLEARED), 0);
        set_admin(&w, AGENT_RUNNING);
        values(&w, 9, 1);
        assert_int_equal(heard(&w, EVENT_LIMIT_EXCEEDED), 1);
        assert_int_equal(heard(&w, EVENT_LIMIT_CLEARED), !back);
        restart(&w, metric, w.limit.status);
        values(&w, 9, 1);
        assert_int_equal(heard(&w, EVENT_LIMIT_EXCEEDED), 1);
        assert_int_equal(heard(&w, EVENT_LIMIT_CLEARED), !back);
        end(&w);
        clean_up();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_metric),
        cmocka_unit_test(numbers_are_written_for_people),
        cmocka_unit_test(a_pattern),
        cmocka_unit_test(a_sum),
        cmocka_unit_test(an_alarm_ends_with_its_limit_while_we_are_away),
        cmocka_unit_test(known_again_for_the_first_time),
        cmocka_unit_test(an_outage_is_one_event_a_limit),
        cmocka_unit_test(a_percentage_is_told_as_one),
        cmocka_unit_test(what_silence_kept_from_the_world_is_told_after_it),
        cmocka_unit_test(limits_that_end_in_silence),
        cmocka_unit_test(long_names_give_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
