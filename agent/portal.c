/*  What is wanted (admin) against what is seen (oper). R: a script is run on the way.
 *
 *              admin on: R start                exit 0
 *        OFF ---------------------> STARTING ----------> ON
 *         ^                           |  |                | admin off: R stop
 *         | exit 0     admin off:     |  | fails          | (also from BACKOFF, FAILED, UNKNOWN)
 *         |            cancel, R stop |  v                v
 *         +-------- STOPPING <--------+ BACKOFF <------ STOPPING fails; ON, and status says it died;
 *                                        |              OFF, and status says that the stop has not stopped it
 *                                        |  after a pause: R status, and what it tells decides anew
 *                                        |  too many failures in a row
 *                                        v
 *                                      FAILED   left by a SET, or when a status script sees what is wanted
 *
 *  UNKNOWN: at start, and whenever a status script neither says 0 nor 3 or 7. The first clear answer leads to
 *      ON (adopted, as it runs), OFF, STARTING (wanted on, not running), STOPPING (wanted off, running).
 *  hold: nothing is started or stopped; what is under way ends; oper follows the status script.
 *
 *  A start is only ever run when the last word was "not running", or when the operator has just ordered it and the
 *  status script cannot say. One script is out at a time; a status script in the way of an order is cancelled. */
#include "agent/portal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BUSY_AGAIN_MS = 1000 };

/* The one place where oper changes. */
static void change(struct portal *portal, struct portal_effect *effect, enum portal_oper oper, int64_t wall,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));
static void change(struct portal *portal, struct portal_effect *effect, enum portal_oper oper, int64_t wall,
                   const char *format, ...)
{
    if (portal->oper == oper)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(effect->reason, sizeof effect->reason, format, args);
    va_end(args);
    if (!effect->changed)
        effect->from = portal->oper;
    effect->changed = true;
    portal->oper = oper;
    portal->last_change_wall = wall;
}

/* Runs the script now, or as soon as the one that is out is back; a status script, and a start that is no longer wanted,
 * are asked to hurry. */
static void launch(struct portal *portal, struct portal_effect *effect, enum portal_action action)
{
    portal->due = INT64_MAX;
    if (portal->running == PORTAL_NONE) {
        portal->running = effect->run = action;
        return;
    }
    portal->next = action;
    if (!portal->cancelling && portal->running != PORTAL_STOP && portal->running != action)
        portal->cancelling = effect->cancel = true;
}

void portal_init(struct portal *portal, const struct portal_options *options, enum portal_admin admin, int64_t now)
{
    *portal = (struct portal){.options = *options, .admin = admin, .oper = PORTAL_UNKNOWN, .due = now};
}

static void order(struct portal *portal, struct portal_effect *effect, int64_t wall)
{
    bool on = portal->admin == PORTAL_ADMIN_ON;
    portal->commanded = false;
    change(portal, effect, on ? PORTAL_STARTING : PORTAL_STOPPING, wall, "switched %s", on ? "on" : "off");
    launch(portal, effect, on ? PORTAL_START : PORTAL_STOP);
}

/* Has the status script asked at once, and what the operator wants done whatever it says. */
static void look_first(struct portal *portal, int64_t now)
{
    portal->commanded = true;
    if (portal->running == PORTAL_NONE)
        portal->due = now;
}

struct portal_effect portal_set_admin(struct portal *portal, enum portal_admin admin, int64_t now, int64_t wall)
{
    struct portal_effect effect = {0};
    if (admin == portal->admin)
        return effect;
    portal->admin = admin;
    portal->attempts = 0;
    portal->commanded = false;
    if (admin == PORTAL_ADMIN_HOLD && portal->running == PORTAL_STATUS && portal->next != PORTAL_NONE) {
        portal->next = PORTAL_NONE; /* ordered, but not yet begun: it will not be */
        change(portal, &effect, PORTAL_UNKNOWN, wall, "held");
        return effect;
    }
    switch (portal->oper) {
    case PORTAL_OFF:
        if (admin == PORTAL_ADMIN_ON)
            order(portal, &effect, wall);
        break;
    case PORTAL_STARTING:
    case PORTAL_ON:
        if (admin == PORTAL_ADMIN_OFF)
            order(portal, &effect, wall);
        break;
    case PORTAL_STOPPING:
        portal->commanded = admin == PORTAL_ADMIN_ON; /* to be started when it has stopped */
        break;
    case PORTAL_BACKOFF:
    case PORTAL_FAILED:
    case PORTAL_UNKNOWN:
        if (admin == PORTAL_ADMIN_OFF)
            order(portal, &effect, wall);
        else if (admin == PORTAL_ADMIN_ON)
            look_first(portal, now);
        else
            change(portal, &effect, PORTAL_UNKNOWN, wall, "held");
        if (admin == PORTAL_ADMIN_HOLD && portal->running == PORTAL_NONE)
            portal->due = now;
        break;
    }
    return effect;
}

