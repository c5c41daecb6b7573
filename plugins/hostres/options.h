/* The plugin's settings, apart from how collectd spells them. */
#ifndef SCM_HOSTRES_OPTIONS_H
#define SCM_HOSTRES_OPTIONS_H

#include "plugins/hostres/match.h"
#include "plugins/hostres/net_source.h"

/* Values that can be switched on and off together. */
enum group {
    GROUP_INTERFACE, /* as collectd's own plugins have them ... */
    GROUP_MEMORY,
    GROUP_LOAD,
    GROUP_RELATIVE, /* ... and what they have not */
    GROUP_TOTAL,
    GROUP_PEAK,
    GROUP_PERCENT,
    GROUP_SELF,
    GROUP_CPU,
    GROUP_PRESSURE,
    GROUPS
};

struct options {
    struct match match;
    bool report_inactive;   /* also interfaces that never carried a packet */
    double sample_interval; /* seconds */
    char *proc_root, *sys_root;
    enum net_mode net_mode;
    bool group[GROUPS];
};

#endif
