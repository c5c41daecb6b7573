/* `eperf --trigger TEST`: one PUTNOTIF over collectd's unixsock, as the plugin eperf wants it (type run, no host). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "plugins/eperf/cmd.h"

enum { PATIENCE_S = 5 };

/* Quoted as collectd's parser wants it; false if it has what cannot be (a test's name may not). */
static bool quote(const char *name, char *out, size_t size)
{
    size_t n = 0;
    for (const char *c = name; *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == '/' || n + 3 > size)
            return false;
        if (*c == '"' || *c == '\\')
            out[n++] = '\\';
        out[n++] = *c;
    }
    out[n] = '\0';
    return n > 0;
}

static int open_socket(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = PATIENCE_S};
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0)
        return fd;
    int e = errno;
    close(fd);
    errno = e;
    return -1;
}

/* The answer's one line: "0 Success", or "-1 reason". */
static bool read_line(int fd, char *line, size_t size)
{
    size_t n = 0;
    while (n + 1 < size) {
        ssize_t k = recv(fd, line + n, size - 1 - n, 0);
        if (k <= 0)
            return false;
        n += (size_t)k;
        line[n] = '\0';
        if (strchr(line, '\n')) {
            *strchr(line, '\n') = '\0';
            return true;
        }
    }
    return false;
}

int trigger_run(const char *path, const char *name)
{
    char quoted[160], command[400], answer[256];
    if (!quote(name, quoted, sizeof quoted)) {
        fprintf(stderr, "eperf: --trigger %s: expected the name of a test in collectd's configuration\n", name);
        return 2;
    }
    int n = snprintf(command, sizeof command,
                     "PUTNOTIF message=\"run\" severity=okay time=%lld plugin=eperf plugin_instance=\"%s\" type=run\n",
                     (long long)time(NULL), quoted);
    int fd = open_socket(path);
    if (fd < 0) {
        fprintf(stderr, "eperf: collectd's socket %s: %s\n", path, strerror(errno));
        return 4;
    }
    bool ok = send(fd, command, (size_t)n, MSG_NOSIGNAL) == n && read_line(fd, answer, sizeof answer);
    if (!ok)
        fprintf(stderr, "eperf: collectd on %s did not answer within %d s\n", path, PATIENCE_S);
    else if (answer[0] != '0')
        fprintf(stderr, "eperf: collectd says: %s\n", answer);
    close(fd);
    return ok && answer[0] == '0' ? 0 : 1;
}
