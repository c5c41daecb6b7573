#include "console/known_hosts.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/ident.h"
#include "common/num.h"

enum { LINE_MAX_BYTES = IDENT_MAX + 64, LINES_MAX = 4000000 };

struct reader {
    int fd;
    int64_t until; /* ms, CLOCK_MONOTONIC */
    char buf[16384];
    size_t at, end;
};

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for events on fd until the deadline. */
static bool ready(const struct reader *r, short events)
{
    int64_t left = r->until - now();
    struct pollfd p = {.fd = r->fd, .events = events};
    return left > 0 && poll(&p, 1, (int)left) > 0;
}

/* The next line without its '\n', or false: end, deadline, or longer than a line may be. */
static bool next_line(struct reader *r, char *line, size_t *len)
{
    *len = 0;
    for (;;) {
        if (r->at == r->end) {
            ssize_t n = ready(r, POLLIN) ? read(r->fd, r->buf, sizeof r->buf) : 0;
            if (n <= 0)
                return false;
            r->at = 0;
            r->end = (size_t)n;
        }
        char c = r->buf[r->at++];
        if (c == '\n')
            return true;
        if (*len == LINE_MAX_BYTES)
            return false;
        line[(*len)++] = c;
    }
}

bool known_host_line(const char *line, size_t len, char *host)
{
    struct ident id;
    const char *gap = memchr(line, ' ', len);
    if (gap == NULL || !ident_parse(gap + 1, len - (size_t)(gap + 1 - line), &id) || id.host[0] == '\0')
        return false;
    memcpy(host, id.host, sizeof id.host);
    return true;
}

static int open_socket(const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof sa.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(sa.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&sa, sizeof sa) != 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

struct seen {
    char **names;
    size_t n;
};

/* LISTVAL comes sorted, so a host's lines stand together: only its first line is looked up among the others.
 */
static bool is_new(struct seen *s, const char *host, bool *memory)
{
    if (s->n > 0 && strcmp(s->names[s->n - 1], host) == 0)
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->names[i], host) == 0)
            return false;
    char **names = reallocarray(s->names, s->n + 1, sizeof *names);
    if (names != NULL) {
        s->names = names;
        if ((names[s->n] = strdup(host)) != NULL)
            s->n++;
        else
            names = NULL;
    }
    *memory = names != NULL;
    return *memory;
}

static const char *listval(struct reader *r, bool (*fn)(void *arg, const char *host), void *arg)
{
    static const char COMMAND[] = "LISTVAL\n";
    char line[LINE_MAX_BYTES], host[IDENT_PART_MAX + 1];
    size_t len;
    uint64_t n = 0;
    struct seen seen = {0};
    const char *why = NULL;

    if (!ready(r, POLLOUT) || send(r->fd, COMMAND, sizeof COMMAND - 1, MSG_NOSIGNAL) != sizeof COMMAND - 1)
        return "does not take our command";
    if (!next_line(r, line, &len))
        return "does not answer";
    const char *gap = memchr(line, ' ', len);
    if (gap == NULL || !num_u64(line, (size_t)(gap - line), 0, LINES_MAX, &n))
        return "does not answer LISTVAL as collectd does";
    for (uint64_t i = 0; i < n && why == NULL; i++) {
        bool memory = true;
        if (!next_line(r, line, &len))
            why = "ended in the middle of LISTVAL";
        else if (known_host_line(line, len, host) && is_new(&seen, host, &memory))
            memory = fn(arg, host);
        if (!memory)
            why = "more hosts than memory";
    }
    for (size_t i = 0; i < seen.n; i++)
        free(seen.names[i]);
    free(seen.names);
    return why;
}

bool known_hosts(const char *path, int timeout_ms, bool (*fn)(void *arg, const char *host), void *arg,
                 const char **why)
{
    struct reader r = {.until = now() + timeout_ms, .fd = open_socket(path)};
    if (r.fd < 0) {
        *why = strerror(errno);
        return false;
    }
    *why = listval(&r, fn, arg);
    close(r.fd);
    return *why == NULL;
}
