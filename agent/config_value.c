#include "agent/config_value.h"

#include <string.h>

#include "agent/config.h"
#include "agent/metrics.h"
#include "common/num.h"

bool config_set_text(const struct config_option *option, void *field, const char *value, int line)
{
    size_t len = strlen(value);
    if (len < option->min || len >= option->size)
        return false;
    for (const char *p = value; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
    memcpy(field, value, len + 1);
    return true;
}

bool config_set_path(const struct config_option *option, void *field, const char *value, int line)
{
    return value[0] == '/' && config_set_text(option, field, value, line);
}

bool config_set_address(const struct config_option *option, void *field, const char *value, int line)
{
    return (value[0] == '/' || strchr(value, ':') != NULL) && config_set_text(option, field, value, line);
}

bool config_set_host(const struct config_option *option, void *field, const char *value, int line)
{
    return strchr(value, '/') == NULL && config_set_text(option, field, value, line);
}

bool config_set_number(const struct config_option *option, void *field, const char *value, int line)
{
    uint64_t number;
    if (!num_u64(value, strlen(value), option->min, option->max, &number))
        return false;
    *(unsigned *)field = (unsigned)number;
    return true;
}

bool config_set_decimal(const struct config_option *option, void *field, const char *value, int line)
{
    double number;
    return num_decimal(value, strlen(value), &number) && config_set_text(option, field, value, line);
}

bool config_set_word(const struct config_option *option, void *field, const char *value, int line)
{
    for (int i = 0; option->words[i] != NULL; i++)
        if (strcmp(option->words[i], value) == 0) {
            memcpy(field, &(int){i + 1}, sizeof(int));
            return true;
        }
    return false;
}

bool config_set_metric(const struct config_option *option, void *field, const char *value, int line)
{
    struct metric_spec spec;
    const char *why;
    return metric_spec_parse(value, strlen(value), &spec, &why) && config_set_text(option, field, value, line);
}

/* Splits at blanks; '...' and "..." hold blanks together; nothing else has a meaning. */
bool config_set_command(const struct config_option *option, void *field, const char *value, int line)
{
    struct config_command *command = field;
    char *out = command->text;
    if (strlen(value) > CONFIG_COMMAND_MAX)
        return false;
    command->count = 0;
    command->line = line;
    for (const char *p = value;;) {
        char quote = '\0';
        p += strspn(p, " \t");
        if (*p == '\0')
            break;
        if (command->count == CONFIG_ARGS_MAX)
            return false;
        command->words[command->count++] = out;
        for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t')); p++) {
            if ((unsigned char)*p < 0x20 && *p != '\t')
                return false;
            if (quote == '\0' && (*p == '\'' || *p == '"'))
                quote = *p;
            else if (quote != '\0' && *p == quote)
                quote = '\0';
            else
                *out++ = *p;
        }
        if (quote != '\0')
            return false;
        *out++ = '\0';
    }
    command->words[command->count] = NULL;
    /* "/path" or a name to be found in the fixed PATH; never relative to wherever we happen to be */
    return command->count > 0 && command->words[0][0] != '\0' &&
           (command->words[0][0] == '/' || strchr(command->words[0], '/') == NULL);
}
