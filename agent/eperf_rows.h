/* The throughput tests of our own host as scmEperfTable shows them: numbers from collectd's values, text from the plugin's
 * ResultDir (one TEST.json each). Loop thread only; files are small and read only when the directory has changed. */
#ifndef SCM_AGENT_EPERF_ROWS_H
#define SCM_AGENT_EPERF_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/view.h"

struct event_log;
struct eperf_rows;
struct metrics;

enum { EPERF_TESTS_MAX = 256, EPERF_FILE_MAX = 65536 };

/* dir may be missing, now or for ever: no rows then. NULL: out of memory. */
struct eperf_rows *eperf_rows_new(struct metrics *m, struct event_log *events, const char *dir);
void eperf_rows_free(struct eperf_rows *r); /* before metrics_free */

/* Looks whether results have changed; a test that failed and had not failed before becomes an EVENT_EPERF_FAILED (not those found
 * failed at the first look). True: the directory was read. */
bool eperf_rows_round(struct eperf_rows *r, int64_t wall_ms);
bool eperf_rows_has(const struct eperf_rows *r, const char *test);
size_t eperf_rows_count(const struct eperf_rows *r);
void eperf_rows_fill(struct eperf_rows *r, struct view *v, int64_t mono_ms);

/* Reads one result file's text into row (name given, numbers untouched). Pure. False: not a result file. */
bool eperf_rows_parse(const char *json, size_t len, struct view_eperf *row);

#endif
