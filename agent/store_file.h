/* The store's files: one document or one journal, read and written with plain system calls. No threads here.
 * Every function works in the directory dir (an open descriptor) and names what failed in *what (static text) with errno set. */
#ifndef SCM_AGENT_STORE_FILE_H
#define SCM_AGENT_STORE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/store.h"

uint32_t store_crc32(const void *data, size_t len); /* IEEE 802.3, as zlib's */

/* Writes NAME.new and syncs it; NAME still stands. store_file_swap then keeps NAME as NAME.bak and renames. The caller
 * syncs the directory (once for all that were swapped). */
bool store_file_stage(int dir, const char *name, unsigned version, const char *text, size_t len, const char **what);
bool store_file_swap(int dir, const char *name, const char **what);
/* The other way round: NAME.bak becomes NAME, or there is none where there was none. */
void store_file_unswap(int dir, const char *name);

/* Reads FILE, which should hold document NAME, and says what it is worth; *text is malloced where the result is STORE_OK.
 * Never STORE_BACKUP. */
enum store_load store_file_read(int dir, const char *file, const char *name, unsigned version, char **text, size_t *len,
                                const char **what);
/* NAME becomes NAME.corrupt-<seconds since 1970>. */
bool store_file_set_aside(int dir, const char *name, int64_t wall_s);

/* One record of the journal: "CCCCCCCC text\n" with the CRC of text. Appends to buf; false: no room. text holds no '\n'. */
bool store_record(char *buf, size_t size, size_t *used, const char *text, size_t len);
/* Calls fn for each good record of data; returns how many bytes, from the start, are whole good records. *bad counts damaged
 * lines in their midst (they are skipped); what is behind the last good one is a torn tail. */
size_t store_records(const char *data, size_t len, void (*fn)(void *arg, const char *text, size_t len), void *arg,
                     size_t *bad);

#endif
