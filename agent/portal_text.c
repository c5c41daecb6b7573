/* What a portal's states are called, and what the result of a script says: in words, as a number, and of the portal. Pure. */
#include "agent/portal.h"

#include <stdio.h>

enum { EXIT_TIMED_OUT = 124, EXIT_LOST = 125, EXIT_NOT_STARTED = 126, EXIT_SIGNAL = 128 };

const char *portal_oper_name(enum portal_oper oper)
{
    switch (oper) {
    case PORTAL_OFF: return "off";
    case PORTAL_STARTING: return "starting";
    case PORTAL_ON: return "on";
    case PORTAL_STOPPING: return "stopping";
    case PORTAL_BACKOFF: return "backoff";
    case PORTAL_FAILED: return "failed";
    case PORTAL_UNKNOWN: return "unknown";
    }
    return "?";
}

const char *portal_admin_name(enum portal_admin admin)
{
    switch (admin) {
    case PORTAL_ADMIN_ON: return "on";
    case PORTAL_ADMIN_OFF: return "off";
    case PORTAL_ADMIN_HOLD: return "hold";
    }
    return "?";
}

const char *portal_action_name(enum portal_action action)
{
    switch (action) {
    case PORTAL_NONE: return "none";
    case PORTAL_START: return "start";
    case PORTAL_STOP: return "stop";
    case PORTAL_STATUS: return "status";
    }
    return "?";
}

void portal_result_text(const struct portal_result *result, char *text, size_t size)
{
    const char *action = portal_action_name(result->action);
    switch (result->outcome) {
    case PORTAL_EXITED:
        snprintf(text, size, "%s script: exit status %d", action, result->code);
        break;
    case PORTAL_SIGNALLED:
        snprintf(text, size, "%s script: killed by signal %d", action, result->code);
        break;
    case PORTAL_TIMED_OUT:
        snprintf(text, size, "%s script: not done in time, ended", action);
        break;
    case PORTAL_CANCELLED:
        snprintf(text, size, "%s script: cancelled", action);
        break;
    case PORTAL_NOT_STARTED:
        snprintf(text, size, "%s script not run: %.110s", action, result->output);
        break;
    case PORTAL_BUSY:
        snprintf(text, size, "%s script: an earlier run has not ended", action);
        break;
    case PORTAL_LOST:
        snprintf(text, size, "%s script: its keeper was killed", action);
        break;
    }
}

int portal_result_code(const struct portal_result *result)
{
    switch (result->outcome) {
    case PORTAL_EXITED:
        return result->code;
    case PORTAL_SIGNALLED:
        return EXIT_SIGNAL + result->code;
    case PORTAL_TIMED_OUT:
    case PORTAL_CANCELLED:
        return EXIT_TIMED_OUT;
    case PORTAL_NOT_STARTED:
        return EXIT_NOT_STARTED;
    case PORTAL_BUSY:
    case PORTAL_LOST:
        break;
    }
    return EXIT_LOST;
}

bool portal_result_runs(const struct portal_result *result, enum portal_runs *runs)
{
    bool exited = result->outcome == PORTAL_EXITED;
    if (result->action != PORTAL_STATUS) {
        if (exited && result->code == 0)
            *runs = result->action == PORTAL_START ? PORTAL_RUNS : PORTAL_RUNS_NOT;
        return exited && result->code == 0;
    }
    if (result->outcome == PORTAL_BUSY || result->outcome == PORTAL_LOST || result->outcome == PORTAL_CANCELLED)
        return false; /* nobody has looked */
    *runs = PORTAL_RUNS_UNKNOWN;
    if (exited && result->code == 0)
        *runs = PORTAL_RUNS;
    else if (exited && (result->code == 3 || result->code == 7))
        *runs = PORTAL_RUNS_NOT;
    return true;
}
