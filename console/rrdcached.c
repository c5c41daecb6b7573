#include "console/rrdcached.h"

#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/num.h"
#include "console/graph_args.h"

enum { LINE_MAX_BYTES = 8192 };

struct rrdcached {
    int fd; /* -1 after a failure */
    bool local;
    char buf[LINE_MAX_BYTES]; /* what came and was not read as a line yet */
    size_t len;
};

/* Sets the time-out of every later wait on the socket, that of connect(2) too, and connects. */
static bool reach(int fd, const struct sockaddr *addr, socklen_t len)
{
    struct timeval limit = {.tv_sec = RRDCACHED_TIMEOUT};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 && connect(fd, addr, len) == 0;
}

static int open_local(const char *path, char *why, size_t size)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof addr.sun_path) {
        snprintf(why, size, "the socket's path is too long");
        return -1;
    }
    memcpy(addr.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && reach(fd, (const struct sockaddr *)&addr, sizeof addr))
        return fd;
    snprintf(why, size, "%s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Divides "HOST", "HOST:PORT" or "[ADDRESS]:PORT"; in place. False where the port is none. */
static bool divide(char *text, char **host, const char **port)
{
    char *colon = strrchr(text, ':'), *bracket = strchr(text, ']');
    uint64_t number;

    *host = text;
    *port = "42217";
    if (text[0] == '[' && bracket != NULL) {
        *host = text + 1;
        *bracket = '\0';
        colon = bracket[1] == ':' ? bracket + 1 : NULL;
    } else if (colon != NULL && strchr(text, ':') != colon) {
        colon = NULL; /* a bare IPv6 address */
    }
    if (colon == NULL)
        return true;
    *colon = '\0';
    *port = colon + 1;
    return num_u64(*port, strlen(*port), 1, 65535, &number);
}

static int open_remote(const char *address, char *why, size_t size)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *found = NULL;
    char *text = graph_print("%s", address), *host;
    const char *port;
    int fd = -1, error;

    if (!divide(text, &host, &port)) {
        snprintf(why, size, "its port is not a number from 1 to 65535");
    } else if ((error = getaddrinfo(host, port, &hints, &found)) != 0) {
        snprintf(why, size, "%s", gai_strerror(error));
    } else {
        for (const struct addrinfo *a = found; a != NULL && fd < 0; a = a->ai_next) {
            fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
            if (fd >= 0 && reach(fd, a->ai_addr, a->ai_addrlen))
                break;
            snprintf(why, size, "%s", strerror(errno));
            if (fd >= 0)
                close(fd);
            fd = -1;
        }
        freeaddrinfo(found);
    }
    free(text);
    return fd;
}

struct rrdcached *rrdcached_open(const char *address, char *why, size_t size)
{
    bool local = address[0] == '/' || strncmp(address, "unix:", 5) == 0;
    int fd = local ? open_local(address[0] == '/' ? address : address + 5, why, size)
                   : open_remote(address, why, size);

    if (fd < 0)
        return NULL;
    struct rrdcached *cached = graph_grow(NULL, 1, sizeof *cached);
    cached->fd = fd;
    cached->local = local;
    cached->len = 0;
    return cached;
}

static bool fail(struct rrdcached *cached, const char *what, char *why, size_t size)
{
    snprintf(why, size, "rrdcached: %s", what);
    close(cached->fd);
    cached->fd = -1;
    return false;
}

static bool send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* One answered line without its end into line (of LINE_MAX_BYTES). False on a time-out, the end, or one too
 * long. */
static bool read_line(struct rrdcached *cached, char *line)
{
    for (;;) {
        char *end = memchr(cached->buf, '\n', cached->len);
        if (end != NULL) {
            size_t n = (size_t)(end - cached->buf);
            memcpy(line, cached->buf, n);
            line[n] = '\0';
            cached->len -= n + 1;
            memmove(cached->buf, end + 1, cached->len);
            return true;
        }
        if (cached->len == sizeof cached->buf) {
            errno = EMSGSIZE;
            return false;
        }
        ssize_t n = recv(cached->fd, cached->buf + cached->len, sizeof cached->buf - cached->len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? ECONNRESET : errno == EAGAIN ? ETIMEDOUT : errno;
            return false;
        }
        cached->len += (size_t)n;
    }
}

/* The name under which the daemon knows the file; malloc'ed, NULL where there is no such file. Blanks and
 * backslashes are escaped as its protocol wants. */
static char *daemon_name(bool local, const char *dir, const char *path)
{
    char *whole = local ? realpath(path, NULL) : graph_print("%s", path + strlen(dir) + 1);
    if (whole == NULL)
        return NULL;
    char *out = graph_grow(NULL, strlen(whole) + 1, 2), *p = out;
    for (const char *s = whole; *s != '\0'; s++) {
        if (*s == ' ' || *s == '\\')
            *p++ = '\\';
        *p++ = *s;
    }
    *p = '\0';
    free(whole);
    return out;
}

bool rrdcached_flush(struct rrdcached *cached, const char *dir, const char *path, char *why, size_t size)
{
    char line[LINE_MAX_BYTES];
    int64_t status;

    if (cached->fd < 0)
        return true; /* told when it was lost */
    char *name = daemon_name(cached->local, dir, path);
    if (name == NULL)
        return true; /* reading it will tell */
    if (strchr(name, '\n') != NULL) {
        free(name);
        snprintf(why, size, "rrdcached: a name with a line end cannot be asked for");
        return false;
    }
    char *command = graph_print("FLUSH %s\n", name);
    free(name);
    bool sent = send_all(cached->fd, command, strlen(command));
    free(command);
    if (!sent || !read_line(cached, line))
        return fail(cached, strerror(errno), why, size);
    size_t number = strcspn(line, " ");
    if (!num_i64(line, number, -1, 1000, &status))
        return fail(cached, "an answer that is none of its protocol", why, size);
    for (int64_t more = status; more > 0; more--)
        if (!read_line(cached, line))
            return fail(cached, strerror(errno), why, size);
    if (status >= 0 || strncmp(line, "-1 No such file", 15) == 0)
        return true; /* a file that it does not know may still be there to be read */
    snprintf(why, size, "rrdcached:%.200s", line + number);
    return false;
}

void rrdcached_close(struct rrdcached *cached)
{
    if (cached == NULL)
        return;
    if (cached->fd >= 0)
        close(cached->fd);
    free(cached);
}
