#include "agent/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct {
    const char *part;
    bool to_syslog, journal;
} state = {"scalemond", false, false};

void log_open(const char *part, bool to_syslog)
{
    state.part = part;
    state.to_syslog = to_syslog;
    state.journal = getenv("JOURNAL_STREAM") != NULL;
    if (to_syslog)
        openlog("scalemond", LOG_PID, LOG_DAEMON);
}

void log_line(int priority, const char *format, ...)
{
    int saved = errno;
    char text[1024], line[1100];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    if (state.to_syslog) {
        syslog(priority, "%s: %s", state.part, text);
    } else {
        int n = state.journal ? snprintf(line, sizeof line, "<%d>%s: %s\n", priority, state.part, text)
                              : snprintf(line, sizeof line, "%s: %s\n", state.part, text);
        /* one write, so that lines of several threads do not mix; nobody to tell if it fails */
        if (write(STDERR_FILENO, line, (size_t)n) < 0)
            errno = saved;
    }
    errno = saved;
}
