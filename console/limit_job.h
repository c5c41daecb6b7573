/* Setting or deleting a limit on one host, as a job (job.h). */
#ifndef SCM_CONSOLE_LIMIT_JOB_H
#define SCM_CONSOLE_LIMIT_JOB_H

#include "console/job.h"

extern const struct fetch_spec limit_spec; /* all of scmLimitTable */

/* What `wanted` points to: the settings to change; NULL or 0 leaves one alone. Strings are decimals, checked
 * already. */
struct limit_wanted {
    bool destroy;
    const char *metric, *threshold, *clear;
    int direction; /* mib_value(LIMIT_DIRECTION, ..) */
    int64_t hits, clear_hits;
    int severity;
};

/* Reads one setting, "metric", "above", "below", "clear", "hits", "clear-hits" or "severity", into *w.
 * Returns NULL, or (static) what was expected. value must outlive *w. */
const char *limit_setting(struct limit_wanted *w, const char *name, const char *value);

extern const struct job_kind limit_job_kind;

#endif
