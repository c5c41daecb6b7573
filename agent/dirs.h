/* The directories that a configuration names: made where they are not there, and looked at. Part of the runner. */
#ifndef SCM_AGENT_DIRS_H
#define SCM_AGENT_DIRS_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/config.h"

/* Before a configuration takes effect: its agent's user exists and can use state_dir, and we can write in output_dir. Each is
 * made, mode 0750, if only the last part of its path is missing; state_dir becomes the user's where we are root. False, and one line in
 * why, otherwise, which is also where it takes longer than deadline_ms. Forks a child for each and leaves it to be reaped. */
bool dirs_prepare(const struct config *config, int deadline_ms, char *why, size_t why_size);

#endif
