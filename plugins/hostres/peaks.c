#include "plugins/hostres/peaks.h"

#include <stdlib.h>

struct peak_track {
    struct peak best;
    uint64_t first; /* the first sample that a window may begin with */
    uint64_t rx[PEAKS_RING], tx[PEAKS_RING];
};

/* The latest sample that is a window old; p->seq where there is none. */
static uint64_t window_start(const struct peaks *p, uint64_t now_ns, uint64_t step_ns)
{
    uint64_t oldest = p->seq < PEAKS_RING - 1 ? 0 : p->seq - (PEAKS_RING - 1);
    uint64_t age = p->window_ns - step_ns / 2;

    for (uint64_t k = p->seq; k-- > oldest;)
        if (now_ns - p->when[k % PEAKS_RING] >= age)
            return k;
    return p->seq;
}

static void start_track(struct peak_track *t, const struct if_key *key, uint64_t seq)
{
    t->best = (struct peak){.key = *key, .rx = -1, .tx = -1};
    t->first = seq;
}

static int by_key(const void *a, const void *b)
{
    return memcmp(&((const struct peak_track *)a)->best.key, &((const struct peak_track *)b)->best.key,
                  sizeof(struct if_key));
}

/* Interfaces came, went or changed places: puts the tracks in the snapshot's order; who is new starts anew.
 */
static int reorder(struct peaks *p, const struct if_snapshot *s)
{
    struct peak_track *fresh = calloc(s->n + 1, sizeof *fresh), wanted;

    if (fresh == NULL)
        return -1;
    if (p->n > 0)
        qsort(p->track, p->n, sizeof *p->track, by_key);
    for (size_t i = 0; i < s->n; i++) {
        wanted.best.key = s->entry[i].key;
        const struct peak_track *old =
            p->n > 0 ? bsearch(&wanted, p->track, p->n, sizeof *p->track, by_key) : NULL;
        if (old != NULL)
            fresh[i] = *old;
        else
            start_track(&fresh[i], &s->entry[i].key, p->seq);
    }
    free(p->track);
    p->track = fresh;
    p->n = s->n;
    return 0;
}

static bool same_order(const struct peaks *p, const struct if_snapshot *s)
{
    if (p->n != s->n)
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (!if_key_equal(&p->track[i].best.key, &s->entry[i].key))
            return false;
    return true;
}

static void raise_to(double *best, uint64_t octets, double scale)
{
    double rate = (double)octets * scale;

    if (rate > *best)
        *best = rate;
}

int peaks_add(struct peaks *p, const struct if_snapshot *s, uint64_t began_ns, uint64_t ended_ns,
              uint64_t step_ns)
{
    if (!same_order(p, s) && reorder(p, s) != 0)
        return -1;

    size_t slot = p->seq % PEAKS_RING, last = (p->seq + PEAKS_RING - 1) % PEAKS_RING;
    uint64_t start = window_start(p, began_ns, step_ns);
    size_t from = start % PEAKS_RING;
    double scale = start == p->seq ? 0 : 8e9 / (double)(ended_ns - p->when[from]);

    for (size_t i = 0; i < s->n; i++) {
        struct peak_track *t = &p->track[i];
        uint64_t rx = s->entry[i].count[IF_RX_OCTETS], tx = s->entry[i].count[IF_TX_OCTETS];

        if (t->first < p->seq && (rx < t->rx[last] || tx < t->tx[last]))
            t->first = p->seq;
        t->rx[slot] = rx;
        t->tx[slot] = tx;
        if (start < p->seq && start >= t->first) {
            raise_to(&t->best.rx, rx - t->rx[from], scale);
            raise_to(&t->best.tx, tx - t->tx[from], scale);
        }
    }
    p->when[slot] = began_ns;
    p->seq++;
    return 0;
}

int peaks_take(struct peaks *p, struct peak_list *out)
{
    if (out->size < p->n) {
        struct peak *grown = reallocarray(out->peak, p->n, sizeof *grown);
        if (grown == NULL)
            return -1;
        out->peak = grown;
        out->size = p->n;
    }
    for (size_t i = 0; i < p->n; i++) {
        out->peak[i] = p->track[i].best;
        p->track[i].best.rx = p->track[i].best.tx = -1;
    }
    out->n = p->n;
    return 0;
}

void peaks_free(struct peaks *p)
{
    free(p->track);
    *p = (struct peaks){.window_ns = p->window_ns};
}

void peak_list_free(struct peak_list *l)
{
    free(l->peak);
    *l = (struct peak_list){0};
}
