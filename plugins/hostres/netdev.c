#include "plugins/hostres/netdev.h"

#include "plugins/hostres/scan.h"

/* Header words, of the receive half and of the transmit half. */
static const struct {
    const char *word;
    enum if_counter rx, tx;
} columns[] = {
    {"bytes",   IF_RX_OCTETS,  IF_TX_OCTETS },
    {"packets", IF_RX_PACKETS, IF_TX_PACKETS},
    {"errs",    IF_RX_ERRORS,  IF_TX_ERRORS },
    {"drop",    IF_RX_DROPPED, IF_TX_DROPPED},
};

/* Notes one header word as the meaning of the next column. */
static void add_column(struct netdev_layout *l, unsigned column, const char *word, size_t len, bool tx)
{
    l->counter[column] = IF_COUNTERS;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        if (strlen(columns[i].word) != len || memcmp(columns[i].word, word, len) != 0)
            continue;
        l->counter[column] = (uint8_t)(tx ? columns[i].tx : columns[i].rx);
        l->has |= 1U << l->counter[column];
        l->columns = column + 1;
    }
}

/* " face |bytes packets ...|bytes packets ...": the first '|' ends the name, the second divides the halves.
 */
static void read_layout(const char *line, size_t len, struct netdev_layout *l)
{
    const char *end = line + len, *p = memchr(line, '|', len);
    unsigned column = 0, bars = 1;

    l->columns = l->has = 0;
    l->header_len = 0;
    if (p == NULL || len > NETDEV_HEADER_MAX)
        return;
    for (p++; p < end && column < NETDEV_COLUMNS;) {
        if (*p == ' ' || *p == '|') {
            bars += *p++ == '|';
            continue;
        }
        const char *word = p;
        while (p < end && *p != ' ' && *p != '|')
            p++;
        add_column(l, column++, word, (size_t)(p - word), bars > 1);
    }
    memcpy(l->header, line, len);
    l->header_len = len;
}

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
/* Non-zero where a byte of the word is b; its lowest set bit is in the lowest such byte. */
static inline uint64_t has_byte(uint64_t word, unsigned char b)
{
    uint64_t ones = UINT64_C(0x0101010101010101), x = word ^ (ones * b);

    return (x - ones) & ~x & (ones << 7);
}

/* Non-zero where a byte of the word is less than b, which is at most 128. */
static inline uint64_t has_less(uint64_t word, unsigned char b)
{
    uint64_t ones = UINT64_C(0x0101010101010101);

    return (word - ones * b) & ~word & (ones << 7);
}

/* The name at p up to the first ':', eight bytes at a time; returns what follows the ':'. NULL also where the
 * name holds anything below '0', among which are all bytes that no name may hold: read_name_with_colons()
 * looks closer. */
static inline const char *read_name(const char *p, char name[IF_NAME_SIZE])
{
    uint64_t word[2] = {0}, colon;
    size_t whole = 0; /* words before the one with the ':' */

    memcpy(&word[0], p, sizeof word[0]);
    colon = has_byte(word[0], ':');
    if (colon == 0) {
        if (has_less(word[0], '0'))
            return NULL;
        whole = 1;
        memcpy(&word[1], p + sizeof word[0], sizeof word[1]);
        colon = has_byte(word[1], ':');
    }
    if (colon == 0)
        return NULL;
    unsigned len = (unsigned)__builtin_ctzll(colon) / 8;
    uint64_t mask = (UINT64_C(1) << len * 8) - 1;
    if (whole + len == 0 || has_less(word[whole] | ~mask, '0'))
        return NULL;
    word[whole] &= mask;
    memcpy(name, word, IF_NAME_SIZE);
    return p + whole * sizeof word[0] + len + 1;
}
#else
#define read_name read_name_with_colons
#endif

/* The same for old kernels, whose names may hold ':' themselves (the aliases "eth0:1"): the last ':' before a
 * blank ends the name. */
static const char *read_name_with_colons(const char *p, char name[IF_NAME_SIZE])
{
    const char *start = p, *colon = NULL;

    for (; *p != '\0' && *p != '\n' && *p != ' ' && *p != '/' && p - start <= IF_NAME_SIZE; p++)
        if (*p == ':')
            colon = p;
    size_t len = colon == NULL ? 0 : (size_t)(colon - start);
    if (len == 0 || len >= IF_NAME_SIZE)
        return NULL;
    memset(name, 0, IF_NAME_SIZE);
    memcpy(name, start, len);
    return colon + 1;
}

/* The numbers of a line; returns where their reading ended, or NULL. What is no number right after one is
 * found out as the next one. */
static inline const char *read_counters(const char *p, const struct netdev_layout *l,
                                        uint64_t out[IF_COUNTERS])
{
    uint64_t count[IF_COUNTERS + 1]; /* the last takes what nobody wants */

    if (l->has != IF_HAS_ALL)
        memset(count, 0, sizeof count);
    for (unsigned c = 0; c < l->columns; c++) {
        p = scan_u64(scan_blanks(p), &count[l->counter[c]]);
        if (p == NULL)
            return NULL;
    }
    if (*p != ' ' && *p != '\n' && *p != '\0')
        return NULL;
    memcpy(out, count, IF_COUNTERS * sizeof count[0]);
    return p;
}

/* One line; returns where its reading ended, or NULL. */
static const char *read_line(const char *line, const struct netdev_layout *l, struct if_entry *e)
{
    const char *start = scan_blanks(line), *p = read_name(start, e->key.name);

    e->key.index = e->key.life = 0;
    if (p != NULL)
        p = read_counters(p, l, e->count);
    if (p == NULL && (p = read_name_with_colons(start, e->key.name)) != NULL)
        p = read_counters(p, l, e->count);
    return p;
}

size_t netdev_parse(const char *text, size_t len, struct netdev_layout *l, struct if_snapshot *out)
{
    const char *end = text + len;
    size_t bad = 0, line_no = 0;

    out->n = 0;
    for (const char *line = text, *next; line < end; line = next + 1, line_no++) {
        if (line_no < 2) {
            next = memchr(line, '\n', (size_t)(end - line));
            if (next == NULL)
                next = end;
            size_t n = (size_t)(next - line);
            if (line_no == 1 && (n != l->header_len || n == 0 || memcmp(line, l->header, n) != 0))
                read_layout(line, n, l);
            continue;
        }
        struct if_entry *e = snapshot_slot(out);
        const char *p = e == NULL || l->columns == 0 ? NULL : read_line(line, l, e);
        if (p != NULL)
            out->n++;
        else
            bad++;
        if (p == NULL)
            p = line;
        next = memchr(p, '\n', (size_t)(end - p));
        if (next == NULL)
            next = end;
    }
    out->has = l->has;
    return bad;
}
