/* Asks a running collectd, over its unixsock, to start one of its eperf tests now. */
#ifndef SCM_EPERF_TRIGGER_H
#define SCM_EPERF_TRIGGER_H

#include <stddef.h>

#define TRIGGER_SOCKET "/run/collectd-unixsock" /* Debian's default */

enum trigger_outcome {
    TRIGGER_TAKEN,     /* collectd has it; whether it has such a test is in its log */
    TRIGGER_UNREACHED, /* no connection */
    TRIGGER_FAILED     /* no answer in time, or a refusal */
};

/* Sends the notification that starts `test` (a name that config_test_name_ok() accepts) and waits for
 * collectd's answer, at most timeout_ms in all. A sentence in error (size bytes) unless TRIGGER_TAKEN.
 * Thread-safe. */
enum trigger_outcome eperf_trigger(const char *socket_path, const char *test, int timeout_ms, char *error,
                                   size_t size);

#endif
