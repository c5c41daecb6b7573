/* The portals of the configuration in the loop: each a struct portal, its timer, and its way to the runner. Loop thread only. */
#ifndef SCM_AGENT_PORTALS_H
#define SCM_AGENT_PORTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config.h"
#include "agent/portal.h"
#include "agent/settings.h"
#include "agent/view.h"

struct event_base;
struct portals;

/* One change of a portal's oper state, for events, notifications and collectd. Valid during the call. */
struct portals_change {
    const char *name;
    const char *requester;      /* who last set the admin status; "" if nobody did */
    const struct portal *portal; /* as it is now */
    enum portal_oper from;      /* what was last told, perhaps by an earlier agent */
    const char *reason;         /* one line for people */
};

struct portals_options {
    const struct config *config; /* outlives the portals */
    int runner_fd;               /* the socketpair to the runner; not taken */
    void (*change)(void *arg, const struct portals_change *change);
    void (*updated)(void *arg);  /* something that a view shows, or that is to be kept, is new */
    void (*lost)(void *arg);     /* the runner has gone: the agent is to end */
    void *arg;
};

/* NULL when memory is out. Nothing happens before portals_start(). */
struct portals *portals_new(struct event_base *base, const struct portals_options *options);
void portals_free(struct portals *portals);

/* What is kept over restarts: counters, what was last told, the last script. load: false where the text is none of ours (then
 * nothing is changed). dump: malloc'd, NULL when memory is out. */
bool portals_load(struct portals *portals, const char *json, size_t len);
char *portals_dump(const struct portals *portals, size_t *len);

/* The settings in force: before portals_start() and after each change. */
void portals_settings(struct portals *portals, const struct settings *settings);

/* Listens to the runner, and, as soon as that has told what is running, asks the status scripts. */
void portals_start(struct portals *portals);

/* Tells the runner that the agent serves / that its loop turns. */
void portals_ready(struct portals *portals);
void portals_alive(struct portals *portals);

/* Fills view->portals (room for all of the configuration's) and n_portals. */
void portals_fill(const struct portals *portals, struct view *view);

void portals_each(const struct portals *portals, void (*fn)(void *arg, const char *name, const struct portal *portal), void *arg);

#endif
