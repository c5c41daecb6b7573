/* The sampling thread: reads the interfaces on its own beat and keeps each one's peak until the reader takes
 * it. */
#ifndef SCM_HOSTRES_SAMPLER_H
#define SCM_HOSTRES_SAMPLER_H

#include "plugins/hostres/net_source.h"
#include "plugins/hostres/peaks.h"

struct sampler;

/* Since the thread began. */
struct sampler_stats {
    uint64_t late; /* samples late or missing */
    uint64_t bad;  /* lines or messages it could not read */
};

/* Starts the thread (all signals blocked in it); source becomes its own whether or not that works. window_ns
 * is SampleInterval. Returns NULL with errno set where it cannot. */
struct sampler *sampler_start(struct net_source *source, uint64_t window_ns);

/* From any one other thread: the peaks and figures so far. Waits at most for the arithmetic of one sample,
 * never for a reading. 0, or -1 where memory is at its end. */
int sampler_take(struct sampler *s, struct peak_list *peaks, struct sampler_stats *stats);

/* Processor time the thread has spent since it began, ns. Any thread. One system call, so not at every
 * sample. */
uint64_t sampler_cpu_ns(const struct sampler *s);

/* Ends and joins the thread, frees all. NULL is fine. */
void sampler_stop(struct sampler *s);

#endif
