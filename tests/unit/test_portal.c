/* The portal's state machine under a simulated clock: each edge of the diagram, then a random world. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include "agent/portal.h"

enum { WALL = 1000000, HOUR = 3600000 };
static const struct portal_options options = {.status_interval_ms = 10000, .backoff_ms = 5000, .retries = 2};

static struct portal_result exited(enum portal_action action, int code)
{
    return (struct portal_result){.action = action, .outcome = PORTAL_EXITED, .code = code, .output = "said"};
}

/* A portal that is in a state by way of its inputs. */
static struct portal in_state(enum portal_oper oper, enum portal_admin admin)
{
    struct portal portal;
    portal_init(&portal, &options, PORTAL_ADMIN_HOLD, 0);
    assert_int_equal(portal_tick(&portal, 0, WALL).run, PORTAL_STATUS);
    struct portal_result result = exited(PORTAL_STATUS, oper == PORTAL_ON ? 0 : 3);
    portal_finished(&portal, &result, 0, WALL);
    portal.admin = admin;
    assert_int_equal(portal.oper, oper);
    return portal;
}

static void first_look_adopts(void **state)
{
    static const struct {
        enum portal_admin admin;
        int code;
        enum portal_oper oper;
        enum portal_action run;
    } rows[] = {
        {PORTAL_ADMIN_ON,   0, PORTAL_ON,       PORTAL_NONE },
        {PORTAL_ADMIN_ON,   3, PORTAL_STARTING, PORTAL_START},
        {PORTAL_ADMIN_ON,   7, PORTAL_STARTING, PORTAL_START},
        {PORTAL_ADMIN_ON,   1, PORTAL_UNKNOWN,  PORTAL_NONE },
        {PORTAL_ADMIN_OFF,  0, PORTAL_STOPPING, PORTAL_STOP },
        {PORTAL_ADMIN_OFF,  3, PORTAL_OFF,      PORTAL_NONE },
        {PORTAL_ADMIN_OFF,  1, PORTAL_UNKNOWN,  PORTAL_NONE },
        {PORTAL_ADMIN_HOLD, 0, PORTAL_ON,       PORTAL_NONE },
        {PORTAL_ADMIN_HOLD, 3, PORTAL_OFF,      PORTAL_NONE },
        {PORTAL_ADMIN_HOLD, 1, PORTAL_UNKNOWN,  PORTAL_NONE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct portal portal;
        portal_init(&portal, &options, rows[i].admin, 500);
        assert_int_equal(portal.oper, PORTAL_UNKNOWN);
        assert_int_equal(portal_tick(&portal, 499, WALL).run, PORTAL_NONE);
        assert_int_equal(portal_tick(&portal, 500, WALL).run, PORTAL_STATUS);
        struct portal_result result = exited(PORTAL_STATUS, rows[i].code);
        struct portal_effect effect = portal_finished(&portal, &result, 600, WALL);
        assert_int_equal(portal.oper, rows[i].oper);
        assert_int_equal(effect.run, rows[i].run);
        assert_int_equal(effect.changed, rows[i].oper != PORTAL_UNKNOWN);
        if (effect.changed)
            assert_int_equal(portal.last_change_wall, WALL);
    }
}

static void on_and_off(void **state)
{
    struct portal portal = in_state(PORTAL_OFF, PORTAL_ADMIN_OFF);
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_ON, 1000, WALL);
    assert_int_equal(effect.run, PORTAL_START);
    assert_int_equal(effect.from, PORTAL_OFF);
    assert_int_equal(portal.oper, PORTAL_STARTING);
    effect = portal_set_admin(&portal, PORTAL_ADMIN_ON, 1001, WALL); /* same value: no-op */
    assert_false(effect.changed || effect.cancel || effect.run != PORTAL_NONE);
    struct portal_result result = exited(PORTAL_START, 0);
    effect = portal_finished(&portal, &result, 2000, WALL);
    assert_int_equal(portal.oper, PORTAL_ON);
    assert_int_equal(portal.starts, 1);
    assert_int_equal(portal.failures, 0);
    assert_int_equal(portal.last_action, PORTAL_START);
    assert_string_equal(portal.last_output, "said");
    assert_int_equal(portal.due, 12000);
    effect = portal_set_admin(&portal, PORTAL_ADMIN_OFF, 3000, WALL);
    assert_int_equal(effect.run, PORTAL_STOP);
    assert_int_equal(portal.oper, PORTAL_STOPPING);
    result = exited(PORTAL_STOP, 0);
    portal_finished(&portal, &result, 4000, WALL);
    assert_int_equal(portal.oper, PORTAL_OFF);
}

