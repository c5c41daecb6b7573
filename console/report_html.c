#include "console/report_html.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scm_config.h"

enum { TEXT_CHARS = 200 };

static char *room_for(struct html *html, size_t more)
{
    if (html->n + more + 1 > html->room) {
        html->room = (html->n + more + 1) * 2;
        html->v = graph_grow(html->v, html->room, 1);
    }
    return html->v + html->n;
}

void html_print(struct html *html, const char *format, ...)
{
    va_list ap, again;

    va_start(ap, format);
    va_copy(again, ap);
    int len = vsnprintf(NULL, 0, format, ap);
    va_end(ap);
    vsnprintf(room_for(html, (size_t)len), (size_t)len + 1, format, again);
    va_end(again);
    html->n += (size_t)len;
}

void html_text(struct html *html, const char *text)
{
    char clean[GRAPH_CLEAN_SIZE(TEXT_CHARS)];

    graph_clean(text, TEXT_CHARS, clean);
    for (const char *s = clean; *s != '\0'; s++) {
        const char *entity = *s == '&'    ? "&amp;"
                             : *s == '<'  ? "&lt;"
                             : *s == '>'  ? "&gt;"
                             : *s == '"'  ? "&quot;"
                             : *s == '\'' ? "&#39;"
                                          : NULL;
        if (entity != NULL)
            html_print(html, "%s", entity);
        else
            html_print(html, "%c", *s);
    }
}

void html_base64(struct html *html, const unsigned char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *p = room_for(html, (size + 2) / 3 * 4), *start = p;

    for (size_t i = 0; i < size; i += 3) {
        unsigned left = size - i < 3 ? (unsigned)(size - i) : 3;
        unsigned bits = (unsigned)data[i] << 16 | (left > 1 ? (unsigned)data[i + 1] << 8 : 0) |
                        (left > 2 ? data[i + 2] : 0);
        *p++ = digits[bits >> 18];
        *p++ = digits[bits >> 12 & 63];
        *p++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *p++ = left > 2 ? digits[bits & 63] : '=';
    }
    *p = '\0';
    html->n += (size_t)(p - start);
}

void html_free(struct html *html)
{
    free(html->v);
    *html = (struct html){0};
}

static const char style[] =
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--ground);color:var(--c2);font:15px/1.45 system-ui,sans-serif}"
    "header,main,footer{max-width:1240px;margin:0 auto;padding:0 16px}"
    "header{padding-top:20px}h1{font-size:1.55rem;margin:0;overflow-wrap:anywhere}"
    "h2{font-size:1.15rem;margin:28px 0 12px}h3{font-size:1rem;margin:0 0 6px;overflow-wrap:anywhere}"
    "p.note,footer{color:var(--c3)}p.note{margin:4px 0 0}"
    "footer{padding-top:20px;padding-bottom:28px;font-size:.85rem}"
    "a{color:var(--c6)}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(155px,1fr));gap:12px;margin:18px 0}"
    ".tile,.card,.hosts{background:var(--c0);border:1px solid var(--c5);border-radius:8px;padding:12px "
    "14px;min-width:0}"
    ".tile b{display:block;font-size:1.15rem;font-variant-numeric:tabular-nums}"
    ".tile b span{font-weight:400}.tile span{color:var(--c3);font-size:.85rem;overflow-wrap:anywhere}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,500px),1fr));gap:16px}"
    ".card{margin:0;break-inside:avoid}.card "
    "img{width:100%;height:auto}img{display:block}img.dark{display:none}"
    "table{border-collapse:collapse;width:100%;font-size:.85rem;font-variant-numeric:tabular-nums}"
    "th{font-weight:600;text-align:left;color:var(--c3)}td,th{padding:2px 0 2px 8px}"
    "td:first-child,th:first-child{padding-left:0;overflow-wrap:anywhere}"
    ".card td:first-child{padding-left:21px;text-indent:-21px}"
    ".n{text-align:right;white-space:nowrap}"
    ".hosts{overflow-x:auto}.hosts td,.hosts th{padding:7px 0 7px 16px;border-top:1px solid var(--c4)}"
    ".hosts tr:first-child th{border-top:0}.hosts td:first-child,.hosts "
    "th:first-child{padding-left:0;min-width:8em}"
    ".events td:first-child{padding-left:0;text-indent:0;white-space:nowrap;width:1%;color:var(--c3)}"
    ".s{display:inline-block;width:14px;height:11px;margin-right:7px;vertical-align:-1px;background:var(--k);"
    "print-color-adjust:exact;-webkit-print-color-adjust:exact}"
    ".s.line{height:0;background:none;border-top:2px solid var(--k);vertical-align:4px}"
    ".s.dash{height:0;background:none;border-top:2px dashed var(--k);vertical-align:4px}"
    ".s.soft{opacity:.5}"
    "@media screen and (prefers-color-scheme:dark){img.light{display:none}img.dark{display:block}}"
    "@media "
    "print{body{font-size:8pt;background:#fff}header,main,footer{padding:0 1px}.cards{grid-template-columns:1fr "
    "1fr;"
    "gap:8pt}a{color:inherit;text-decoration:none}h2{margin:10pt 0 "
    "6pt;break-after:avoid}.tile,.card,.hosts{padding:6pt 8pt}"
    ".tiles{grid-template-columns:repeat(auto-fit,minmax(80pt,1fr));gap:6pt;margin:8pt 0}.tile "
    "b{font-size:9pt}"
    "table{font-size:7pt}header a{display:none}.hosts{overflow:visible}.hosts img{width:64pt}.hosts "
    "td,.hosts th{padding-left:8pt}.tile span{font-size:7pt}.hosts td:first-child{min-width:0}}"
    "@page{margin:12mm}";

