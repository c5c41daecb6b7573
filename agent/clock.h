/* The two clocks. Whatever decides about time takes it as a parameter (tests simulate it); these read it for the
 * callers at the edge. Thread-safe. */
#ifndef SCM_AGENT_CLOCK_H
#define SCM_AGENT_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC: for ages, deadlines, intervals. Never steps. */
static inline int64_t clock_mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Milliseconds since 1970 (UTC): for what people and other machines read. May step either way. */
static inline int64_t clock_wall_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
