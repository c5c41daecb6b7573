#include "plugins/hostres/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FIRST_SIZE = 8192, MIN_ROOM = 4096 /* the kernel hands out a page at a time */ };

int procfile_open(struct procfile *f, const char *root, const char *name)
{
    *f = (struct procfile){.fd = -1};
    if (asprintf(&f->path, "%s/%s", root, name) < 0) {
        f->path = NULL;
        return -1;
    }
    f->text = malloc(FIRST_SIZE);
    if (f->text == NULL) {
        procfile_close(f);
        return -1;
    }
    f->size = FIRST_SIZE;
    f->text[0] = '\0';
    f->fd = open(f->path, O_RDONLY | O_CLOEXEC);
    return 0;
}

static int grow(struct procfile *f)
{
    if (f->size >= PROCFILE_MAX)
        return EFBIG;
    char *grown = realloc(f->text, f->size * 2);
    if (grown == NULL)
        return ENOMEM;
    f->text = grown;
    f->size *= 2;
    return 0;
}

static int fail(struct procfile *f, int error)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
    f->len = 0;
    f->text[0] = '\0';
    return error;
}

static int read_all(struct procfile *f, bool short_is_end)
{
    size_t len = 0;

    if (f->fd < 0 && (f->fd = open(f->path, O_RDONLY | O_CLOEXEC)) < 0)
        return fail(f, errno);
    for (;;) {
        size_t room = f->size - 1 - len;
        if (room < MIN_ROOM) {
            int error = grow(f);
            if (error != 0)
                return fail(f, error);
            room = f->size - 1 - len;
        }
        ssize_t n = pread(f->fd, f->text + len, room, (off_t)len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(f, errno);
        len += (size_t)n;
        if (n == 0 || (short_is_end && (size_t)n < room))
            break;
    }
    f->text[len] = '\0';
    f->len = len;
    return 0;
}

int procfile_read(struct procfile *f)
{
    return read_all(f, false);
}

int procfile_read_small(struct procfile *f)
{
    return read_all(f, true);
}

void procfile_close(struct procfile *f)
{
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f->text);
    *f = (struct procfile){.fd = -1};
}
