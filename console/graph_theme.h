/* The colours of graphs and reports, by what they mean, in two themes. The hues are those of Okabe and Ito,
 * which people with any common colour blindness tell apart; limits are always vermillion, whatever the graph.
 */
#ifndef SCM_CONSOLE_GRAPH_THEME_H
#define SCM_CONSOLE_GRAPH_THEME_H

#include <stdbool.h>
#include <stddef.h>

enum graph_theme { THEME_LIGHT, THEME_DARK, THEMES };

enum graph_role {
    /* the page and the frame of a graph */
    ROLE_PAGE,
    ROLE_CANVAS,
    ROLE_TEXT,
    ROLE_MUTED,
    ROLE_GRID,
    ROLE_MAJOR_GRID,
    /* what is drawn */
    ROLE_IN,
    ROLE_IN_PEAK,
    ROLE_OUT,
    ROLE_OUT_PEAK,
    ROLE_USED,
    ROLE_KERNEL,
    ROLE_BUFFERED,
    ROLE_CACHED,
    ROLE_RECLAIMABLE,
    ROLE_FREE,
    ROLE_FIRST,
    ROLE_SECOND,
    ROLE_THIRD,
    ROLE_RUNNING,
    ROLE_STOPPED,
    ROLE_FAILED,
    ROLE_LIMIT,
    ROLE_EVENT,
    ROLES
};

/* "#rrggbb", static. */
const char *graph_colour(enum graph_theme theme, enum graph_role role);

/* "light" or "dark"; false for anything else. */
bool graph_theme_named(const char *name, enum graph_theme *out);

#endif
