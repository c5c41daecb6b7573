/* The limits in force: the settings' rules, their metrics and tracks (one per match), stepped at every round; their transitions
 * become events, their states are kept in the store. Loop thread only. */
#ifndef SCM_AGENT_LIMITS_H
#define SCM_AGENT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/settings.h"
#include "agent/view.h"

struct event_log;
struct limits;
struct metrics;
struct store;

enum { LIMITS_STATE_VERSION = 2, LIMIT_TRACKS_MAX = 20000 /* matches of one limit that are followed */ };

/* Reads the states of the last run from the store (NULL: none are kept). NULL when memory is out. */
struct limits *limits_new(struct metrics *m, struct event_log *events, struct store *store);
void limits_free(struct limits *l); /* before metrics_free */

/* Follows the settings: limits that are new, changed, disabled or gone. One that was exceeded and is disabled or gone is told as
 * cleared, with the reason. */
void limits_settings(struct limits *l, const struct settings *s, int64_t mono_ms, int64_t wall_ms);

/* Judges all; call after each round and when the feed goes down. True: a state changed. */
bool limits_round(struct limits *l, int64_t mono_ms, int64_t wall_ms);

size_t limits_count(const struct limits *l); /* rows of limits_fill */
void limits_fill(const struct limits *l, struct view *v);

#endif
