#include "agent/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/num.h"

enum { HEADER_MAX = 128, CONTAINER_VERSION = 1, CRC_TEXT = 8 };

uint32_t store_crc32(const void *data, size_t len)
{
    static const uint32_t nibble[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    const unsigned char *p = data;
    uint32_t crc = ~(uint32_t)0;

    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        crc = (crc >> 4) ^ nibble[crc & 15];
        crc = (crc >> 4) ^ nibble[crc & 15];
    }
    return ~crc;
}

static bool write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = EIO;
            return false;
        }
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static void with_suffix(char out[STORE_NAME_MAX + 32], const char *name, const char *suffix)
{
    snprintf(out, STORE_NAME_MAX + 32, "%s%s", name, suffix);
}

bool store_file_stage(int dir, const char *name, unsigned version, const char *text, size_t len, const char **what)
{
    char path[STORE_NAME_MAX + 32], header[HEADER_MAX];
    int n = snprintf(header, sizeof header, "scalemon-store %d %s %u %zu %08" PRIx32 "\n", CONTAINER_VERSION, name, version,
                     len, store_crc32(text, len));

    with_suffix(path, name, ".new");
    *what = "open";
    int fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    *what = "write";
    bool good = write_all(fd, header, (size_t)n) && write_all(fd, text, len);
    if (good) {
        *what = "fsync";
        good = fsync(fd) == 0;
    }
    int error = errno;
    if (close(fd) < 0 && good) {
        *what = "close";
        error = errno;
        good = false;
    }
    if (!good)
        unlinkat(dir, path, 0); /* gives a full disk its room back; what remains is overwritten the next time */
    errno = error;
    return good;
}

bool store_file_swap(int dir, const char *name, const char **what)
{
    char fresh[STORE_NAME_MAX + 32], backup[STORE_NAME_MAX + 32], backup_new[STORE_NAME_MAX + 32];

    with_suffix(fresh, name, ".new");
    with_suffix(backup, name, ".bak");
    with_suffix(backup_new, name, ".bak.new");
    *what = "link of the backup";
    bool good = (unlinkat(dir, backup_new, 0) == 0 || errno == ENOENT);
    if (good && linkat(dir, name, dir, backup_new, 0) == 0)
        good = renameat(dir, backup_new, dir, backup) == 0;
    else if (good)
        good = errno == ENOENT; /* the first of its name */
    if (good) {
        *what = "rename";
        good = renameat(dir, fresh, dir, name) == 0;
    }
    if (!good) {
        int error = errno;
        unlinkat(dir, fresh, 0);
        errno = error;
    }
    return good;
}

void store_file_unswap(int dir, const char *name)
{
    char backup[STORE_NAME_MAX + 32];

    with_suffix(backup, name, ".bak");
    if (renameat(dir, backup, dir, name) < 0 && errno == ENOENT)
        unlinkat(dir, name, 0);
}

/* ---- reading ---- */

/* The next blank-separated word of *s, in place. */
static size_t next_word(const char **s, const char *end, const char **word)
{
    *word = *s;
    while (*s < end && **s != ' ')
        ++*s;
    size_t n = (size_t)(*s - *word);
    if (*s < end)
        ++*s;
    return n;
}

static bool hex32(const char *s, size_t n, uint32_t *out)
{
    uint32_t v = 0;

    if (n != CRC_TEXT)
        return false;
    for (size_t i = 0; i < n; i++) {
        const char *digits = "0123456789abcdef", *d = s[i] ? strchr(digits, s[i]) : NULL;
        if (!d)
            return false;
        v = v << 4 | (uint32_t)(d - digits);
    }
    *out = v;
    return true;
}

