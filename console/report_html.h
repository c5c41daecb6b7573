/* Pages: a growing text, what must be escaped in it, and what every page of a report looks like. A page holds
 * all it needs: no script, nothing fetched (its Content-Security-Policy says so), pictures as data: URLs. */
#ifndef SCM_CONSOLE_REPORT_HTML_H
#define SCM_CONSOLE_REPORT_HTML_H

#include <stddef.h>

#include "console/graph.h"

struct html {
    char *v; /* n bytes, owned, terminated */
    size_t n, room;
};

void html_print(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_text(struct html *html,
               const char *text); /* foreign text: cleaned, cut at 200 characters, escaped */
void html_base64(struct html *html, const unsigned char *data, size_t size);
void html_free(struct html *html);

/* From the doctype to the opened <main>: heading is foreign text, up the address of a page above (NULL:
 * none). */
void html_begin(struct html *html, const char *heading, const char *note, const char *up);
void html_end(struct html *html);

/* The picture in both themes; the page shows the one that fits. False after a warning. */
bool html_picture(struct html *html, const struct graph_env *env, const struct graph *graph);

/* The first series alone, as a small shape for a table's cell, in both themes the same. False as above. */
bool html_spark(struct html *html, const struct graph_env *env, const struct graph *graph);

/* The graph's title, picture, legend with its figures, and limits. False as above. */
bool html_card(struct html *html, const struct graph_env *env, const struct graph *graph);

/* The graph's most telling values, one line: "21.7 Mbit/s in, 10.3 Mbit/s out". */
void html_tile(struct html *html, const struct graph *graph);

/* The events inside the graph's range, newest first. */
void html_events(struct html *html, const struct graph *graph);

#endif
