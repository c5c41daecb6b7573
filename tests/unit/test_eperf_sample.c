/* What samples make of counters: a transport of our own says what has moved, and the clock is ours. */
#include "tests/unit/unit.h"

#include "plugins/eperf/session.h"

static uint64_t moved;

static void read_moved(struct stream *st, struct tally *t)
{
    *t = (struct tally){.bytes = moved};
}

static const struct transport fake = {.name = "fake", .read = read_moved};

/* A download of one connection, sampled every second from 1000 s on. */
static void begin(struct session *s, struct stream *st)
{
    *s = (struct session){.role = ROLE_CLIENT, .transport = &fake, .streams = st, .nstreams = 1, .joined = 1};
    *st = (struct stream){.session = s, .id = 1};
    s->params = (struct eperf_params){.direction = EPERF_DOWNLOAD, .streams = 1, .interval = 1, .duration = 60};
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
    s->end[false] = 1000 + when;
    sample_finish(s);
}

/* A connection that stood still at first was that slow, and the moment behind the last whole second was no interval. */
static void slowest_and_fastest(void **state)
{
    struct session s;
    struct stream st;
    begin(&s, &st);
    at(&s, 1, 0);
    at(&s, 2, 1000);
    at(&s, 3, 1500);
    end(&s, 3.001, 2500);
    assert_true(s.rate_min[1] == 0);
    assert_true(s.rate_max[1] == 8000);
    assert_int_equal(st.result.ours.bytes, 2500);
    begin(&s, &st);
    end(&s, 0.25, 1000); /* all there is */
    assert_true(s.rate_min[1] == 32000 && s.rate_max[1] == 32000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slowest_and_fastest),
    };
    return cmocka_run_group_tests_name("eperf sample", tests, NULL, NULL);
}
