#include "tests/unit/unit.h"

#include <stdio.h>

#include "plugins/eperf/control.h"

/* Feeds bytes one at a time, as a slow peer would; the event that the last one made, all before being EV_NONE. */
static enum event feed(struct control *c, const void *bytes, size_t n)
{
    enum event e = EV_NONE;
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(e, EV_NONE);
        assert_true(control_want(c) > 0);
        e = control_feed(c, (const char *)bytes + i, 1);
    }
    return e;
}

static enum event message(struct control *c, int m)
{
    int8_t byte = (int8_t)m;
    return feed(c, &byte, 1);
}

static enum event text(struct control *c, const char *json)
{
    size_t n = strlen(json);
    char buf[600] = {0, 0, (char)(n >> 8), (char)n};
    memcpy(buf + 4, json, n);
    return feed(c, buf, 4 + n);
}

static void client_conversation(void **state)
{
    struct control c;
    control_init(&c, ROLE_CLIENT);
    assert_int_equal(message(&c, MSG_PARAM_EXCHANGE), EV_OFFER);
    assert_int_equal(message(&c, MSG_CREATE_STREAMS), EV_JOIN);
    assert_int_equal(message(&c, MSG_TEST_START), EV_START);
    assert_int_equal(message(&c, MSG_TEST_RUNNING), EV_RUN);
    control_go(&c, ST_ENDED);
    assert_int_equal(message(&c, MSG_EXCHANGE_RESULTS), EV_EXCHANGE);
    assert_int_equal(text(&c, "{\"streams\":[]}"), EV_RESULTS);
    assert_true(json_is_array(json_object_get(c.json, "streams")));
    assert_int_equal(message(&c, MSG_DISPLAY_RESULTS), EV_DISPLAY);
    assert_int_equal(c.state, ST_OVER);
    assert_int_equal(control_want(&c), 0);
    control_clear(&c);
}

static void server_conversation(void **state)
{
    struct control c;
    control_init(&c, ROLE_SERVER);
    assert_int_equal(text(&c, "{\"tcp\":true}"), EV_PARAMS);
    assert_int_equal(c.state, ST_STREAMS);
    control_go(&c, ST_RUNNING);
    assert_int_equal(message(&c, MSG_TEST_END), EV_END);
    assert_int_equal(text(&c, "{}"), EV_RESULTS);
    assert_int_equal(message(&c, MSG_IPERF_DONE), EV_DONE);
    assert_int_equal(c.state, ST_OVER);
    control_clear(&c);
}

/* Every message in every state: an arrow of the diagram, or an error that names state and message; never a crash, never
 * silence. */
static void every_message_in_every_state(void **state)
{
    int arrows = 0;
    for (int role = ROLE_CLIENT; role <= ROLE_SERVER; role++)
        for (int from = ST_ASKED; from < ST_OVER; from++)
            for (int m = -128; m < 128; m++) {
                struct control c;
                control_init(&c, role);
                control_go(&c, from);
                if (control_want(&c) != 1) /* a text is due */
                    continue;
                enum event e = message(&c, m);
                if (e == EV_ERROR) {
                    assert_non_null(strstr(c.error, state_text(from)));
                    assert_int_equal(control_want(&c), 0);
                } else {
                    arrows++;
                }
                control_clear(&c);
            }
    /* client: 6 of one state, 3 of any of the 8 that take a message; server: 1 and 2 */
    assert_int_equal(arrows, 6 + 3 * 8 + 1 + 2 * 8);
}

static void server_error_carries_codes(void **state)
{
    struct control c;
    static const uint8_t bytes[] = {0xfe, 0, 0, 0, 27, 0, 0, 0, 2};
    control_init(&c, ROLE_CLIENT);
    assert_int_equal(feed(&c, bytes, sizeof bytes - 1), EV_NONE);
    assert_int_not_equal(c.state, ST_OVER); /* the loop must not end before the codes are here */
    assert_int_equal(feed(&c, bytes + sizeof bytes - 1, 1), EV_PEER_ERROR);
    assert_int_equal(c.state, ST_OVER);
    assert_int_equal(c.codes[0], 27);
    assert_int_equal(c.codes[1], 2);
    control_clear(&c);
}

static void busy_and_terminated(void **state)
{
    struct control c;
    control_init(&c, ROLE_CLIENT);
    assert_int_equal(message(&c, MSG_ACCESS_DENIED), EV_BUSY);
    control_init(&c, ROLE_CLIENT);
    assert_int_equal(message(&c, MSG_SERVER_TERMINATE), EV_PEER_LEFT);
    control_init(&c, ROLE_SERVER);
    control_go(&c, ST_RUNNING);
    assert_int_equal(message(&c, MSG_CLIENT_TERMINATE), EV_PEER_LEFT);
}

static void absurd_lengths(void **state)
{
    static const uint8_t lengths[][4] = {
        {0x7f, 0xff, 0xff, 0xff},
        {0xff, 0xff, 0xff, 0xff},
        {0,    0,    0,    0   },
        {0,    0,    0,    1   },
        {0,    0,    0x40, 1   },
    };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct control c;
        control_init(&c, ROLE_SERVER);
        assert_int_equal(feed(&c, lengths[i], 4), EV_ERROR);
        assert_null(c.text); /* nothing was allocated for it */
        control_clear(&c);
    }
}

static void texts_that_are_no_object(void **state)
{
    static const char *const texts[] = {"[]", "12", "{\"a\":}", "{\"a\":1", "null", "{\"a\":\"\\u0000\"}", "{}{}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct control c;
        control_init(&c, ROLE_SERVER);
        assert_int_equal(text(&c, texts[i]), EV_ERROR);
        control_clear(&c);
    }
}

static void minus_one_as_iperf3_writes_it(void **state)
{
    struct control c;
    control_init(&c, ROLE_SERVER);
    assert_int_equal(text(&c, "{\"retransmits\":18446744073709551615}"), EV_PARAMS);
    assert_true(json_number_value(json_object_get(c.json, "retransmits")) > 1.8e19);
    control_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_conversation),
        cmocka_unit_test(server_conversation),
        cmocka_unit_test(every_message_in_every_state),
        cmocka_unit_test(server_error_carries_codes),
        cmocka_unit_test(busy_and_terminated),
        cmocka_unit_test(absurd_lengths),
        cmocka_unit_test(texts_that_are_no_object),
        cmocka_unit_test(minus_one_as_iperf3_writes_it),
    };
    return cmocka_run_group_tests_name("eperf control", tests, NULL, NULL);
}
