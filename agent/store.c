#include "agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/clock.h"
#include "agent/store_file.h"
#include "agent/store_inner.h"

void store_fail(struct store *s, const char *name, const char *what, int error, char *out, size_t size)
{
    char reason[64], line[sizeof s->path + STORE_NAME_MAX + 160];

    snprintf(line, sizeof line, "%s/%s: %.60s: %s", s->path, name, what, strerror_r(error, reason, sizeof reason));
    if (size > 0) {
        size_t n = strnlen(line, size - 1);
        memcpy(out, line, n);
        out[n] = '\0';
    }
}

/* ---- opening and closing ---- */

static bool init_sync(struct store *s)
{
    pthread_condattr_t attr;

    if (pthread_condattr_init(&attr) != 0)
        return false;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    bool good = pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->work, &attr) == 0 &&
                pthread_cond_init(&s->done, &attr) == 0;
    pthread_condattr_destroy(&attr);
    return good;
}

struct store *store_open(const char *dir, char *err, size_t err_size)
{
    struct store *s = calloc(1, sizeof *s);

    if (!s) {
        snprintf(err, err_size, "%s: out of memory", dir);
        return NULL;
    }
    snprintf(s->path, sizeof s->path, "%s", dir);
    s->journal.fd = -1;
    if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
        snprintf(err, err_size, "%s: cannot be made: %s", dir, strerror(errno));
        free(s);
        return NULL;
    }
    s->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->dir < 0) {
        snprintf(err, err_size, "%s: cannot be opened: %s", dir, strerror(errno));
        free(s);
        return NULL;
    }
    if (flock(s->dir, LOCK_EX | LOCK_NB) < 0)
        snprintf(err, err_size, "%s: %s", dir,
                 errno == EWOULDBLOCK ? "another scalemond uses it; each needs a state_dir of its own" : strerror(errno));
    else if (!init_sync(s) || pthread_create(&s->thread, NULL, store_thread, s) != 0)
        snprintf(err, err_size, "%s: no thread for the store", dir);
    else
        return s;
    close(s->dir);
    free(s);
    return NULL;
}

void store_stop(struct store *s)
{
    if (!s || s->stop)
        return;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    store_stop(s);
    for (unsigned i = 0; i < s->n_docs; i++)
        free(s->docs[i].text);
    free(s->journal.pending);
    if (s->journal.fd >= 0)
        close(s->journal.fd);
    close(s->dir);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->done);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* With the lock. NULL: too many names, which is a mistake of ours. */
static struct doc *doc_named(struct store *s, const char *name)
{
    for (unsigned i = 0; i < s->n_docs; i++)
        if (strcmp(s->docs[i].name, name) == 0)
            return &s->docs[i];
    if (s->n_docs == DOCS || strlen(name) > STORE_NAME_MAX)
        return NULL;
    struct doc *d = &s->docs[s->n_docs++];
    snprintf(d->name, sizeof d->name, "%s", name);
    return d;
}

/* ---- documents ---- */

enum store_load store_load(struct store *s, const char *name, unsigned version, char **text, size_t *len, char *why,
                           size_t why_size)
{
    char backup[STORE_NAME_MAX + 8];
    const char *what;
    bool damaged = false;

    *text = NULL;
    *len = 0;
    if (why_size > 0)
        why[0] = '\0';
    snprintf(backup, sizeof backup, "%s.bak", name);
    enum store_load r = store_file_read(s->dir, name, name, version, text, len, &what);
    if (r == STORE_OK)
        return r;
    if (r == STORE_ERROR) {
        store_fail(s, name, what, errno, why, why_size);
    } else if (r == STORE_CORRUPT) {
        damaged = true;
        bool aside = store_file_set_aside(s->dir, name, clock_wall_ms() / 1000);
        snprintf(why, why_size, "%s/%s: %s; %s", s->path, name, what, aside ? "set aside" : "cannot be set aside");
    }
    if (r == STORE_CORRUPT || r == STORE_ABSENT) {
        r = store_file_read(s->dir, backup, name, version, text, len, &what);
        if (r == STORE_OK) {
            if (!damaged)
                snprintf(why, why_size, "%s/%s: missing", s->path, name);
            return STORE_BACKUP;
        }
        if (r == STORE_CORRUPT)
            store_file_set_aside(s->dir, backup, clock_wall_ms() / 1000);
        if (r == STORE_CORRUPT || (r == STORE_ABSENT && damaged))
            return STORE_CORRUPT;
    }
    if (r == STORE_NEWER) {
        snprintf(why, why_size, "%s/%s: %s; it is left alone, and nothing is stored", s->path, name, what);
        pthread_mutex_lock(&s->lock);
        struct doc *d = doc_named(s, name);
        if (d)
            d->newer = true;
        pthread_mutex_unlock(&s->lock);
    }
    return r;
}

