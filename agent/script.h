/* A script: found, opened, checked, and executed by the descriptor that was checked. Part of the runner. */
#ifndef SCM_AGENT_SCRIPT_H
#define SCM_AGENT_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/config.h"

enum { SCRIPT_REASON_MAX = 256 };
#define SCRIPT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Who a script runs as. */
struct script_user {
    char name[CONFIG_USER_MAX + 1];
    char home[CONFIG_TEXT_MAX + 1];
    uid_t uid;
    gid_t gid;
};

/* Looks the user up. name "": whoever we are. False and a reason where there is none, or where we could not become him. */
bool script_user(const char *name, struct script_user *user, char reason[SCRIPT_REASON_MAX]);

/* Becomes the user for good: groups, ids, no way back. False and a reason; the process must then end. No-op for what we are. */
bool script_become(const struct script_user *user, char reason[SCRIPT_REASON_MAX]);

/* Opens words[0] (through SCRIPT_PATH where it is no path). The file must be regular and executable; the file and every
 * directory above it must belong to root, the user, or us, and nobody else may write there (a sticky directory may be
 * writable). Returns a descriptor (close-on-exec), or -1 and a reason. */
int script_open(const struct config_command *command, const struct script_user *user, char reason[SCRIPT_REASON_MAX]);

/* In a child about to be replaced: descriptor 0 from /dev/null, 1 and 2 to `output`, 3 the script itself (an interpreter
 * must be able to read it), nothing else; environment of PATH, HOME, USER, LOGNAME, SHELL, LANG, SCALEMON_PORTAL and
 * SCALEMON_ACTION only; directory /; umask 022; default signals. Returns only on failure, with errno set. */
void script_exec(int script, int output, const struct config_command *command, const struct script_user *user,
                 const char *portal, const char *action);

/* Looks at what the configuration names: users, and scripts as they would be opened to be run. Reports what is wrong; returns
 * how many. */
unsigned script_check(const struct config *config, config_report *report, void *arg);

#endif
