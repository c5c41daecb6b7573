/* Where pictures and pages go. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console/graph_options.h"

char *graph_file_name(const char *name)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    char *out = graph_grow(NULL, strlen(name) + 1, 3), *p = out;

    for (const char *s = name; *s != '\0'; s++) {
        if (strchr(plain, *s) != NULL && !(s == name && *s == '.'))
            *p++ = *s;
        else
            p += snprintf(p, 4, "=%02X", (unsigned char)*s);
    }
    *p = '\0';
    return out;
}

static bool complain(const char *path)
{
    fprintf(stderr, "scalemon: %s: %s\n", path, strerror(errno));
    return false;
}

bool graph_make_dir(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0)
        return true;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    return errno == EEXIST || complain(path);
}

bool graph_write_file(const char *path, const void *data, size_t size)
{
    char *beside = graph_print("%s.XXXXXX", path);
    int fd = mkostemp(beside, O_CLOEXEC);
    bool written = fd >= 0;

    if (written) {
        mode_t mask = umask(0);
        umask(mask);
        for (size_t done = 0; written && done < size;) {
            ssize_t n = write(fd, (const char *)data + done, size - done);
            written = n >= 0 || errno == EINTR;
            done += n > 0 ? (size_t)n : 0;
        }
        /* mkostemp makes it private; a picture is as readable as the user's umask has it */
        written = written && fchmod(fd, 0666 & ~mask) == 0;
        int error = errno;
        if (close(fd) != 0 && written) {
            written = false;
            error = errno;
        }
        errno = error;
        written = written && rename(beside, path) == 0;
    }
    if (!written) {
        complain(path);
        if (fd >= 0)
            unlink(beside);
    }
    free(beside);
    return written;
}