/* Checks a whole file against its header; the body begins at *body. */
static enum store_load check(const char *data, size_t size, const char *name, unsigned version, size_t *body,
                             const char **what)
{
    const char *nl = memchr(data, '\n', size < HEADER_MAX ? size : HEADER_MAX), *s = data, *w;
    uint64_t container, doc, len;
    uint32_t crc;

    *what = "no header of ours";
    if (!nl)
        return STORE_CORRUPT;
    size_t n = next_word(&s, nl, &w);
    if (n != 14 || memcmp(w, "scalemon-store", 14) != 0)
        return STORE_CORRUPT;
    n = next_word(&s, nl, &w);
    if (!num_u64(w, n, 1, UINT32_MAX, &container))
        return STORE_CORRUPT;
    *what = "written by a newer scalemond";
    if (container > CONTAINER_VERSION)
        return STORE_NEWER;
    *what = "a damaged header";
    n = next_word(&s, nl, &w);
    if (n != strlen(name) || memcmp(w, name, n) != 0)
        return STORE_CORRUPT;
    n = next_word(&s, nl, &w);
    if (!num_u64(w, n, 0, UINT32_MAX, &doc))
        return STORE_CORRUPT;
    n = next_word(&s, nl, &w);
    if (!num_u64(w, n, 0, STORE_DOC_MAX, &len))
        return STORE_CORRUPT;
    n = next_word(&s, nl, &w);
    if (!hex32(w, n, &crc) || s != nl)
        return STORE_CORRUPT;
    *body = (size_t)(nl + 1 - data);
    *what = "not as long as its header says";
    if (size - *body != len)
        return STORE_CORRUPT;
    *what = "its checksum is wrong";
    if (store_crc32(nl + 1, (size_t)len) != crc)
        return STORE_CORRUPT;
    *what = "written by a newer scalemond";
    return doc > version ? STORE_NEWER : STORE_OK;
}

static bool read_all(int fd, char *buf, size_t size)
{
    while (size > 0) {
        ssize_t n = read(fd, buf, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            if (n == 0)
                errno = EIO; /* it became shorter while we read */
            return false;
        }
        buf += n;
        size -= (size_t)n;
    }
    return true;
}

enum store_load store_file_read(int dir, const char *file, const char *name, unsigned version, char **text, size_t *len,
                                const char **what)
{
    struct stat st;
    size_t body = 0;
    enum store_load result = STORE_ERROR;
    char *data = NULL;

    *what = "open";
    int fd = openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? STORE_ABSENT : STORE_ERROR;
    *what = "read";
    if (fstat(fd, &st) < 0)
        goto out;
    if (!S_ISREG(st.st_mode) || st.st_size > STORE_DOC_MAX + HEADER_MAX) {
        *what = "not a file of ours";
        result = STORE_CORRUPT;
        goto out;
    }
    data = malloc((size_t)st.st_size + 1);
    if (!data || !read_all(fd, data, (size_t)st.st_size))
        goto out;
    data[st.st_size] = '\0';
    result = check(data, (size_t)st.st_size, name, version, &body, what);
    if (result == STORE_OK) {
        *len = (size_t)st.st_size - body;
        memmove(data, data + body, *len + 1);
        *text = data;
        data = NULL;
    }
out:
    free(data);
    close(fd);
    return result;
}

bool store_file_set_aside(int dir, const char *name, int64_t wall_s)
{
    char aside[STORE_NAME_MAX + 48];

    snprintf(aside, sizeof aside, "%s.corrupt-%" PRId64, name, wall_s);
    return renameat(dir, name, dir, aside) == 0;
}

/* ---- records of a journal ---- */

bool store_record(char *buf, size_t size, size_t *used, const char *text, size_t len)
{
    if (size - *used < len + CRC_TEXT + 3) /* blank, newline, NUL of snprintf */
        return false;
    char *p = buf + *used;
    snprintf(p, CRC_TEXT + 2, "%08" PRIx32 " ", store_crc32(text, len));
    memcpy(p + CRC_TEXT + 1, text, len);
    p[CRC_TEXT + 1 + len] = '\n';
    *used += len + CRC_TEXT + 2;
    return true;
}

size_t store_records(const char *data, size_t len, void (*fn)(void *arg, const char *text, size_t len), void *arg, size_t *bad)
{
    size_t good_end = 0, bad_since = 0;
    const char *end = data + len, *p = data;

    *bad = 0;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        uint32_t crc;
        if (!nl)
            break;
        size_t n = (size_t)(nl - p);
        bool good = n > CRC_TEXT && p[CRC_TEXT] == ' ' && hex32(p, CRC_TEXT, &crc) &&
                    store_crc32(p + CRC_TEXT + 1, n - CRC_TEXT - 1) == crc;
        if (good) {
            fn(arg, p + CRC_TEXT + 1, n - CRC_TEXT - 1);
            good_end = (size_t)(nl + 1 - data);
            *bad += bad_since;
            bad_since = 0;
        } else {
            bad_since++;
        }
        p = nl + 1;
    }
    return good_end;
}