static void off_while_starting_cancels(void **state)
{
    struct portal portal = in_state(PORTAL_OFF, PORTAL_ADMIN_OFF);
    portal_set_admin(&portal, PORTAL_ADMIN_ON, 1000, WALL);
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_OFF, 1500, WALL);
    assert_true(effect.cancel);
    assert_int_equal(effect.run, PORTAL_NONE);
    assert_int_equal(portal.oper, PORTAL_STOPPING);
    struct portal_result result = {.action = PORTAL_START, .outcome = PORTAL_CANCELLED};
    effect = portal_finished(&portal, &result, 1600, WALL);
    assert_int_equal(effect.run, PORTAL_STOP);
    /* on again before the stop is done: it ends, is seen off, and starts */
    portal_set_admin(&portal, PORTAL_ADMIN_ON, 1700, WALL);
    result = exited(PORTAL_STOP, 0);
    effect = portal_finished(&portal, &result, 1800, WALL);
    assert_int_equal(portal.oper, PORTAL_OFF);
    assert_int_equal(effect.run, PORTAL_NONE);
    effect = portal_tick(&portal, 1800, WALL);
    assert_int_equal(effect.run, PORTAL_START);
    assert_int_equal(portal.oper, PORTAL_STARTING);
}

static void off_overtakes_a_status_script(void **state)
{
    struct portal portal = in_state(PORTAL_ON, PORTAL_ADMIN_ON);
    assert_int_equal(portal_tick(&portal, 10000, WALL).run, PORTAL_STATUS);
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_OFF, 10001, WALL);
    assert_true(effect.cancel);
    assert_int_equal(portal.oper, PORTAL_STOPPING);
    struct portal_result result = {.action = PORTAL_STATUS, .outcome = PORTAL_CANCELLED};
    assert_int_equal(portal_finished(&portal, &result, 10002, WALL).run, PORTAL_STOP);
}

/* A machine's clock that is stepped back and forth between two looks. */
struct wall {
    int64_t now, step;
};

static int64_t look(struct wall *wall)
{
    wall->now += wall->step;
    wall->step = -wall->step;
    return wall->now;
}

/* Pauses and looks run by the other clock. */
static void fail_and_give_up(int64_t step)
{
    struct wall wall = {WALL, step};
    struct portal portal = in_state(PORTAL_OFF, PORTAL_ADMIN_OFF);
    int64_t now = 1000;
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_ON, now, look(&wall));
    for (unsigned attempt = 0; attempt <= options.retries; attempt++) {
        assert_int_equal(effect.run, PORTAL_START);
        struct portal_result result = {.action = PORTAL_START, .outcome = PORTAL_TIMED_OUT, .output = "hm"};
        effect = portal_finished(&portal, &result, now, look(&wall));
        assert_int_equal(portal.failures, attempt + 1);
        assert_int_equal(portal.last_exit_code, 124);
        if (attempt == options.retries)
            break;
        assert_int_equal(portal.oper, PORTAL_BACKOFF);
        assert_int_equal(portal.due, now + (options.backoff_ms << attempt));
        now = portal.due;
        assert_int_equal(portal_tick(&portal, now, look(&wall)).run, PORTAL_STATUS); /* never blindly */
        result = exited(PORTAL_STATUS, 3);
        effect = portal_finished(&portal, &result, now, look(&wall));
    }
    assert_int_equal(portal.oper, PORTAL_FAILED);
    assert_non_null(strstr(effect.reason, "not done in time"));
    assert_string_equal(portal.last_output, "hm");
    /* looks go on and change nothing, nor wipe the reason */
    for (int i = 0; i < 3; i++) {
        now = portal.due;
        assert_int_equal(portal_tick(&portal, now, look(&wall)).run, PORTAL_STATUS);
        struct portal_result result = exited(PORTAL_STATUS, 3);
        effect = portal_finished(&portal, &result, now, look(&wall));
        assert_false(effect.changed || effect.run != PORTAL_NONE);
        assert_int_equal(portal.last_action, PORTAL_START);
    }
    /* someone has mended it by hand */
    now = portal.due;
    portal_tick(&portal, now, look(&wall));
    struct portal_result result = exited(PORTAL_STATUS, 0);
    portal_finished(&portal, &result, now, look(&wall));
    assert_int_equal(portal.oper, PORTAL_ON);
}

