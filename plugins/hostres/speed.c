#include "plugins/hostres/speed.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "common/num.h"

uint64_t speed_parse(const char *text, size_t len)
{
    uint64_t mbit;

    if (len > 0 && text[len - 1] == '\n')
        len--;
    return num_u64(text, len, 1, INT32_MAX, &mbit) ? mbit * 1000000 : 0;
}

uint64_t speed_read(const char *sys_root, const char *name)
{
    char path[PATH_MAX], text[32];
    int n = snprintf(path, sizeof path, "%s/class/net/%s/speed", sys_root, name);

    if (n < 0 || (size_t)n >= sizeof path)
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t len = read(fd, text, sizeof text);
    close(fd);
    return len > 0 ? speed_parse(text, (size_t)len) : 0;
}