struct portal_effect portal_adopt(struct portal *portal, enum portal_action action, int64_t now, int64_t wall)
{
    struct portal_effect effect = {0};
    portal->running = action;
    portal->due = INT64_MAX;
    if (action == PORTAL_START) {
        change(portal, &effect, PORTAL_STARTING, wall, "a start script is running");
        if (portal->admin == PORTAL_ADMIN_OFF)
            order(portal, &effect, wall);
    } else if (action == PORTAL_STOP) {
        change(portal, &effect, PORTAL_STOPPING, wall, "a stop script is running");
        portal->commanded = portal->admin == PORTAL_ADMIN_ON;
    }
    return effect;
}

/* ---- results ---- */

static void record(struct portal *portal, const struct portal_result *result)
{
    portal->last_action = result->action;
    portal->last_exit_code = portal_result_code(result);
    memcpy(portal->last_output, result->output, sizeof portal->last_output);
    portal->last_output[PORTAL_OUTPUT_MAX] = '\0';
}

/* The wanted thing did not come about: once more after a pause, or give up. */
static void fail(struct portal *portal, struct portal_effect *effect, const char *why, int64_t now, int64_t wall)
{
    int64_t pause = portal->options.backoff_ms;
    portal->failures++;
    if (portal->admin == PORTAL_ADMIN_HOLD) {
        change(portal, effect, PORTAL_UNKNOWN, wall, "%s", why);
        portal->due = now;
        return;
    }
    if (portal->attempts >= portal->options.retries) {
        portal->commanded = false;
        change(portal, effect, PORTAL_FAILED, wall, "%s", why);
        portal->due = now + portal->options.status_interval_ms;
        return;
    }
    for (unsigned i = 0; i < portal->attempts && pause < PORTAL_BACKOFF_MAX_MS; i++)
        pause *= 2;
    portal->attempts++;
    portal->commanded = true;
    change(portal, effect, PORTAL_BACKOFF, wall, "%s", why);
    portal->due = now + (pause < PORTAL_BACKOFF_MAX_MS ? pause : PORTAL_BACKOFF_MAX_MS);
}

static void start_ended(struct portal *portal, struct portal_effect *effect, const struct portal_result *result,
                        const char *why, int64_t now, int64_t wall)
{
    if (result->outcome == PORTAL_EXITED && result->code == 0) {
        portal->starts++;
        change(portal, effect, PORTAL_ON, wall, "%s", why);
        portal->due = now + portal->options.status_interval_ms;
    } else {
        fail(portal, effect, why, now, wall);
    }
}

static void stop_ended(struct portal *portal, struct portal_effect *effect, const struct portal_result *result,
                       const char *why, int64_t now, int64_t wall)
{
    if (result->outcome == PORTAL_EXITED && result->code == 0) {
        change(portal, effect, PORTAL_OFF, wall, "%s", why);
        /* ordered on meanwhile: the next tick starts it, so that the world sees it off in between */
        portal->due = portal->commanded ? now : now + portal->options.status_interval_ms;
        portal->stopped = true;
    } else {
        fail(portal, effect, why, now, wall);
    }
}

/* It runs. */
static void seen_running(struct portal *portal, struct portal_effect *effect, int64_t now, int64_t wall)
{
    bool stopped = portal->stopped;
    portal->stopped = false;
    if (portal->admin == PORTAL_ADMIN_OFF && portal->oper == PORTAL_OFF && stopped) {
        fail(portal, effect, "the stop script has not stopped it: the status script says it runs", now, wall);
        return;
    }
    if (portal->admin == PORTAL_ADMIN_OFF) {
        if (portal->oper != PORTAL_FAILED || portal->commanded)
            order(portal, effect, wall);
        return;
    }
    if (portal->oper == PORTAL_ON)
        portal->attempts = 0; /* it has lasted from one look to the next */
    portal->commanded = false;
    change(portal, effect, PORTAL_ON, wall, "the status script says it runs");
}

