/* One question to every host of a fleet, and the wait for the last answer: what the verbs that list things
 * do. */
#ifndef SCM_CONSOLE_ASK_H
#define SCM_CONSOLE_ASK_H

#include "console/fleet.h"

/* Fills answers[0 .. fleet->n), in the fleet's order; host_state() of each says how it went. */
void ask_all(struct fleet *fleet, const struct fetch_spec *spec, struct answer *answers);

/* The exit status that a host's state stands for, and the worse of two. */
int state_status(enum host_state state);
int worse(int a, int b);

/* "name: no answer" for each host that is not up, to stderr; returns the worst status. */
int tell_down(const struct fleet *fleet);

/* Answers for a fleet, zeroed; NULL (stderr has told) when memory is out. Freed with their cells by
 * answers_free. */
struct answer *answers_new(size_t n);
void answers_free(struct answer *answers, size_t n);

#endif