static void failed_starts_back_off_then_give_up(void **state)
{
    fail_and_give_up(0);
}

static void clock_steps_change_no_pause(void **state)
{
    fail_and_give_up(HOUR);
    fail_and_give_up(-HOUR);
}

/* What the status script says of it when it is asked next. */
static struct portal_effect look_at(struct portal *portal, int code)
{
    int64_t now = portal->due;
    struct portal_result result = exited(PORTAL_STATUS, code);
    assert_int_equal(portal_tick(portal, now, WALL).run, PORTAL_STATUS);
    return portal_finished(portal, &result, now, WALL);
}

/* What collectd is told. */
static void whether_it_runs_is_what_scripts_say(void **state)
{
    struct portal portal;
    portal_init(&portal, &options, PORTAL_ADMIN_HOLD, 0);
    assert_int_equal(portal.runs, PORTAL_RUNS_UNKNOWN);
    look_at(&portal, 0);
    assert_int_equal(portal.runs, PORTAL_RUNS);
    look_at(&portal, 9); /* it does not know */
    assert_int_equal(portal.runs, PORTAL_RUNS_UNKNOWN);
    look_at(&portal, 3);
    assert_int_equal(portal.runs, PORTAL_RUNS_NOT);
    portal_tick(&portal, portal.due, WALL);
    struct portal_result result = {.action = PORTAL_STATUS, .outcome = PORTAL_BUSY};
    portal_finished(&portal, &result, 0, WALL); /* nobody has looked */
    assert_int_equal(portal.runs, PORTAL_RUNS_NOT);
    portal_set_admin(&portal, PORTAL_ADMIN_ON, 0, WALL);
    assert_int_equal(portal.runs, PORTAL_RUNS_NOT);
    result = exited(PORTAL_START, 0);
    portal_finished(&portal, &result, 0, WALL);
    assert_int_equal(portal.runs, PORTAL_RUNS);
    portal_set_admin(&portal, PORTAL_ADMIN_OFF, 0, WALL);
    result = exited(PORTAL_STOP, 1);
    portal_finished(&portal, &result, 0, WALL); /* backoff, and it runs */
    assert_int_equal(portal.runs, PORTAL_RUNS);
}

/* A stop script that says done before it is: the portal is stopped again, as often as anything is tried again. */
static void a_stop_that_does_not_stop_is_given_up(void **state)
{
    struct portal portal = in_state(PORTAL_ON, PORTAL_ADMIN_ON);
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_OFF, 0, WALL);
    for (unsigned attempt = 0; attempt <= options.retries; attempt++) {
        struct portal_result result = exited(PORTAL_STOP, 0);
        assert_int_equal(effect.run, PORTAL_STOP);
        portal_finished(&portal, &result, attempt * 20000, WALL);
        assert_int_equal(portal.oper, PORTAL_OFF);
        effect = look_at(&portal, 0);
        assert_int_equal(portal.failures, attempt + 1);
        if (attempt < options.retries) {
            assert_int_equal(portal.oper, PORTAL_BACKOFF);
            effect = look_at(&portal, 0);
        }
    }
    assert_int_equal(portal.oper, PORTAL_FAILED);
    assert_int_equal(effect.run, PORTAL_NONE);
    assert_non_null(strstr(effect.reason, "runs"));
    for (int i = 0; i < 5; i++) { /* looks go on, and that is all */
        effect = look_at(&portal, 0);
        assert_false(effect.changed || effect.run != PORTAL_NONE);
    }
    look_at(&portal, 3); /* it has taken its time */
    assert_int_equal(portal.oper, PORTAL_OFF);
    portal.options.retries = 0;
    assert_int_equal(look_at(&portal, 0).run, PORTAL_STOP); /* started by hand a day later: that is no failure */
}

static void a_pause_that_would_overflow_is_bounded(void **state)
{
    struct portal portal = in_state(PORTAL_OFF, PORTAL_ADMIN_OFF);
    portal.options.retries = 1000;
    struct portal_effect effect = portal_set_admin(&portal, PORTAL_ADMIN_ON, 0, WALL);
    for (int i = 0; i < 200; i++) {
        int64_t now = i * 1000000LL;
        struct portal_result result = exited(effect.run, 1);
        portal_finished(&portal, &result, now, WALL);
        assert_in_range(portal.due - now, 1, PORTAL_BACKOFF_MAX_MS);
        now = portal.due;
        portal_tick(&portal, now, WALL);
        result = exited(PORTAL_STATUS, 3);
        effect = portal_finished(&portal, &result, now, WALL);
    }
}

