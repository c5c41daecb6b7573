/* Asks a running collectd, over its unixsock, to start one of its eperf tests now. */
#ifndef SCM_EPERF_TRIGGER_H
#define SCM_EPERF_TRIGGER_H

#include <stdbool.h>
#include <stddef.h>

#define TRIGGER_SOCKET "/run/collectd-unixsock" /* Debian's default */

/* Sends the notification that starts `test` (a name that config_test_name_ok() accepts) and waits for
 * collectd's answer, at most timeout_ms in all. True when collectd took it: whether it has such a test is in
 * its log. False and a sentence in error (size bytes) otherwise. Thread-safe. */
bool eperf_trigger(const char *socket_path, const char *test, int timeout_ms, char *error, size_t size);

#endif
