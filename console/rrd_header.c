#include "console/rrd_header.h"

#include <stdio.h>
#include <string.h>

/* The file is these, one after the other: head, ds[ds_count], rra[rra_count], live, pdp[ds_count],
 * cdp[ds_count * rra_count], row[rra_count], and a double for each data source of each row of each archive.
 */
struct head {
    char cookie[4], version[5];
    double float_cookie;
    unsigned long ds_count, rra_count, step;
    double parameters[10];
};
struct ds {
    char name[20], type[20];
    double parameters[10];
};
struct rra {
    char cf[20];
    unsigned long rows, steps;
    double parameters[10];
};
struct live {
    long last, micro;
};
struct pdp {
    char last[30];
    double scratch[10];
};
struct cdp {
    double scratch[10];
};

static const double FLOAT_COOKIE = 8.642135E130;
enum { COUNT_MAX = 1024, STEP_MAX = 366 * 86400, ROWS_MAX = 100 * 1000 * 1000 };
static const long TIME_MAX = 1L << 40;

static bool fail(char why[RRD_WHY_MAX], const char *what)
{
    snprintf(why, RRD_WHY_MAX, "%s", what);
    return false;
}

/* The n-th structure of a row of them, copied: nothing in a file is aligned for us. */
#define TAKE(out, head, at, n) memcpy(&(out), (head) + (at) + (n) * sizeof(out), sizeof(out))

static bool head_good(const struct head *h, char why[RRD_WHY_MAX])
{
    if (memcmp(h->cookie, "RRD", 4) != 0)
        return fail(why, "not an RRD file");
    if (memcmp(h->version, "0003", 5) != 0 && memcmp(h->version, "0004", 5) != 0 &&
        memcmp(h->version, "0005", 5) != 0)
        return fail(why, "an RRD of a version other than 0003 to 0005");
    if (memcmp(&h->float_cookie, &FLOAT_COOKIE, sizeof FLOAT_COOKIE) != 0)
        return fail(why, "an RRD of another machine's architecture");
    if (h->ds_count < 1 || h->ds_count > COUNT_MAX || h->rra_count < 1 || h->rra_count > COUNT_MAX ||
        h->step < 1 || h->step > STEP_MAX)
        return fail(why, "a broken RRD: impossible counts");
    return true;
}

/* Looks for ds; every name must end. */
static bool find_ds(const unsigned char *head, size_t at, const struct head *h, const char *ds,
                    char why[RRD_WHY_MAX])
{
    bool found = false;
    struct ds row;

    for (size_t i = 0; i < h->ds_count; i++) {
        TAKE(row, head, at, i);
        if (memchr(row.name, '\0', sizeof row.name) == NULL ||
            memchr(row.type, '\0', sizeof row.type) == NULL)
            return fail(why, "a broken RRD: a data source's name");
        found = found || strcmp(row.name, ds) == 0;
    }
    if (!found)
        snprintf(why, RRD_WHY_MAX, "no data source %s", ds);
    return found;
}

/* Looks for cf and adds up the rows of all archives; each must have its current row among them. */
static bool find_cf(const unsigned char *head, size_t at, size_t rows_at, const struct head *h,
                    const char *cf, uint64_t *rows, char why[RRD_WHY_MAX])
{
    bool found = false;
    struct rra rra;
    unsigned long current;

    *rows = 0;
    for (size_t i = 0; i < h->rra_count; i++) {
        TAKE(rra, head, at, i);
        TAKE(current, head, rows_at, i);
        if (memchr(rra.cf, '\0', sizeof rra.cf) == NULL || rra.rows < 1 || rra.rows > ROWS_MAX ||
            rra.steps < 1 || rra.steps > STEP_MAX || current >= rra.rows)
            return fail(why, "a broken RRD: an archive's rows");
        *rows += rra.rows;
        found = found || strcmp(rra.cf, cf) == 0;
    }
    if (!found)
        snprintf(why, RRD_WHY_MAX, "no archive of %s", cf);
    return found;
}

bool rrd_header_check(const unsigned char *head, size_t len, uint64_t file_size, const char *ds,
                      const char *cf, char why[RRD_WHY_MAX])
{
    struct head h;
    struct live live;
    uint64_t rows;

    if (len < sizeof h)
        return fail(why, "not an RRD file");
    memcpy(&h, head, sizeof h);
    if (!head_good(&h, why))
        return false;

    /* counts are at most COUNT_MAX: no sum here can overflow */
    size_t rra_at = sizeof h + h.ds_count * sizeof(struct ds),
           live_at = rra_at + h.rra_count * sizeof(struct rra);
    size_t rows_at = live_at + sizeof live + h.ds_count * sizeof(struct pdp) +
                     h.ds_count * h.rra_count * sizeof(struct cdp);
    size_t end = rows_at + h.rra_count * sizeof(unsigned long);
    if (end > len)
        return fail(why, len < RRD_HEADER_MAX ? "a broken RRD: cut short" : "a header of more than 256 KiB");
    TAKE(live, head, live_at, 0);
    if (live.last < 0 || live.last > TIME_MAX)
        return fail(why, "a broken RRD: an impossible time");
    if (!find_ds(head, sizeof h, &h, ds, why) || !find_cf(head, rra_at, rows_at, &h, cf, &rows, why))
        return false;
    /* rrdtool may leave room behind the values, never less than they need */
    if (file_size < end + rows * h.ds_count * sizeof(double))
        return fail(why, "a broken RRD: cut short");
    return true;
}
