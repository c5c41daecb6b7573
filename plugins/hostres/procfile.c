#include "plugins/hostres/procfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/hostres/scan.h"

/* The kernel hands out a page at a time and puts as many lines into each as fit: a page less than half full
 * is the last one, and the call that would only say so is spared. */
enum { FIRST_SIZE = 8192, PAGE = 4096, LAST_PAGE = PAGE / 2 };

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
    memset(f->text, 0, SCAN_PAD);
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
    memset(f->text, 0, SCAN_PAD);
    return error;
}

int procfile_read(struct procfile *f)
{
    size_t len = 0;

    if (f->fd < 0 && (f->fd = open(f->path, O_RDONLY | O_CLOEXEC)) < 0)
        return fail(f, errno);
    for (;;) {
        size_t room = f->size - SCAN_PAD - len;
        if (room < PAGE) {
            int error = grow(f);
            if (error != 0)
                return fail(f, error);
            room = f->size - SCAN_PAD - len;
        }
        ssize_t n = pread(f->fd, f->text + len, room, (off_t)len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(f, errno);
        len += (size_t)n;
        if (n < LAST_PAGE)
            break;
    }
    memset(f->text + len, 0, SCAN_PAD);
    f->len = len;
    return 0;
}

void procfile_close(struct procfile *f)
{
    if (f->path != NULL && f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f->text);
    *f = (struct procfile){.fd = -1};
}
