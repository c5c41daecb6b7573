/* The parameters of a test as iperf3 sends them: one table of fields that both makes and reads the JSON. */
#ifndef SCM_EPERF_PARAMS_H
#define SCM_EPERF_PARAMS_H

#include "plugins/eperf/eperf.h"

/* The object that a client sends after PARAM_EXCHANGE. A new reference; NULL when out of memory. */
json_t *params_to_json(const struct eperf_params *p);

/* Reads what a client sent. Unknown keys are ignored (newer iperf3s send more than we use); a known key with a wrong
 * type or out of range is an error that names it. Keys left out have iperf3's defaults. */
bool params_from_json(struct eperf_params *p, const json_t *o, char error[EPERF_ERROR_MAX]);

#endif
