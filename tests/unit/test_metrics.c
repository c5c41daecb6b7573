/* The table of metrics: specs, patterns, staleness, own host, sum() and count(), over a simulated clock. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/metrics.h"

/* ---- a collectd of our own: what one round lists and answers ---- */

struct fake {
    const char *ident;
    int64_t time_ms;
    const char *ds;
    double value;
};

static struct metrics *m;
static int64_t now;

static void round_of(const struct fake *values, size_t n)
{
    struct metric *x;

    metrics_round_begin(m, now);
    for (size_t i = 0; i < n; i++)
        metrics_listed(m, values[i].ident, strlen(values[i].ident), values[i].time_ms);
    metrics_round_listed(m);
    while ((x = metrics_next_wanted(m))) {
        metric_values_begin(m);
        for (size_t i = 0; i < n; i++)
            if (strcmp(values[i].ident, metric_ident(x)) == 0)
                metric_values_add(m, values[i].ds, strlen(values[i].ds), values[i].value);
        metric_values_end(m, x);
    }
}

static struct selector *watch(const char *text)
{
    struct metric_spec spec;
    const char *why;

    assert_true(metric_spec_parse(text, strlen(text), &spec, &why));
    return metrics_watch(m, &spec);
}

static int setup(void **state)
{
    m = metrics_new();
    now = 1000000;
    metrics_connected(m, true, now);
    return m == NULL;
}

static int teardown(void **state)
{
    metrics_free(m);
    return 0;
}

struct seen {
    int n;
    struct metric_reading r[16];
    char ident[16][64];
};

static void collect(void *arg, const struct metric_reading *r)
{
    struct seen *s = arg;

    assert_true(s->n < 16);
    s->r[s->n] = *r;
    snprintf(s->ident[s->n++], 64, "%s", r->ident);
}

static struct seen read_all(struct selector *s)
{
    struct seen seen = {0};

    metrics_read(m, s, now, collect, &seen);
    return seen;
}

/* ---- specs ---- */

static void specs(void **state)
{
    static const char *const bad[] = {"", "load", "a/b/c/d", "a//c", "sum(load)", "sum(load/load", "max(load/load)", "load/load:*",
                                      "percent(load/load)", "sum(sum(a/b))", "load/load:", "load)/load"};
    struct metric_spec s;
    const char *why = NULL;

    assert_true(metric_spec_parse("load/load:shortterm", 19, &s, &why));
    assert_true(s.own_host && s.function == METRIC_VALUE);
    assert_string_equal(s.ds, "shortterm");
    assert_true(metric_spec_parse("sum(*/portal-liferay/gauge-running)", 35, &s, &why));
    assert_true(!s.own_host && s.function == METRIC_SUM);
    assert_string_equal(s.plugin, "portal-liferay");
    assert_true(metric_spec_parse("percent(memory/memory-used)", 27, &s, &why));
    assert_int_equal(s.function, METRIC_PERCENT);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why = NULL;
        assert_false(metric_spec_parse(bad[i], strlen(bad[i]), &s, &why));
        assert_non_null(why);
    }
}

static void globs(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } t[] = {{"*", "", true},         {"*", "abc", true},     {"a*c", "abbbc", true}, {"a*c", "abcb", false}, {"*-x*", "eth-x0", true},
             {"a?c", "abc", true},    {"a?c", "ac", false},   {"*", "a/b", false},    {"a?b", "a/b", false},  {"abc", "ab", false},
             {"ab", "abc", false},    {"a**b", "ab", true},   {"*a*b*c", "xaxbxc", true}, {"interface-*", "interface-", true}};

    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
        assert_int_equal(metric_glob(t[i].pattern, t[i].text, strlen(t[i].text)), t[i].match);
}

/* ---- values ---- */