static void death_is_seen_and_mended(void **state)
{
    struct portal portal = in_state(PORTAL_ON, PORTAL_ADMIN_ON);
    portal_tick(&portal, 10000, WALL);
    struct portal_result result = exited(PORTAL_STATUS, 3);
    struct portal_effect effect = portal_finished(&portal, &result, 10100, WALL);
    assert_int_equal(portal.oper, PORTAL_BACKOFF);
    assert_int_equal(portal.failures, 1);
    assert_non_null(strstr(effect.reason, "died"));
    int64_t now = portal.due;
    portal_tick(&portal, now, WALL);
    effect = portal_finished(&portal, &result, now, WALL);
    assert_int_equal(effect.run, PORTAL_START);
}

static void held_is_only_watched(void **state)
{
    struct portal portal = in_state(PORTAL_ON, PORTAL_ADMIN_HOLD);
    portal_tick(&portal, 10000, WALL);
    struct portal_result result = exited(PORTAL_STATUS, 3);
    struct portal_effect effect = portal_finished(&portal, &result, 10100, WALL);
    assert_int_equal(portal.oper, PORTAL_OFF);
    assert_int_equal(effect.run, PORTAL_NONE);
}

static void an_order_is_followed_where_status_cannot_say(void **state)
{
    static const enum portal_outcome unclear[] = {PORTAL_NOT_STARTED, PORTAL_TIMED_OUT, PORTAL_SIGNALLED};
    for (size_t i = 0; i < sizeof unclear / sizeof unclear[0]; i++) {
        struct portal portal;
        portal_init(&portal, &options, PORTAL_ADMIN_HOLD, 0);
        portal_tick(&portal, 0, WALL);
        portal_set_admin(&portal, PORTAL_ADMIN_ON, 1, WALL);
        struct portal_result result = {.action = PORTAL_STATUS, .outcome = unclear[i], .code = 9};
        assert_int_equal(portal_finished(&portal, &result, 2, WALL).run, PORTAL_START);
    }
}

static void adoption_of_scripts_that_are_out(void **state)
{
    struct portal portal;
    portal_init(&portal, &options, PORTAL_ADMIN_ON, 0);
    struct portal_effect effect = portal_adopt(&portal, PORTAL_START, 0, WALL);
    assert_int_equal(portal.oper, PORTAL_STARTING);
    assert_int_equal(effect.run, PORTAL_NONE);
    assert_int_equal(portal_tick(&portal, 1000000, WALL).run, PORTAL_NONE);
    struct portal_result result = exited(PORTAL_START, 0);
    portal_finished(&portal, &result, 5, WALL);
    assert_int_equal(portal.oper, PORTAL_ON);

    portal_init(&portal, &options, PORTAL_ADMIN_OFF, 0);
    effect = portal_adopt(&portal, PORTAL_START, 0, WALL);
    assert_true(effect.cancel);
    assert_int_equal(portal.oper, PORTAL_STOPPING);

    portal_init(&portal, &options, PORTAL_ADMIN_ON, 0);
    portal_adopt(&portal, PORTAL_STOP, 0, WALL);
    result = exited(PORTAL_STOP, 0);
    portal_finished(&portal, &result, 5, WALL);
    assert_int_equal(portal_tick(&portal, 5, WALL).run, PORTAL_START);
}

/* A world in which a portal lives and dies, scripts do well, fail, hang or are busy, and operators change their minds. What must
 * hold at every step is in check(); at the end, with good scripts, wish and world agree. */
struct world {
    struct portal portal;
    bool alive;
    enum portal_action out;
    bool cancelled;
    unsigned long long random;
    unsigned started; /* start scripts run while it was alive */
};

static unsigned dice(struct world *world, unsigned sides)
{
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return (unsigned)(world->random >> 33) % sides;
}

static void carry_out(struct world *world, const struct portal_effect *effect)
{
    if (effect->cancel) {
        assert_int_not_equal(world->out, PORTAL_NONE);
        world->cancelled = true;
    }
    if (effect->run != PORTAL_NONE) {
        assert_int_equal(world->out, PORTAL_NONE); /* one script at a time */
        world->out = effect->run;
        if (effect->run == PORTAL_START && world->alive)
            world->started++;
        if (world->portal.admin == PORTAL_ADMIN_HOLD)
            assert_int_equal(effect->run == PORTAL_STATUS || world->portal.oper == PORTAL_STOPPING, true);
    }
    assert_int_equal(world->portal.running, world->out);
    if (effect->changed) {
        assert_int_not_equal(effect->from, world->portal.oper);
        assert_int_not_equal(effect->reason[0], '\0');
    }
}

