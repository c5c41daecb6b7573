/* A limit's metric as an SNMP SET brings it: any bytes. What is taken must be made of parts that fit. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/metric_spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct metric_spec s;
    const char *why;

    if (metric_spec_parse((const char *)data, size, &s, &why)) {
        if (size > METRIC_SPEC_MAX || s.plugin[0] == '\0' || s.type[0] == '\0' || s.own_host != (s.host[0] == '\0'))
            abort();
        if (!metric_is_pattern(s.plugin) && !metric_glob(s.plugin, s.plugin, strlen(s.plugin)))
            abort();
        metric_glob(s.type, s.plugin, strlen(s.plugin));
    } else if (!why) {
        abort();
    }
    return 0;
}
