/* When the next sample is due, and how many were late. Pure: the clock is a parameter. */
#ifndef SCM_HOSTRES_CADENCE_H
#define SCM_HOSTRES_CADENCE_H

#include <stdint.h>

struct cadence {
    uint64_t due_ns;  /* of the next sample; monotonic */
    uint64_t step_ns; /* between samples, > 0 */
    uint64_t late;    /* samples more than half a step late, and those whose whole step passed without one */
};

/* The next sample is due at due_ns; what was late before stays counted. */
static inline void cadence_start(struct cadence *c, uint64_t due_ns, uint64_t step_ns)
{
    c->due_ns = due_ns;
    c->step_ns = step_ns;
}

/* Notes that the sample due has been taken by now_ns >= due_ns, and moves on to the next that is not past
 * yet: what was missed is counted, never made up for in a rush. */
static inline void cadence_sample(struct cadence *c, uint64_t now_ns)
{
    uint64_t behind = now_ns - c->due_ns, missed = behind / c->step_ns;

    c->late += missed + (behind % c->step_ns > c->step_ns / 2);
    c->due_ns += (missed + 1) * c->step_ns;
}

#endif
