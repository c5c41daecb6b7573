/* The plugin's settings, apart from how collectd spells them. */
#ifndef SCM_HOSTRES_OPTIONS_H
#define SCM_HOSTRES_OPTIONS_H

#include "plugins/hostres/match.h"

struct options {
    struct match match;
    bool report_inactive;
    double sample_interval; /* seconds */
    char *proc_root, *sys_root;
    /* groups of values, one switch each */
    bool interfaces, memory, load;              /* as the stock plugins */
    bool relative, totals, peak, percent, self; /* ours, on by default */
    bool cpu, pressure;                         /* ours, off by default */
};

#endif
