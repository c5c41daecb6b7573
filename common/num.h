/* Strict numbers from outside: the whole string or nothing, in range or nothing.
 *
 * Every function takes the text as (pointer, length), so that a field of a larger buffer can be read in place.
 * It returns true and stores through *out, or returns false and leaves *out alone. No locale, no leading blanks,
 * no leading '+', no hexadecimal, no "nan" or "inf". Thread-safe, no allocation, errno untouched. */
#ifndef SCM_COMMON_NUM_H
#define SCM_COMMON_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only; min <= *out <= max. */
bool num_u64(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *out);

/* As num_u64, with an optional '-' in front. */
bool num_i64(const char *s, size_t len, int64_t min, int64_t max, int64_t *out);

/* -?digits[.digits][(e|E)[+-]digits], at most NUM_DECIMAL_MAX characters; finite. */
enum { NUM_DECIMAL_MAX = 64 };
bool num_decimal(const char *s, size_t len, double *out);

/* Bits per second with an optional decimal suffix k, M, G or T (case-insensitive): "50M" is 50000000, "2.5G" works.
 * 0 <= *out <= max. */
bool num_rate(const char *s, size_t len, uint64_t max, uint64_t *out);

/* Bytes with an optional binary suffix K, M or G (case-insensitive): "128K" is 131072, as iperf3's -l has it. */
bool num_size(const char *s, size_t len, uint64_t max, uint64_t *out);

#endif
