/* Peaks, beat and meters under a simulated clock. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>

#include "plugins/hostres/cadence.h"
#include "plugins/hostres/meter.h"
#include "plugins/hostres/peaks.h"

#define SECOND UINT64_C(1000000000)

static struct if_entry entry(const char *name, uint32_t index, uint64_t rx, uint64_t tx)
{
    struct if_entry e = {
        .key.index = index, .count = {[IF_RX_OCTETS] = rx, [IF_TX_OCTETS] = tx}
    };

    memcpy(e.key.name, name, strlen(name));
    return e;
}

static void sample(struct peaks *p, struct if_entry *e, size_t n, uint64_t now, uint64_t step)
{
    struct if_snapshot s = {.entry = e, .n = n, .size = n};

    assert_int_equal(peaks_add(p, &s, now, now, step), 0);
}

/* Octets sent up to time t by a burst of 125 octets a microsecond (1 Gbit/s) from start on, for a second. */
static uint64_t burst(uint64_t t, uint64_t start)
{
    uint64_t end = start + SECOND;

    return t <= start ? 0 : ((t < end ? t : end) - start) / 1000 * 125;
}

/* A burst of one second shows within 5 % in one-second windows at every phase; the mean over ten hides it. */
static void burst_at_any_phase(void **state)
{
    for (uint64_t phase = 0; phase < SECOND; phase += SECOND / 97) {
        struct peaks p = {.window_ns = SECOND};
        struct peak_list l = {0};

        for (uint64_t t = 0; t <= 10 * SECOND; t += SECOND / PEAKS_STEPS) {
            struct if_entry e = entry("eth0", 2, burst(t, 4 * SECOND + phase), 0);
            sample(&p, &e, 1, t + 1, SECOND / PEAKS_STEPS);
        }
        assert_int_equal(peaks_take(&p, &l), 0);
        assert_true(l.peak[0].rx > 0.95e9 && l.peak[0].rx < 1.0001e9);
        assert_true(l.peak[0].tx == 0);
        peak_list_free(&l);
        peaks_free(&p);
    }
}

static void no_window_no_peak(void **state)
{
    struct peaks p = {.window_ns = SECOND};
    struct peak_list l = {0};
    struct if_entry e = entry("eth0", 2, 0, 0);

    for (unsigned i = 0; i < PEAKS_STEPS - 1; i++)
        sample(&p, &e, 1, (i + 1) * SECOND / PEAKS_STEPS, SECOND / PEAKS_STEPS);
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(l.peak[0].rx < 0);
    sample(&p, &e, 1, SECOND + SECOND / PEAKS_STEPS, SECOND / PEAKS_STEPS);
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(l.peak[0].rx == 0);
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(l.peak[0].rx < 0); /* taken is taken */
    peak_list_free(&l);
    peaks_free(&p);
}

/* A counter that goes back, and a name that is another interface now, begin anew: no window reaches over. */
static void resets_are_gaps(void **state)
{
    struct peaks p = {.window_ns = SECOND};
    struct peak_list l = {0};
    uint64_t counter[] = {1000000, 1000125, 125, 250, 375};
    uint64_t t = SECOND;

    for (size_t i = 0; i < 5; i++, t += SECOND) {
        struct if_entry e = entry("eth0", 2, counter[i], counter[i]);
        sample(&p, &e, 1, t, SECOND);
    }
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(l.peak[0].rx == 1000 && l.peak[0].tx == 1000);

    struct if_entry other = entry("eth0", 3, UINT64_C(1) << 50, 0);
    for (size_t i = 0; i < 2; i++, t += SECOND) {
        other.count[IF_RX_OCTETS] += 125;
        sample(&p, &other, 1, t, SECOND);
        assert_int_equal(peaks_take(&p, &l), 0);
        assert_true(i == 0 ? l.peak[0].rx < 0 : l.peak[0].rx == 1000);
    }
    peak_list_free(&l);
    peaks_free(&p);
}

