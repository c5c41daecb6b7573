/* One run of a configured test: upload, download, or the one after the other. */
#ifndef SCM_EPERF_MEASURE_H
#define SCM_EPERF_MEASURE_H

#include "plugins/eperf/config.h"
#include "plugins/eperf/eperf.h"
#include "plugins/eperf/result_file.h"

struct measure;

/* `t` outlives it. NULL when out of memory. */
struct measure *measure_new(const struct config_test *t);

/* Runs it in the calling thread until the first direction that fails; once per measure. Fills all of *s but
 * state and run_id: what was measured before a failure is in it, and last_error names the direction. */
enum eperf_outcome measure_run(struct measure *m, struct result_status *s);

/* From any thread, before or during the run, which then ends within 1 s with EPERF_CANCELLED. */
void measure_cancel(struct measure *m);

void measure_free(struct measure *m);

#endif
