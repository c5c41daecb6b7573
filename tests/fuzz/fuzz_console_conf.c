/* console.conf from anywhere: read or refused, never more. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "console/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int quiet;
    struct conf conf;
    char path[64];
    int fd = memfd_create("conf", MFD_CLOEXEC);
    if (!quiet) { /* its complaints are not for us */
        quiet = 1;
        if (freopen("/dev/null", "w", stdout) == NULL)
            return 0;
    }
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FILE *err = stderr;
    stderr = stdout;
    if (conf_read(&conf, path, true)) {
        if (conf.interval < 0.1 || conf.retries > 10 ||
            (conf.pool != NULL && conf_pool(&conf, conf.pool) == NULL))
            __builtin_trap();
        conf_free(&conf);
    }
    stderr = err;
    close(fd);
    return 0;
}