static void end_script(struct world *world, int64_t now, bool good)
{
    struct portal_result result = {.action = world->out, .outcome = PORTAL_EXITED};
    unsigned luck = good ? 0 : dice(world, 8);
    if (world->cancelled)
        result.outcome = PORTAL_CANCELLED;
    else if (world->out == PORTAL_STATUS) /* truthful, or says nothing */
        result.outcome = luck < 7 ? PORTAL_EXITED : PORTAL_BUSY, result.code = world->alive ? 0 : 3;
    else if (luck >= 4)
        result.outcome = (enum portal_outcome)(luck - 3), result.code = 1;
    if (result.outcome == PORTAL_EXITED && result.code == 0 && world->out == PORTAL_START)
        world->alive = true;
    if (result.outcome == PORTAL_EXITED && world->out == PORTAL_STOP)
        world->alive = false;
    world->out = PORTAL_NONE;
    world->cancelled = false;
    struct portal_effect effect = portal_finished(&world->portal, &result, now, now);
    carry_out(world, &effect);
}

static void random_world(void **state)
{
    const char *given = getenv("SCM_SEED");
    unsigned long long seed = given != NULL ? strtoull(given, NULL, 10) : (unsigned long long)time(NULL);
    print_message("# seed %llu (SCM_SEED)\n", seed);
    for (unsigned round = 0; round < 2000; round++) {
        struct world world = {.random = seed * 2654435761u + round + 1};
        int64_t now = 0;
        dice(&world, 2);
        world.alive = dice(&world, 2);
        portal_init(&world.portal, &options, (enum portal_admin)(1 + dice(&world, 3)), now);
        for (unsigned step = 0; step < 400; step++) {
            bool settled = step >= 300; /* from here on everything does its best */
            now += dice(&world, 3000);
            if (settled)
                now += 20000;
            struct portal_effect effect = {0};
            unsigned what = settled ? 4 + dice(&world, 4) : dice(&world, 8);
            if (what == 0)
                effect = portal_set_admin(&world.portal, (enum portal_admin)(1 + dice(&world, 3)), now, now);
            else if (what == 1 && dice(&world, 10) == 0)
                world.alive = false; /* it dies */
            if (effect.changed || effect.cancel || effect.run != PORTAL_NONE)
                carry_out(&world, &effect);
            if (what >= 4 && world.out != PORTAL_NONE)
                end_script(&world, now, settled);
            else if (what >= 2) {
                effect = portal_tick(&world.portal, now, now);
                carry_out(&world, &effect);
            }
            /* something is always due or out: nothing is ever forgotten */
            assert_true(world.out != PORTAL_NONE || world.portal.due != INT64_MAX);
        }
        assert_int_equal(world.started, 0);
        assert_int_equal(world.portal.runs, world.alive ? PORTAL_RUNS : PORTAL_RUNS_NOT);
        enum portal_oper oper = world.portal.oper;
        if (world.portal.admin == PORTAL_ADMIN_ON)
            assert_true(oper == PORTAL_ON || (oper == PORTAL_FAILED && !world.alive));
        else if (world.portal.admin == PORTAL_ADMIN_OFF)
            assert_true(oper == PORTAL_OFF || (oper == PORTAL_FAILED && world.alive));
        else
            assert_int_equal(oper, world.alive ? PORTAL_ON : PORTAL_OFF);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_look_adopts),
        cmocka_unit_test(on_and_off),
        cmocka_unit_test(off_while_starting_cancels),
        cmocka_unit_test(off_overtakes_a_status_script),
        cmocka_unit_test(failed_starts_back_off_then_give_up), cmocka_unit_test(clock_steps_change_no_pause),
        cmocka_unit_test(whether_it_runs_is_what_scripts_say),
        cmocka_unit_test(a_stop_that_does_not_stop_is_given_up),
        cmocka_unit_test(a_pause_that_would_overflow_is_bounded),
        cmocka_unit_test(death_is_seen_and_mended),
        cmocka_unit_test(held_is_only_watched),
        cmocka_unit_test(an_order_is_followed_where_status_cannot_say),
        cmocka_unit_test(adoption_of_scripts_that_are_out),
        cmocka_unit_test(random_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
