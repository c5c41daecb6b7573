#include "plugins/eperf/trigger.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* True when fd is ready before the deadline; else errno is ETIMEDOUT or what poll said. */
static bool wait_for(int fd, short events, long long deadline)
{
    for (;;) {
        long long left = deadline - now_ms();
        struct pollfd p = {.fd = fd, .events = events};
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n > 0)
            return true;
        if (n == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        if (errno != EINTR)
            return false;
    }
}

static int connect_to(const char *path, long long deadline)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof a.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    /* A full backlog of a UNIX socket is EAGAIN, and poll cannot wait for its end. */
    while (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        if (errno == EAGAIN && now_ms() < deadline) {
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
            continue;
        }
        int failed = errno == EAGAIN ? ETIMEDOUT : errno;
        close(fd);
        errno = failed;
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *text, long long deadline)
{
    for (size_t len = strlen(text); len > 0;) {
        if (!wait_for(fd, POLLOUT, deadline))
            return false;
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return true;
}

/* One line without its newline; longer ones are cut off. */
static bool read_line(int fd, char *line, size_t size, long long deadline)
{
    size_t used = 0;
    for (;;) {
        if (!wait_for(fd, POLLIN, deadline))
            return false;
        ssize_t n = recv(fd, line + used, size - 1 - used, 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (n <= 0) {
            errno = n == 0 ? ECONNRESET : errno;
            return false;
        }
        used += (size_t)n;
        line[used] = '\0';
        char *end = strchr(line, '\n');
        if (end)
            *end = '\0';
        if (end || used == size - 1)
            return true;
    }
}

static enum trigger_outcome ask(int fd, const char *path, const char *test, long long deadline, char *error,
                                size_t size)
{
    char command[256], answer[256];
    snprintf(
        command, sizeof command,
        "PUTNOTIF severity=okay time=%lld plugin=eperf plugin_instance=%s type=run message=\"run now\"\n",
        (long long)time(NULL), test);
    if (!send_all(fd, command, deadline) || !read_line(fd, answer, sizeof answer, deadline))
        snprintf(error, size, "%s: no answer from collectd: %s", path, strerror(errno));
    else if (answer[0] != '0') /* "0 Success", or "-1 reason" */
        snprintf(error, size, "%s: collectd refused: %s", path, answer);
    else
        return TRIGGER_TAKEN;
    return TRIGGER_FAILED;
}

enum trigger_outcome eperf_trigger(const char *socket_path, const char *test, int timeout_ms, char *error,
                                   size_t size)
{
    long long deadline = now_ms() + timeout_ms;
    int fd = connect_to(socket_path, deadline);
    if (fd < 0) {
        snprintf(error, size, "%s: cannot connect: %s", socket_path, strerror(errno));
        return TRIGGER_UNREACHED;
    }
    enum trigger_outcome outcome = ask(fd, socket_path, test, deadline, error, size);
    close(fd);
    return outcome;
}
