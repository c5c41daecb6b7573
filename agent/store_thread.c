/* The store's thread: takes what is asked for, writes it, answers.
 *
 *            something is asked for             written
 *      WAIT ------------------------> ROUND ------------------> WAIT, or the next round
 *                                     ^   | not written
 *          a second, or a new wish    |   v
 *                                     REST
 *
 * At the end (store_stop) it writes what there is; what fails then is not tried again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/store_file.h"
#include "agent/store_inner.h"

/* Writes what was taken: all files first, then one fsync of the directory for all of them. */
static void write_docs(struct store *s)
{
    bool any = false;

    for (unsigned i = 0; i < s->n_taken; i++) {
        struct doc *d = &s->docs[i];
        if (!d->taken)
            continue;
        d->good = store_file_stage(s->dir, d->name, d->taken_version, d->taken, d->taken_len, &d->what) &&
                  store_file_swap(s->dir, d->name, &d->what);
        d->error_number = errno;
        any = any || d->good;
    }
    if (!any || fsync(s->dir) == 0)
        return;
    int error = errno;
    for (unsigned i = 0; i < s->n_taken; i++)
        if (s->docs[i].taken && s->docs[i].good) {
            /* told as failed, so the old one must stand: after a crash either may, as long as the disk fails */
            store_file_unswap(s->dir, s->docs[i].name);
            s->docs[i].good = false;
            s->docs[i].what = "fsync of the directory";
            s->docs[i].error_number = error;
        }
}

/* ---- with the lock ---- */

static void take_docs(struct store *s)
{
    s->n_taken = s->n_docs;
    for (unsigned i = 0; i < s->n_taken; i++) {
        struct doc *d = &s->docs[i];
        d->taken = d->text;
        d->taken_len = d->len;
        d->taken_version = d->version;
        d->taken_number = d->asked;
        d->text = NULL;
    }
}

/* Answers those who wait; keeps posted texts that failed, unless newer ones have come. False: something failed. */
static bool settle_docs(struct store *s)
{
    bool good = true;

    for (unsigned i = 0; i < s->n_taken; i++) {
        struct doc *d = &s->docs[i];
        if (!d->taken)
            continue;
        d->done = d->taken_number;
        d->result = d->good ? STORE_WRITTEN : STORE_FAILED;
        if (!d->good) {
            good = false;
            store_fail(s, d->name, d->what, d->error_number, d->error, sizeof d->error);
            snprintf(s->error, sizeof s->error, "%s", d->error);
        }
        if (!d->good && d->posted && !d->text) {
            d->text = d->taken;
            d->len = d->taken_len;
        } else {
            free(d->taken);
            if (d->good && !d->text)
                d->posted = false;
        }
        d->taken = NULL;
    }
    return good;
}

static bool work_to_do(const struct store *s)
{
    for (unsigned i = 0; i < s->n_docs; i++)
        if (s->docs[i].text)
            return true;
    return s->journal.open && s->journal.len > 0;
}

/* One round with the lock held on entry and exit. Returns false if something could not be written. */
static bool commit_round(struct store *s)
{
    struct journal *j = &s->journal;
    char *records = j->pending;
    size_t len = j->len;
    bool replace = j->replace, journal_good = true;
    uint64_t ticket = j->ticket;
    const char *what = "";

    s->fresh = false;
    take_docs(s);
    j->pending = NULL;
    j->len = j->cap = 0;
    j->replace = false;
    pthread_mutex_unlock(&s->lock);

    /* Events before the documents that follow from them: after a crash between the two an event tells what its document has
     * missed (limits_keep.c), but a state whose event was lost would never be told. */
    if (len > 0)
        journal_good = replace ? journal_replace(s, records, len, &what) : journal_append(s, records, len, &what);
    int error = errno;
    write_docs(s);

    pthread_mutex_lock(&s->lock);
    bool good = settle_docs(s) && journal_good;
    if (!journal_good) {
        store_fail(s, JOURNAL_NAME, what, error, s->error, sizeof s->error);
        journal_put_back(j, records, len, replace);
    } else {
        free(records);
    }
    s->has_error = !good;
    pthread_cond_broadcast(&s->done);
    if (len > 0 && j->ops.settled) {
        pthread_mutex_unlock(&s->lock);
        j->ops.settled(j->ops.arg, ticket, journal_good);
        pthread_mutex_lock(&s->lock);
    }
    return good;
}

/* After a failure: for RETRY_S, or until something new is asked for, which may have come while the round failed: who waits for
 * it has a second at most. */
static void rest(struct store *s)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += RETRY_S;
    while (!s->stop && !s->fresh && pthread_cond_timedwait(&s->work, &s->lock, &t) != ETIMEDOUT)
        ;
}

void *store_thread(void *arg)
{
    struct store *s = arg;
    bool good = true;

    pthread_mutex_lock(&s->lock);
    for (;;) {
        if (!good) /* a full disk: not in a tight loop */
            rest(s);
        while (!s->stop && !work_to_do(s))
            pthread_cond_wait(&s->work, &s->lock);
        if (!work_to_do(s) || (s->stop && !good))
            break;
        good = commit_round(s);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
