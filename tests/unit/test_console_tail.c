#include "tests/unit/unit.h"

#include "console/tail.h"

/* Each test says what was told and what the ring of a restarted agent holds. Times are ms since 1970. */
static struct seen *seen;
static struct answer ring;

static int start(void **state)
{
    memset(&ring, 0, sizeof ring);
    return (seen = seen_new()) == NULL;
}

static int end(void **state)
{
    seen_free(seen);
    answer_clear(&ring);
    return 0;
}

static void told(uint32_t from, uint32_t to, int64_t time)
{
    for (uint32_t i = from; i <= to; i++)
        assert_true(seen_add(seen, i, time + i * 100));
}

static void holds(uint32_t from, uint32_t to, int64_t time)
{
    for (uint32_t i = from; i <= to; i++) {
        const struct mib_index index = {.number = i};
        struct row *row = answer_row_make(&ring, TABLE_EVENT, &index);
        assert_non_null(row);
        row->cells[mib_def(EVENT_TIME)->arc - 1] =
            (struct cell){.kind = CELL_NUMBER, .number = time + i * 100};
    }
}

static uint32_t resume(void)
{
    return seen_resume(seen, &ring.tables[TABLE_EVENT]);
}

static void the_numbers_go_on(void **state)
{
    told(1, 50, 1000);
    holds(1, 53, 1000);
    assert_int_equal(resume(), 50);
}

static void nothing_new(void **state)
{
    told(1, 50, 1000);
    holds(1, 50, 1000);
    assert_int_equal(resume(), 50);
}

static void the_newest_were_lost_with_the_disk(void **state)
{
    told(1, 50, 1000);
    holds(1, 47, 1000);
    holds(48, 52, 90000); /* the same numbers, other events */
    assert_int_equal(resume(), 47);
}

static void the_numbers_begin_again(void **state)
{
    told(100, 150, 1000);
    holds(1, 3, 90000);
    assert_int_equal(resume(), 0);
}

static void an_empty_ring(void **state)
{
    told(1, 50, 1000);
    assert_int_equal(resume(), 0);
}

static void a_whole_ring_is_remembered(void **state)
{
    told(1, 10000, 1000);
    holds(10000 - 4095, 10004, 1000);
    assert_int_equal(resume(), 10000);
}

static void the_ring_ran_over(void **state)
{
    told(1, 50, 1000);
    holds(60, 70, 1000);
    assert_int_equal(resume(), 59); /* the tail sees the gap 51..59 and counts it */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(the_numbers_go_on),       TEST(nothing_new),   TEST(the_newest_were_lost_with_the_disk),
        TEST(the_numbers_begin_again), TEST(an_empty_ring), TEST(a_whole_ring_is_remembered),
        TEST(the_ring_ran_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
