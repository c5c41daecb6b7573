/* What portals.c and portals_keep.c share. Nobody else includes this. */
#ifndef SCM_AGENT_PORTALS_INNER_H
#define SCM_AGENT_PORTALS_INNER_H

#include "agent/portals.h"

/* One portal and what is known of it beside the state machine. */
struct entry {
    struct portal portal;
    const struct config_portal *config;
    char requester[SCM_TEXT_MAX + 1];
    uint32_t run;            /* names the script that is out */
    enum portal_oper told;   /* what the world last heard, kept over restarts */
    int64_t told_wall;       /* when that began */
    bool fresh;              /* the state machine has said nothing since the restart */
};

struct portals {
    struct portals_options options;
    struct event *readable, *timer;
    struct entry *entries; /* in the configuration's order: that of the runner's table */
    size_t n;
    struct entry **sorted; /* by name_cmp: the view's order */
    uint32_t runs;         /* of the last run that was started */
    bool briefed;          /* the runner has told what is running */
};

#endif