static void values_and_staleness(void **state)
{
    struct fake f[] = {{"h/load/load", 5000, "shortterm", 1.5}};
    double v;

    metrics_set_own_host(m, "h");
    struct selector *s = watch("load/load:shortterm"), *any = watch("load/load"), *other = watch("load/load:nope");
    assert_false(metrics_value(m, s, now, &v));
    round_of(f, 1);
    assert_true(metrics_value(m, s, now, &v) && v > 1.49 && v < 1.51);
    assert_true(metrics_value(m, any, now, &v)); /* one data source: needs no name */
    assert_false(metrics_value(m, other, now, &v));
    uint64_t first = read_all(s).r[0].sample;
    now += 1000; /* the same time again is the same sample */
    round_of(f, 1);
    assert_true(read_all(s).r[0].sample == first);
    now += 1000;
    f[0].time_ms += 2000;
    f[0].value = 2.5;
    round_of(f, 1);
    assert_true(read_all(s).r[0].sample != first);
    assert_int_equal(metric_interval_ms(read_all(s).r[0].metric), 2000);
    now += 4000;
    assert_true(metrics_value(m, s, now, &v)); /* two intervals old */
    now += 1;
    assert_false(metrics_value(m, s, now, &v)); /* and older */
    assert_string_equal(read_all(s).r[0].why, "stale");
}

static void gone_and_down(void **state)
{
    struct fake f[] = {{"h/load/load", 5000, "shortterm", 1.5}};
    double v;

    struct selector *s = watch("h/load/load:shortterm");
    round_of(f, 1);
    assert_true(metrics_value(m, s, now, &v));
    round_of(f, 0);
    assert_false(metrics_value(m, s, now, &v));
    assert_string_equal(read_all(s).r[0].why, "missing");
    f[0].time_ms++;
    round_of(f, 1);
    assert_true(metrics_value(m, s, now, &v));
    metrics_connected(m, false, now);
    assert_false(metrics_value(m, s, now, &v));
}

static void not_a_number(void **state)
{
    struct fake f[] = {{"h/interface-e/if_octets", 1, "rx", NAN}};
    double v;

    struct selector *s = watch("h/interface-e/if_octets:rx");
    round_of(f, 1);
    assert_false(metrics_value(m, s, now, &v));
    assert_string_equal(read_all(s).r[0].why, "not a number");
}

/* A step of a sender's clock, either way, is a new sample like any other and makes nothing stale. */
static void clock_steps(void **state)
{
    struct fake f[] = {{"h/load/load", 10000000, "shortterm", 1}};
    double v;

    struct selector *s = watch("h/load/load:shortterm");
    for (int i = 0; i < 20; i++) {
        round_of(f, 1);
        assert_true(metrics_value(m, s, now, &v));
        now += 1000;
        f[0].time_ms += i == 5 ? 3601000 : i == 12 ? -3599000 : 1000;
        assert_true(metrics_value(m, s, now, &v));
    }
    assert_int_equal(metric_interval_ms(read_all(s).r[0].metric), 1000);
}

static void patterns_follow_what_comes_and_goes(void **state)
{
    struct fake f[] = {{"a/load/load", 1, "shortterm", 1}, {"b/load/load", 1, "shortterm", 2}, {"c/load/load", 1, "shortterm", 3}};
    struct selector *s = watch("*/load/load:shortterm");

    round_of(f, 2);
    struct seen r = read_all(s);
    assert_int_equal(r.n, 2);
    assert_string_equal(r.ident[1], "b/load/load");
    round_of(f, 3);
    assert_int_equal(read_all(s).n, 3);
    now += 1000;
    round_of(f, 1); /* b and c went away: still named, unknown */
    r = read_all(s);
    assert_int_equal(r.n, 3);
    assert_true(r.r[0].known && !r.r[1].known && !r.r[2].known);
    char hosts[64];
    assert_int_equal(metrics_stale_hosts(m, s, now, hosts, sizeof hosts), 2);
    assert_string_equal(hosts, "b, c");
    now += 3600001; /* for an hour */
    f[0].time_ms++;
    round_of(f, 1);
    assert_int_equal(read_all(s).n, 1);
    assert_int_equal(metrics_count(m), 1);
}

/* ---- our own host ---- */

static void own_host_by_name(void **state)
{
    char node[IDENT_PART_MAX + 1] = "", ident[256], fqdn[200];

    assert_int_equal(gethostname(node, sizeof node - 1), 0);
    node[strcspn(node, ".")] = '\0';
    snprintf(fqdn, sizeof fqdn, "%s.example.net", node);
    snprintf(ident, sizeof ident, "%s/load/load", fqdn);
    struct fake f[] = {{"other/load/load", 1, "shortterm", 1}, {ident, 1, "shortterm", 2}};
    round_of(f, 2);
    assert_string_equal(metrics_own_host(m), fqdn);
}

