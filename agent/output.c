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

bool output_bound(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size <= OUTPUT_MAX)
        return false;
    char *keep = malloc(OUTPUT_KEEP);
    ssize_t n = keep != NULL ? pread(fd, keep, OUTPUT_KEEP, st.st_size - OUTPUT_KEEP) : 0;
    bool cut = ftruncate(fd, 0) == 0;
    if (cut && n > 0 && write(fd, keep, (size_t)n) < 0)
        n = 0; /* a full disk: the tail is lost, the bound holds */
    free(keep);
    return cut;
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
