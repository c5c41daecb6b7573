#include "console/graph_theme.h"

#include <string.h>

static const char *const names[THEMES] = {[THEME_LIGHT] = "light", [THEME_DARK] = "dark"};

static const char *const colours[ROLES][THEMES] = {
    [ROLE_PAGE] = {"#ffffff", "#161b22"},
      [ROLE_CANVAS] = {"#ffffff", "#161b22"},
    [ROLE_TEXT] = {"#1f2933", "#e3e8ee"},
      [ROLE_MUTED] = {"#5b6875", "#9aa7b4"},
    [ROLE_GRID] = {"#e9edf1", "#232a33"},
      [ROLE_MAJOR_GRID] = {"#cfd6dd", "#37414d"},
    [ROLE_IN] = {"#0072b2", "#56b4e9"},
      [ROLE_IN_PEAK] = {"#00446b", "#a9dbf7"},
    [ROLE_OUT] = {"#e69f00", "#e69f00"},
      [ROLE_OUT_PEAK] = {"#8f5f00", "#ffd27a"},
    [ROLE_USED] = {"#0072b2", "#2f8fcf"},
      [ROLE_KERNEL] = {"#cc79a7", "#cc79a7"},
    [ROLE_BUFFERED] = {"#009e73", "#12b588"},
      [ROLE_CACHED] = {"#8ccbf0", "#8ccbf0"},
    [ROLE_RECLAIMABLE] = {"#e69f00", "#e69f00"},
      [ROLE_FREE] = {"#dfe5ea", "#303a45"},
    [ROLE_FIRST] = {"#0072b2", "#56b4e9"},
      [ROLE_SECOND] = {"#e69f00", "#e69f00"},
    [ROLE_THIRD] = {"#009e73", "#12b588"},
      [ROLE_RUNNING] = {"#009e73", "#12b588"},
    [ROLE_STOPPED] = {"#e69f00", "#e69f00"},
      [ROLE_FAILED] = {"#aa4499", "#dd88cc"},
    [ROLE_LIMIT] = {"#d55e00", "#ff7f2a"},
      [ROLE_EVENT] = {"#5b6875", "#b4bfca"},
};

const char *graph_colour(enum graph_theme theme, enum graph_role role)
{
    return colours[role][theme];
}

bool graph_theme_named(const char *name, enum graph_theme *out)
{
    for (int i = 0; i < THEMES; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum graph_theme)i;
            return true;
        }
    }
    return false;
}
