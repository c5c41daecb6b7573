/* The limit engine: decides, from samples and time that are passed in, when a limit is exceeded, cleared or unknown, and which
 * transitions are told. Pure: no I/O, no clock, no allocation. One struct limit_track per limit, or per match of its pattern.
 *
 *                     hits samples in a row beyond the threshold
 *               OK ------------------------------------------------> EXCEEDED
 *                  <------------------------------------------------
 *                     clear_hits samples in a row at or behind clear
 *
 *        either --- missing, NaN or stale ---> UNKNOWN --- a sample ---> the one it was, judged on from there
 *
 *   Unknown neither raises nor clears. A new track is UNKNOWN with OK behind it: its first good samples are no news.
 *   With hits above 1 or between clear and threshold, a first sample shows as OK until enough have spoken against it.
 *
 *   Silence (maintenance): transitions are news for the event table, but `told` stays. What stands otherwise when silence ends is
 *   told then, as soon as it is known.
 *
 *   Flapping: of the transitions of one track at most LIMIT_FLAP_MAX within LIMIT_FLAP_MS are told; others are counted. When
 *   LIMIT_FLAP_MS have passed without one (or LIMIT_FLAP_SUMMARY_MS since the first), one summary tells the state and how many. */
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
    enum limit_state real;  /* OK or EXCEEDED by the samples */
    enum limit_state told;  /* OK or EXCEEDED: what the world was last told; persisted */
    unsigned run;           /* samples in a row that speak against real */
    uint64_t sample;        /* the last sample judged, if seen */
    bool seen, unknown_told;
    double value;               /* of the last known sample */
    int64_t since_wall_ms;      /* when state began, as the wall clock had it */
    enum limit_state known;      /* the last state but UNKNOWN */
    int64_t known_since_wall_ms; /* when that began; persisted; 0: never */
    int64_t unknown_mono_ms;    /* since when it is unknown; -1: it is known */
    int64_t told_mono_ms[LIMIT_FLAP_MAX]; /* when the last transitions were told, a ring */
    unsigned told_count;                  /* stays in LIMIT_FLAP_MAX .. 2*LIMIT_FLAP_MAX-1 once the ring is full */
    unsigned suppressed;                  /* transitions not told */
    int64_t flap_start_ms, flap_last_ms;  /* of the first and last of those */
};

/* A fresh track (told OK, state unknown), or one as persisted (told, since). */
void limit_track_init(struct limit_track *t, enum limit_state told, int64_t since_wall_ms, int64_t mono_ms);

struct limit_input {
    bool known;
    double value;
    uint64_t sample; /* a sample is judged once: same number, same sample */
    bool silent;     /* what is told reaches nobody */
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
    bool suppressed_now;                   /* a transition happened and is not told */
    bool changed;                          /* state, told or since changed: view and state file are due */
};
/* Call at every round for every track, with or without a new sample (time passes too). */
void limit_step(const struct limit_rule *r, struct limit_track *t, const struct limit_input *in,
                struct limit_outcome *out);

#endif
