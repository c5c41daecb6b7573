/* What settings.c and settings_hub.c share. Nobody else includes this. */
#ifndef SCM_AGENT_SETTINGS_INNER_H
#define SCM_AGENT_SETTINGS_INNER_H

#include "agent/settings.h"

/* The configuration's limits, for reverting; never changes, shared by all clones. */
struct base {
    unsigned refs;
    char host_interface[SCM_IF_NAME_MAX + 1];
    struct setting_limit *limits;
    size_t n_limits;
};

/* Where every struct settings lies. */
struct box {
    unsigned refs;
    struct base *base;
    struct settings s;
};

struct box *settings_box(const struct settings *s); /* the one that s lies in */

#endif
