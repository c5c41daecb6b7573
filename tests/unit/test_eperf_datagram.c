#include "tests/unit/unit.h"

#include <math.h>
#include <time.h>

#include "plugins/eperf/datagram.h"
#include "plugins/eperf/udp.h"

static void enter(struct datagram_books *b, uint64_t number, double now)
{
    struct datagram d = {.sec = 100, .number = number};
    datagram_enter(b, &d, 1000, now);
}

/* The first bytes that apt's iperf3 3.12 sent (strace of `iperf3 -u`): seconds, microseconds, number 1. */
static void header_as_iperf3_has_it(void **state)
{
    static const uint8_t wire[12] = {0, 0, 3, 0245, 0, 016, 020, 0214, 0, 0, 0, 1};
    uint8_t out[16];
    struct datagram d;
    assert_true(datagram_read(wire, sizeof wire, false, 0, &d));
    assert_int_equal(d.sec, 933);
    assert_int_equal(d.usec, 921740);
    assert_int_equal(d.number, 1);
    datagram_write(out, &d, false);
    assert_memory_equal(out, wire, sizeof wire);
    d.number = (uint64_t)5 << 32 | 7;
    datagram_write(out, &d, true);
    struct datagram back;
    assert_true(datagram_read(out, sizeof out, true, 0, &back));
    assert_int_equal(back.number, d.number);
    assert_false(datagram_read(out, 15, true, 0, &back));
    assert_false(datagram_read(wire, 11, false, 0, &back));
}

static void no_header(void **state)
{
    struct datagram d;
    static const uint8_t zero[16], ones[16] = {[0 ... 15] = 0xff};
    assert_false(datagram_read(zero, 16, false, 0, &d)); /* numbers count from 1 */
    assert_false(datagram_read(ones, 16, false, 0, &d)); /* microseconds */
    assert_false(datagram_read((const uint8_t *)"9876", 4, false, 0, &d));
}

static void short_numbers_run_on(void **state)
{
    struct datagram_books b = {0};
    struct datagram d = {.sec = 100};
    uint8_t wire[16];
    for (uint64_t n = 0xfffffffd; n < 0x100000004; n++) {
        datagram_write(wire, &(struct datagram){.sec = 100, .number = n}, false);
        assert_true(datagram_read(wire, 12, false, b.highest ? b.highest : n - 1, &d));
        assert_int_equal(d.number, n);
        datagram_enter(&b, &d, 12, 100);
    }
    assert_int_equal(b.reordered, 0);
    assert_int_equal(b.highest, 0x100000003);
}

static void counts_losses(void **state)
{
    struct datagram_books b = {0};
    for (uint64_t n = 1; n <= 10; n++)
        if (n != 4 && n != 5 && n != 8)
            enter(&b, n, 100);
    assert_int_equal(b.lost, 3);
    assert_int_equal(b.received, 7);
    assert_int_equal(b.highest, 10);
    enter(&b, 5, 100); /* late: no longer lost */
    assert_int_equal(b.lost, 2);
    assert_int_equal(b.reordered, 1);
    enter(&b, 5, 100); /* twice */
    enter(&b, 10, 100);
    assert_int_equal(b.duplicates, 2);
    assert_int_equal(b.lost, 2);
    assert_int_equal(b.received, (uint64_t)((int64_t)b.highest - b.lost) + b.duplicates);
}

/* Random losses, swaps and doubles against books kept by a plain array. */
static void against_an_array(void **state)
{
    enum { N = 3000 };
    static uint8_t times[N + 1];
    struct datagram_books b = {0};
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    srand(seed);
    memset(times, 0, sizeof times);
    for (uint64_t n = 1; n < N; n++) {
        uint64_t k = rand() % 10 == 0 ? n + 1 : n; /* out of turn */
        for (int c = rand() % 8 == 0 ? 0 : rand() % 9 == 0 ? 2 : 1; c; c--) {
            enter(&b, k, 100);
            times[k]++;
        }
    }
    uint64_t lost = 0, doubles = 0, highest = 0;
    for (uint64_t n = 1; n <= N; n++)
        if (times[n])
            highest = n;
    for (uint64_t n = 1; n <= highest; n++) {
        lost += times[n] == 0;
        doubles += times[n] > 1 ? times[n] - 1u : 0;
    }
    assert_int_equal(b.highest, highest);
    assert_int_equal(b.lost, lost);
    assert_int_equal(b.duplicates, doubles);
}

static void jumps_beyond_the_window(void **state)
{
    struct datagram_books b = {0};
    enter(&b, 1, 100);
    enter(&b, 1000000000000, 100);
    assert_int_equal(b.lost, 999999999998);
    enter(&b, 2, 100); /* too old to know: late, not double */
    assert_int_equal(b.reordered, 1);
    assert_int_equal(b.duplicates, 0);
}

/* RFC 1889's example of sorts: constant transit has no jitter, a swing of 16 ms adds 1 ms. */
static void jitter(void **state)
{
    struct datagram_books b = {0};
    for (uint64_t n = 1; n <= 5; n++)
        enter(&b, n, 100.5);
    assert_true(b.jitter == 0);
    enter(&b, 6, 100.516);
    assert_true(fabs(b.jitter - 0.001) < 1e-9);
}

static void hellos(void **state)
{
    assert_memory_equal(udp_answer("9876", 4), "6789", 4); /* little-endian 0x36373839, as strace shows it */
    assert_memory_equal(udp_answer("6789", 4), "9876", 4);
    assert_memory_equal(udp_answer("\x15\xcd\x5b\x07", 4), "\xb1\x68\xde\x3a", 4);
    assert_memory_equal(udp_answer("\x07\x5b\xcd\x15", 4), "\x3a\xde\x68\xb1", 4);
    assert_null(udp_answer("9876", 3));
    assert_null(udp_answer("98765", 5));
    assert_null(udp_answer("9877", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_as_iperf3_has_it), cmocka_unit_test(no_header),
        cmocka_unit_test(short_numbers_run_on),
        cmocka_unit_test(counts_losses),           cmocka_unit_test(against_an_array),
        cmocka_unit_test(jumps_beyond_the_window), cmocka_unit_test(jitter),
        cmocka_unit_test(hellos),
    };
    return cmocka_run_group_tests_name("eperf datagrams", tests, NULL, NULL);
}
