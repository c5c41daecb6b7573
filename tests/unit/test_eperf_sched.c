/* The scheduler under a simulated clock: a day passes in a moment. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "plugins/eperf/sched.h"

static struct sched_time at(double mono)
{
    return (struct sched_time){.mono = mono, .minute = (int)(mono / 60) % SCHED_MINUTES};
}

static struct sched_rule rule(double every, double splay, double length, unsigned retries)
{
    return (struct sched_rule){.every = every, .splay = splay, .length = length, .retries = retries};
}

static void expect(struct sched *s, double now, enum sched_what what, size_t test)
{
    struct sched_event e = sched_step(s, at(now));
    assert_int_equal(e.what, what);
    if (what != SCHED_NOTHING)
        assert_int_equal(e.test, test);
}

static void first_at_once_then_on_the_grid(void **state)
{
    struct sched_rule r = rule(900, 0, 10, 3);
    struct sched *s = sched_new(&r, 1, false, 1, at(100));
    expect(s, 100, SCHED_START, 0);
    assert_int_equal(sched_state(s, 0), SCHED_RUNNING);
    expect(s, 101, SCHED_NOTHING, 0);
    assert_true(sched_wake(s, at(101)) == INFINITY);
    assert_false(sched_done(s, 0, SCHED_OVER, at(112.5)));
    assert_true(sched_wake(s, at(112.5)) == 887.5); /* the run's length does not shift the rhythm */
    expect(s, 999.9, SCHED_NOTHING, 0);
    expect(s, 1000, SCHED_START, 0);
    sched_free(s);
}

static void a_sleeping_host_does_not_catch_up(void **state)
{
    struct sched_rule r = rule(60, 0, 5, 0);
    struct sched *s = sched_new(&r, 1, false, 1, at(0));
    expect(s, 0, SCHED_START, 0);
    sched_done(s, 0, SCHED_OVER, at(5));
    expect(s, 1000, SCHED_START, 0); /* 16 were missed, one is made up for */
    sched_done(s, 0, SCHED_OVER, at(1005));
    expect(s, 1019, SCHED_NOTHING, 0);
    expect(s, 1020, SCHED_START, 0);
    sched_free(s);
}

static void splay_stays_inside_and_differs(void **state)
{
    uint64_t seed = (uint64_t)time(NULL);
    print_message("# seed %llu\n", (unsigned long long)seed);
    struct sched_rule r = rule(900, 60, 1, 0);
    struct sched *s = sched_new(&r, 1, false, seed, at(0));
    double first = sched_wake(s, at(0));
    bool differs = false;
    for (int k = 0; k < 96; k++) {
        double due = k * 900 + 60;
        double wait = sched_wake(s, at(k * 900));
        assert_true(wait >= 0 && wait < 60);
        differs |= fabs(wait - first) > 1;
        expect(s, due, SCHED_START, 0);
        sched_done(s, 0, SCHED_OVER, at(due + 1));
    }
    assert_true(differs);
    sched_free(s);
}

static void one_at_a_time_the_longest_waiting_first(void **state)
{
    struct sched_rule r[] = {rule(100, 0, 5, 0), rule(100, 0, 5, 0), rule(100, 0, 5, 0)};
    struct sched *s = sched_new(r, 3, false, 1, at(0));
    expect(s, 0, SCHED_START, 0);
    expect(s, 0, SCHED_NOTHING, 0);
    assert_int_equal(sched_state(s, 1), SCHED_DUE);
    sched_done(s, 0, SCHED_OVER, at(5));
    assert_true(sched_trigger(s, 0, at(5))); /* goes behind those that wait */
    expect(s, 5, SCHED_START, 1);
    sched_done(s, 1, SCHED_OVER, at(10));
    expect(s, 10, SCHED_START, 2);
    sched_done(s, 2, SCHED_OVER, at(15));
    expect(s, 15, SCHED_START, 0);
    sched_free(s);
}

static void overlap_when_told_so(void **state)
{
    struct sched_rule r[] = {rule(100, 0, 5, 0), rule(100, 0, 5, 0)};
    struct sched *s = sched_new(r, 2, true, 1, at(0));
    expect(s, 0, SCHED_START, 0);
    expect(s, 0, SCHED_START, 1);
    expect(s, 0, SCHED_NOTHING, 0);
    sched_free(s);
}

