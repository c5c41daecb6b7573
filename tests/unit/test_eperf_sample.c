/* What samples make of counters: a transport of our own says what has moved, and the clock is ours. */
#include "tests/unit/unit.h"

#include "plugins/eperf/session.h"

static uint64_t moved;
static bool sending;

/* A sender is busy all the time, and waits for the receive window. */
static void read_moved(struct stream *st, struct tally *t)
{
    *t = (struct tally){.bytes = moved};
    if (!st->sender)
        return;
    t->has_tcp_info = true;
    t->starved = !sending;
    t->busy_us = moved;
    t->rwnd_limited_us = moved;
}

static const struct transport fake = {.name = "fake", .read = read_moved};

/* One connection, sampled every second from 1000 s on. */
static void begin(struct session *s, struct stream *st, enum eperf_direction direction)
{
    *s = (struct session){.role = ROLE_CLIENT, .transport = &fake, .streams = st, .nstreams = 1, .joined = 1};
    *st = (struct stream){.session = s, .id = 1, .sender = direction == EPERF_UPLOAD};
    s->params = (struct eperf_params){.direction = direction, .streams = 1, .interval = 1, .duration = 60};
    moved = 0;
    sample_begin(s, 1000);
}

static void at(struct session *s, double when, uint64_t bytes)
{
    moved = bytes;
    sample_tick(s, 1000 + when);
}

static void end(struct session *s, double when, uint64_t bytes)
{
    moved = bytes;
    s->end[s->streams->sender] = 1000 + when;
    sample_finish(s);
}

/* A connection that stood still at first was that slow, and the moment behind the last whole second was no interval. */
static void slowest_and_fastest(void **state)
{
    struct session s;
    struct stream st;
    begin(&s, &st, EPERF_DOWNLOAD);
    at(&s, 1, 0);
    at(&s, 2, 1000);
    at(&s, 3, 1500);
    end(&s, 3.001, 2500);
    assert_true(s.rate_min[1] == 0);
    assert_true(s.rate_max[1] == 8000);
    assert_int_equal(st.result.ours.bytes, 2500);
    begin(&s, &st, EPERF_DOWNLOAD);
    end(&s, 0.25, 1000); /* all there is */
    assert_true(s.rate_min[1] == 32000 && s.rate_max[1] == 32000);
}

/* A test of one interval, that the receiver held up: at the end, when all is sent, nothing is left to send. */
static void the_end_says_nothing_of_the_sender(void **state)
{
    static const struct {
        bool looked, sending;
        enum eperf_verdict verdict;
    } cases[] = {
        {false, true,  EPERF_LIMIT_RECEIVE_WINDOW},
        {true,  true,  EPERF_LIMIT_RECEIVE_WINDOW},
        {true,  false, EPERF_LIMIT_SENDER        },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct session s;
        struct stream st;
        begin(&s, &st, EPERF_UPLOAD);
        sending = cases[i].sending;
        if (cases[i].looked)
            sample_senders(&s);
        sending = false;
        end(&s, 1, 1000000);
        assert_int_equal(st.result.verdict, cases[i].verdict);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slowest_and_fastest),
        cmocka_unit_test(the_end_says_nothing_of_the_sender),
    };
    return cmocka_run_group_tests_name("eperf sample", tests, NULL, NULL);
}