static bool is_newer(struct store *s, const char *name)
{
    const struct doc *d = doc_named(s, name);

    return d && d->newer;
}

/* With the lock: text becomes what is to be written next. NULL, with a reason in err, if that cannot be. */
static struct doc *ask(struct store *s, const char *name, unsigned version, const char *text, size_t len, char *err,
                       size_t err_size)
{
    struct doc *d = doc_named(s, name);

    if (!d || len > STORE_DOC_MAX) {
        snprintf(err, err_size, "%s: too large to be stored", name);
        return NULL;
    }
    if (is_newer(s, name)) {
        snprintf(err, err_size, "%s/%s: was written by a newer scalemond and is left alone", s->path, name);
        return NULL;
    }
    char *copy = malloc(len + 1);
    if (!copy) {
        snprintf(err, err_size, "%s: out of memory", name);
        return NULL;
    }
    if (len > 0)
        memcpy(copy, text, len);
    free(d->text);
    d->text = copy;
    d->len = len;
    d->version = version;
    d->asked++;
    s->fresh = true;
    pthread_cond_signal(&s->work);
    return d;
}

enum store_result store_write(struct store *s, const char *name, unsigned version, const char *text, size_t len,
                              unsigned timeout_ms, char *err, size_t err_size)
{
    struct timespec end;
    char unused[8];
    enum store_result result = STORE_FAILED;

    if (!err) {
        err = unused;
        err_size = sizeof unused;
    }
    err[0] = '\0';
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&s->lock);
    struct doc *d = ask(s, name, version, text, len, err, err_size);
    uint64_t mine = d ? d->asked : 0;
    if (d)
        d->posted = false; /* told as failed is not tried again */
    int waited = 0;
    while (d && d->done < mine && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&s->done, &s->lock, &end);
    if (d && d->done >= mine) {
        result = d->result;
        if (result == STORE_FAILED)
            snprintf(err, err_size, "%s", d->error);
    } else if (d) {
        result = STORE_TIMEOUT;
        snprintf(err, err_size, "%s/%s: not written in time", s->path, name);
        if (d->asked == mine && d->text) { /* not begun: withdrawn */
            free(d->text);
            d->text = NULL;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

void store_post(struct store *s, const char *name, unsigned version, const char *text, size_t len)
{
    char err[160] = "";

    pthread_mutex_lock(&s->lock);
    struct doc *d = ask(s, name, version, text, len, err, sizeof err);
    if (d) {
        d->posted = true;
    } else if (!is_newer(s, name)) { /* that was told when it was found, and is no failing disk */
        s->has_error = true;
        snprintf(s->error, sizeof s->error, "%s", err);
    }
    pthread_mutex_unlock(&s->lock);
}

bool store_last_error(struct store *s, char *buf, size_t size)
{
    pthread_mutex_lock(&s->lock);
    bool has = s->has_error;
    snprintf(buf, size, "%s", has ? s->error : "");
    pthread_mutex_unlock(&s->lock);
    return has;
}
