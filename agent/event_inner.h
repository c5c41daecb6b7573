/* What event.c does for event_log.c. Nobody else includes this. */
#ifndef SCM_AGENT_EVENT_INNER_H
#define SCM_AGENT_EVENT_INNER_H

#include <jansson.h>

#include "agent/event.h"

/* A copy in one block, its strings cut and clean, with one reference; NULL: no memory. */
struct scm_event *event_copy(const struct scm_event *draft);
/* Malloced JSON on one line, or NULL. */
char *event_dump(const struct scm_event *e);
/* The other way round; NULL: not an event, or no memory. */
struct scm_event *event_load(json_t *o);

#endif
