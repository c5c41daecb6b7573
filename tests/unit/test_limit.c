/* The limit engine over a simulated clock, by hand and against a plain model. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include "agent/limit.h"

static struct limit_rule rule;
static struct limit_track track;
static int64_t mono, wall;
static uint64_t sample;
static bool silent;
static int told[8]; /* how often each news came */

static void start(enum limit_direction d, double threshold, double clear, unsigned hits, unsigned clear_hits)
{
    rule = (struct limit_rule){d, threshold, clear, hits, clear_hits};
    mono = 5000000;
    wall = 1700000000000;
    sample = 1;
    silent = false;
    memset(told, 0, sizeof told);
    limit_track_init(&track, LIMIT_STATE_OK, 0, mono);
    assert_null(limit_rule_check(&rule));
}

static struct limit_outcome input(bool known, double v, uint64_t number)
{
    struct limit_outcome o;
    struct limit_input in = {
        .known = known, .value = v, .sample = number, .silent = silent, .mono_ms = mono, .wall_ms = wall};

    limit_step(&rule, &track, &in, &o);
    told[o.news]++;
    mono += 1000;
    wall += 1000;
    return o;
}

static enum limit_news value(double v)
{
    return input(true, v, ++sample).news;
}

static enum limit_news unknown(void)
{
    return input(false, 0, sample).news;
}

static void raise_and_clear(void **state)
{
    start(LIMIT_ABOVE, 8, 6, 1, 1);
    assert_int_equal(track.state, LIMIT_STATE_UNKNOWN);
    assert_int_equal(value(8), LIMIT_NOTHING); /* at the threshold is not above it, and ok is no news */
    assert_int_equal(track.state, LIMIT_STATE_OK);
    assert_int_equal(value(8.1), LIMIT_TELL_EXCEEDED);
    assert_true(track.since_wall_ms == wall - 1000);
    assert_int_equal(value(7), LIMIT_NOTHING); /* between clear and threshold */
    assert_int_equal(track.state, LIMIT_STATE_EXCEEDED);
    assert_int_equal(value(6), LIMIT_TELL_CLEARED);
    start(LIMIT_BELOW, 2, 3, 1, 1);
    assert_int_equal(value(2), LIMIT_NOTHING);
    assert_int_equal(value(1), LIMIT_TELL_EXCEEDED);
    assert_int_equal(value(2.5), LIMIT_NOTHING);
    assert_int_equal(value(3), LIMIT_TELL_CLEARED);
}

static void hits_are_new_samples_in_a_row(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 3, 2);
    value(9);
    for (int i = 0; i < 10; i++) /* polled again: the same sample */
        assert_int_equal(input(true, 9, sample).news, LIMIT_NOTHING);
    value(9);
    value(1); /* breaks the row */
    value(9);
    value(9);
    assert_int_equal(track.state, LIMIT_STATE_OK);
    assert_int_equal(value(9), LIMIT_TELL_EXCEEDED);
    assert_int_equal(value(1), LIMIT_NOTHING);
    assert_int_equal(value(9), LIMIT_NOTHING);
    assert_int_equal(value(1), LIMIT_NOTHING);
    assert_int_equal(value(1), LIMIT_TELL_CLEARED);
}

static void unknown_neither_raises_nor_clears(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 2, 1);
    value(9);
    assert_int_equal(unknown(), LIMIT_NOTHING);
    assert_int_equal(track.state, LIMIT_STATE_UNKNOWN);
    assert_int_equal(value(9), LIMIT_NOTHING); /* a gap ends the row of hits */
    assert_int_equal(value(9), LIMIT_TELL_EXCEEDED);
    int64_t since = track.since_wall_ms;
    for (int i = 0; i < 100; i++)
        assert_int_equal(unknown(), LIMIT_NOTHING);
    assert_int_equal(value(9), LIMIT_NOTHING); /* known alarm: no repeat */
    assert_int_equal(track.state, LIMIT_STATE_EXCEEDED);
    assert_true(track.since_wall_ms == since); /* and since it began */
    unknown();
    assert_int_equal(value(1), LIMIT_TELL_CLEARED);
    assert_true(track.since_wall_ms == wall - 1000); /* another state than before: since now */
    mono += 100000;
    unknown();
    int64_t ok_since = track.known_since_wall_ms;
    value(1);
    assert_true(track.since_wall_ms == ok_since);
    value(9);
    unknown();
}

