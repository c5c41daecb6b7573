/* Messages between runner and agent: what is accepted, and how output becomes text. */
#include "tests/unit/unit.h"

#include "agent/runner_msg.h"

static void requests(void **state)
{
    static const struct {
        struct runner_request request;
        bool good;
    } rows[] = {
        {{RUNNER_MAGIC, RUNNER_RUN, 2, 1},        true },
        {{RUNNER_MAGIC, RUNNER_RUN, 3, 1},        false}, /* no such script */
        {{RUNNER_MAGIC, RUNNER_RUN, 2, 0},        false}, /* a run needs a name */
        {{RUNNER_MAGIC, RUNNER_RUN, ~0u, 1},      false},
        {{RUNNER_MAGIC, RUNNER_CANCEL, 2, 0},     true },
        {{RUNNER_MAGIC, RUNNER_CANCEL, 3, 0},     false},
        {{RUNNER_MAGIC, RUNNER_READY, 0, 0},      true },
        {{RUNNER_MAGIC, RUNNER_ALIVE, 0, 1},      false},
        {{RUNNER_MAGIC, 0, 0, 0},                 false},
        {{RUNNER_MAGIC, 5, 0, 0},                 false},
        {{RUNNER_MAGIC ^ 1, RUNNER_READY, 0, 0},  false},
    };
    struct runner_request got;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(runner_request_parse(&rows[i].request, sizeof rows[i].request, 3, &got), rows[i].good);
    assert_false(runner_request_parse(&rows[0].request, sizeof rows[0].request - 1, 3, &got));
    assert_false(runner_request_parse(&rows[0].request, 0, 3, &got));
}

static void events(void **state)
{
    struct runner_event good = {.magic = RUNNER_MAGIC, .kind = RUNNER_RESULT, .script = 2, .code = 255}, bad, got;
    assert_true(runner_event_parse(&good, sizeof good, 3, &got));
    bad = good, bad.script = 3;
    assert_false(runner_event_parse(&bad, sizeof bad, 3, &got));
    bad = good, bad.code = -1;
    assert_false(runner_event_parse(&bad, sizeof bad, 3, &got));
    bad = good, bad.outcome = RUNNER_OUTCOMES;
    assert_false(runner_event_parse(&bad, sizeof bad, 3, &got));
    bad = good, bad.output_len = RUNNER_OUTPUT_MAX + 1;
    assert_false(runner_event_parse(&bad, sizeof bad, 3, &got));
    assert_false(runner_event_parse(&good, sizeof good - 1, 3, &got));
}

static void output(void **state)
{
    static const struct {
        const char *raw, *text;
    } rows[] = {
        {"plain\n\ttext",             "plain\n\ttext"},
        {"\033[31mred\007\r\n",       "[31mred\n"    }, /* control bytes go, what they would have governed stays */
        {"gr\xc3\xbc\xc3\x9f",        "gr\xc3\xbc\xc3\x9f"},
        {"\xbc\x9f" "cut in front",   "cut in front" },
        {"bad \xff\xc0\x80 bytes",    "bad ??? bytes"},
        {"c1 \xc2\x9b" "31m",         "c1 31m"       }, /* CSI as one character */
        {"cut at the end \xe2\x82",   "cut at the end ??"},
        {"\xed\xa0\x80 surrogate",    "??? surrogate"},
    };
    char text[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        runner_output_text(rows[i].raw, strlen(rows[i].raw), text, sizeof text);
        assert_string_equal(text, rows[i].text);
    }
    runner_output_text("a\0b", 3, text, sizeof text);
    assert_string_equal(text, "ab");
    runner_output_text("aa\xc3\xbc", 4, text, 4); /* no half characters where room ends */
    assert_string_equal(text, "aa");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(events),
        cmocka_unit_test(output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
