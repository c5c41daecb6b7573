/* A file under /proc that stays open and is read again from its start. */
#ifndef SCM_HOSTRES_PROCFILE_H
#define SCM_HOSTRES_PROCFILE_H

#include <stddef.h>

enum { PROCFILE_MAX = 64 << 20 }; /* bytes; 10,000 interfaces take 1.3 MiB */

/* One thread; zero-initialised is closed. The text of the last read is text[0..len-1], then SCAN_PAD bytes of '\0'
 * (scan.h); it is the file's until the next read. */
struct procfile {
    char *path;
    int fd; /* -1: not open now, tried again at the next read */
    char *text;
    size_t len, size;
};

/* Opens root/name; a file that is not there yet is no error. Returns 0, or -1 where memory is at its end. */
int procfile_open(struct procfile *f, const char *root, const char *name);

/* Reads it all. Returns 0, or an errno; after one, text is empty and the file is opened anew at the next call. */
int procfile_read(struct procfile *f);

void procfile_close(struct procfile *f);

#endif