static void own_host_if_alone(void **state)
{
    struct fake f[] = {{"demo/load/load", 1, "shortterm", 1}, {"else/load/load", 1, "shortterm", 1}};
    double v;

    struct selector *s = watch("load/load:shortterm");
    assert_null(metrics_own_host(m));
    round_of(f, 1);
    assert_string_equal(metrics_own_host(m), "demo");
    round_of(f, 2); /* stays */
    assert_string_equal(metrics_own_host(m), "demo");
    assert_true(metrics_value(m, s, now, &v));
    round_of(f + 1, 1); /* it may be slow */
    assert_string_equal(metrics_own_host(m), "demo");
    now += 20001;
    f[1].time_ms++;
    round_of(f + 1, 1); /* but not for ever */
    assert_string_equal(metrics_own_host(m), "else");
    metrics_set_own_host(m, "demo");
    metrics_set_own_host(m, "else");
    f[1].time_ms++;
    round_of(f, 2);
    assert_string_equal(metrics_own_host(m), "else");
    assert_true(metrics_value(m, s, now, &v));
}

/* ---- sum, count, percent ---- */

static void aggregates(void **state)
{
    struct fake f[] = {{"a/portal-p/gauge-running", 1, "value", 1}, {"b/portal-p/gauge-running", 1, "value", 1},
                       {"c/portal-p/gauge-running", 1, "value", 0}};
    struct selector *sum = watch("sum(*/portal-p/gauge-running)"), *count = watch("count(*/portal-p/gauge-running)");

    for (int i = 0; i < 3; i++) { /* intervals become known, the connection settles */
        round_of(f, 3);
        now += 1000;
        for (int k = 0; k < 3; k++)
            f[k].time_ms += 1000;
    }
    round_of(f, 3);
    struct seen s = read_all(sum), c = read_all(count);
    assert_int_equal(s.n, 1);
    assert_true(s.r[0].known && s.r[0].value > 1.9 && s.r[0].value < 2.1);
    assert_true(c.r[0].known && c.r[0].value > 2.9);
    uint64_t before = s.r[0].sample;
    assert_true(read_all(sum).r[0].sample == before); /* the same moment, the same sample */
    now += 500;
    round_of(f, 2); /* c goes */
    c = read_all(count);
    assert_true(c.r[0].known && c.r[0].value < 2.1);
    assert_true(read_all(sum).r[0].sample == before);         /* still 2, within an interval */
    assert_true(read_all(count).r[0].sample == c.r[0].sample);
    char hosts[8];
    assert_int_equal(metrics_stale_hosts(m, count, now, hosts, sizeof hosts), 1);
    assert_string_equal(hosts, "c");
    metrics_connected(m, false, now);
    assert_false(read_all(sum).r[0].known);
    assert_false(read_all(count).r[0].known);
}

/* A restart of collectd: hosts come back one by one, and nothing is told meanwhile. */
static void aggregates_settle(void **state)
{
    struct fake f[] = {{"a/load/load", 1, "shortterm", 1}, {"b/load/load", 1, "shortterm", 1}};
    struct selector *count = watch("count(*/load/load)");

    for (int i = 0; i < 4; i++) {
        round_of(f, 2);
        now += 10000;
        f[0].time_ms += 10000;
        f[1].time_ms += 10000;
    }
    round_of(f, 2);
    assert_true(read_all(count).r[0].known);
    metrics_connected(m, false, now);
    now += 1000;
    metrics_connected(m, true, now);
    round_of(f, 0);
    assert_false(read_all(count).r[0].known);
    now += 9000;
    f[0].time_ms++;
    round_of(f, 1);
    assert_false(read_all(count).r[0].known);
    now += 10000;
    f[0].time_ms++;
    round_of(f, 1);
    assert_false(read_all(count).r[0].known);
    now += 1000; /* two intervals: what is not here is not here */
    round_of(f, 1);
    assert_true(read_all(count).r[0].known && read_all(count).r[0].value < 1.1);
}

