#include "agent/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config.h"

int output_open(const char *dir, const char *portal)
{
    char path[CONFIG_TEXT_MAX + CONFIG_NAME_MAX + 8];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s.log", dir, portal);
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink != 1) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* Where the file system can take the front off (ext4, XFS), nothing that is written meanwhile is lost. */
static bool cut_front(int fd, const struct stat *st)
{
    off_t front = st->st_size - OUTPUT_KEEP;
    front -= front % (st->st_blksize > 0 ? st->st_blksize : 4096);
    return front > 0 && fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, front) == 0;
}

/* Elsewhere the end is written again. It is read once more as long as it moved, so that little can fall in between. */
static bool rewrite(int fd)
{
    char *keep = malloc(OUTPUT_KEEP);
    ssize_t n = 0;
    struct stat before, after;
    for (int i = 0; keep != NULL && i < 5 && fstat(fd, &before) == 0; i++) {
        off_t from = before.st_size > OUTPUT_KEEP ? before.st_size - OUTPUT_KEEP : 0;
        n = pread(fd, keep, OUTPUT_KEEP, from);
        if (fstat(fd, &after) != 0 || after.st_size == before.st_size)
            break;
    }
    bool cut = ftruncate(fd, 0) == 0;
    if (cut && n > 0 && write(fd, keep, (size_t)n) < 0)
        n = 0; /* a full disk: the end is lost, the bound holds */
    free(keep);
    return cut;
}

bool output_bound(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= OUTPUT_MAX)
        return false;
    return cut_front(fd, &st) || rewrite(fd);
}

size_t output_tail(int fd, off_t from, char *buf, size_t size)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return 0;
    if (from > st.st_size)
        from = 0; /* it was cut meanwhile */
    if (st.st_size - from > (off_t)size)
        from = st.st_size - (off_t)size;
    ssize_t n = pread(fd, buf, size, from);
    return n > 0 ? (size_t)n : 0;
}
