/* The store's journal: see store.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/store_file.h"
#include "agent/store_inner.h"

/* ---- the store's thread ---- */

static bool journal_ready(struct store *s, const char **what)
{
    struct journal *j = &s->journal;

    if (j->fd >= 0)
        return true;
    *what = "open";
    j->fd = openat(s->dir, JOURNAL_NAME, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (j->fd >= 0 && fsync(s->dir) < 0) { /* its name must last as well */
        int error = errno;
        close(j->fd);
        j->fd = -1;
        errno = error;
    }
    return j->fd >= 0;
}

bool journal_append(struct store *s, const char *data, size_t len, const char **what)
{
    struct journal *j = &s->journal;
    size_t at = 0;
    bool good = journal_ready(s, what);

    *what = good ? "write" : *what;
    while (good && at < len) {
        ssize_t n = pwrite(j->fd, data + at, len - at, j->good + (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0;
        at += good ? (size_t)n : 0;
    }
    if (good) {
        *what = "fsync";
        good = fdatasync(j->fd) == 0;
    }
    if (good) {
        j->good += (off_t)len;
    } else if (j->fd >= 0) {
        int error = errno;
        if (ftruncate(j->fd, j->good) < 0) {
            close(j->fd); /* the torn record has a wrong checksum; it is written over by the next attempt */
            j->fd = -1;
        }
        errno = error;
    }
    return good;
}

bool journal_replace(struct store *s, const char *data, size_t len, const char **what)
{
    static const char fresh[] = "events.new";
    struct journal *j = &s->journal;

    *what = "open";
    int fd = openat(s->dir, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    size_t at = 0;
    bool good = true;
    *what = "write";
    while (good && at < len) {
        ssize_t n = write(fd, data + at, len - at);
        if (n < 0 && errno == EINTR)
            continue;
        good = n > 0;
        at += good ? (size_t)n : 0;
    }
    if (good) {
        *what = "fsync";
        good = fsync(fd) == 0;
    }
    if (good) {
        *what = "rename";
        good = renameat(s->dir, fresh, s->dir, JOURNAL_NAME) == 0 && fsync(s->dir) == 0;
    }
    if (!good) {
        int error = errno;
        close(fd);
        unlinkat(s->dir, fresh, 0);
        errno = error;
        return false;
    }
    if (j->fd >= 0)
        close(j->fd);
    j->fd = fd;
    j->good = (off_t)len;
    return true;
}

void journal_put_back(struct journal *j, char *data, size_t len, bool replace)
{
    if (!j->replace) { /* a newer replacement has them already */
        char *all = realloc(data, len + j->len + 1);
        if (all) {
            if (j->len > 0)
                memcpy(all + len, j->pending, j->len);
            free(j->pending);
            j->pending = all;
            j->len += len;
            j->cap = j->len + 1;
            j->replace = replace;
            return;
        }
    }
    free(data);
}

/* ---- any thread ---- */

/* The whole journal in memory: malloced, or NULL with errno. */
static char *journal_slurp(int fd, size_t *len)
{
    struct stat st;
    char *data = NULL;

    if (fstat(fd, &st) < 0)
        return NULL;
    if (st.st_size > JOURNAL_MAX) {
        errno = EFBIG;
        return NULL;
    }
    *len = (size_t)st.st_size;
    data = malloc(*len + 1);
    for (size_t at = 0; data && at < *len;) {
        ssize_t n = pread(fd, data + at, *len - at, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            free(data);
            return NULL;
        }
        at += (size_t)n;
    }
    return data;
}

enum store_load store_journal_open(struct store *s, const struct store_journal_ops *ops, char *why, size_t why_size)
{
    struct journal *j = &s->journal;
    size_t len = 0, bad = 0;

    if (why_size > 0)
        why[0] = '\0';
    int fd = openat(s->dir, JOURNAL_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno != ENOENT) {
        store_fail(s, JOURNAL_NAME, "open", errno, why, why_size);
        return STORE_ERROR;
    }
    char *data = fd >= 0 ? journal_slurp(fd, &len) : NULL;
    if (fd >= 0 && !data) {
        store_fail(s, JOURNAL_NAME, "read", errno, why, why_size);
        close(fd);
        return STORE_ERROR;
    }
    size_t good = data ? store_records(data, len, ops->record, ops->arg, &bad) : 0;
    bool none = good == 0 && data && memchr(data, '\n', len); /* not a torn first record: nothing of ours is left */
    free(data);
    if (none) {
        close(fd);
        fd = -1;
        bool aside = store_file_set_aside(s->dir, JOURNAL_NAME, clock_wall_ms() / 1000);
        snprintf(why, why_size, "%s/%s: no record of ours in it; %s", s->path, JOURNAL_NAME,
                 aside ? "set aside" : "written over");
    }
    pthread_mutex_lock(&s->lock);
    j->ops = *ops;
    j->fd = fd;
    j->good = (off_t)good;
    j->open = true;
    pthread_mutex_unlock(&s->lock);
    if (fd < 0)
        return none ? STORE_CORRUPT : STORE_ABSENT;
    if (good < len && ftruncate(fd, (off_t)good) < 0) {
        store_fail(s, JOURNAL_NAME, "cutting off a torn tail", errno, why, why_size);
        return STORE_CORRUPT; /* it is written over */
    }
    if (bad > 0)
        snprintf(why, why_size, "%s/%s: %zu damaged records were left out", s->path, JOURNAL_NAME, bad);
    return bad > 0 ? STORE_CORRUPT : STORE_OK;
}

uint64_t store_journal_append(struct store *s, const char *text, size_t len)
{
    struct journal *j = &s->journal;

    pthread_mutex_lock(&s->lock);
    if (j->cap - j->len < len + 16) {
        size_t want = 2 * (j->len + len + 16);
        char *p = want < JOURNAL_MAX ? realloc(j->pending, want) : NULL;
        if (p) {
            j->pending = p;
            j->cap = want;
        }
    }
    if (j->cap - j->len >= len + 16)
        store_record(j->pending, j->cap, &j->len, text, len);
    uint64_t ticket = ++j->ticket;
    s->fresh = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    return ticket;
}

uint64_t store_journal_replace(struct store *s, char *text, size_t len)
{
    struct journal *j = &s->journal;

    pthread_mutex_lock(&s->lock);
    free(j->pending);
    j->pending = text;
    j->len = j->cap = len;
    j->replace = true;
    uint64_t ticket = ++j->ticket;
    s->fresh = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    return ticket;
}