static void percent_of_total(void **state)
{
    struct fake f[] = {{"h/memory/memory-free", 1, "value", 300}, {"h/memory/memory-used", 1, "value", 100},
                       {"i/memory/memory-free", 1, "value", 1}, {"i/memory/memory-used", 1, "value", 1}};
    struct selector *s = watch("percent(*/memory/memory-used)");

    round_of(f, 4);
    struct seen r = read_all(s);
    assert_int_equal(r.n, 2);
    assert_true(r.r[0].known && fabs(r.r[0].value - 25) < 1e-9);
    assert_true(r.r[1].known && fabs(r.r[1].value - 50) < 1e-9);
    f[0].value = NAN;
    f[0].time_ms++;
    round_of(f, 4);
    r = read_all(s);
    assert_true(!r.r[0].known && r.r[1].known); /* a part of the total is missing */
    metrics_unwatch(m, s);
}

static void unwatched_is_not_fetched(void **state)
{
    struct fake f[] = {{"h/a/gauge", 1, "value", 1}, {"h/b/gauge", 1, "value", 1}};

    struct selector *s = watch("h/a/gauge");
    metrics_round_begin(m, now);
    for (int i = 0; i < 2; i++)
        metrics_listed(m, f[i].ident, strlen(f[i].ident), 1);
    metrics_round_listed(m);
    assert_string_equal(metric_ident(metrics_next_wanted(m)), "h/a/gauge");
    assert_null(metrics_next_wanted(m));
    metrics_unwatch(m, s);
    metrics_round_begin(m, now);
    metrics_listed(m, f[0].ident, strlen(f[0].ident), 2);
    metrics_round_listed(m);
    assert_null(metrics_next_wanted(m));
    assert_int_equal(metrics_count(m), 1);
}

struct count {
    int known;
};

static void count_known(void *arg, const struct metric_reading *r)
{
    ((struct count *)arg)->known += r->known;
}

/* Random identifiers that come and go, against a plain array as the model. */
static void random_against_a_model(void **state)
{
    enum { IDS = 300 };
    static char id[IDS][40];
    static struct fake all[IDS], listed[IDS];
    static bool present[IDS];
    unsigned seed = (unsigned)getpid();
    double v;

    print_message("# seed %u\n", seed);
    srandom(seed);
    struct selector *watched[IDS];
    for (int i = 0; i < IDS; i++) {
        snprintf(id[i], sizeof id[i], "h%02d/p-%03d/gauge-x", i % 7, i);
        all[i] = (struct fake){id[i], 1, "value", i};
        watched[i] = watch(id[i]);
    }
    struct selector *pattern = watch("h03/*/gauge-?");
    for (int r = 0; r < 60; r++) {
        size_t n = 0;
        int expect = 0;
        for (int i = 0; i < IDS; i++) {
            present[i] = random() % 4 != 0;
            all[i].time_ms++;
            all[i].value = (double)(random() % 1000);
            if (present[i])
                listed[n++] = all[i];
            expect += present[i] && i % 7 == 3;
        }
        for (size_t i = n; i > 1; i--) { /* in any order */
            size_t k = (size_t)random() % i;
            struct fake t = listed[i - 1];
            listed[i - 1] = listed[k];
            listed[k] = t;
        }
        now += 1000;
        round_of(listed, n);
        for (int i = 0; i < IDS; i++) {
            assert_int_equal(metrics_value(m, watched[i], now, &v), present[i]);
            assert_true(!present[i] || fabs(v - all[i].value) < 1e-9);
        }
        struct count c = {0};
        metrics_read(m, pattern, now, count_known, &c);
        assert_int_equal(c.known, expect);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specs), cmocka_unit_test(globs), T(values_and_staleness), T(gone_and_down), T(not_a_number),
        T(clock_steps), T(patterns_follow_what_comes_and_goes), T(own_host_by_name), T(own_host_if_alone), T(aggregates),
        T(aggregates_settle), T(percent_of_total), T(unwatched_is_not_fetched), T(random_against_a_model),
    };

    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