static void busy_waits_at_random_and_gives_up(void **state)
{
    struct sched_rule r = rule(900, 0, 10, 2);
    double waits[2][2];
    for (int seed = 0; seed < 2; seed++) {
        struct sched *s = sched_new(&r, 1, false, (uint64_t)seed + 1, at(0));
        double now = 0;
        for (int k = 0; k < 2; k++) {
            expect(s, now, SCHED_START, 0);
            assert_true(sched_done(s, 0, SCHED_BUSY, at(now)));
            assert_int_equal(sched_state(s, 0), SCHED_BACKOFF);
            double wait = waits[seed][k] = sched_wake(s, at(now));
            assert_true(wait >= 5.5 * (k + 1) && wait < 16.5 * (k + 1));
            expect(s, now + wait - 0.01, SCHED_NOTHING, 0);
            now += wait;
        }
        expect(s, now, SCHED_START, 0);
        assert_false(sched_done(s, 0, SCHED_BUSY, at(now))); /* that was the last */
        assert_int_equal(sched_state(s, 0), SCHED_RESTING);
        sched_free(s);
    }
    assert_true(waits[0][0] != waits[1][0]);
}

static void others_run_while_one_backs_off(void **state)
{
    struct sched_rule r[] = {rule(900, 0, 10, 2), rule(900, 0, 10, 2)};
    struct sched *s = sched_new(r, 2, false, 1, at(0));
    expect(s, 0, SCHED_START, 0);
    sched_done(s, 0, SCHED_BUSY, at(0));
    expect(s, 0, SCHED_START, 1);
    sched_free(s);
}

static void run_now(void **state)
{
    struct sched_rule r = rule(900, 0, 10, 1);
    struct sched *s = sched_new(&r, 1, false, 1, at(0));
    expect(s, 0, SCHED_START, 0);
    assert_false(sched_trigger(s, 0, at(1))); /* it is running */
    assert_true(sched_done(s, 0, SCHED_BUSY, at(1)));
    assert_true(sched_trigger(s, 0, at(2))); /* ends the wait */
    expect(s, 2, SCHED_START, 0);
    sched_done(s, 0, SCHED_OVER, at(12));
    assert_true(sched_trigger(s, 0, at(300)));
    assert_true(sched_wake(s, at(300)) > 0);
    expect(s, 300, SCHED_START, 0);
    sched_done(s, 0, SCHED_OVER, at(310));
    assert_true(sched_wake(s, at(310)) == 590); /* the rhythm stays */
    sched_free(s);
}

static void blackout_skips_but_not_what_was_asked_for(void **state)
{
    struct sched_rule r = rule(3600, 0, 10, 3);
    assert_true(sched_parse_blackout("22:00-06:00", &r.blackouts[r.n_blackouts++]));
    assert_true(sched_parse_blackout("12:30-13:30", &r.blackouts[r.n_blackouts++]));
    struct sched *s = sched_new(&r, 1, false, 1, at(0));
    for (int hour = 0; hour < 48; hour++) {
        bool dark = hour % 24 >= 22 || hour % 24 < 6 || hour % 24 == 13;
        expect(s, hour * 3600, dark ? SCHED_BLACKOUT : SCHED_START, 0);
        if (!dark)
            sched_done(s, 0, SCHED_OVER, at(hour * 3600 + 10));
        assert_int_equal(sched_state(s, 0), SCHED_RESTING);
        expect(s, hour * 3600 + 10, SCHED_NOTHING, 0);
    }
    assert_true(sched_trigger(s, 0, at(48 * 3600 - 60))); /* 23:59 */
    expect(s, 48 * 3600 - 60, SCHED_START, 0);
    sched_free(s);
}

static void the_whole_day(void **state)
{
    struct sched_rule r = rule(900, 0, 10, 0);
    assert_true(sched_parse_blackout("00:00-24:00", &r.blackouts[r.n_blackouts++]));
    struct sched *s = sched_new(&r, 1, false, 1, at(0));
    for (int k = 0; k < 96; k++)
        expect(s, k * 900, SCHED_BLACKOUT, 0);
    assert_true(sched_trigger(s, 0, at(95 * 900 + 1)));
    expect(s, 95 * 900 + 1, SCHED_START, 0);
    sched_free(s);
}

/* The minute of the day in Berlin, as the runner has it, while the clock is put forward or back. */
static struct sched_time berlin(time_t wall, time_t start)
{
    struct tm tm;
    localtime_r(&wall, &tm);
    return (struct sched_time){.mono = (double)(wall - start), .minute = tm.tm_hour * 60 + tm.tm_min};
}

/* Every quarter of an hour through the nights in which the clock is changed: blackout hours are those that
 * the clock on the wall shows; the rhythm is not moved. */
