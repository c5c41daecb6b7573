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

/* The name at p up to the ':' that ends it; returns what follows the ':', or NULL. A name of an old kernel
 * may itself hold ':' (the aliases "eth0:1"), so that a ':' followed by another one before any blank is part
 * of the name. */
static const char *read_name(const char *p, char name[IF_NAME_SIZE])
{
    const char *start = p, *colon = NULL;

    for (; *p != '\0' && *p != '\n' && *p != ' ' && p - start <= IF_NAME_SIZE; p++)
        if (*p == ':')
            colon = p;
    size_t len = colon == NULL ? 0 : (size_t)(colon - start);
    if (len == 0 || len >= IF_NAME_SIZE)
        return NULL;
    memset(name, 0, IF_NAME_SIZE);
    memcpy(name, start, len);
    return colon + 1;
}

/* One line; returns where its reading ended, or NULL. */
static const char *read_line(const char *p, const struct netdev_layout *l, struct if_entry *e)
{
    uint64_t count[IF_COUNTERS + 1]; /* the last takes what nobody wants */

    p = read_name(scan_blanks(p), e->key.name);
    if (p == NULL)
        return NULL;
    e->key.index = 0;
    memset(count, 0, sizeof count);
    for (unsigned c = 0; c < l->columns; c++) {
        p = scan_u64(scan_blanks(p), &count[l->counter[c]]);
        if (p == NULL || (*p != ' ' && *p != '\n' && *p != '\0'))
            return NULL;
    }
    memcpy(e->count, count, sizeof e->count);
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
