/* A host in one row: what status prints and top shows. */
#ifndef SCM_CONSOLE_SUMMARY_H
#define SCM_CONSOLE_SUMMARY_H

#include "console/answer.h"
#include "console/poll.h"

extern const struct fetch_spec summary_spec;

enum { SUMMARY_WORDS_MAX = 256 };

/* How well a host is, worst last: the order in which top sorts and colours. */
enum health { HEALTH_WELL, HEALTH_WARNING, HEALTH_FAILURE, HEALTH_DOWN };

struct summary {
    const char *state; /* "up", "maintenance", "feed down", "no answer" ... (static) */
    enum health health;
    unsigned exceeded, running, portals;
    char portal_words[SUMMARY_WORDS_MAX]; /* "liferay:on shop:failed" */
    char alarm_words[SUMMARY_WORDS_MAX];  /* "load-high mem!": limits exceeded, "!" for severity failure */
    char portal_brief[40];                /* the same where there is no room: "on", of several "1/2 on" */
    char alarm_brief[40];                 /* "3 limits" */
};

/* Pure; answer is the one to summary_spec. */
void summarise(struct summary *s, enum host_state state, const struct answer *answer);

#endif
