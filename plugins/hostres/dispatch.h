/* Handing values to collectd, for code that does not know collectd. The read thread only. */
#ifndef SCM_HOSTRES_DISPATCH_H
#define SCM_HOSTRES_DISPATCH_H

#include <math.h>

#include "plugins/hostres/snapshot.h"

enum { LABEL_SIZE = 24 };

/* A plugin, type or type instance; one size, so that setting one is a copy of known length. */
struct label {
    char text[LABEL_SIZE];
};

/* All that follows carries this moment's time, until the next call. */
void dispatch_begin(void);

/* What follows is about this plugin and plugin instance (an interface's name; all '\0' for none). */
void dispatch_subject(const struct label *plugin, const char instance[IF_NAME_SIZE]);

/* Four value lists of two counters each, the k-th of type type[k] with value[2k] and value[2k+1]: an
 * interface's. */
void dispatch_interface(const struct label type[4], const uint64_t value[8]);

/* One value list of counters (DERIVE) or of gauges; instance may be NULL. n <= 4. */
void dispatch_counters(const struct label *type, const struct label *instance, const uint64_t *value,
                       size_t n);
void dispatch_gauges(const struct label *type, const struct label *instance, const double *value, size_t n);

/* One gauge; none where v is NaN: a value that is not known is left out. */
static inline void dispatch_gauge(const struct label *type, const struct label *instance, double v)
{
    if (!isnan(v))
        dispatch_gauges(type, instance, &v, 1);
}

/* The plugin of what the stock plugins have not, and the type of all shares. */
static const struct label dispatch_own = {"hostres"}, dispatch_percent = {"percent"};

#endif
