/* rrdcached(1), asked for one thing: to write what it holds back of a file before that file is read. librrd's
 * own client waits for ever on a daemon that hangs; this one waits RRDCACHED_TIMEOUT seconds for each answer.
 */
#ifndef SCM_CONSOLE_RRDCACHED_H
#define SCM_CONSOLE_RRDCACHED_H

#include <stdbool.h>
#include <stddef.h>

enum { RRDCACHED_TIMEOUT = 5 };

struct rrdcached;

/* address: "unix:/PATH", "/PATH", "HOST", "HOST:PORT" or "[ADDRESS]:PORT" (port 42217), as --daemon of
 * rrdtool(1). NULL and a reason in why where it cannot be reached. */
struct rrdcached *rrdcached_open(const char *address, char *why, size_t size);

/* Flushes the file at path, below dir. Over a UNIX socket it is named by its absolute path, over TCP by its
 * path below dir, which the daemon must have as its base (-b). A file that the daemon does not know is no
 * failure. False with a reason where it could not be flushed: what is on disk can be read all the same. A
 * lost connection is told once. */
bool rrdcached_flush(struct rrdcached *cached, const char *dir, const char *path, char *why, size_t size);

void rrdcached_close(struct rrdcached *cached); /* NULL is nothing */

#endif
