#include "tests/unit/unit.h"

#include "console/text.h"

static void clean(const char *in, size_t len, bool utf8, const char *expected)
{
    char out[64];
    assert_int_equal(text_clean(out, sizeof out, in, len, utf8), strlen(expected));
    assert_string_equal(out, expected);
}

static void takes_control_characters_away(void **state)
{
    clean("\033[2J\007\177", 6, true, "?[2J??");
    clean("a\tb\r\nc", 6, true, "a b  c");
    clean("x\0y", 3, true, "x?y");
    clean("\xc2\x9b[31m", 6, true, "?[31m"); /* CSI as one C1 character */
    clean("\x9b[31m", 5, true, "?[31m");     /* ... as a bare byte */
    clean("\xe2\x80\xae"
          "abc",
          6, true, "?abc"); /* right-to-left override */
}

static void keeps_what_is_text(void **state)
{
    clean("Gr\xc3\xbc\xc3\x9f"
          "e \xe2\x82\xac \xf0\x9f\x98\x80",
          16, true,
          "Gr\xc3\xbc\xc3\x9f"
          "e \xe2\x82\xac \xf0\x9f\x98\x80");
    /* a Latin-1 terminal would obey the second byte of U+00DB */
    clean("a\xc3\x9b"
          "b",
          4, false, "a?b");
}

static void refuses_bytes_that_are_no_utf8(void **state)
{
    clean("\xc0\x80", 2, true, "??");           /* overlong */
    clean("\xed\xa0\x80", 3, true, "???");      /* surrogate */
    clean("\xf4\x90\x80\x80", 4, true, "????"); /* beyond U+10FFFF */
    clean("a\xe2\x82", 3, true, "a??");         /* cut */
}

static void cuts_at_whole_characters(void **state)
{
    char out[5];
    assert_int_equal(text_clean(out, sizeof out, "ab\xe2\x82\xac", 5, true), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(text_clean(out, sizeof out, "a\xe2\x82\xac", 4, true), 4);
    assert_int_equal(text_clean(out, 1, "abc", 3, true), 0);
    assert_string_equal(out, "");
}

static void fits_columns(void **state)
{
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_fit("abcdef", 3), 3);
    assert_int_equal(text_fit("ab", 3), 2);
    assert_int_equal(text_fit("", 3), 0);
    assert_int_equal(text_fit("abc", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_control_characters_away),
        cmocka_unit_test(keeps_what_is_text),
        cmocka_unit_test(refuses_bytes_that_are_no_utf8),
        cmocka_unit_test(cuts_at_whole_characters),
        cmocka_unit_test(fits_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
