/* The server in the background: one thread that listens, tries again when it cannot (an address may come up
 * after collectd), and logs what was refused and what was served. Knows no collectd. */
#ifndef SCM_EPERF_SERVE_H
#define SCM_EPERF_SERVE_H

#include "plugins/eperf/config.h"
#include "plugins/eperf/runner.h"

struct serve;

/* `config` outlives it; `log` is called from its threads. NULL and errno on failure. */
struct serve *serve_start(const struct config_server *config,
                          void (*log)(enum runner_level level, const char *text));

/* Ends running tests, joins and frees; within 2 s. */
void serve_stop(struct serve *s);

#endif