static void unknown_for_long_is_told_once(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 1, 1);
    value(1);
    for (int i = 0; i < 2000; i++)
        unknown();
    assert_int_equal(told[LIMIT_TELL_UNKNOWN_LONG], 1);
    assert_int_equal(value(1), LIMIT_TELL_KNOWN_AGAIN);
    for (int i = 0; i < 100; i++)
        assert_int_equal(unknown(), LIMIT_NOTHING);
    assert_int_equal(value(1), LIMIT_NOTHING);
}

static void restart_repeats_nothing(void **state)
{
    start(LIMIT_ABOVE, 8, 6, 1, 1);
    limit_track_init(&track, LIMIT_STATE_EXCEEDED, 1234000, mono);
    assert_int_equal(unknown(), LIMIT_NOTHING);
    assert_int_equal(value(9), LIMIT_NOTHING);
    assert_int_equal(track.state, LIMIT_STATE_EXCEEDED);
    assert_true(track.since_wall_ms == 1234000);
    limit_track_init(&track, LIMIT_STATE_EXCEEDED, 1234000, mono);
    assert_int_equal(value(7), LIMIT_NOTHING); /* not clear yet: still the alarm it was */
    assert_int_equal(track.state, LIMIT_STATE_EXCEEDED);
    assert_int_equal(value(5), LIMIT_TELL_CLEARED);
}

static void flapping(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 1, 1);
    value(1);
    for (int i = 0; i < 200; i++)
        value(i % 2 ? 1 : 9);
    assert_int_equal(told[LIMIT_TELL_EXCEEDED] + told[LIMIT_TELL_CLEARED], 2);
    assert_int_equal(told[LIMIT_TELL_SUMMARY], 0);
    struct limit_outcome o, summary = {0};
    for (int i = 0; i < 200; i++) {
        o = input(true, 1, ++sample);
        if (o.news == LIMIT_TELL_SUMMARY)
            summary = o;
    }
    assert_int_equal(told[LIMIT_TELL_EXCEEDED] + told[LIMIT_TELL_CLEARED], 2);
    assert_int_equal(told[LIMIT_TELL_SUMMARY], 1);
    assert_int_equal(summary.suppressed, 198);
    assert_int_equal(summary.new_state, LIMIT_STATE_OK);
    for (int i = 0; i < 60; i++)
        value(1);
    assert_int_equal(value(9), LIMIT_TELL_EXCEEDED); /* told as ever afterwards */
}

static void flapping_that_ends_exceeded_is_told_so(void **state)
{
    struct limit_outcome o = {0};

    start(LIMIT_ABOVE, 8, 8, 1, 1);
    value(1);
    for (int i = 0; i < 21; i++)
        value(i % 2 ? 1 : 9);
    for (int i = 0; i < 100 && o.news != LIMIT_TELL_SUMMARY; i++)
        o = input(true, 9, ++sample);
    assert_int_equal(o.news, LIMIT_TELL_SUMMARY);
    assert_int_equal(o.new_state, LIMIT_STATE_EXCEEDED);
    assert_int_equal(track.told, LIMIT_STATE_EXCEEDED);
}

static void flapping_without_end_is_told_every_hour(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 1, 1);
    for (int i = 0; i < 3 * 3600 + 60; i++)
        value(i % 2 ? 1 : 9);
    assert_in_range(told[LIMIT_TELL_SUMMARY], 2, 3);
    assert_in_range(told[LIMIT_TELL_EXCEEDED] + told[LIMIT_TELL_CLEARED], 2, 8);
}

/* The machine's clock is stepped by an hour, back and forth: nothing is told, and timers run by the other clock. */
static void wall_clock_steps(void **state)
{
    start(LIMIT_ABOVE, 8, 8, 1, 1);
    value(1);
    for (int i = 0; i < 400; i++) {
        if (i % 50 == 0)
            wall += i % 100 ? 3600000 : -3600000;
        value(1);
    }
    assert_int_equal(told[LIMIT_NOTHING], 401);
    int64_t gone = mono;
    for (int i = 0; i < 400; i++) {
        wall += i % 2 ? 3600000 : -3600000;
        if (unknown() == LIMIT_TELL_UNKNOWN_LONG)
            assert_true(mono - 1000 - gone == LIMIT_UNKNOWN_LONG_MS); /* to the millisecond of the simulated clock */
    }
    assert_int_equal(told[LIMIT_TELL_UNKNOWN_LONG], 1);
    assert_int_equal(told[LIMIT_TELL_EXCEEDED] + told[LIMIT_TELL_CLEARED], 0);
}

