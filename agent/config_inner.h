/* What config.c and config_section.c share. Nobody else includes this. */
#ifndef SCM_AGENT_CONFIG_INNER_H
#define SCM_AGENT_CONFIG_INNER_H

#include "agent/config.h"
#include "agent/config_value.h"

enum { CONFIG_TITLE_MAX = 49 /* bytes of a section's; libinih's */ };

/* A configuration that is being read. */
struct reader {
    struct config *config;
    config_report *report;
    void *arg;
    bool failed;
    /* the text not yet handed to inih */
    const char *text;
    size_t left;
    int line;           /* of the last line handed out */
    int section_line;   /* of the last line that began with '[' */
    bool section_empty; /* no option has followed it yet */
    bool awaited;       /* the last line handed out is to come back as an option */
    unsigned long long agent_seen; /* bit per row of [agent] */
    /* the section the options go to */
    const struct section *section;
    char title[CONFIG_TITLE_MAX + 1]; /* as messages name it */
    char *base;         /* the struct that its fields lie in; NULL: section refused, options skipped */
    int current_line;   /* section_line of that section */
    unsigned long long seen; /* bit per option row */
};

/* One row for each kind of section. */
struct section {
    const char *kind;
    char *(*open)(struct reader *reader, const char *name); /* NULL after a report */
    bool (*close)(struct reader *reader);                  /* checks between options; false after a report */
    const struct config_option *options;
    size_t n_options;
};

/* Reports "FILE:LINE: ...", and that the whole is of no use. */
void config_fail(struct reader *reader, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Ends the section that is open, and opens the one of this title, "KIND" or "KIND NAME", on reader->section_line. NULL: it has none
 * that is good. */
void config_open_section(struct reader *reader, const char *title);
void config_set_option(struct reader *reader, const char *name, const char *value);
void config_close_section(struct reader *reader);

#endif
