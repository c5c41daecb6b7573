/* What limits and the host view watch: one metric, a pattern, or a function over one. Pure; any thread. */
#ifndef SCM_AGENT_METRIC_SPEC_H
#define SCM_AGENT_METRIC_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "common/ident.h"

enum { METRIC_SPEC_MAX = 255 };

enum metric_function { METRIC_VALUE, METRIC_SUM, METRIC_COUNT, METRIC_PERCENT };

/* A metric as configuration and scmLimitMetric write it:
 *   [host/]plugin[-inst]/type[-inst][:ds]   '*' (any run) and '?' (one character) do not cross '/'; no host: our own
 *   sum(PATTERN) count(PATTERN)             over the fresh values of all matches
 *   percent(PATTERN)                        of the sum over the same host, plugin and type, any type instance:
 *                                           percent(memory/memory-used) is the share of used memory
 * Without :ds the type must have one data source (collectd calls it "value"), else the metric is unknown; count() takes any. */
struct metric_spec {
    enum metric_function function;
    bool own_host; /* no host part was given */
    char host[IDENT_PART_MAX + 1], plugin[IDENT_PART_MAX + 1], type[IDENT_PART_MAX + 1]; /* plugin and type with instance */
    char ds[IDENT_PART_MAX + 1];
};
/* False: *why points at a static text of what was expected ("expected [host/]plugin/type[:ds] …"). */
bool metric_spec_parse(const char *s, size_t len, struct metric_spec *out, const char **why);

/* Whether text[0..len) is what pattern says; '*' and '?' do not match '/'. */
bool metric_glob(const char *pattern, const char *text, size_t len);
/* Whether pattern has a '*' or '?'. */
bool metric_is_pattern(const char *s);

#endif
