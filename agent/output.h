/* The output file of a portal's scripts, OUTPUT_DIR/PORTAL.log: appended to by scripts and by what they leave running, for as
 * long as they like, and bounded by us. A file, not a pipe: a portal must not die with its reader. Part of the runner. */
#ifndef SCM_AGENT_OUTPUT_H
#define SCM_AGENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { OUTPUT_MAX = 1 << 20, OUTPUT_KEEP = 64 << 10 };

/* Opens it (close-on-exec, O_APPEND), made with mode 0640 where absent. Never through a link, never anything but a regular
 * file with one name. -1 with errno. */
int output_open(const char *dir, const char *portal);

/* Where the file has grown over OUTPUT_MAX, keeps about its last OUTPUT_KEEP bytes (what is written while it cuts may be lost on
 * file systems that cannot take the front off a file). Between two calls it grows as fast as they write. True if it cut. */
bool output_bound(int fd);

/* The last bytes of the file, from offset `from` on, at most size. Returns how many. */
size_t output_tail(int fd, off_t from, char *buf, size_t size);

#endif
