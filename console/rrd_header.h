/* The header of an RRD file, checked before librrd maps it: librrd trusts the counts in there (a flipped bit
 * in a file of a broken disk was seen to corrupt its heap). Format versions 0003 to 0005, as this machine's
 * ABI lays them out. */
#ifndef SCM_CONSOLE_RRD_HEADER_H
#define SCM_CONSOLE_RRD_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RRD_HEADER_MAX = 256 * 1024, RRD_WHY_MAX = 256 };

/* head: the first len bytes of a file of file_size bytes, as many as there are up to RRD_HEADER_MAX. Whether
 * the header is sound, agrees with the size of the file, and tells of data source ds and an archive of cf.
 * False: why says what is wrong. Pure. */
bool rrd_header_check(const unsigned char *head, size_t len, uint64_t file_size, const char *ds,
                      const char *cf, char why[RRD_WHY_MAX]);

#endif
