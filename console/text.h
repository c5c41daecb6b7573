/* Text from hosts, made fit for a terminal, a JSON document or a line of CSV. Pure. */
#ifndef SCM_CONSOLE_TEXT_H
#define SCM_CONSOLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Copies src[0..len) to dst as valid UTF-8 without control characters: C0, DEL, C1, bidirectional overrides,
 * line and paragraph separators, and bytes that are no UTF-8 become '?', each; line breaks and tabs become
 * blanks. Where utf8 is false everything above ASCII becomes '?' too (a Latin-1 terminal obeys single bytes
 * of what is harmless UTF-8). Cut at a whole character where size (with the final NUL) does not hold it.
 * Returns the length. size > 0. */
size_t text_clean(char *dst, size_t size, const char *src, size_t len, bool utf8);

/* Is the terminal's character set (LC_CTYPE) UTF-8? */
bool text_utf8(void);

/* How many columns of a terminal the text takes; text that came through text_clean. */
size_t text_width(const char *s);

/* The length in bytes of the longest beginning of s that takes at most width columns. */
size_t text_fit(const char *s, size_t width);

#endif
