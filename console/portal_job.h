/* Switching a portal on, off, or to hold, as a job (job.h). */
#ifndef SCM_CONSOLE_PORTAL_JOB_H
#define SCM_CONSOLE_PORTAL_JOB_H

#include "console/job.h"

extern const struct job_kind
    portal_job_kind; /* `wanted` points to an int: ADMIN_ON, ADMIN_OFF or ADMIN_HOLD */

extern const struct fetch_spec portal_spec; /* all of scmPortalTable */

/* Does a portal in this oper state run, or may it soon, or may it without our knowing? For --max-running. */
bool portal_may_run(int64_t oper);

#endif