/* What silence kept from the world is told when it is known, by a summary where it flapped. */
static void silence(void **state)
{
    start(LIMIT_ABOVE, 8, 6, 1, 1);
    silent = true;
    assert_int_equal(value(9), LIMIT_TELL_EXCEEDED); /* for the table */
    assert_int_equal(track.told, LIMIT_STATE_OK);
    silent = false;
    assert_int_equal(unknown(), LIMIT_NOTHING);
    assert_int_equal(value(7), LIMIT_TELL_EXCEEDED); /* neither raises nor clears, but stands */
    assert_int_equal(track.told, LIMIT_STATE_EXCEEDED);
    assert_int_equal(value(7), LIMIT_NOTHING);
    start(LIMIT_ABOVE, 8, 6, 1, 1);
    silent = true;
    for (int i = 0; i < 11; i++)
        value(i % 2 ? 1 : 9);
    assert_int_equal(told[LIMIT_TELL_EXCEEDED] + told[LIMIT_TELL_CLEARED], LIMIT_FLAP_MAX);
    silent = false;
    assert_int_equal(value(9), LIMIT_NOTHING);
    mono += LIMIT_FLAP_MS;
    assert_int_equal(value(9), LIMIT_TELL_SUMMARY);
    assert_int_equal(track.told, LIMIT_STATE_EXCEEDED);
    assert_int_equal(value(9), LIMIT_NOTHING);
}

static void rules_are_checked(void **state)
{
    struct limit_rule bad[] = {{LIMIT_ABOVE, 8, 9, 1, 1}, {LIMIT_BELOW, 8, 7, 1, 1}, {LIMIT_ABOVE, 8, 8, 0, 1},
                               {LIMIT_ABOVE, 8, 8, 1, 0}, {LIMIT_ABOVE, 8, 8, 1001, 1}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_non_null(limit_rule_check(&bad[i]));
}

/* Random samples, gaps and repeats: the state by the samples equals a model's; what is told alternates and is never told twice. */
static void random_against_a_model(void **state)
{
    unsigned seed = (unsigned)getpid();
    int model = LIMIT_STATE_OK, run = 0, last_told = LIMIT_STATE_OK;

    print_message("# seed %u\n", seed);
    srandom(seed);
    for (int trial = 0; trial < 200; trial++) {
        unsigned hits = 1 + (unsigned)random() % 4, clear_hits = 1 + (unsigned)random() % 4;
        start(LIMIT_ABOVE, 8, 5, hits, clear_hits);
        model = last_told = LIMIT_STATE_OK;
        run = 0;
        for (int i = 0; i < 500; i++) {
            double v = (double)(random() % 14);
            long what = random() % 10;
            mono += random() % 20000;
            struct limit_outcome o;
            if (what == 0) {
                o = input(false, v, sample);
                run = 0;
            } else if (what == 1 && track.seen) {
                o = input(true, track.value, sample);
            } else {
                o = input(true, v, ++sample);
                bool against = model == LIMIT_STATE_OK ? v > 8 : v <= 5;
                run = against ? run + 1 : 0;
                if (run == (int)(model == LIMIT_STATE_OK ? hits : clear_hits)) {
                    model = model == LIMIT_STATE_OK ? LIMIT_STATE_EXCEEDED : LIMIT_STATE_OK;
                    run = 0;
                }
            }
            assert_int_equal((int)track.real, model);
            assert_int_equal((int)track.state, what == 0 ? LIMIT_STATE_UNKNOWN : model);
            if (o.news == LIMIT_TELL_EXCEEDED || o.news == LIMIT_TELL_CLEARED) {
                assert_int_equal((int)o.new_state, model);
                assert_true((int)o.new_state != last_told);
                last_told = (int)o.new_state;
            } else if (o.news == LIMIT_TELL_SUMMARY) {
                last_told = (int)o.new_state;
            }
            assert_int_equal((int)track.told, last_told);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raise_and_clear),
        cmocka_unit_test(hits_are_new_samples_in_a_row),
        cmocka_unit_test(unknown_neither_raises_nor_clears),
        cmocka_unit_test(unknown_for_long_is_told_once),
        cmocka_unit_test(restart_repeats_nothing),
        cmocka_unit_test(flapping),
        cmocka_unit_test(flapping_that_ends_exceeded_is_told_so),
        cmocka_unit_test(flapping_without_end_is_told_every_hour),
        cmocka_unit_test(wall_clock_steps),
        cmocka_unit_test(silence),
        cmocka_unit_test(rules_are_checked),
        cmocka_unit_test(random_against_a_model),
    };

    return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