static void blackout_over_a_change_of_the_clock(void **state)
{
    static const struct {
        const char *blackout;
        time_t evening; /* 18:00 UTC */
        unsigned dark;  /* quarters of the next 24 hours */
    } rows[] = {
        {"22:00-06:00", 1774720800, 28}, /* 2026-03-28: the hour from 2 is left out */
        {"22:00-06:00", 1792864800, 36}, /* 2026-10-24: it is there twice */
        {"02:00-03:00", 1774720800, 0 },
        {"02:00-03:00", 1792864800, 8 },
        {"02:30-03:30", 1774720800, 2 },
        {"02:30-03:30", 1792864800, 6 },
    };
    char *before = getenv("TZ");
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1); /* Europe/Berlin, without tzdata */
    tzset();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sched_rule r = rule(900, 0, 10, 0);
        assert_true(sched_parse_blackout(rows[i].blackout, &r.blackouts[r.n_blackouts++]));
        time_t start = rows[i].evening;
        struct sched *s = sched_new(&r, 1, false, 1, berlin(start, start));
        unsigned dark = 0;
        for (unsigned k = 0; k < 96; k++) {
            struct sched_time now = berlin(start + k * 900, start);
            struct sched_event e = sched_step(s, now);
            dark += e.what == SCHED_BLACKOUT;
            if (e.what == SCHED_START)
                sched_done(s, 0, SCHED_OVER, berlin(start + k * 900 + 10, start));
            else
                assert_int_equal(e.what, SCHED_BLACKOUT);
            assert_true(sched_wake(s, now) == 900 || e.what == SCHED_START);
        }
        assert_int_equal(dark, rows[i].dark);
        sched_free(s);
    }
    if (before)
        setenv("TZ", before, 1);
    else
        unsetenv("TZ");
    tzset();
}

/* 30 tests of 10 s every 60: five times too many. All are told, none starves. */
static void too_many_share_the_time(void **state)
{
    enum { N = 30 };
    struct sched_rule r[N];
    unsigned runs[N] = {0}, told[N] = {0};
    for (size_t i = 0; i < N; i++)
        r[i] = rule(60, 0, 10, 0);
    struct sched *s = sched_new(r, N, false, 1, at(0));
    size_t running = N;
    for (double now = 0; now < 3000; now += 1) {
        if (running < N && fmod(now, 10) == 0) {
            sched_done(s, running, SCHED_OVER, at(now));
            running = N;
        }
        struct sched_event e;
        while ((e = sched_step(s, at(now))).what != SCHED_NOTHING) {
            if (e.what == SCHED_NO_TURN)
                told[e.test]++;
            else {
                assert_int_equal(e.what, SCHED_START);
                assert_int_equal(running, N);
                running = e.test;
                runs[e.test]++;
            }
        }
        assert_true(sched_wake(s, at(now)) > 0); /* or the caller would spin */
    }
    for (size_t i = 0; i < N; i++) {
        assert_in_range(runs[i], 9, 11);
        assert_true(told[i] >= 30);
    }
    sched_free(s);
}

static void blackout_texts(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"22:00-06:00",  true },
        {"00:00-23:59",  true },
        {"18:00-24:00",  true },
        {"00:00-24:00",  true },
        {"18:00-24:01",  false},
        {"06:00-06:00",  false},
        {"24:00-06:00",  false},
        {"22:60-06:00",  false},
        {"22:00-6:00",   false},
        {"22-06",        false},
        {"",             false},
        {"22:00 06:00",  false},
        {"-1:00-06:00",  false},
        {"22:00-06:00x", false},
        {"22.00-06.00",  false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sched_blackout b = {.from = -1};
        assert_int_equal(sched_parse_blackout(rows[i].text, &b), rows[i].ok);
        assert_true(rows[i].ok ? b.from >= 0 : b.from == -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_at_once_then_on_the_grid),
        cmocka_unit_test(a_sleeping_host_does_not_catch_up),
        cmocka_unit_test(splay_stays_inside_and_differs),
        cmocka_unit_test(one_at_a_time_the_longest_waiting_first),
        cmocka_unit_test(overlap_when_told_so),
        cmocka_unit_test(busy_waits_at_random_and_gives_up),
        cmocka_unit_test(others_run_while_one_backs_off),
        cmocka_unit_test(run_now),
        cmocka_unit_test(blackout_skips_but_not_what_was_asked_for),
        cmocka_unit_test(the_whole_day),
        cmocka_unit_test(blackout_over_a_change_of_the_clock),
        cmocka_unit_test(too_many_share_the_time),
        cmocka_unit_test(blackout_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
