#include "collectd.h"
#include "plugin.h"
#include "utils/common/common.h"

#include "plugins/hostres/dispatch.h"

enum { VALUES_MAX = 4 };

_Static_assert((int)LABEL_SIZE <= DATA_MAX_NAME_LEN && (int)IF_NAME_SIZE <= DATA_MAX_NAME_LEN, "labels fit");

static value_list_t
    list; /* the one under construction; collectd runs one plugin's reads one after the other */

void dispatch_begin(void)
{
    list.time = cdtime();
    list.interval = plugin_get_interval();
    sstrncpy(list.host, hostname_g, sizeof list.host);
}

void dispatch_subject(const struct label *plugin, const char instance[IF_NAME_SIZE])
{
    memcpy(list.plugin, plugin, LABEL_SIZE);
    memcpy(list.plugin_instance, instance, IF_NAME_SIZE);
}

static void emit(const struct label *type, const struct label *instance, value_t *values, size_t n)
{
    static const struct label none;

    memcpy(list.type, type, LABEL_SIZE);
    memcpy(list.type_instance, instance != NULL ? instance : &none, LABEL_SIZE);
    list.values = values;
    list.values_len = n;
    plugin_dispatch_values(&list); /* what it fails on, it logs itself */
}

void dispatch_interface(const struct label type[4], const uint64_t value[8])
{
    value_t pair[2];

    memset(list.type_instance, 0, LABEL_SIZE);
    list.values = pair;
    list.values_len = 2;
    for (size_t k = 0; k < 4; k++) {
        memcpy(list.type, &type[k], LABEL_SIZE);
        pair[0].derive = (derive_t)value[2 * k]; /* differences are right in either sign */
        pair[1].derive = (derive_t)value[2 * k + 1];
        plugin_dispatch_values(&list);
    }
}

void dispatch_counters(const struct label *type, const struct label *instance, const uint64_t *value,
                       size_t n)
{
    value_t values[VALUES_MAX];

    for (size_t i = 0; i < n; i++)
        values[i].derive = (derive_t)value[i];
    emit(type, instance, values, n);
}

void dispatch_gauges(const struct label *type, const struct label *instance, const double *value, size_t n)
{
    value_t values[VALUES_MAX];

    for (size_t i = 0; i < n; i++)
        values[i].gauge = value[i];
    emit(type, instance, values, n);
}
