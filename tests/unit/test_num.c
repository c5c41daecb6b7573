#include "tests/unit/unit.h"

#include "common/num.h"

struct row {
    const char *text;
    bool ok;
    double value;
};

static void unsigned_whole_string_in_range(void **state)
{
    static const struct row rows[] = {
        {"0", true, 0},     {"65535", true, 65535},  {"65536", false, 0}, {"", false, 0},
        {" 1", false, 0},   {"1 ", false, 0},        {"+1", false, 0},    {"-1", false, 0},
        {"0x10", false, 0}, {"12a", false, 0},       {"99999999999999999999999", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t v = 7;
        assert_int_equal(num_u64(rows[i].text, strlen(rows[i].text), 0, 65535, &v), rows[i].ok);
        assert_int_equal(v, rows[i].ok ? (uint64_t)rows[i].value : 7);
    }
    uint64_t v;
    assert_true(num_u64("18446744073709551615", 20, 0, UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    assert_false(num_u64("18446744073709551616", 20, 0, UINT64_MAX, &v));
}

static void signed_edges(void **state)
{
    int64_t v;
    assert_true(num_i64("-9223372036854775808", 20, INT64_MIN, INT64_MAX, &v));
    assert_true(v == INT64_MIN);
    assert_false(num_i64("9223372036854775808", 19, INT64_MIN, INT64_MAX, &v));
    assert_false(num_i64("-", 1, INT64_MIN, INT64_MAX, &v));
    assert_false(num_i64("--1", 3, INT64_MIN, INT64_MAX, &v));
}

static void decimals(void **state)
{
    static const struct row rows[] = {
        {"4.5", true, 4.5}, {"-0.25", true, -0.25}, {"1e3", true, 1000},  {"4,5", false, 0},
        {"4.5x", false, 0}, {"nan", false, 0},      {"inf", false, 0},    {"-0x1", false, 0},
        {".5", false, 0},   {"5.", false, 0},       {"1e", false, 0},     {"1e999", false, 0},
        {"", false, 0},     {"-", false, 0},        {"1e-400", true, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double v = 7;
        assert_int_equal(num_decimal(rows[i].text, strlen(rows[i].text), &v), rows[i].ok);
        assert_true(v == (rows[i].ok ? rows[i].value : 7));
    }
    char digits[400];
    memset(digits, '1', sizeof digits);
    double v;
    assert_false(num_decimal(digits, sizeof digits, &v));
}

static void rates_and_sizes(void **state)
{
    uint64_t v;
    assert_true(num_rate("50M", 3, UINT64_MAX, &v) && v == 50000000);
    assert_true(num_rate("2.5g", 4, UINT64_MAX, &v) && v == 2500000000u);
    assert_true(num_rate("0", 1, UINT64_MAX, &v) && v == 0);
    assert_true(num_size("128K", 4, UINT64_MAX, &v) && v == 131072);
    assert_true(num_size("1448", 4, UINT64_MAX, &v) && v == 1448);
    assert_false(num_rate("M", 1, UINT64_MAX, &v));
    assert_false(num_rate("-1M", 3, UINT64_MAX, &v));
    assert_false(num_rate("11G", 3, 10000000000u, &v));
    assert_false(num_size("1T", 2, UINT64_MAX, &v));
    assert_false(num_rate("99999999999T", 12, UINT64_MAX, &v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsigned_whole_string_in_range),
        cmocka_unit_test(signed_edges),
        cmocka_unit_test(decimals),
        cmocka_unit_test(rates_and_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