/* Interfaces come, go and change places; each keeps its own past. */
static void order_does_not_matter(void **state)
{
    struct peaks p = {.window_ns = SECOND};
    struct peak_list l = {0};

    for (uint64_t i = 1; i <= 40; i++) {
        struct if_entry e[3] = {entry("a", 1, i * 125, 0), entry("b", 2, i * 250, 0),
                                entry("c", 3, i * 500, 0)};
        if (i % 2 == 0) {
            struct if_entry swap = e[0];
            e[0] = e[2];
            e[2] = swap;
        }
        sample(&p, e, i % 5 == 0 ? 2 : 3, i * SECOND, SECOND); /* the last one is away now and then */
    }
    assert_int_equal(peaks_take(&p, &l), 0);
    for (size_t i = 0; i < l.n; i++)
        assert_true(l.peak[i].rx == 1000 << (l.peak[i].key.name[0] - 'a'));
    peak_list_free(&l);
    peaks_free(&p);
}

/* Missing samples make a window longer, never shorter: a rate is never guessed too high. */
static void gaps_lengthen_the_window(void **state)
{
    struct peaks p = {.window_ns = SECOND};
    struct peak_list l = {0};
    uint64_t t = 0;
    unsigned seed = 20261121;

    print_message("seed %u\n", seed);
    for (unsigned i = 0; i < 20000; i++) {
        t += SECOND / PEAKS_STEPS * (1 + (rand_r(&seed) % 8 == 0 ? (unsigned)rand_r(&seed) % 70 : 0)) + 1 +
             (unsigned)rand_r(&seed) % 10000000;
        struct if_entry e = entry("eth0", 2, t / 8, 0); /* 1 bit a nanosecond, always */
        sample(&p, &e, 1, t, SECOND / PEAKS_STEPS);
    }
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(fabs(l.peak[0].rx - 1e9) < 100);
    peak_list_free(&l);
    peaks_free(&p);
}

/* A reading that was held up may have read its counters at its end: no peak comes of that. */
static void slow_readings_make_no_peak(void **state)
{
    struct peaks p = {.window_ns = SECOND};
    struct peak_list l = {0};

    for (uint64_t i = 1; i <= 100; i++) {
        uint64_t began = i * SECOND / PEAKS_STEPS, ended = began + (i % 7 == 0 ? SECOND / 25 : 0);
        struct if_entry e = entry("eth0", 2, ended / 8, 0);
        struct if_snapshot s = {.entry = &e, .n = 1, .size = 1};
        assert_int_equal(peaks_add(&p, &s, began, ended, SECOND / PEAKS_STEPS), 0);
    }
    assert_int_equal(peaks_take(&p, &l), 0);
    assert_true(l.peak[0].rx > 0.99e9 && l.peak[0].rx < 1e9 + 100);
    peak_list_free(&l);
    peaks_free(&p);
}

static void beat_counts_what_is_late(void **state)
{
    struct cadence c = {0};

    cadence_start(&c, 1000, 100);
    assert_int_equal(c.due_ns, 1000);
    cadence_sample(&c, 1000);
    assert_int_equal(c.due_ns, 1100);
    cadence_sample(&c, 1150); /* half a step is jitter */
    assert_int_equal(c.late, 0);
    assert_int_equal(c.due_ns, 1200);
    cadence_sample(&c, 1251);
    assert_int_equal(c.late, 1);
    assert_int_equal(c.due_ns, 1300);
    cadence_sample(&c, 1610); /* the samples of 1300, 1400 and 1500 are missing, that of 1600 is in time */
    assert_int_equal(c.late, 4);
    assert_int_equal(c.due_ns, 1700);
    cadence_sample(&c, 1790); /* 1700's, late */
    assert_int_equal(c.late, 5);
    assert_int_equal(c.due_ns, 1800);
}

static void meter_knows_its_limits(void **state)
{
    struct meter m = {0};

    assert_true(isnan(meter_percent(&m, 10, 100)));
    assert_true(meter_percent(&m, 35, 200) == 25);
    assert_true(meter_percent(&m, 235, 300) == 100); /* clamped */
    assert_true(isnan(meter_percent(&m, 234, 400))); /* went back */
    assert_true(isnan(meter_percent(&m, 234, 400))); /* nothing grew */
    assert_true(meter_percent(&m, 234, 500) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(burst_at_any_phase),
        cmocka_unit_test(no_window_no_peak),
        cmocka_unit_test(resets_are_gaps),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(gaps_lengthen_the_window),
        cmocka_unit_test(beat_counts_what_is_late),
        cmocka_unit_test(slow_readings_make_no_peak),
        cmocka_unit_test(meter_knows_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
