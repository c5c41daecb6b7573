/* The store: small named documents and one journal in state_dir, safe against kill -9, power loss and full disks.
 *
 * A document is written to NAME.new, fsynced, the present NAME becomes NAME.bak (hard link), NAME.new is renamed to NAME, and
 * the directory is fsynced. Its first line carries format version, length and CRC-32. On load a damaged NAME is set aside as
 * NAME.corrupt-<time> and NAME.bak is read; a NAME of a newer version is left alone, and is never overwritten.
 * The journal is a file of one-line records, each with its CRC, appended with one fsync per group; a torn tail is cut off.
 *
 * One thread of its own does all writing; requests that wait at the same time share one fsync round (group commit). */
#ifndef SCM_AGENT_STORE_H
#define SCM_AGENT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

enum { STORE_NAME_MAX = 32, STORE_DOC_MAX = 8 << 20 };

/* Opens (and makes, mode 0700) dir, locks it against a second agent, starts the thread. On failure NULL, and err
 * says what was wrong in one line. */
struct store *store_open(const char *dir, char *err, size_t err_size);
/* Writes what is posted, ends the thread, unlocks, frees. Nobody may use it any more. */
void store_close(struct store *s);
/* The same, but nothing is freed: for a process that is about to exit while another thread may still call. Nothing is written
 * from here on; store_write answers STORE_TIMEOUT when its time is over. */
void store_stop(struct store *s);

enum store_load {
    STORE_OK,      /* the newest document */
    STORE_BACKUP,  /* the newest was damaged and set aside: this is the one before */
    STORE_ABSENT,  /* there is none: first start */
    STORE_CORRUPT, /* there were some, none readable; they were set aside */
    STORE_NEWER,   /* written by a newer version: left alone; store_write of this name will refuse */
    STORE_ERROR,   /* could not be read (errno in the text) */
};

/* Reads document NAME, written with version <= version. *text is malloced, NUL-terminated, *len without the NUL; NULL
 * unless STORE_OK or STORE_BACKUP. why (may be NULL) gets one line for the operator when the result is not OK or ABSENT.
 * Call before the first write of that name; any thread. */
enum store_load store_load(struct store *s, const char *name, unsigned version, char **text, size_t *len, char *why,
                           size_t why_size);

enum store_result {
    STORE_WRITTEN, /* durable */
    STORE_FAILED,  /* not written; the old document stands */
    STORE_TIMEOUT, /* no answer before the deadline: withdrawn if the thread had not begun it, else unknown until the next
                    * store_write of that name, which is ordered after it */
};

/* Makes text the document NAME and waits until it is durable, at most timeout_ms. Called by the agentx thread; any thread may.
 * After STORE_FAILED err (may be NULL) says why in one line. */
enum store_result store_write(struct store *s, const char *name, unsigned version, const char *text, size_t len,
                              unsigned timeout_ms, char *err, size_t err_size);

/* The same without waiting, for the loop: the newest posted text of a name wins. A failure is kept for store_last_error and
 * tried again with the next post, and every second. What a newer version has written stays; store_load has said so. */
void store_post(struct store *s, const char *name, unsigned version, const char *text, size_t len);

/* true and a line in buf while the last write of anything has failed: for EVENT_STORE and the log. */
bool store_last_error(struct store *s, char *buf, size_t size);

/* ---- the journal: one per store, file "events"; records are one line of text ---- */

struct store_journal_ops {
    /* Each record on disk, oldest first, while store_journal_open runs. */
    void (*record)(void *arg, const char *text, size_t len);
    /* Store's thread: everything up to ticket is durable (good), or could not be written and will be tried again. */
    void (*settled)(void *arg, uint64_t ticket, bool good);
    void *arg;
};
/* Reads it and cuts off a torn tail. Once. STORE_OK, STORE_ABSENT, STORE_CORRUPT (damaged records were skipped; why says
 * how many) or STORE_ERROR (nothing will be written). */
enum store_load store_journal_open(struct store *s, const struct store_journal_ops *ops, char *why, size_t why_size);
/* Appends a record; never waits; returns its ticket (1, 2 …). */
uint64_t store_journal_append(struct store *s, const char *text, size_t len);
/* Replaces the whole journal by the records in text (made with store_record), whatever was appended before. Returns a ticket. */
uint64_t store_journal_replace(struct store *s, char *text, size_t len); /* takes over text (malloced) */

#endif
