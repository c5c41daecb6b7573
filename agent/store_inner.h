/* What store.c, store_thread.c and store_journal.c share. Nobody else includes this. */
#ifndef SCM_AGENT_STORE_INNER_H
#define SCM_AGENT_STORE_INNER_H

#include <pthread.h>
#include <sys/types.h>

#include "agent/store.h"

enum { DOCS = 8, RETRY_S = 1, JOURNAL_MAX = 64 << 20 };

#define JOURNAL_NAME "events"

/* A document. Under the lock; the thread takes `text` out to write it. */
struct doc {
    char name[STORE_NAME_MAX + 1];
    unsigned version;
    char *text; /* to be written, or NULL */
    size_t len;
    uint64_t asked, done; /* numbers of the newest request, and of the newest answered */
    bool newer;   /* on disk by a newer version: hands off */
    bool posted;  /* nobody waits: try again after a failure */
    enum store_result result; /* of `done` */
    char error[320];
    /* the thread's own */
    char *taken;
    size_t taken_len;
    unsigned taken_version;
    uint64_t taken_number;
    bool good;
    const char *what;
    int error_number;
};

struct journal {
    struct store_journal_ops ops;
    bool open;
    char *pending; /* records to append, under the lock */
    size_t len, cap;
    bool replace;  /* pending replaces all */
    uint64_t ticket;
    int fd;        /* the thread's own from here */
    off_t good;    /* bytes known to be whole */
};

struct store {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    pthread_t thread;
    int dir;
    bool stop, has_error;
    bool fresh; /* something was asked for since the last round began */
    char error[320], path[256];
    struct doc docs[DOCS];
    unsigned n_docs;
    unsigned n_taken; /* the thread's own: of how many docs it took what there was */
    struct journal journal;
};

/* Of a struct store, until its `stop`. */
void *store_thread(void *store);

/* "DIR/NAME: what: reason" */
void store_fail(struct store *s, const char *name, const char *what, int error, char *out, size_t size);

/* The store's thread, without the lock. Append: all or nothing, after a failure the file is cut back to what was good. */
bool journal_append(struct store *s, const char *data, size_t len, const char **what);
bool journal_replace(struct store *s, const char *data, size_t len, const char **what);
/* With the lock: records that could not be written, in front of those that came meanwhile. Takes over data. */
void journal_put_back(struct journal *j, char *data, size_t len, bool replace);

#endif
