/* What the agent gives up, last, after it is no one special any more. Each layer is one file and can be left out. */
#ifndef SCM_AGENT_SANDBOX_H
#define SCM_AGENT_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/config.h"

/* No capability, not even to be gained; no core dumps of what snmpd and the keys told us. True, or false with a reason. */
bool sandbox_privileges(char *why, size_t size);

/* Landlock: of the file system, the state directory may be written, and what the agent reads may be read. Before the threads
 * start (each inherits it). False with a reason where the kernel cannot: that is to be logged, not to die of. */
bool sandbox_landlock(const struct config *config, char *why, size_t size);

/* seccomp: the system calls that the agent, net-snmp, libevent and libc need; others fail with ENOSYS, and those that only an
 * intruder needs (execve, ptrace, mount ...) kill the process. All threads. False with a reason where it is not built in or the
 * kernel cannot. */
bool sandbox_seccomp(char *why, size_t size);

#endif
