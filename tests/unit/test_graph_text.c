#include "tests/unit/unit.h"

#include <math.h>

#include "console/graph_args.h"
#include "console/graph_text.h"

static void values_have_three_digits_and_a_unit(void **state)
{
    static const struct {
        enum graph_unit unit;
        double value;
        const char *text;
    } rows[] = {
        {UNIT_BITS,  0,                        "0.00 bit/s"   },
        {UNIT_BITS,  999,                      "999 bit/s"    },
        {UNIT_BITS,  999.4,                    "999 bit/s"    },
        {UNIT_BITS,  999.6,                    "1.00 kbit/s"  },
        {UNIT_BITS,  9.995e6,                  "10.0 Mbit/s"  },
        {UNIT_BITS,  1e9,                      "1.00 Gbit/s"  },
        {UNIT_BITS,  4.25e12,                  "4.25 Tbit/s"  },
        {UNIT_BITS,  4.25e16,                  "42500 Tbit/s" },
        {UNIT_BITS,  1e300,                    "1e+288 Tbit/s"},
        {UNIT_BYTES, 1023,                     "1023 B"       },
        {UNIT_BYTES, 1024,                     "1.00 KiB"     },
        {UNIT_BYTES, 1.5 * 1024 * 1024,        "1.50 MiB"     },
        {UNIT_BYTES, 8.0 * 1024 * 1024 * 1024, "8.00 GiB"     },
        {UNIT_LOAD,  0.125,                    "0.12"         },
        {UNIT_LOAD,  12.34,                    "12.3"         },
        {UNIT_SHARE, 100,                      "100 %"        },
        {UNIT_SHARE, 4.1676,                   "4.17 %"       },
        {UNIT_COUNT, 3,                        "3"            },
        {UNIT_COUNT, 2.87,                     "2.87"         },
        {UNIT_SECONDS, 0,                      "0.00 us"      },
        {UNIT_SECONDS, 85e-6,                  "85.0 us"      },
        {UNIT_SECONDS, 0.0123,                 "12.3 ms"      },
        {UNIT_SECONDS, 4321,                   "4321 s"       },
        {UNIT_BITS,  -2e6,                     "-2.00 Mbit/s" },
        {UNIT_BITS,  NAN,                      "-"            },
        {UNIT_BITS,  INFINITY,                 "-"            },
    };
    char buf[GRAPH_VALUE_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(graph_value(rows[i].unit, rows[i].value, buf), rows[i].text);
}

static void an_axis_fits_its_greatest_value(void **state)
{
    struct graph_axis axis = graph_axis_for(UNIT_BITS, 134e6);
    assert_string_equal(axis.label, "Mbit/s");
    assert_true(axis.divisor == 1e6);
    axis = graph_axis_for(UNIT_BYTES, 8.6e9);
    assert_string_equal(axis.label, "GiB");
    assert_true(axis.divisor == 1024.0 * 1024 * 1024);
    axis = graph_axis_for(UNIT_LOAD, 5000);
    assert_string_equal(axis.label, "");
    assert_true(axis.divisor == 1);
    axis = graph_axis_for(UNIT_BITS, NAN);
    assert_string_equal(axis.label, "bit/s");
}

static void foreign_text_is_cut_and_cleaned(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"plain",                                                                      "plain"                                                               },
        {"",                                                                           ""                                                                    },
        {"exactly10!",                                                                 "exactly10!"                                                          },
        {"eleven char",                                                                "eleven ch\xe2\x80\xa6"                                               },
        {"\x1b[31mred",                                                                "?[31mred"                                                            },
        {"a\xff"
         "b\xc3",                                                             "a?b?"                                                                },
        {"\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7"
         "\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7x", "\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7"
         "\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xe2\x80\xa6"},
        {"a\xe2\x80\xaegnp",                                                           "a?gnp"                                                               },
    };
    char out[GRAPH_CLEAN_SIZE(10)];

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        graph_clean(rows[i].in, 10, out);
        assert_string_equal(out, rows[i].out);
    }
    graph_clean("ab", 1, out);
    assert_string_equal(out, "\xe2\x80\xa6");
}

static void arguments_are_escaped_and_expanded(void **state)
{
    char *s = graph_escape("a:b\\c\\:d");
    assert_string_equal(s, "a\\:b\\c\\\\:d");
    free(s);
    s = graph_expand("interface-@/if_octets", "eth0@5%s");
    assert_string_equal(s, "interface-eth0@5%s/if_octets");
    free(s);
    s = graph_expand("memory", "x");
    assert_string_equal(s, "memory");
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_three_digits_and_a_unit),
        cmocka_unit_test(an_axis_fits_its_greatest_value),
        cmocka_unit_test(foreign_text_is_cut_and_cleaned),
        cmocka_unit_test(arguments_are_escaped_and_expanded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
