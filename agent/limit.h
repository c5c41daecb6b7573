/* The limit engine: decides, from samples and time that are passed in, when a limit is exceeded, cleared or unknown, and which
 * transitions are told. Pure: no I/O, no clock, no allocation. One struct limit_track per limit, or per match of its pattern.
 *
 *              hits samples beyond threshold in a row
 *        +--> OK ------------------------------------> EXCEEDED --+
 *        |     ^                                           |      |
 *        |     +-------------------------------------------+      |   missing, NaN or stale for
 *        |        clear_hits samples at or inside clear           |   unknown_after_ms, or never seen
 *        |                                                        v
 *        +------------- first sample that decides ----------- UNKNOWN (shown at once; told when long)
 *
 *   Unknown neither raises nor clears: `told`, what the world was last told, stays, and the first samples after it are judged
 *   against that. A track starts as told OK, silently.
 *
 *   Flapping: of the transitions of one track at most LIMIT_FLAP_MAX within LIMIT_FLAP_MS are told. Others are counted, until
 *   LIMIT_FLAP_MS have passed without one (or LIMIT_FLAP_SUMMARY_MS in all): then one summary tells state and number. */
#ifndef SCM_AGENT_LIMIT_H
#define SCM_AGENT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/settings.h"

enum {
    LIMIT_FLAP_MAX = 2,
    LIMIT_FLAP_MS = 60000,
    LIMIT_FLAP_SUMMARY_MS = 3600000,
    LIMIT_UNKNOWN_LONG_MS = 300000 /* unknown for so long is an event of its own */
};

/* What the engine needs of a limit. clear is on the near side of threshold: above: clear <= threshold; below: clear >= threshold. */
struct limit_rule {
    enum limit_direction direction;
    double threshold; /* exceeded: value > threshold (above), value < threshold (below) */
    double clear;     /* cleared: value <= clear (above), value >= clear (below) */
    unsigned hits, clear_hits; /* 1..LIMIT_HITS_MAX */
};
/* NULL, or what is wrong with it (static text). */
const char *limit_rule_check(const struct limit_rule *r);

struct limit_track {
    enum limit_state state; /* what scmLimitState shows */
    enum limit_state told;  /* LIMIT_STATE_OK or _EXCEEDED: what was last told (persisted) */
    enum limit_state real;  /* LIMIT_STATE_OK or _EXCEEDED: by the samples, told or not */
    unsigned run;           /* samples in a row that speak against real */
    uint64_t sample;        /* the last sample judged */
    bool seen;              /* a sample has been judged */
    bool unknown_told;
    int64_t since_wall_ms;  /* when state began */
    int64_t unknown_mono_ms;/* since when unknown; -1: known */
    double value;           /* of the last known sample */
    int64_t told_mono_ms[LIMIT_FLAP_MAX]; /* when the last transitions were told; a ring */
    unsigned told_count;
    unsigned suppressed;    /* transitions not told since the last that was */
    int64_t flap_start_ms, flap_last_ms;
};

/* A fresh track (told OK, state unknown), or one as persisted (told, since). */
void limit_track_init(struct limit_track *t, enum limit_state told, int64_t since_wall_ms, int64_t mono_ms);

struct limit_input {
    bool known;
    double value;
    uint64_t sample; /* a sample is judged once: same number, same sample */
    int64_t mono_ms, wall_ms;
};

enum limit_news {
    LIMIT_NOTHING,
    LIMIT_TELL_EXCEEDED,
    LIMIT_TELL_CLEARED,
    LIMIT_TELL_SUMMARY,      /* state and `suppressed` of the outcome */
    LIMIT_TELL_UNKNOWN_LONG, /* event only */
    LIMIT_TELL_KNOWN_AGAIN   /* event only, after UNKNOWN_LONG */
};
struct limit_outcome {
    enum limit_news news;
    enum limit_state old_state, new_state; /* of what is told */
    unsigned suppressed;                   /* LIMIT_TELL_SUMMARY: how many transitions were not told */
    bool changed;                          /* state, told or since changed: view and state file are due */
};
/* Call at every round for every track, with or without a new sample (time passes too). */
void limit_step(const struct limit_rule *r, struct limit_track *t, const struct limit_input *in,
                struct limit_outcome *out);

#endif