static void palette(struct html *html, enum graph_theme theme)
{
    html_print(html, ":root{color-scheme:%s;--ground:%s", theme == THEME_DARK ? "dark" : "light",
               theme == THEME_DARK ? "#0d1117" : "#f4f6f8");
    for (int i = 0; i < ROLES; i++)
        html_print(html, ";--c%d:%s", i, graph_colour(theme, (enum graph_role)i));
    html_print(html, "}");
}

void html_begin(struct html *html, const char *heading, const char *note, const char *up)
{
    html_print(html,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
               "style-src 'unsafe-inline'\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_text(html, heading);
    html_print(html, " - scalemon</title>\n<style>");
    palette(html, THEME_LIGHT);
    html_print(html, "@media screen and (prefers-color-scheme:dark){");
    palette(html, THEME_DARK);
    html_print(html, "}%s</style>\n</head>\n<body>\n<header>", style);
    if (up != NULL)
        html_print(html, "<a href=\"%s\">All hosts</a>", up);
    html_print(html, "<h1>");
    html_text(html, heading);
    html_print(html, "</h1><p class=\"note\">");
    html_text(html, note);
    html_print(html, "</p></header>\n<main>\n");
}

void html_end(struct html *html)
{
    html_print(html, "</main>\n<footer>scalemon " PACKAGE_VERSION "</footer>\n</body>\n</html>\n");
}

static bool picture(struct html *html, const struct graph_env *env, const struct graph *graph,
                    const struct graph_look *look, const char *class)
{
    unsigned char *image;
    size_t size;

    if (!graph_draw(env, graph, look, &image, &size))
        return false;
    html_print(html, "<img class=\"%s\" alt=\"", class);
    html_text(html, graph->title);
    html_print(html, ": %s\" src=\"data:image/svg+xml;base64,", graph->kind->about);
    html_base64(html, image, size);
    html_print(html, "\">");
    free(image);
    return true;
}

bool html_picture(struct html *html, const struct graph_env *env, const struct graph *graph)
{
    struct graph_look look = {.theme = THEME_LIGHT, .svg = true, .width = 400, .height = 150};
    bool drawn = picture(html, env, graph, &look, "light");

    look.theme = THEME_DARK;
    return drawn && picture(html, env, graph, &look, "dark");
}

bool html_spark(struct html *html, const struct graph_env *env, const struct graph *graph)
{
    /* its colours do for both themes */
    struct graph_look look = {.theme = THEME_DARK, .svg = true, .width = 110, .height = 26, .spark = true};
    return picture(html, env, graph, &look, "spark");
}

static const char *swatch(enum graph_style s)
{
    switch (s) {
    case STYLE_HIDDEN:
    case STYLE_SOLID:
    case STYLE_BASE:
    case STYLE_STACK:
        return "";
    case STYLE_AREA:
    case STYLE_BAND:
    case STYLE_SHADE:
        return " soft";
    case STYLE_LINE:
    case STYLE_THIN:
        return " line";
    case STYLE_DASHED:
        return " dash";
    }
    return "";
}

static void legend(struct html *html, const struct graph *graph)
{
    static const char *const heads[FIGURES] = {"last", "mean", "max"};
    unsigned told = graph_told(graph);

    html_print(html, "<table><tr><th></th>");
    for (size_t k = 0; k < FIGURES; k++)
        html_print(html, "<th class=\"n\">%s</th>", (told & 1U << k) != 0 ? heads[k] : "");
    html_print(html, "</tr>\n");
    for (size_t i = 0; i < graph->n_figures; i++) {
        const struct graph_figure *f = &graph->figures[i];
        const double values[FIGURES] = {f->last, f->mean, f->max};
        if (f->series->label == NULL)
            continue;
        html_print(html, "<tr><td><span class=\"s%s\" style=\"--k:var(--c%d)\"></span>%s</td>",
                   swatch(f->series->style), (int)f->series->role, f->series->label);
        for (size_t k = 0; k < FIGURES; k++) {
            char value[GRAPH_VALUE_MAX] = "";
            if ((f->series->figures & 1U << k) != 0)
                graph_value(graph->kind->unit, values[k], value);
            html_print(html, "<td class=\"n\">%s</td>", value);
        }
        html_print(html, "</tr>\n");
    }
    for (size_t i = 0; i < graph->n_lines; i++) {
        char *text = graph_line_text(graph, &graph->lines[i]);
        html_print(html, "<tr><td colspan=\"4\"><span class=\"s line\" style=\"--k:var(--c%d)\"></span>",
                   ROLE_LIMIT);
        html_text(html, text);
        html_print(html, "</td></tr>\n");
        free(text);
    }
    html_print(html, "</table>");
}

bool html_card(struct html *html, const struct graph_env *env, const struct graph *graph)
{
    html_print(html, "<figure class=\"card\"><h3>");
    html_text(html, graph->title);
    html_print(html, "</h3>");
    bool drawn = html_picture(html, env, graph);
    legend(html, graph);
    html_print(html, "</figure>\n");
    return drawn;
}

void html_tile(struct html *html, const struct graph *graph)
{
    html_print(html, "<div class=\"tile\"><span>");
    html_text(html, graph->title);
    html_print(html, "</span>");
    for (size_t i = 0; i < graph->n_figures; i++) {
        const struct graph_figure *f = &graph->figures[i];
        char value[GRAPH_VALUE_MAX];
        if (f->series->key)
            html_print(html, "<b>%s <span>%s</span></b>", graph_value(graph->kind->unit, f->last, value),
                       f->series->label);
    }
    html_print(html, "</div>\n");
}

void html_events(struct html *html, const struct graph *graph)
{
    if (graph->n_events == 0)
        return;
    html_print(html, "<h2>Events</h2><div class=\"card events\"><table>\n");
    for (size_t i = graph->n_events; i > 0; i--) {
        const struct graph_event *event = graph->events[i - 1];
        char when[GRAPH_CLOCK_MAX];
        html_print(html, "<tr><td>%s</td><td>", graph_clock(event->time, when));
        if (graph->host == NULL && event->host[0] != '\0') {
            html_text(html, event->host);
            html_print(html, ": ");
        }
        html_text(html, event->text);
        html_print(html, "</td></tr>\n");
    }
    if (graph->events_left_out > 0)
        html_print(html, "<tr><td></td><td>and %zu before</td></tr>\n", graph->events_left_out);
    html_print(html, "</table></div>\n");
}
