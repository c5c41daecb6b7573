/* Values and foreign names as text: for legends, axes and pages. Pure. */
#ifndef SCM_CONSOLE_GRAPH_TEXT_H
#define SCM_CONSOLE_GRAPH_TEXT_H

#include <stddef.h>

enum graph_unit {
    UNIT_BITS,  /* bits per second, decimal prefixes */
    UNIT_BYTES, /* bytes, binary prefixes */
    UNIT_LOAD,  /* processes */
    UNIT_SHARE, /* 0..100 percent */
    UNIT_COUNT, /* whole things: hosts, tests */
    UNIT_SECONDS
};

/* How an axis is labelled: values are divided by .divisor and the axis says .label, e.g. 1e6 and "Mbit/s". */
struct graph_axis {
    double divisor;
    const char *label;
};

/* The axis for a graph whose greatest value is max (NaN or negative: as 0). */
struct graph_axis graph_axis_for(enum graph_unit unit, double max);

/* "12.3 Mbit/s", "3.42 GiB", "0.42", "98.2 %", "12"; "-" for NaN. Three significant digits. Returns buf. */
enum { GRAPH_VALUE_MAX = 32 };
const char *graph_value(enum graph_unit unit, double value, char buf[GRAPH_VALUE_MAX]);

/* Foreign text made fit to show: at most max_chars (>= 1) characters, where more were given the last is an
 * ellipsis; what text_clean() takes out is taken out.
 * out holds GRAPH_CLEAN_SIZE(max_chars) bytes. */
#define GRAPH_CLEAN_SIZE(max_chars) (4 * ((max_chars) + 1) + 1)
void graph_clean(const char *in, size_t max_chars, char *out);

#endif
