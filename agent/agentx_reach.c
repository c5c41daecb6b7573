#include "agent/agentx_reach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/table.h"

enum { AGENTX_DUPLICATE = 263 /* res.error of RFC 2741: duplicateRegistration */ };

/* 0, or the errno of connecting to a local socket. */
static int try_local(const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof addr.sun_path)
        return ENAMETOOLONG;
    memcpy(addr.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int error = connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 ? 0 : errno;
    close(fd);
    return error;
}

void agentx_reach(const char *socket, char *why, size_t size)
{
    const char *path = strncmp(socket, "unix:", 5) == 0 ? socket + 5 : socket;

    if (path[0] != '/') {
        snprintf(why, size, "no AgentX master answers at %s", socket);
        return;
    }
    int error = try_local(path);
    switch (error) {
    case 0:
    case EAGAIN: /* its queue is full */
        snprintf(why, size, "the AgentX master at %s does not answer", path);
        break;
    case ENOENT:
        snprintf(why, size, "no AgentX master: there is no %s (is snmpd running, with `master agentx'?)", path);
        break;
    case ECONNREFUSED:
        snprintf(why, size, "no AgentX master: nobody listens at %s", path);
        break;
    case EACCES:
    case EPERM:
        snprintf(why, size, "no access to %s: set agentXPerms in snmpd.conf, and the group there to ours", path);
        break;
    default:
        snprintf(why, size, "no AgentX master at %s: %s", path, strerrordesc_np(error));
        break;
    }
}

void agentx_refused(const struct mib *mib, int error, char *why, size_t size)
{
    char root[128] = "";
    size_t n = 0;

    for (size_t i = 0; i < mib->root_len && n < sizeof root; i++)
        n += (size_t)snprintf(root + n, sizeof root - n, i > 0 ? ".%u" : "%u", mib->root[i]);
    snprintf(why, size, "the master refuses to register %s (AgentX error %d%s)", root, error,
             error == AGENTX_DUPLICATE ? ": another subagent has it" : "");
}