/* It does not run. */
static void seen_not_running(struct portal *portal, struct portal_effect *effect, int64_t now, int64_t wall)
{
    if (portal->admin == PORTAL_ADMIN_ON && portal->oper == PORTAL_ON) {
        fail(portal, effect, "it died: the status script says it does not run", now, wall);
    } else if (portal->admin == PORTAL_ADMIN_ON) {
        if (portal->oper != PORTAL_FAILED || portal->commanded)
            order(portal, effect, wall);
    } else {
        if (portal->oper == PORTAL_ON)
            portal->failures++;
        portal->commanded = false;
        portal->stopped = false;
        portal->attempts = 0;
        change(portal, effect, PORTAL_OFF, wall, "the status script says it does not run");
    }
}

/* seen: somebody has looked. */
static void status_ended(struct portal *portal, struct portal_effect *effect, bool seen, const char *why, int64_t now, int64_t wall)
{
    if (!seen) {
        portal->due = now + BUSY_AGAIN_MS;
        return;
    }
    portal->due = now + portal->options.status_interval_ms;
    switch (portal->runs) {
    case PORTAL_RUNS:
        seen_running(portal, effect, now, wall);
        break;
    case PORTAL_RUNS_NOT:
        seen_not_running(portal, effect, now, wall);
        break;
    case PORTAL_RUNS_UNKNOWN:
        if (portal->commanded && portal->admin != PORTAL_ADMIN_HOLD)
            order(portal, effect, wall);
        else if (portal->oper != PORTAL_FAILED)
            change(portal, effect, PORTAL_UNKNOWN, wall, "%s", why);
        break;
    }
}

struct portal_effect portal_finished(struct portal *portal, const struct portal_result *result, int64_t now, int64_t wall)
{
    struct portal_effect effect = {0};
    enum portal_action next = portal->next;
    char why[160];
    if (result->action != portal->running || result->action == PORTAL_NONE)
        return effect; /* not ours: an answer that two agents asked for */
    portal->running = portal->next = PORTAL_NONE;
    portal->cancelling = false;
    bool seen = portal_result_runs(result, &portal->runs);
    portal_result_text(result, why, sizeof why);
    if (result->action != PORTAL_STATUS)
        record(portal, result);
    if (next != PORTAL_NONE) { /* an order has overtaken it */
        if (result->action == PORTAL_START && result->outcome == PORTAL_EXITED && result->code == 0)
            portal->starts++;
        launch(portal, &effect, next);
        return effect;
    }
    if (result->action != PORTAL_STATUS && result->outcome == PORTAL_BUSY) { /* wait, look, then decide again */
        change(portal, &effect, PORTAL_UNKNOWN, wall, "%s", why);
        portal->commanded = portal->admin != PORTAL_ADMIN_HOLD;
        portal->due = now + BUSY_AGAIN_MS;
    } else if (result->action == PORTAL_START) {
        start_ended(portal, &effect, result, why, now, wall);
    } else if (result->action == PORTAL_STOP) {
        stop_ended(portal, &effect, result, why, now, wall);
    } else {
        status_ended(portal, &effect, seen, why, now, wall);
        /* what a start or stop left to read is not wiped by each look; a look that explains a change is worth it */
        if (effect.changed && effect.run == PORTAL_NONE &&
            (portal->oper == PORTAL_UNKNOWN || portal->oper == PORTAL_BACKOFF || effect.from == PORTAL_ON))
            record(portal, result);
        else if (portal->last_action == PORTAL_NONE || portal->last_action == PORTAL_STATUS)
            record(portal, result);
    }
    return effect;
}

struct portal_effect portal_tick(struct portal *portal, int64_t now, int64_t wall)
{
    struct portal_effect effect = {0};
    if (now < portal->due || portal->running != PORTAL_NONE)
        return effect;
    if (portal->oper == PORTAL_OFF && portal->commanded && portal->admin == PORTAL_ADMIN_ON) {
        portal->attempts = 0;
        order(portal, &effect, wall);
    } else {
        launch(portal, &effect, PORTAL_STATUS);
    }
    return effect;
}
