/* The highest rate of every interface over any stretch of one window's length. Pure: samples and their times
 * in, peaks out.
 *
 *     samples   |    |    |    |    |    |    |        one per step
 *     window    [-------------------]                  slides by one step at each sample
 *                    [-------------------]
 *
 * A burst as long as the window is met by some window but for half a step at one end, whatever its phase;
 * windows that merely follow each other would show half of a burst that lies across two of them. */
#ifndef SCM_HOSTRES_PEAKS_H
#define SCM_HOSTRES_PEAKS_H

#include "plugins/hostres/snapshot.h"

enum { PEAKS_STEPS = 12 /* samples in a window, at most */, PEAKS_RING = PEAKS_STEPS + 2 };

struct peak {
    struct if_key key;
    double rx, tx; /* bits/s, the highest since the last peaks_take(); negative: no window was complete */
};

/* Grows, never shrinks; zero-initialised is empty. */
struct peak_list {
    struct peak *peak;
    size_t n, size;
};

struct peak_track;

/* Zero-initialised with window_ns set is ready. One thread, or a lock around. */
struct peaks {
    uint64_t window_ns;
    struct peak_track *track; /* one per interface, in the order of the last snapshot */
    size_t n, size;
    uint64_t seq;              /* samples so far; sample k lies in slot k % PEAKS_RING */
    uint64_t when[PEAKS_RING]; /* its reading began; ns, monotonic */
};

/* Takes a sample whose reading began at began_ns and had ended by ended_ns (monotonic, later than the last):
 * a rate is taken over the longest time that its two readings may be apart, so that a slow reading lowers it
 * and never makes a peak. step_ns is the time to the sample before, as it should be: a window may be shorter
 * than window_ns by half of it, and is longer where samples are missing. A counter that goes back, or a name
 * that is another interface now, starts anew: no window reaches over that. Returns 0, or -1 where memory is
 * at its end (the sample is lost). */
int peaks_add(struct peaks *p, const struct if_snapshot *s, uint64_t began_ns, uint64_t ended_ns,
              uint64_t step_ns);

/* Copies the peaks since the last call to out, in the order of the last snapshot, and starts anew. 0 or -1 as
 * above. */
int peaks_take(struct peaks *p, struct peak_list *out);

void peaks_free(struct peaks *p);
void peak_list_free(struct peak_list *l);

#endif
